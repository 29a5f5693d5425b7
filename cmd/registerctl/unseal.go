package main

import (
	"context"
	"strconv"
	"strings"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type psdUnsealCmd struct {
	Ask     psdAskCmd     `cmd:"" help:"Ask for it, with purpose and reference."`
	Approve psdApproveCmd `cmd:"" help:"Approve what somebody else has asked for."`
	Refuse  psdRefuseCmd  `cmd:"" help:"Refuse what somebody else has asked for, or take an approval back."`
	Open    psdOpenCmd    `cmd:"" help:"Open what was approved: once."`
	List    psdUnsealsCmd `cmd:"" help:"List what was asked for."`
}

type psdAskCmd struct {
	Entry      int64  `arg:"" help:"The entry's index in the log."`
	Purpose    string `required:"" help:"Lawful purpose: lawfulness, self-monitoring, security or criminal-proceedings."`
	Reference  string `required:"" help:"Reference of the case."`
	Reason     string `required:"" help:"Why, in words."`
	NoConflict bool   `required:"" help:"You are neither the entry's caller nor in one line of management with him."`
	CaseAccess string `help:"The national auditor's case access, forces/33/caseAccesses/…"`
	Force      string `help:"Force of the entry's caller; else your own." placeholder:"CODE"`
}

// Run asks for an unsealing.
func (c *psdAskCmd) Run(a *app) error {
	purpose, err := client.LogPurpose(c.Purpose)
	if err != nil {
		return usageError{err}
	}
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Unsealing, error) {
		return s.RequestUnsealing(ctx, &registerv1.RequestUnsealingRequest{
			Parent: "forces/" + force, Entry: c.Entry, Purpose: purpose, Reference: c.Reference, Reason: c.Reason,
			NoConflict: c.NoConflict, CaseAccess: c.CaseAccess,
		}, opts...)
	}, a.showUnsealing)
}

type psdApproveCmd struct {
	Name       string `arg:"" help:"The request, forces/33/unsealings/…"`
	NoConflict bool   `required:"" help:"You are neither the entry's caller nor in one line of management with him."`
}

// Run approves an unsealing.
func (c *psdApproveCmd) Run(a *app) error {
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Unsealing, error) {
		return s.ApproveUnsealing(ctx, &registerv1.ApproveUnsealingRequest{Name: c.Name, NoConflict: c.NoConflict}, opts...)
	}, a.showUnsealing)
}

type psdRefuseCmd struct {
	Name       string `arg:"" help:"The request, forces/33/unsealings/…"`
	Reason     string `required:"" help:"Why, in words; whoever asked reads it."`
	NoConflict bool   `required:"" help:"You are neither the entry's caller nor in one line of management with him."`
}

// Run refuses an unsealing.
func (c *psdRefuseCmd) Run(a *app) error {
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Unsealing, error) {
		return s.RefuseUnsealing(ctx, &registerv1.RefuseUnsealingRequest{Name: c.Name, Reason: c.Reason, NoConflict: c.NoConflict}, opts...)
	}, a.showUnsealing)
}

type psdOpenCmd struct {
	Name string `arg:"" help:"The request, forces/33/unsealings/…"`
}

// Run opens an unsealing.
func (c *psdOpenCmd) Run(a *app) error {
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.UnsealedEntry, error) {
		return s.OpenUnsealing(ctx, &registerv1.OpenUnsealingRequest{Name: c.Name}, opts...)
	}, func(m *registerv1.UnsealedEntry) {
		e := m.GetEntry()
		a.say("ENTRY %d  %s  %s", e.GetIndex(), minute(e.GetTime()), client.Clean(e.GetMethod()))
		a.field("by", e.GetSubject())
		if r := m.GetReason(); r != nil {
			a.field("code", r.GetCode())
			a.field("reason", r.GetExplanation())
			a.field("reference", r.GetReference())
			a.field("about", r.GetSubject())
			return
		}
		s := m.GetSearch()
		a.field("reason", s.GetReason())
		a.field("words", s.GetJustification())
		a.field("reference", s.GetReference())
		a.say("  asked for")
		a.showCriteria(s.GetCriteria())
		a.showSearch(s)
	})
}

// showCriteria prints all that a search asked for: an unsealed entry is opened once.
func (a *app) showCriteria(k *registerv1.SearchCriteria) {
	for _, n := range k.GetNames() {
		kind := words("NAME_KIND_", n.GetKind())
		if kind != "" {
			kind = " (" + kind + ")"
		}
		a.field("  name", fullName(n)+kind)
	}
	if k.GetBirthDate() != nil {
		a.field("  born", client.FormatDate(k.GetBirthDate()))
	}
	a.field("  sex", words("SEX_", k.GetSex()))
	for _, list := range []struct {
		what   string
		values []string
	}{{"phone", k.GetPhones()}, {"e-mail", k.GetEmails()}, {"vehicle", k.GetVehicles()}, {"postcode", k.GetPostcodes()}} {
		for _, v := range list.values {
			a.field("  "+list.what, v)
		}
	}
	for _, h := range k.GetHandles() {
		a.field("  handle", strings.TrimSpace(h.GetValue()+" "+h.GetPlatform()))
	}
	for _, i := range k.GetIdentifiers() {
		a.field("  "+words("IDENTIFIER_KIND_", i.GetKind()), i.GetValue())
	}
}

type psdUnsealsCmd struct {
	Force     string `help:"Force; else your own." placeholder:"CODE"`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists unsealings.
func (c *psdUnsealsCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.ListUnsealingsResponse, error) {
		return s.ListUnsealings(ctx, &registerv1.ListUnsealingsRequest{Parent: "forces/" + force, PageSize: 200, PageToken: c.PageToken}, opts...)
	}, func(m *registerv1.ListUnsealingsResponse) {
		for _, u := range m.GetUnsealings() {
			a.showUnsealing(u)
		}
		a.more(m.GetNextPageToken())
	})
}

// more tells how to go on with a list.
func (a *app) more(token string) {
	if token != "" {
		a.say("More: --page-token %s", client.Clean(token))
	}
}

func (a *app) showUnsealing(u *registerv1.Unsealing) {
	a.say("%s %s", strings.ToUpper(words("UNSEALING_STATE_", u.GetState())), client.Clean(u.GetName()))
	a.field("entry", strconv.FormatInt(u.GetEntry(), 10)+" of "+u.GetSubject())
	a.field("asked", minute(u.GetAskTime())+" by "+u.GetAsker()+checked(u.GetAskerCheck()))
	a.field("why", u.GetReason()+" ("+u.GetReference()+")")
	if u.GetApprover() != "" {
		a.field("approved", minute(u.GetApproveTime())+" by "+u.GetApprover()+checked(u.GetApproverCheck()))
	}
	if u.GetRefuser() != "" {
		a.field("refused", minute(u.GetRefuseTime())+" by "+u.GetRefuser()+checked(u.GetRefuserCheck()))
		a.field("why refused", u.GetRefuseReason())
		return
	}
	a.field("until", minute(u.GetExpireTime()))
}

// checked says in words how far it was checked that a reviewer has no part in what he
// reviews.
func checked(c registerv1.ConflictCheck) string {
	switch c {
	case registerv1.ConflictCheck_CONFLICT_CHECK_COMPUTED:
		return " (no conflict, by what forces have told)"
	case registerv1.ConflictCheck_CONFLICT_CHECK_DECLARED:
		return " (no conflict by his own word: forces have told too little to check)"
	case registerv1.ConflictCheck_CONFLICT_CHECK_UNSPECIFIED:
	}
	return ""
}

type psdCaseAccessCmd struct {
	Force     string `required:"" help:"Force whose entries it is for." placeholder:"CODE"`
	Purpose   string `required:"" help:"Lawful purpose: lawfulness, self-monitoring, security or criminal-proceedings."`
	Reference string `required:"" help:"Reference of the case."`
	Reason    string `required:"" help:"Why, in words."`
	Days      int32  `required:"" help:"For how many days, 1 to 90."`
}

// Run opens a case access.
func (c *psdCaseAccessCmd) Run(a *app) error {
	purpose, err := client.LogPurpose(c.Purpose)
	if err != nil {
		return usageError{err}
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.CaseAccess, error) {
		return s.OpenCaseAccess(ctx, &registerv1.OpenCaseAccessRequest{
			Parent: "forces/" + c.Force, Purpose: purpose, Reference: c.Reference, Reason: c.Reason, Days: c.Days,
		}, opts...)
	}, func(m *registerv1.CaseAccess) {
		a.say("%s", client.Clean(m.GetName()))
		a.field("until", minute(m.GetExpireTime()))
	})
}

type psdReadingsCmd struct {
	Force     string `required:"" help:"Force whose readers are reviewed, not your own; - for the national auditor's." placeholder:"CODE"`
	Purpose   string `required:"" help:"Lawful purpose: lawfulness, self-monitoring, security or criminal-proceedings."`
	Reference string `required:"" help:"Reference of the review."`
	Subject   string `help:"Only this reader's."`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists readings.
func (c *psdReadingsCmd) Run(a *app) error {
	purpose, err := client.LogPurpose(c.Purpose)
	if err != nil {
		return usageError{err}
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.ListReadingsResponse, error) {
		return s.ListReadings(ctx, &registerv1.ListReadingsRequest{
			Parent: "forces/" + c.Force, Purpose: purpose, Reference: c.Reference, Subject: c.Subject, PageSize: 200, PageToken: c.PageToken,
		}, opts...)
	}, func(m *registerv1.ListReadingsResponse) {
		var rows [][]string
		for _, r := range m.GetReadings() {
			rows = append(rows, []string{client.Clean(r.GetName()), minute(r.GetTime()), client.Clean(r.GetSubject()), client.Clean(r.GetMethod()),
				client.Clean(r.GetPurpose()), strconv.Itoa(int(r.GetResultCount())), words("VERDICT_", r.GetVerdict())})
		}
		a.table([]string{"READING", "TIME", "WHO", "METHOD", "PURPOSE", "ENTRIES", "VERDICT"}, rows)
		a.more(m.GetNextPageToken())
	})
}

type psdReviewCmd struct {
	Name    string `arg:"" help:"The reading, forces/33/readings/1234; of the national auditor forces/-/readings/1234."`
	Verdict string `required:"" help:"proper, questioned or improper."`
	Note    string `help:"What you note; needed unless proper."`
}

// Run gives a verdict.
func (c *psdReviewCmd) Run(a *app) error {
	verdict, err := chosen(registerv1.Verdict_value, "VERDICT_", "--verdict", c.Verdict)
	if err != nil {
		return err
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Reading, error) {
		return s.ReviewReading(ctx, &registerv1.ReviewReadingRequest{Name: c.Name, Verdict: registerv1.Verdict(verdict), Note: c.Note}, opts...)
	}, func(m *registerv1.Reading) {
		a.say("%s: %s%s", client.Clean(m.GetName()), words("VERDICT_", m.GetVerdict()), checked(m.GetReviewCheck()))
	})
}
