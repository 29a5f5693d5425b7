package main

import (
	"context"
	"errors"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type nominalFindCmd struct {
	personFlags

	Force     string `help:"Force whose records are looked through; else your own." placeholder:"CODE"`
	Right     string `required:"" help:"access, rectification or erasure-or-restriction." placeholder:"RIGHT" group:"Why:"`
	Reference string `required:"" help:"Reference of the person's request." placeholder:"REF" group:"Why:"`
}

// Run finds the own records that the person may be. When there is no whole answer it says so.
func (c *nominalFindCmd) Run(a *app) error {
	right, err := chosen(registerv1.DataSubjectRight_value, "DATA_SUBJECT_RIGHT_", "--right", c.Right)
	if err != nil {
		return err
	}
	asked, err := c.read(a)
	if err != nil {
		return err
	}
	force, err := a.force(c.Force)
	if err != nil {
		return err
	}
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var found *registerv1.FindNominalsResponse
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		found, err = registerv1.NewSearchServiceClient(conn).FindNominals(ctx, &registerv1.FindNominalsRequest{
			Parent: "forces/" + force, Right: registerv1.DataSubjectRight(right), Reference: c.Reference, Criteria: asked.GetCriteria(),
		}, opts...)
		return err
	})
	if err != nil {
		a.warn("NOT LOOKED UP: this says nothing about what is held.")
		return err
	}
	say := a.say
	if a.JSON {
		err, say = a.printJSON(found), a.warn
	} else {
		a.showFound(found)
	}
	if entry != "" {
		say("This look-up is recorded under your name, entry %s.", entry)
	}
	if err = errors.Join(err, a.writeErr); err == nil && len(found.GetNominals()) == 0 {
		return exitError(exitNoHit)
	}
	return err
}

func (a *app) showFound(found *registerv1.FindNominalsResponse) {
	a.say("%s that the person may be. Withdrawn ones are not among them, nor any that PSD keeps silent.",
		plural(len(found.GetNominals()), "record of the force", "records of the force"))
	if len(found.GetNominals()) > 0 {
		var rows [][]string
		for _, n := range found.GetNominals() {
			rows = append(rows, []string{n.GetDisplayName(), client.FormatDate(n.GetBirthDate()), words("MATCH_STRENGTH_", n.GetStrength()), n.GetName()})
		}
		a.table([]string{"NAME", "BORN", "MATCH", "RECORD"}, rows)
	}
	a.notices(found.GetNotices())
}
