package service

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
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
			if id != asked || c == nil || d.Hides(c, id) {
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
	courses, measures, breaches, assessments, plans []*opened
	// warnings are those that the nominals themselves bear.
	warnings []bornWarning
	// read are all that were read, in order; nil is in the place of one that is not there.
	read []*opened
	// records are those that tell of him by id, unconfirmed those behind unconfirmed links.
	records     map[uuid.UUID]*opened
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

// recordSet are the records of the nominals of a person.
type recordSet struct {
	nominals, ids []uuid.UUID
	// unconfirmed says of each record whether it is behind an unconfirmed link.
	unconfirmed []bool
}

// recordsOf are the records of nominals that a force may see. The view must be level.
func (d *Deps) recordsOf(force string, of []insider) recordSet {
	var s recordSet
	for _, in := range of {
		s.nominals = append(s.nominals, uuid.UUID(in.id))
		for _, id := range slices.Concat(d.View.CourseIDs(in.id), d.View.PartIDs(in.id)) {
			s.ids = append(s.ids, uuid.UUID(id))
			s.unconfirmed = append(s.unconfirmed, !in.confirmed)
		}
	}
	// Whoever broke a measure of his, under a name that nobody has linked.
	var known map[uuid.UUID]bool
	for _, id := range slices.Clone(s.ids) {
		for _, breach := range d.View.BreachesOf(identity.ID(id)) {
			if known == nil {
				known = make(map[uuid.UUID]bool, len(s.ids))
				for _, id := range s.ids {
					known[id] = true
				}
			}
			if id := uuid.UUID(breach); !known[id] && d.seesPart(force, breach) {
				known[id] = true
				s.ids, s.unconfirmed = append(s.ids, id), append(s.unconfirmed, true)
			}
		}
	}
	return s
}

// history reads what is recorded of the nominals of a person, with the searches for him.
// The view must be level, and searches must have been pulled.
func (d *Deps) history(ctx context.Context, force string, of []insider) (*history, error) {
	set := d.recordsOf(force, of)
	h, err := d.openHistory(ctx, set, asOfNow)
	if err != nil {
		return nil, err
	}
	s := soughtBy(set.nominals, h.courses)
	checks, err := s.checks(ctx, d, asOfNow)
	h.Checks = s.of(checks)
	return h, err
}

// openHistory reads records as one history, without the searches: in one statement at
// most, as they stand or as they stood at a log index.
func (d *Deps) openHistory(ctx context.Context, set recordSet, asOf int64) (*history, error) {
	h := &history{History: &conduct.History{}, records: map[uuid.UUID]*opened{}, unconfirmed: map[uuid.UUID]bool{}}
	if len(set.ids) == 0 {
		return h, nil
	}
	for i, id := range set.ids {
		h.unconfirmed[id] = set.unconfirmed[i]
	}
	all, err := d.openAll(ctx, set.ids, asOf)
	if err != nil {
		return nil, err
	}
	h.read = all
	for _, o := range all {
		if o != nil && !o.gone { // what was taken over is there as the other force's
			h.add(o)
		}
	}
	h.Resolve()
	return h, nil
}

// seesPart reports whether a force may see a part by the nominal it hangs on.
func (d *Deps) seesPart(force string, id identity.ID) bool {
	part, ok := d.View.Part(id)
	if !ok {
		return false
	}
	return d.opens(force, part.Nominal)
}

// add adds a record to a history.
func (h *history) add(o *opened) {
	id := o.cur.Record.ID
	h.records[id] = o
	unconfirmed := h.unconfirmed[id]
	switch o.cur.Record.Kind { //nolint:exhaustive // those of conduct
	case postgres.KindCourse:
		h.courses = append(h.courses, o)
		h.Matters = append(h.Matters, *o.matter)
		h.Matters[len(h.Matters)-1].Unconfirmed = unconfirmed
	case postgres.KindMeasure:
		h.measures = append(h.measures, o)
		h.Measures = append(h.Measures, *o.measure)
		h.Measures[len(h.Measures)-1].Unconfirmed = unconfirmed
	case postgres.KindBreach:
		h.breaches = append(h.breaches, o)
		h.Breaches = append(h.Breaches, *o.breach)
		h.Breaches[len(h.Breaches)-1].Unconfirmed = unconfirmed
	case postgres.KindAssessment:
		h.assessments = append(h.assessments, o)
		h.Assessments = append(h.Assessments, *o.assessment)
		h.Assessments[len(h.Assessments)-1].Unconfirmed = unconfirmed
	case postgres.KindPlan:
		h.plans = append(h.plans, o)
		h.Plans = append(h.Plans, *o.plan)
		h.Plans[len(h.Plans)-1].Unconfirmed = unconfirmed
	}
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
