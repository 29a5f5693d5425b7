package service

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// matterInHand is a course with the records that belong to it alone: the risk
// assessments and safety plans of it, the measures that protect its victim and nobody
// else, and the breaches of those that its force recorded. A measure that protects
// others too stays where it is, and goes on protecting her.
type matterInHand struct {
	cur    postgres.Current
	key    seal.DataKey
	stored *storev1.StoredCourse
	parts  []partInHand
	// duties are the open ones that are about it, the earliest deadline first.
	duties []*view.Duty
}

// partInHand is a part that belongs to a matter.
type partInHand struct {
	cur    postgres.Current
	key    seal.DataKey
	stored partStored
}

// matterOf reads a matter as it stands. The view must be level.
func (d *Deps) matterOf(ctx context.Context, course uuid.UUID) (*matterInHand, error) {
	m := &matterInHand{stored: &storev1.StoredCourse{}}
	var err error
	if m.cur, m.key, err = d.OpenRecord(ctx, postgres.KindCourse, course, m.stored); err != nil {
		return nil, err
	}
	nominal := identity.ID(m.stored.GetNominalId())
	var ids []uuid.UUID
	for _, id := range d.View.PartIDs(nominal) {
		ids = append(ids, uuid.UUID(id))
	}
	all, err := d.DB.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	// Measures come before what breaches them.
	slices.SortFunc(all, func(a, b postgres.Current) int {
		return cmp.Or(cmp.Compare(boolRank(a.Record.Kind == postgres.KindBreach), boolRank(b.Record.Kind == postgres.KindBreach)), slices.Compare(a.Record.ID[:], b.Record.ID[:]))
	})
	measures := map[conduct.ID]bool{}
	for _, cur := range all {
		if cur.Wrapped == nil {
			continue
		}
		part := partInHand{cur: cur, stored: emptyPart(cur.Record.Kind)}
		if part.key, err = view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, part.stored); err != nil {
			return nil, err
		}
		if gone(part.stored) || !belongs(part.stored, conduct.ID(course), measures) {
			continue
		}
		if cur.Record.Kind == postgres.KindMeasure {
			measures[conduct.ID(cur.Record.ID)] = true
		}
		m.parts = append(m.parts, part)
	}
	hand := handing{from: m.cur.Record.Force, course: identity.ID(course), measures: measures}
	for _, known := range d.View.DutiesOf(nominal) {
		if known.Open() && hand.takes(known) {
			m.duties = append(m.duties, known)
		}
	}
	slices.SortFunc(m.duties, view.ByDeadline)
	return m, nil
}

// emptyPart is a part to read into.
func emptyPart(kind postgres.Kind) partStored {
	switch kind { //nolint:exhaustive // the parts
	case postgres.KindMeasure:
		return &storev1.StoredMeasure{}
	case postgres.KindBreach:
		return &storev1.StoredBreach{}
	case postgres.KindAssessment:
		return &storev1.StoredAssessment{}
	}
	return &storev1.StoredPlan{}
}

// belongs reports whether a part belongs to a course alone; measures are those found
// so far that do.
func belongs(stored partStored, course conduct.ID, measures map[conduct.ID]bool) bool {
	switch s := stored.(type) {
	case *storev1.StoredMeasure:
		return len(s.GetMeasure().GetCourses()) > 0 &&
			!slices.ContainsFunc(s.GetMeasure().GetCourses(), func(name string) bool { return recordIn(name) != course })
	case *storev1.StoredBreach:
		return measures[conduct.ID(s.GetMeasureId())]
	case *storev1.StoredAssessment:
		return recordIn(s.GetAssessment().GetCourse()) == course
	case *storev1.StoredPlan:
		return recordIn(s.GetPlan().GetCourse()) == course
	}
	return false
}

// shown is a matter as the force sees it to which it is offered.
func (m *matterInHand) shown(d *Deps) *registerv1.TransferMatter {
	c := m.stored.GetCourse()
	out := &registerv1.TransferMatter{Standing: c.GetStanding(), Incidents: Count(len(c.GetIncidents()))}
	for _, i := range c.GetIncidents() { // in the order in which they happened
		if out.GetFirstTime() == nil {
			out.FirstTime = i.GetOccurTime()
		}
		out.LastTime = i.GetOccurTime()
	}
	if course, err := d.View.Course(m.cur.Record, m.cur.Version.N, m.stored); err == nil {
		for _, w := range d.Rules.Summarise([]conduct.Course{*course}).Warnings {
			out.Warnings = append(out.Warnings, w.Code)
		}
	}
	breaches := map[uuid.UUID]int32{}
	var assessed *registerv1.Assessment
	for _, p := range m.parts {
		if p.stored.GetPart().GetCancelled() {
			continue
		}
		switch s := p.stored.(type) {
		case *storev1.StoredBreach:
			breaches[uuid.UUID(s.GetMeasureId())]++
		case *storev1.StoredAssessment:
			if a := regraded(s); assessed == nil || a.GetAssessTime().AsTime().After(assessed.GetAssessTime().AsTime()) {
				assessed = a
			}
		}
	}
	out.Grade = assessed.GetStandingGrade()
	for _, p := range m.parts {
		if s, ok := p.stored.(*storev1.StoredMeasure); ok && !s.GetPart().GetCancelled() {
			out.Measures = append(out.Measures, &registerv1.TransferMeasure{
				Kind: s.GetMeasure().GetKind(), UntilTime: s.GetMeasure().GetUntilTime(), Breaches: breaches[p.cur.Record.ID],
			})
		}
	}
	for _, known := range m.duties {
		rule, _ := d.Rules.Rule(known.Code)
		out.Duties = append(out.Duties, &registerv1.TransferDuty{Code: known.Code, Title: rule.Title, DueTime: timestamppb.New(known.Due)})
	}
	return out
}

// note notes in a call that a matter was shown.
func (m *matterInHand) note(c *call.Call) {
	c.Show(m.cur.Record.ID, m.cur.Record.Force)
	for _, p := range m.parts {
		c.Show(p.cur.Record.ID, p.cur.Record.Force)
	}
	for _, known := range m.duties {
		c.Show(uuid.UUID(known.ID), known.Force)
	}
}

// transfersOf makes the erasures of the transfers of a course, whose reasons tell of it,
// and of the duty to answer one. The view must be level.
func (d *Deps) transfersOf(ctx context.Context, nominal, course identity.ID) ([]accesslog.Change, error) {
	var ids []uuid.UUID
	for _, p := range d.View.TransfersOf(nominal) {
		if p.Course != course {
			continue
		}
		ids = append(ids, uuid.UUID(p.ID))
		for _, force := range p.Forces {
			if duty, ok := d.View.DutyFor(force, codeTransferOffered, uuid.UUID(p.ID).String()); ok {
				ids = append(ids, uuid.UUID(duty.ID))
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := d.DB.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []accesslog.Change
	for _, cur := range rows {
		if cur.Wrapped != nil {
			out = append(out, erase(cur))
		}
	}
	return out, nil
}
