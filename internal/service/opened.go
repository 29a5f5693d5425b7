package service

import (
	"context"
	"sync/atomic"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// opened is a version of a nominal or of a record of conduct as answers are made of
// it. It is made once, kept while the version stands and shared by all who ask: nothing
// of it is ever changed, nor what it points at.
type opened struct {
	// cur is the version without what is sealed.
	cur postgres.Current
	// name is its resource name.
	name string
	key  seal.DataKey
	// nominal is whose conduct it tells of, or the nominal itself.
	nominal identity.ID
	// These are what the rules read, by kind: as if no link were unconfirmed.
	course     *storev1.StoredCourse
	matter     *conduct.Matter
	measure    *conduct.Measure
	breach     *conduct.Breach
	assessment *conduct.Assessment
	plan       *conduct.Plan
	// shown is the record as others see it, and as its own force does.
	shown [2]proto.Message
	// gone says that another force has taken it over.
	gone bool
	// counts says of a course that it counts; references are those of its incidents.
	counts     bool
	references []made
	// events are its part of the timeline, by whom it is for and whether it is confirmed.
	events [2][2]atomic.Pointer[[]*registerv1.TimelineEvent]
}

// Places in what is kept of a record for different readers.
const (
	forOthers = 0
	forOwn    = 1
)

// reader is the place of what a force may see of the record.
func (o *opened) reader(force string) int {
	if o.cur.Record.Force == force {
		return forOwn
	}
	return forOthers
}

// openedFactor is how much more memory a record takes opened than sealed, about.
const openedFactor = 12

// openAll opens records by id, each in its place: as they stand, or as they stood at a
// log index. Those that are not there or were erased are nil. As they stand, the view
// must be level.
func (d *Deps) openAll(ctx context.Context, ids []uuid.UUID, asOf int64) ([]*opened, error) {
	out := make([]*opened, len(ids))
	if asOf != asOfNow {
		return out, d.openInto(ids, out, func(ids []uuid.UUID) ([]postgres.Current, error) { return d.DB.VersionsAsOf(ctx, ids, asOf) }, nil)
	}
	keys, kept := make([]identity.ID, len(ids)), make([]any, len(ids))
	for i, id := range ids {
		keys[i] = identity.ID(id)
	}
	epoch := d.View.Opened(keys, kept)
	for i, what := range kept {
		out[i], _ = what.(*opened)
	}
	return out, d.openInto(ids, out, func(ids []uuid.UUID) ([]postgres.Current, error) { return d.DB.CurrentByID(ctx, ids) },
		func(o *opened, sealed int) {
			d.View.KeepOpened(epoch, identity.ID(o.cur.Record.ID), o.cur.Version.N, o, sealed*openedFactor+1024)
		})
}

// openInto opens those records that are not in their places yet; keep, if not nil, is
// told of each and how long it is when sealed.
func (d *Deps) openInto(ids []uuid.UUID, into []*opened, read func([]uuid.UUID) ([]postgres.Current, error), keep func(*opened, int)) error {
	at := map[uuid.UUID]int{}
	var missing []uuid.UUID
	for i, id := range ids {
		if into[i] == nil {
			at[id] = i
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	rows, err := read(missing)
	if err != nil {
		return err
	}
	for _, cur := range rows {
		if cur.Wrapped == nil || cur.Version.Erased {
			continue
		}
		o, err := d.opened(cur)
		if err != nil {
			return err
		}
		into[at[cur.Record.ID]] = o
		if keep != nil {
			keep(o, len(cur.Version.Sealed))
		}
	}
	return nil
}

// opened opens a version.
func (d *Deps) opened(cur postgres.Current) (*opened, error) {
	o := &opened{cur: cur, name: ResourceName(cur.Record.Kind, cur.Record.Force, cur.Record.ID)}
	o.cur.Version.Sealed, o.cur.Version.Salt, o.cur.Version.Digest, o.cur.Wrapped = nil, nil, nil, nil
	read := func(into proto.Message) (err error) {
		o.key, err = view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, into)
		return err
	}
	switch cur.Record.Kind { //nolint:exhaustive // those of a nominal and his conduct
	case postgres.KindNominal:
		stored := &storev1.StoredNominal{}
		if err := read(stored); err != nil {
			return nil, err
		}
		o.nominal = identity.ID(cur.Record.ID)
		own := completeNominal(stored, cur)
		o.shown = [2]proto.Message{unrestricted(own), own}
	case postgres.KindCourse:
		o.course = &storev1.StoredCourse{}
		if err := read(o.course); err != nil {
			return nil, err
		}
		course, err := d.View.Course(cur.Record, cur.Version.N, o.course)
		if err != nil {
			return nil, err
		}
		o.nominal, o.gone = identity.ID(course.Nominal), course.Transferred
		matter := d.matter(*course, o.course)
		o.matter, o.counts, o.references = &matter, d.Rules.Counts(*course), d.references(&matter)
		shown := completeCourse(o.course, cur)
		o.shown = [2]proto.Message{shown, shown}
	case postgres.KindMeasure:
		p := openPart[*storev1.StoredMeasure]{cur, &storev1.StoredMeasure{}}
		if err := read(p.stored); err != nil {
			return nil, err
		}
		o.gone = gone(p.stored)
		measure := measureIn(p, false)
		o.measure, o.nominal = &measure, identity.ID(measure.Nominal)
		own := measureForm.shown(p)
		o.shown = [2]proto.Message{without(own, withholdPlaces), own}
	case postgres.KindBreach:
		p := openPart[*storev1.StoredBreach]{cur, &storev1.StoredBreach{}}
		if err := read(p.stored); err != nil {
			return nil, err
		}
		o.gone = gone(p.stored)
		breach := d.breachIn(p, false)
		o.breach, o.nominal = &breach, identity.ID(breach.Nominal)
		shown := breachForm.shown(p)
		o.shown = [2]proto.Message{shown, shown}
	case postgres.KindAssessment:
		p := openPart[*storev1.StoredAssessment]{cur, &storev1.StoredAssessment{}}
		if err := read(p.stored); err != nil {
			return nil, err
		}
		o.gone = gone(p.stored)
		assessment := assessmentIn(p, false)
		o.assessment, o.nominal = &assessment, identity.ID(assessment.Nominal)
		shown := assessmentForm.shown(p)
		o.shown = [2]proto.Message{shown, shown}
	case postgres.KindPlan:
		p := openPart[*storev1.StoredPlan]{cur, &storev1.StoredPlan{}}
		if err := read(p.stored); err != nil {
			return nil, err
		}
		o.gone = gone(p.stored)
		plan := planIn(p, false)
		o.plan, o.nominal = &plan, identity.ID(plan.Nominal)
		own := planForm.shown(p)
		o.shown = [2]proto.Message{without(own, withholdActions), own}
	}
	return o, nil
}

// without is a copy of a message from which something is left out.
func without[M proto.Message](m M, leave func(M)) M {
	out, ok := proto.Clone(m).(M)
	if ok {
		leave(out)
	}
	return out
}

// unrestricted is a nominal without its restriction.
func unrestricted(n *registerv1.Nominal) *registerv1.Nominal {
	if n.GetRestriction() == registerv1.Restriction_RESTRICTION_UNSPECIFIED {
		return n
	}
	return without(n, func(n *registerv1.Nominal) { n.Restriction = registerv1.Restriction_RESTRICTION_UNSPECIFIED })
}
