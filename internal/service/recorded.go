package service

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// recorded is what is recorded of a person, as each force that owns a nominal of his
// may see it.
type recorded struct {
	// nominals are those of each force, in order.
	nominals map[string][]identity.ID
	history  map[string]*conduct.History
	// confirmed are the nominals that are a force's own or tied to it by confirmed
	// links alone.
	confirmed map[string]map[identity.ID]bool
	// read are the records that were read, by id.
	read map[uuid.UUID]postgres.Current
	// overtaken says that a duty came in while it was read, and may be about what was
	// not read yet: it was left alone.
	overtaken bool
}

// forces are those that own a nominal of the person, in order.
func (r *recorded) forces() []string { return sortedKeys(r.nominals) }

// own are a force's own nominals of the person, in order.
func (r *recorded) own(force string) []identity.ID { return r.nominals[force] }

// seenBy is the history as a force may see it.
func (r *recorded) seenBy(force string) *conduct.History {
	if h := r.history[force]; h != nil {
		return h
	}
	return &conduct.History{}
}

// records are the records of a force in the history, in order.
func (r *recorded) records(h *conduct.History, force string) []postgres.Record {
	var out []postgres.Record
	for id := range h.Owners() {
		if cur, ok := r.read[uuid.UUID(id)]; ok && cur.Record.Force == force {
			out = append(out, cur.Record)
		}
	}
	slices.SortFunc(out, func(a, b postgres.Record) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return out
}

// exclude takes a record out of every force's history.
func (r *recorded) exclude(id uuid.UUID) {
	delete(r.read, id)
	for _, h := range r.history {
		h.Exclude(conduct.ID(id))
	}
}

// requires makes a change conflict with any other of what was read.
func (r *recorded) requires(changed uuid.UUID) []accesslog.Requirement {
	var out []accesslog.Requirement
	for id, cur := range r.read {
		if id != changed {
			out = append(out, accesslog.Requirement{Record: id, N: cur.Version.N})
		}
	}
	return out
}

// readHistory reads what is recorded of the person of a nominal. A SILENT nominal
// stands for itself alone, and in nobody else's history; of one that does not stand,
// nothing holds. Persons are formed by personOf.
func (d *Deps) readHistory(ctx context.Context, nominal identity.ID, personOf func(identity.ID) identity.Person) (*recorded, error) {
	out := &recorded{nominals: map[string][]identity.ID{}, history: map[string]*conduct.History{}, confirmed: map[string]map[identity.ID]bool{}, read: map[uuid.UUID]postgres.Current{}}
	_, veiled := d.View.Veil(nominal)
	own, stands := d.View.Nominal(nominal)
	if !stands {
		for _, known := range d.View.DutiesOf(nominal) {
			if !veiled {
				out.nominals[known.Force] = []identity.ID{nominal}
			}
		}
		return out, nil
	}
	members := []identity.ID{nominal}
	if !veiled {
		members = personOf(nominal).Members
	} else {
		out.nominals[own.Force] = members
	}
	for _, m := range members {
		if n, ok := d.View.Nominal(m); ok && !n.Silent() {
			out.nominals[n.Force] = append(out.nominals[n.Force], m)
		}
	}
	if err := d.View.PullSearches(ctx); err != nil {
		return nil, err
	}
	for force, ids := range out.nominals {
		slices.SortFunc(ids, func(a, b identity.ID) int { return bytes.Compare(a[:], b[:]) })
		of := []insider{{nominal, force, true}}
		if !veiled {
			of = d.insiders(nil, force, ids[0], personOf(ids[0]))
		}
		h, err := d.history(ctx, force, of)
		if err != nil {
			return nil, err
		}
		out.history[force], out.confirmed[force] = h.History, map[identity.ID]bool{}
		for _, in := range of {
			out.confirmed[force][in.id] = in.confirmed
		}
		for id, o := range h.records {
			out.read[id] = o.cur
		}
	}
	return out, nil
}

// include puts what is being written into a history as one force sees it, in place of
// the version that stands; what another force takes over goes out of it.
func (d *Deps) include(h *conduct.History, r postgres.Record, n int32, stored proto.Message, confirmed map[identity.ID]bool) error {
	defer h.Resolve()
	id, cur := conduct.ID(r.ID), postgres.Current{Record: r}
	if p, ok := stored.(partStored); ok && gone(p) {
		h.Measures = slices.DeleteFunc(h.Measures, func(o conduct.Measure) bool { return o.ID == id })
		h.Breaches = slices.DeleteFunc(h.Breaches, func(o conduct.Breach) bool { return o.ID == id })
		h.Assessments = slices.DeleteFunc(h.Assessments, func(o conduct.Assessment) bool { return o.ID == id })
		h.Plans = slices.DeleteFunc(h.Plans, func(o conduct.Plan) bool { return o.ID == id })
		return nil
	}
	switch s := stored.(type) {
	case *storev1.StoredCourse:
		course, err := d.View.Course(r, n, s)
		if err != nil {
			return err
		}
		if course.Transferred {
			h.Matters = slices.DeleteFunc(h.Matters, func(o conduct.Matter) bool { return o.ID == id })
			return nil
		}
		course.Unconfirmed = !confirmed[identity.ID(course.Nominal)]
		h.Matters = replaced(h.Matters, d.matter(*course, s), func(o conduct.Matter) bool { return o.ID == id })
	case *storev1.StoredMeasure:
		one := measureIn(openPart[*storev1.StoredMeasure]{cur, s}, !confirmed[identity.ID(nominalIn(s.GetPart()))])
		h.Measures = replaced(h.Measures, one, func(o conduct.Measure) bool { return o.ID == id })
	case *storev1.StoredBreach:
		one := d.breachIn(openPart[*storev1.StoredBreach]{cur, s}, !confirmed[identity.ID(nominalIn(s.GetPart()))])
		h.Breaches = replaced(h.Breaches, one, func(o conduct.Breach) bool { return o.ID == id })
	case *storev1.StoredAssessment:
		one := assessmentIn(openPart[*storev1.StoredAssessment]{cur, s}, !confirmed[identity.ID(nominalIn(s.GetPart()))])
		h.Assessments = replaced(h.Assessments, one, func(o conduct.Assessment) bool { return o.ID == id })
	case *storev1.StoredPlan:
		one := planIn(openPart[*storev1.StoredPlan]{cur, s}, !confirmed[identity.ID(nominalIn(s.GetPart()))])
		h.Plans = replaced(h.Plans, one, func(o conduct.Plan) bool { return o.ID == id })
	}
	return nil
}

// replaced puts one in the place of that which it is a version of, or at the end.
func replaced[T any](all []T, one T, same func(T) bool) []T {
	if i := slices.IndexFunc(all, same); i >= 0 {
		all[i] = one
		return all
	}
	return append(all, one)
}
