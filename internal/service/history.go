package service

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
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

// history is what is recorded of a person, as far as a force may see it, with the
// records that it was read from: what the rules look at when they raise duties. The
// force's own SILENT nominals are in it.
func (d *Deps) history(ctx context.Context, force string, p identity.Person) (*conduct.History, []postgres.Current, error) {
	var of []insider
	for _, m := range p.Members {
		n, ok := d.View.Nominal(m)
		if !ok || n.Force != force && !d.opens(force, m) {
			continue
		}
		of = append(of, insider{m, n.Force, p.Confirmed[m]})
	}
	h, err := d.gather(ctx, force, of, asOfNow)
	if err != nil {
		return nil, nil, err
	}
	return h.History, h.records, d.addChecks(ctx, h, of, asOfNow)
}

// gather reads what is recorded of the nominals of a person: as it stands, or as it
// stood at a log index. The view must be level.
func (d *Deps) gather(ctx context.Context, force string, of []insider, asOf int64) (*history, error) {
	h := &history{History: &conduct.History{}, unconfirmed: map[uuid.UUID]bool{}}
	var ids []uuid.UUID
	for _, in := range of {
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
		return h, nil
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
	h.records = slices.DeleteFunc(h.records, func(cur postgres.Current) bool { return cur.Wrapped == nil || cur.Version.Erased })
	for _, cur := range h.records {
		if err := d.add(h, cur); err != nil {
			return nil, err
		}
	}
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

// add opens a record and adds it to a history.
func (d *Deps) add(h *history, cur postgres.Current) error {
	stored := emptyOf(cur.Record.Kind)
	if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, stored); err != nil {
		return err
	}
	switch stored := stored.(type) {
	case *storev1.StoredCourse:
		h.courses = append(h.courses, openCourse{cur, stored})
	case *storev1.StoredMeasure:
		h.measures = append(h.measures, openPart[*storev1.StoredMeasure]{cur, stored})
	case *storev1.StoredBreach:
		h.breaches = append(h.breaches, openPart[*storev1.StoredBreach]{cur, stored})
	case *storev1.StoredAssessment:
		h.assessments = append(h.assessments, openPart[*storev1.StoredAssessment]{cur, stored})
	case *storev1.StoredPlan:
		h.plans = append(h.plans, openPart[*storev1.StoredPlan]{cur, stored})
	}
	return d.put(h.History, cur.Record, cur.Version.N, stored, h.unconfirmed[cur.Record.ID])
}

// addChecks adds to a history the searches that found him, or that were made for one
// of his matters, as the log tells.
func (d *Deps) addChecks(ctx context.Context, h *history, of []insider, asOf int64) error {
	var nominals []uuid.UUID
	for _, in := range of {
		nominals = append(nominals, uuid.UUID(in.id))
	}
	references := map[string]string{}
	var hmacs []string
	for i := range h.Matters {
		m := &h.Matters[i]
		for _, r := range m.Reports {
			for _, sum := range d.Keys.ReferenceHMACs(m.Force, r.Reference) {
				if _, known := references[sum]; !known {
					references[sum] = r.Reference
					hmacs = append(hmacs, sum)
				}
			}
		}
	}
	until := asOf
	if asOf == asOfNow {
		until = int64(1) << 62
	}
	var err error
	if h.checks, err = d.DB.Checks(ctx, nominals, hmacs, until); err != nil {
		return err
	}
	for _, c := range h.checks {
		h.Checks = append(h.Checks, conduct.Check{Force: c.Force, Time: c.Time, Reference: references[c.ReferenceHMAC]})
	}
	return nil
}

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
