package service

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// courseOf finds the course of a nominal that a part names, by its name or its
// source key, and requires that it stands unchanged when the part is stored. One that
// another force has taken over is there only if taken says so.
func (d *Deps) courseOf(ctx context.Context, c *call.Call, force string, nominal postgres.Current, name string, source *registerv1.SourceKey, taken bool) (string, error) {
	var cur postgres.Current
	var stored storev1.StoredCourse
	if name != "" {
		var err error
		if cur, _, err = d.Current(ctx, postgres.KindCourse, name, &stored); err != nil {
			return "", err
		}
	} else {
		at := place{hmacs: d.Keys.SourceHMACs(force, source.GetSystem(), source.GetReference(), spaceCourse)}
		if err := d.look(ctx, &at); err != nil {
			return "", err
		}
		if !at.found || at.cur.Wrapped == nil {
			return "", NotFound("course")
		}
		cur = at.cur
		if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
			return "", err
		}
	}
	if cur.Record.Force != force || uuid.UUID(stored.GetNominalId()) != nominal.Record.ID {
		return "", NotFound("course") // of another force, or of somebody else
	}
	if len(stored.GetTransferredTo()) > 0 && !taken {
		return "", mayRevise(stored.GetTransferredTo())
	}
	c.Requires = append(c.Requires, accesslog.Requirement{Record: cur.Record.ID, N: cur.Version.N})
	return ResourceName(postgres.KindCourse, force, cur.Record.ID), nil
}

// measureOf finds the measure of the own force that a breach names by its source
// key.
func (d *Deps) measureBySource(ctx context.Context, force string, source *registerv1.SourceKey) (string, error) {
	at := place{hmacs: d.Keys.SourceHMACs(force, source.GetSystem(), source.GetReference(), string(postgres.KindMeasure))}
	if err := d.look(ctx, &at); err != nil {
		return "", err
	}
	if !at.found || at.cur.Wrapped == nil {
		return "", NotFound("measure")
	}
	return ResourceName(postgres.KindMeasure, force, at.cur.Record.ID), nil
}

// mayName reports whether a breach by a nominal may name a measure: one against
// the same person, or against somebody whom the caller found by a search.
func (d *Deps) mayName(ctx context.Context, c *call.Call, force string, nominal identity.ID, measure, candidate string) error {
	id, err := uuid.Parse(call.RecordID(measure))
	if err != nil {
		return NotFound("measure")
	}
	if err := d.View.Pull(ctx); err != nil {
		return err
	}
	part, ok := d.View.Part(identity.ID(id))
	if !ok || part.Kind != postgres.KindMeasure {
		return NotFound("measure")
	}
	of, stands := d.View.Nominal(part.Nominal)
	if d.Hides(c, part.Nominal) {
		c.ShowSilent(id, call.ForceCode(measure))
		return NotFound("measure")
	}
	if !stands || of.Force != call.ForceCode(measure) {
		return NotFound("measure")
	}
	same := slices.Contains(d.View.Person(nominal).Members, part.Nominal)
	if of.Force == force {
		if !same {
			return NewProblem(codes.FailedPrecondition, ReasonNotOnePerson, "the measure is against somebody else: name one against this person")
		}
		return nil
	}
	if of.Restriction != registerv1.Restriction_RESTRICTION_UNSPECIFIED {
		return NotFound("measure")
	}
	if !same && !d.foundBy(ctx, c, candidate, part.Nominal) {
		return NotFound("measure")
	}
	return nil
}

// foundBy reports whether a candidate that the caller may open holds a nominal.
func (d *Deps) foundBy(ctx context.Context, c *call.Call, candidate string, nominal identity.ID) bool {
	if candidate == "" {
		return false
	}
	found, err := d.openCandidate(ctx, c, candidate)
	return err == nil && slices.ContainsFunc(found.basis.GetNominals(), func(n *storev1.NominalRef) bool {
		return identity.ID(n.GetId()) == nominal
	})
}
