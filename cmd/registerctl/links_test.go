package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const linkID = "forces/33/links/0198f000-0000-7000-8000-000000000004"

func theLink() *registerv1.Link {
	return &registerv1.Link{
		Name: linkID, State: registerv1.LinkState_LINK_STATE_AUTOMATIC, Bits: 20.25, Prior: -12.5, Probability: 0.995, ModelVersion: "1", Twins: true, Barred: true, Version: 3,
		Nominals: []*registerv1.LinkedNominal{
			{Nominal: nominal().GetName(), Force: "forces/33", DisplayName: "Callum \x1b[31mThackery", BirthDate: &registerv1.PartialDate{Year: 1987}},
			{Nominal: "forces/10/nominals/0198f000-0000-7000-8000-000000000009", Force: "forces/10", AskOwner: true, Contact: hit().GetCandidates()[0].GetContacts()[0]},
		},
		Terms:      []*registerv1.MatchTerm{{Field: "surname", QueryValue: "thackery", RecordValue: "thackary\u202e", Rule: "one_letter", Bits: 5.2, Frequency: 0.0002}},
		Decisions:  []*registerv1.LinkDecision{{State: registerv1.LinkState_LINK_STATE_AUTOMATIC}, {State: registerv1.LinkState_LINK_STATE_CONFIRMED, Force: "forces/10", Reason: "same\x07 man"}},
		UpdateTime: &timestamppb.Timestamp{Seconds: 1_700_000_000},
	}
}

func (f *fake) asked(m proto.Message) {
	f.mu.Lock()
	f.decided = m
	f.mu.Unlock()
}

func (f *fake) GetLink(ctx context.Context, _ *registerv1.GetLinkRequest) (*registerv1.Link, error) {
	receipt(ctx, 44)
	return theLink(), nil
}

func (f *fake) ListLinks(_ context.Context, r *registerv1.ListLinksRequest) (*registerv1.ListLinksResponse, error) {
	f.asked(r)
	out := &registerv1.ListLinksResponse{Links: []*registerv1.Link{theLink()}}
	if r.GetPageToken() == "" {
		out.NextPageToken = "2"
	}
	return out, nil
}

func (f *fake) ProposeLink(_ context.Context, r *registerv1.ProposeLinkRequest) (*registerv1.Link, error) {
	f.asked(r)
	return theLink(), nil
}

func (f *fake) ConfirmLink(_ context.Context, r *registerv1.ConfirmLinkRequest) (*registerv1.Link, error) {
	f.asked(r)
	return theLink(), nil
}

func (f *fake) RejectLink(_ context.Context, r *registerv1.RejectLinkRequest) (*registerv1.Link, error) {
	f.asked(r)
	return theLink(), nil
}

func (f *fake) SplitPerson(_ context.Context, r *registerv1.SplitPersonRequest) (*registerv1.Person, error) {
	f.asked(r)
	return &registerv1.Person{Nominals: theLink().GetNominals()[:1]}, nil
}

func (f *fake) GetPerson(context.Context, *registerv1.GetPersonRequest) (*registerv1.Person, error) {
	return &registerv1.Person{Nominals: theLink().GetNominals(), Links: []*registerv1.Link{theLink()}, Unconfirmed: true}, nil
}

// ListAlerts has three alerts, in pages of two.
func (f *fake) ListAlerts(_ context.Context, r *registerv1.ListAlertsRequest) (*registerv1.ListAlertsResponse, error) {
	f.mu.Lock()
	f.pages = append(f.pages, r.GetPageToken())
	f.mu.Unlock()
	from := 0
	if r.GetPageToken() != "" {
		var err error
		if from, err = strconv.Atoi(r.GetPageToken()); err != nil {
			return nil, status.Error(codes.InvalidArgument, "page token")
		}
	}
	out := &registerv1.ListAlertsResponse{}
	for ; from < 3 && len(out.GetAlerts()) < min(2, int(r.GetPageSize())); from++ {
		out.Alerts = append(out.Alerts, alert(from))
	}
	out.NextPageToken, out.More = strconv.Itoa(from), from < 3
	return out, nil
}

func alert(n int) *registerv1.Alert {
	return &registerv1.Alert{
		Name: fmt.Sprintf("forces/33/alerts/%d", n), Kind: registerv1.AlertKind_ALERT_KIND_LINK_RETRACTED, Link: linkID, OfficersShown: 2,
		Nominals: []string{nominal().GetName()}, Message: "no longer\x1b[2J held", CreateTime: &timestamppb.Timestamp{Seconds: 1_700_000_000},
	}
}

func (f *fake) AcknowledgeAlert(_ context.Context, r *registerv1.AcknowledgeAlertRequest) (*registerv1.Alert, error) {
	f.asked(r)
	a := alert(0)
	a.AcknowledgeTime = &timestamppb.Timestamp{Seconds: 1_700_000_000}
	return a, nil
}

func (f *fake) ListRetractions(_ context.Context, r *registerv1.ListRetractionsRequest) (*registerv1.ListRetractionsResponse, error) {
	f.asked(r)
	return &registerv1.ListRetractionsResponse{Retractions: []*registerv1.Retraction{{Code: "LINK_REJECTED", Message: "two records are not one\x07 person", ShownIndex: 41, Searches: []string{searchID}}}}, nil
}

func (f *fake) RestrictNominal(ctx context.Context, r *registerv1.RestrictNominalRequest) (*registerv1.RestrictNominalResponse, error) {
	receipt(ctx, 45)
	f.asked(r)
	return &registerv1.RestrictNominalResponse{}, nil
}

func (f *fake) CancelNominal(_ context.Context, r *registerv1.CancelNominalRequest) (*registerv1.CancelNominalResponse, error) {
	f.asked(r)
	return &registerv1.CancelNominalResponse{}, nil
}

func (f *fake) EraseNominal(_ context.Context, r *registerv1.EraseNominalRequest) (*registerv1.EraseNominalResponse, error) {
	f.asked(r)
	return &registerv1.EraseNominalResponse{ErasedCourses: 2}, nil
}

func (f *fake) FindNominals(_ context.Context, r *registerv1.FindNominalsRequest) (*registerv1.FindNominalsResponse, error) {
	f.asked(r)
	if r.GetCriteria().GetPhones() != nil {
		return &registerv1.FindNominalsResponse{}, nil
	}
	return &registerv1.FindNominalsResponse{
		Nominals: []*registerv1.FoundNominal{{Name: nominal().GetName(), DisplayName: "Lamb\x1b[2Jert Ottlethorpe", Strength: registerv1.MatchStrength_MATCH_STRENGTH_STRONG}},
		Notices:  []*registerv1.SearchNotice{{Code: "TOO_COMMON", Message: "matches too many"}},
	}, nil
}

// None found is told by the exit status, as of a search, and is no failure.
func TestFindingNobodyIsTold(t *testing.T) {
	b := newBench(t)
	code, out, errOut := b.run("", "nominal", "find", "--right", "erasure-or-restriction", "--reference", "DPO/1", "--phone", "07700 900123")
	if code != exitNoHit || errOut != "" || !strings.Contains(out, "0 records of the force") {
		t.Errorf("exit %d, %s\n%s", code, errOut, out)
	}
}

func TestLinks(t *testing.T) {
	b := newBench(t)
	name := nominal().GetName()
	for _, c := range []struct {
		args []string
		want proto.Message // asked of the register
		out  []string
	}{
		{[]string{"links", "list"}, &registerv1.ListLinksRequest{Parent: "forces/33", PageToken: "2", PageSize: 49}, []string{"automatic, joins nothing", "99.50%", linkID}},
		{[]string{"links", "list", name, "--state", "rejected", "--deferred", "--limit", "1"}, &registerv1.ListLinksRequest{Parent: name, States: []registerv1.LinkState{4}, Deferred: true, PageSize: 1}, []string{"--page-token 2"}},
		{[]string{"links", "show", linkID}, nil, []string{"version 3", "Possible, unconfirmed", "as twins do", "+5.2  surname", "confirmed by force 10: same", "entry 44", "ask: force 10"}},
		{[]string{"show", linkID}, nil, []string{"LINK " + linkID}},
		{[]string{"links", "confirm", linkID, "--version", "3", "--reason", "same tattoo", "--overrule"}, &registerv1.ConfirmLinkRequest{Name: linkID, Version: 3, Reason: "same tattoo", Overrule: true}, nil},
		{[]string{"links", "reject", linkID, "--version", "3", "--reason", "brothers"}, &registerv1.RejectLinkRequest{Name: linkID, Version: 3, Reason: "brothers"}, nil},
		{[]string{"links", "propose", name, "--candidate", searchID + "/candidates/1", "--reason", "same tattoo"}, &registerv1.ProposeLinkRequest{Parent: "forces/33", Nominal: name, Candidate: searchID + "/candidates/1", Reason: "same tattoo"}, nil},
		{[]string{"links", "split", name, "--apart", "a", "--apart", "b", "--reason", "brothers"}, &registerv1.SplitPersonRequest{Name: name, Apart: []string{"a", "b"}, Reason: "brothers"}, []string{"PERSON of 1 record"}},
		{[]string{"person", name}, nil, []string{"PERSON of 2 records", "Possibly one person, unconfirmed", "(not shown)", linkID}},
		{[]string{"alerts", "ack", "forces/33/alerts/0"}, &registerv1.AcknowledgeAlertRequest{Name: "forces/33/alerts/0"}, []string{"LINK RETRACTED  (taken up "}},
		{[]string{"retractions"}, &registerv1.ListRetractionsRequest{}, []string{"LINK_REJECTED", "entry 41", "by " + searchID}},
		{[]string{"nominal", "restrict", name, "--to", "none", "--explanation", "over"}, &registerv1.RestrictNominalRequest{Name: name, Explanation: "over"}, []string{"entry 45"}},
		{[]string{"nominal", "restrict", name, "--to", "silent", "--explanation", "an inquiry"}, &registerv1.RestrictNominalRequest{Name: name, Restriction: registerv1.Restriction_RESTRICTION_SILENT, Explanation: "an inquiry"}, nil},
		{[]string{"nominal", "cancel", name, "--reason", "no-crime"}, &registerv1.CancelNominalRequest{Name: name, Reason: registerv1.CancelReason_CANCEL_REASON_NO_CRIME}, []string{"Withdrawn"}},
		{
			[]string{"nominal", "find", "--right", "access", "--reference", "DPO/1", "--surname", "Ottlethorpe"}, &registerv1.FindNominalsRequest{
				Parent: "forces/33", Right: registerv1.DataSubjectRight_DATA_SUBJECT_RIGHT_ACCESS, Reference: "DPO/1",
				Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Surname: "Ottlethorpe"}}},
			}, []string{"1 record of the force", "strong", "Ottlethorpe", name, "matches too many"},
		},
		{[]string{"nominal", "erase", name, "--ground", "order", "--reference", "R/1", "--yes"}, &registerv1.EraseNominalRequest{Name: name, Ground: registerv1.ErasureGround_ERASURE_GROUND_ORDER, Reference: "R/1"}, []string{"2 courses of conduct were erased"}},
		{[]string{"show", "--rescore", searchID}, nil, []string{"weighed anew by model 2"}},
	} {
		code, out, errOut := b.run("", c.args...)
		if code != exitOK || errOut != "" {
			t.Errorf("%v: exit %d, %s", c.args, code, errOut)
		}
		for _, want := range c.out {
			if !strings.Contains(out, want) {
				t.Errorf("%v prints no %q:\n%s", c.args, want, out)
			}
		}
		if c.want != nil && !proto.Equal(c.want, b.fake.decided) {
			t.Errorf("%v asks %v, want %v", c.args, b.fake.decided, c.want)
		}
		if code, out, _ := b.run("", append([]string{"--json"}, c.args...)...); code != exitOK || !strings.HasPrefix(out, "{") {
			t.Errorf("%v as JSON: exit %d\n%s", c.args, code, out)
		}
	}
	for _, bad := range [][]string{
		{"links", "list", "--state", "odd"}, {"links", "list", "--limit", "0"}, {"links", "propose", name, "--reason", "same tattoo"},
		{"links", "confirm", linkID, "--reason", "same tattoo"}, {"links", "reject", linkID, "--version", "1"}, {"alerts", "list", "--limit", "0"},
		{"alerts", "watch", "--retry", "0s"}, {"retractions", "--since", "noon"}, {"nominal", "erase", name, "--ground", "order", "--reference", "R/1"},
		{"nominal", "cancel", name, "--reason", "boredom"}, {"nominal", "find", "--right", "curiosity", "--reference", "DPO/1", "--surname", "x"}, {"nominal", "restrict", name, "--to", "unspecified", "--explanation", "x"},
	} {
		if code, _, errOut := b.run("", bad...); code != exitUsage {
			t.Errorf("%v: exit %d, %s", bad, code, errOut)
		}
	}
}

func TestAlerts(t *testing.T) {
	b := newBench(t)
	code, out, _ := b.run("", "alerts", "list", "--open")
	if code != exitOK || strings.Count(out, "LINK RETRACTED  (open)") != 3 || !strings.Contains(out, "What comes next: --page-token 3") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if code, out, _ := b.run("", "alerts", "list", "--limit", "1"); code != exitOK || !strings.Contains(out, "More: --page-token 1") {
		t.Errorf("exit %d\n%s", code, out)
	}
}
