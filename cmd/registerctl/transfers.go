package main

import (
	"context"
	"strings"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type transfersCmd struct {
	List     transfersListCmd     `cmd:"" help:"List what your force offers and what it was offered."`
	Show     transfersShowCmd     `cmd:"" help:"Show a transfer, and what the matter is while it is open."`
	Offer    transfersOfferCmd    `cmd:"" help:"Offer a matter of your force to another."`
	Accept   transfersAcceptCmd   `cmd:"" help:"Take a matter over, with its duties."`
	Decline  transfersDeclineCmd  `cmd:"" help:"Refuse a matter: it stays with the other force."`
	Withdraw transfersWithdrawCmd `cmd:"" help:"Take an offer back."`
}

type transfersListCmd struct {
	Open      bool   `help:"Only those that wait for an answer."`
	Force     string `help:"Force whose transfers are listed; else your own." placeholder:"CODE"`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists transfers.
func (c *transfersListCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	req := &registerv1.ListTransfersRequest{Parent: "forces/" + force, Open: c.Open, PageToken: c.PageToken}
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.ListTransfersResponse, error) {
		return registerv1.NewTransferServiceClient(conn).ListTransfers(ctx, req, opts...)
	}, func(m *registerv1.ListTransfersResponse) {
		for _, t := range m.GetTransfers() {
			a.showTransfer(t)
		}
		if t := m.GetNextPageToken(); t != "" {
			a.say("More: --page-token %s", client.Clean(t))
		}
	})
}

func (a *app) showTransfer(t *registerv1.Transfer) {
	state := "to be answered by " + minute(t.GetDueTime())
	if at := t.GetAnswerTime(); at != nil {
		state = strings.ToLower(strings.TrimPrefix(t.GetState().String(), "TRANSFER_STATE_")) + " " + minute(at)
	}
	a.say("%s  %s offers to %s  (%s)", minute(t.GetOfferTime()), client.Clean(t.GetFromForce()), client.Clean(t.GetToForce()), state)
	a.text("  ", t.GetReason())
	if m := t.GetMatter(); m != nil {
		a.say("  %d incidents, %s to %s", m.GetIncidents(), minute(m.GetFirstTime()), minute(m.GetLastTime()))
		if len(m.GetWarnings()) > 0 {
			a.say("  warnings: %s", client.Clean(strings.Join(m.GetWarnings(), ", ")))
		}
		for _, x := range m.GetMeasures() {
			a.say("  measure: %s, %d breaches", client.Clean(x.GetKind()), x.GetBreaches())
		}
		for _, d := range m.GetDuties() {
			a.say("  duty: %s, due %s", client.Clean(d.GetTitle()), minute(d.GetDueTime()))
		}
		for _, n := range m.GetNominals() {
			a.say("  your record of the person: %s", client.Clean(n))
		}
	}
	if t.GetAnswer() != "" {
		a.say("  answer:")
		a.text("    ", t.GetAnswer())
	}
	if t.GetNewCourse() != "" {
		a.say("  now %s", client.Clean(t.GetNewCourse()))
	}
	a.say("  %s", client.Clean(t.GetName()))
}

type transfersShowCmd struct {
	Name string `arg:"" help:"The transfer, forces/33/transfers/…"`
}

// Run shows a transfer.
func (c *transfersShowCmd) Run(a *app) error {
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.Transfer, error) {
		return registerv1.NewTransferServiceClient(conn).GetTransfer(ctx, &registerv1.GetTransferRequest{Name: c.Name}, opts...)
	}, a.showTransfer)
}

type transfersOfferCmd struct {
	Course string `arg:"" help:"The course of conduct of your force, forces/33/courses/…"`
	To     string `help:"Force that is to take over." required:"" placeholder:"CODE"`
	Reason string `help:"Why, without a victim's details: the other force reads it." required:""`
	Force  string `help:"Force that offers; else your own." placeholder:"CODE"`
}

// Run offers a matter.
func (c *transfersOfferCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	req := &registerv1.OfferTransferRequest{Parent: "forces/" + force, Course: c.Course, ToForce: "forces/" + c.To, Reason: c.Reason}
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.Transfer, error) {
		return registerv1.NewTransferServiceClient(conn).OfferTransfer(ctx, req, opts...)
	}, a.showTransfer)
}

type transfersAcceptCmd struct {
	Name             string `arg:"" help:"The transfer, forces/33/transfers/…"`
	System           string `help:"Your system." default:"manual"`
	Reference        string `help:"Your reference of the course from now on." required:""`
	Nominal          string `help:"Your nominal of the person; not needed when your force holds just one."`
	NominalReference string `help:"Your reference of the person, when your force holds no nominal of him: one is registered from the other force's."`
	Collar           string `help:"Collar number of the officer in the case."`
	Answer           string `help:"What the other force should know."`
}

// Run takes a matter over.
func (c *transfersAcceptCmd) Run(a *app) error {
	req := &registerv1.AcceptTransferRequest{
		Name: c.Name, Source: &registerv1.SourceKey{System: c.System, Reference: c.Reference}, Nominal: c.Nominal, Officer: c.Collar, Answer: c.Answer,
	}
	if c.NominalReference != "" {
		req.NominalSource = &registerv1.SourceKey{System: c.System, Reference: c.NominalReference}
	}
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.Transfer, error) {
		return registerv1.NewTransferServiceClient(conn).AcceptTransfer(ctx, req, opts...)
	}, a.showTransfer)
}

type transfersDeclineCmd struct {
	Name   string `arg:"" help:"The transfer, forces/33/transfers/…"`
	Reason string `help:"Why, at least 10 characters." required:""`
}

// Run refuses a matter.
func (c *transfersDeclineCmd) Run(a *app) error {
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.Transfer, error) {
		return registerv1.NewTransferServiceClient(conn).DeclineTransfer(ctx, &registerv1.DeclineTransferRequest{Name: c.Name, Reason: c.Reason}, opts...)
	}, a.showTransfer)
}

type transfersWithdrawCmd struct {
	Name   string `arg:"" help:"The transfer, forces/33/transfers/…"`
	Reason string `help:"Why, at least 10 characters." required:""`
}

// Run takes an offer back.
func (c *transfersWithdrawCmd) Run(a *app) error {
	return exchange(a, func(ctx context.Context, conn *grpc.ClientConn, opts ...grpc.CallOption) (*registerv1.Transfer, error) {
		return registerv1.NewTransferServiceClient(conn).WithdrawTransfer(ctx, &registerv1.WithdrawTransferRequest{Name: c.Name, Reason: c.Reason}, opts...)
	}, a.showTransfer)
}
