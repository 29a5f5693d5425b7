package main

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type psdCmd struct {
	Sanction     psdSanctionCmd     `cmd:"" help:"Suspend a user of your force, or demand a stronger or fresher sign-in."`
	Unseal       psdUnsealCmd       `cmd:"" help:"Open the sealed part of an entry, two people together."`
	Sample       psdSampleCmd       `cmd:"" help:"Draw a dip sample that nobody has chosen."`
	Hold         psdHoldCmd         `cmd:"" help:"Keep retention from dropping sealed parts of entries."`
	CaseAccess   psdCaseAccessCmd   `cmd:"" help:"For the national auditor: open an access to a force's sealed entries for a case."`
	CaseAccesses psdCaseAccessesCmd `cmd:"" help:"For the national auditor: list the accesses that were opened."`
	Evidence     psdEvidenceCmd     `cmd:"" help:"Make a bundle of evidence from the log; recorded as a disclosure."`
	Readings     psdReadingsCmd     `cmd:"" help:"List when another force's people have looked into the log, for review."`
	Review       psdReviewCmd       `cmd:"" help:"Give a verdict on a reading of the log."`
}

// standards makes a call of StandardsService, and says under which entry it is
// recorded; show prints the answer.
func standards[M proto.Message](a *app, do func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (M, error), show func(M)) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var m M
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		m, err = do(ctx, registerv1.NewStandardsServiceClient(conn), opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(m)
	}
	show(m)
	if entry != "" {
		a.say("Recorded under your name, entry %s.", entry)
	}
	return nil
}

type psdSanctionCmd struct {
	Impose psdImposeCmd `cmd:"" help:"Impose one: it holds at the user's next call of any kind."`
	Lift   psdLiftCmd   `cmd:"" help:"Lift one."`
	List   psdListCmd   `cmd:"" help:"List those of your force, the lifted included."`
}

type psdImposeCmd struct {
	Kind        string `arg:"" help:"suspension or step-up."`
	Subject     string `help:"The user's name in the log."`
	Collar      string `help:"The officer's collar number. Give both where you can: either suffices."`
	MinStrength string `help:"For step-up: the weakest strength of sign-in that counts, such as aal3."`
	Fresh       bool   `help:"For step-up: only a sign-in from now on counts."`
	Reason      string `required:"" help:"Why, in words."`
	Reference   string `required:"" help:"Reference of the case."`
	Force       string `help:"Force of the user; else your own." placeholder:"CODE"`
}

// Run imposes a sanction.
func (c *psdImposeCmd) Run(a *app) error {
	kind, err := chosen(registerv1.SanctionKind_value, "SANCTION_KIND_", "KIND", c.Kind)
	if err != nil {
		return err
	}
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	subject, err := a.wholeSubject(c.Subject)
	if err != nil {
		return err
	}
	req := &registerv1.ImposeSanctionRequest{
		Parent: "forces/" + force, Kind: registerv1.SanctionKind(kind), Subject: subject, CollarNumber: c.Collar,
		MinStrength: c.MinStrength, Fresh: c.Fresh, Reason: c.Reason, Reference: c.Reference,
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Sanction, error) {
		return s.ImposeSanction(ctx, req, opts...)
	}, a.showSanction)
}

type psdLiftCmd struct {
	Name   string `arg:"" help:"The sanction, forces/33/sanctions/…"`
	Reason string `help:"Why, in words; needed if you imposed it yourself."`
}

// Run lifts a sanction.
func (c *psdLiftCmd) Run(a *app) error {
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Sanction, error) {
		return s.LiftSanction(ctx, &registerv1.LiftSanctionRequest{Name: c.Name, Reason: c.Reason}, opts...)
	}, a.showSanction)
}

type psdListCmd struct {
	Force     string `help:"Force; else your own." placeholder:"CODE"`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists sanctions.
func (c *psdListCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.ListSanctionsResponse, error) {
		return s.ListSanctions(ctx, &registerv1.ListSanctionsRequest{Parent: "forces/" + force, PageSize: 200, PageToken: c.PageToken}, opts...)
	}, func(m *registerv1.ListSanctionsResponse) {
		for _, o := range m.GetSanctions() {
			a.showSanction(o)
		}
		a.more(m.GetNextPageToken())
	})
}

func (a *app) showSanction(o *registerv1.Sanction) {
	a.say("%s %s", strings.ToUpper(words("SANCTION_KIND_", o.GetKind())), client.Clean(o.GetName()))
	a.field("subject", o.GetSubject())
	a.field("collar", o.GetCollarNumber())
	a.field("at least", o.GetMinStrength())
	if o.GetFresh() {
		a.field("sign-in", "after "+minute(o.GetImposeTime()))
	}
	a.field("imposed", minute(o.GetImposeTime())+" by "+o.GetImposer()+checked(o.GetImposerCheck()))
	a.field("reason", o.GetReason()+" ("+o.GetReference()+")")
	if o.GetLiftTime() != nil {
		a.field("lifted", minute(o.GetLiftTime())+" by "+strings.TrimSuffix(o.GetLifter()+": "+o.GetLiftReason(), ": "))
	}
}
