package service

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// insider is a nominal of a person whose conduct a force may see.
type insider struct {
	id    identity.ID
	force string
	// confirmed says that confirmed links alone tie it to the one asked for.
	confirmed bool
}

// insiders are those of a person's nominals whose conduct a force may see: its
// own, and those of others that are not restricted. A SILENT one is there for
// whoever may open it, when it is the one asked for; c is nil when the register
// itself asks.
func (d *Deps) insiders(c *call.Call, force string, asked identity.ID, p identity.Person) []insider {
	var out []insider
	for _, id := range p.Members {
		n, ok := d.View.Nominal(id)
		switch {
		case !ok:
			if id == asked {
				out = append(out, insider{id, force, true}) // withdrawn, and the force's own
			}
			continue
		case n.Silent():
			if id != asked || c == nil || d.hides(c, id) {
				continue
			}
		case n.Force != force && n.Restriction != registerv1.Restriction_RESTRICTION_UNSPECIFIED:
			continue
		}
		out = append(out, insider{id, n.Force, p.Confirmed[id]})
	}
	return out
}

// history is what is recorded of a person, with the records that it was read from.
type history struct {
	*conduct.History
	courses     []openCourse
	measures    []openPart[*storev1.StoredMeasure]
	breaches    []openPart[*storev1.StoredBreach]
	assessments []openPart[*storev1.StoredAssessment]
	plans       []openPart[*storev1.StoredPlan]
	checks      []postgres.Check // newest first
	// warnings are those that the nominals themselves bear.
	warnings []bornWarning
	// records are all of them, unconfirmed those behind unconfirmed links.
	records     []postgres.Current
	unconfirmed map[uuid.UUID]bool
}

// bornWarning is a warning that a nominal bears.
type bornWarning struct {
	code        string
	unconfirmed bool
}

// bear adds the warnings that a nominal bears.
func (h *history) bear(codes []string, confirmed bool) {
	for _, code := range codes {
		h.warnings = append(h.warnings, bornWarning{code, !confirmed})
	}
}

// asOfNow asks for the records as they stand.
const asOfNow int64 = 0

// history reads what is recorded of the nominals of a person, in two statements:
// as it stands, or as it stood at a log index. The view must be level.
func (d *Deps) history(ctx context.Context, force string, of []insider, asOf int64) (*history, error) {
	h := &history{History: &conduct.History{}, unconfirmed: map[uuid.UUID]bool{}}
	var ids, nominals []uuid.UUID
	for _, in := range of {
		nominals = append(nominals, uuid.UUID(in.id))
		for _, id := range slices.Concat(d.View.CourseIDs(in.id), d.View.PartIDs(in.id)) {
			ids = append(ids, uuid.UUID(id))
			h.unconfirmed[uuid.UUID(id)] = !in.confirmed
		}
	}
	// Whoever broke a measure of his, under a name that nobody has linked.
	for _, id := range slices.Clone(ids) {
		for _, breach := range d.View.BreachesOf(identity.ID(id)) {
			if _, known := h.unconfirmed[uuid.UUID(breach)]; !known && d.seesPart(force, breach) {
				ids = append(ids, uuid.UUID(breach))
				h.unconfirmed[uuid.UUID(breach)] = true
			}
		}
	}
	if len(ids) == 0 {
		return h, d.addChecks(ctx, h, nominals, asOf)
	}
	var err error
	if asOf == asOfNow {
		h.records, err = d.DB.CurrentByID(ctx, ids)
	} else {
		h.records, err = d.DB.VersionsAsOf(ctx, ids, asOf)
	}
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(h.records, func(cur postgres.Current) bool { return cur.Wrapped == nil || cur.Version.Erased })
	h.records = nil
	for _, cur := range all {
		stands, err := d.add(h, cur)
		if err != nil {
			return nil, err
		}
		if stands {
			h.records = append(h.records, cur)
		}
	}
	h.Resolve()
	return h, d.addChecks(ctx, h, nominals, asOf)
}

// seesPart reports whether a force may see a part by the nominal it hangs on.
func (d *Deps) seesPart(force string, id identity.ID) bool {
	part, ok := d.View.Part(id)
	if !ok {
		return false
	}
	return d.opens(force, part.Nominal)
}

// add opens a record and adds it to a history; stands is false for one that another
// force has taken over, which is in the history as that force's.
func (d *Deps) add(h *history, cur postgres.Current) (stands bool, err error) {
	read := func(into proto.Message) error {
		_, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, into)
		return err
	}
	unconfirmed := h.unconfirmed[cur.Record.ID]
	switch cur.Record.Kind { //nolint:exhaustive // those of conduct
	case postgres.KindCourse:
		o := openCourse{cur, &storev1.StoredCourse{}}
		if err := read(o.stored); err != nil {
			return false, err
		}
		course, err := d.View.Course(cur.Record, cur.Version.N, o.stored)
		if err != nil || course.Transferred {
			return false, err
		}
		course.Unconfirmed = unconfirmed
		h.courses = append(h.courses, o)
		h.Matters = append(h.Matters, d.matter(*course, o.stored))
	case postgres.KindMeasure:
		o := openPart[*storev1.StoredMeasure]{cur, &storev1.StoredMeasure{}}
		if err := read(o.stored); err != nil || gone(o.stored) {
			return false, err
		}
		h.measures = append(h.measures, o)
		h.Measures = append(h.Measures, measureIn(o, unconfirmed))
	case postgres.KindBreach:
		o := openPart[*storev1.StoredBreach]{cur, &storev1.StoredBreach{}}
		if err := read(o.stored); err != nil || gone(o.stored) {
			return false, err
		}
		h.breaches = append(h.breaches, o)
		h.Breaches = append(h.Breaches, d.breachIn(o, unconfirmed))
	case postgres.KindAssessment:
		o := openPart[*storev1.StoredAssessment]{cur, &storev1.StoredAssessment{}}
		if err := read(o.stored); err != nil || gone(o.stored) {
			return false, err
		}
		h.assessments = append(h.assessments, o)
		h.Assessments = append(h.Assessments, assessmentIn(o, unconfirmed))
	case postgres.KindPlan:
		o := openPart[*storev1.StoredPlan]{cur, &storev1.StoredPlan{}}
		if err := read(o.stored); err != nil || gone(o.stored) {
			return false, err
		}
		h.plans = append(h.plans, o)
		h.Plans = append(h.Plans, planIn(o, unconfirmed))
	}
	return true, nil
}

// gone reports whether another force has taken a part over.
func gone(p partStored) bool { return len(p.GetPart().GetTransferredTo()) > 0 }

// moment is when a history is looked at: now, or when the entry of a log index was
// made.
func (d *Deps) moment(ctx context.Context, asOf int64) (time.Time, error) {
	if asOf == asOfNow {
		return d.Now(), nil
	}
	entries, err := d.DB.Entries(ctx, asOf, asOf+1, 1)
	if err != nil {
		return time.Time{}, err
	}
	if len(entries) == 0 {
		return time.Time{}, errNoEntry()
	}
	return entries[0].Time, nil
}
