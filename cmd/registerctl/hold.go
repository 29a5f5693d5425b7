package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type psdHoldCmd struct {
	Place holdPlaceCmd `cmd:"" help:"Place a hold."`
	Lift  holdLiftCmd  `cmd:"" help:"Lift a hold."`
	List  holdListCmd  `cmd:"" help:"List the holds of a force."`
}

type holdPlaceCmd struct {
	Subject   string `help:"Entries of this caller." xor:"what" required:""`
	Record    string `help:"Entries that met this record, forces/33/nominals/…" xor:"what" required:""`
	Crime     string `help:"Entries with this crime or incident reference." xor:"what" required:""`
	Until     int64  `help:"Entries of a range of indices: before this one." xor:"what" required:""`
	From      int64  `help:"With --until: from this index on."`
	Reason    string `required:"" help:"Why, in words."`
	Reference string `required:"" help:"Reference of the case."`
	Force     string `help:"Force; else your own." placeholder:"CODE"`
}

// Run places a hold.
func (c *holdPlaceCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	subject, err := a.wholeSubject(c.Subject)
	if err != nil {
		return err
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Hold, error) {
		return s.PlaceHold(ctx, &registerv1.PlaceHoldRequest{
			Parent: "forces/" + force, Subject: subject, Record: c.Record, CrimeReference: c.Crime,
			FromIndex: c.From, UntilIndex: c.Until, Reason: c.Reason, Reference: c.Reference,
		}, opts...)
	}, a.showHold)
}

type holdLiftCmd struct {
	Name   string `arg:"" help:"The hold, forces/33/holds/…"`
	Reason string `required:"" help:"Why, in words."`
}

// Run lifts a hold.
func (c *holdLiftCmd) Run(a *app) error {
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.Hold, error) {
		return s.LiftHold(ctx, &registerv1.LiftHoldRequest{Name: c.Name, Reason: c.Reason}, opts...)
	}, a.showHold)
}

type holdListCmd struct {
	Force     string `help:"Force; else your own." placeholder:"CODE"`
	PageToken string `help:"Go on from this token, printed by the page before." placeholder:"TOKEN"`
}

// Run lists holds.
func (c *holdListCmd) Run(a *app) error {
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	return standards(a, func(ctx context.Context, s registerv1.StandardsServiceClient, opts ...grpc.CallOption) (*registerv1.ListHoldsResponse, error) {
		return s.ListHolds(ctx, &registerv1.ListHoldsRequest{Parent: "forces/" + force, PageSize: 200, PageToken: c.PageToken}, opts...)
	}, func(m *registerv1.ListHoldsResponse) {
		for _, h := range m.GetHolds() {
			a.showHold(h)
		}
		a.more(m.GetNextPageToken())
	})
}

func (a *app) showHold(h *registerv1.Hold) {
	a.say("HOLD %s", client.Clean(h.GetName()))
	a.field("subject", h.GetSubject())
	a.field("record", h.GetRecord())
	a.field("crime", h.GetCrimeReference())
	if h.GetUntilIndex() > 0 {
		a.field("entries", fmt.Sprintf("%d to %d", h.GetFromIndex(), h.GetUntilIndex()-1))
	}
	a.field("placed", minute(h.GetPlaceTime())+" by "+h.GetPlacer())
	a.field("reason", h.GetReason()+" ("+h.GetReference()+")")
	if h.GetLiftTime() != nil {
		a.field("lifted", minute(h.GetLiftTime())+" by "+strings.TrimSuffix(h.GetLifter()+": "+h.GetLiftReason(), ": "))
	}
}
