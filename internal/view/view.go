// Package view is one replica's picture of the register in memory: the
// identity index, the conduct behind each nominal, and the forces' contacts.
// It is rebuilt from PostgreSQL at start and kept level by the change feed, in
// log order. It is the only place where identities can be searched.
package view

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// Veil is what is kept of every SILENT nominal, the withdrawn included: what
// was linked with one must not come to light when it is withdrawn.
type Veil struct {
	// Force is the owner force's code.
	Force string
	// Registrant is who registered it first, as in the log.
	Registrant string
}

// View is the replica's picture. It is safe for concurrent use.
type View struct {
	db      *postgres.DB
	decoder decoder
	log     *slog.Logger
	index   *identity.Index
	silent  *silentIndex
	puller  puller

	mu         sync.RWMutex
	nominals   nominals
	veils      map[identity.ID]*Veil
	courses    map[identity.ID]standingCourse
	byNominal  map[identity.ID][]identity.ID
	conducted  conducted
	contacts   map[string]*registerv1.ForceContact
	links      links
	alerts     alerts
	fallen     map[identity.ID]FallenCourse
	victims    victims // by their principal victims
	associated victims // by those harmed because of these
	papers     papers
	parts      parts
	duties     duties
	moved      map[identity.ID]identity.ID // what records are since another force took them over
	was        map[identity.ID]identity.ID // what they were just before
	heirs      map[identity.ID]identity.ID // by what a course was, the course that says it was that
	followed   *Followed                   // nil when nobody follows
	head       atomic.Int64                // last log index applied, -1 before the first
	news       atomic.Int64                // when the feed last brought something, in nanoseconds
	changed    changes
	opened     opened
	told       *told
	checked    *checked
}

// standingCourse is a course with the version that stands.
type standingCourse struct {
	*conduct.Course
	version int32
}

// New makes an empty view; Load fills it.
func New(db *postgres.DB, keys *seal.KeyRing, rules *conduct.Rules, model *identity.Model, log *slog.Logger) *View {
	v := &View{
		db:        db,
		decoder:   decoder{keys: keys, rules: rules},
		log:       log,
		index:     identity.NewIndexWith(model),
		silent:    newSilentIndex(model),
		nominals:  newNominals(),
		veils:     map[identity.ID]*Veil{},
		courses:   map[identity.ID]standingCourse{},
		byNominal: map[identity.ID][]identity.ID{},
		conducted: conducted{},
		contacts:  map[string]*registerv1.ForceContact{},
		links:     newLinks(),
		alerts:    newAlerts(),
		fallen:    map[identity.ID]FallenCourse{},
		victims:   newVictims(),
		papers:    newPapers(),
		parts:     newParts(),
		duties:    newDuties(),
		moved:     map[identity.ID]identity.ID{},
		was:       map[identity.ID]identity.ID{},
		heirs:     map[identity.ID]identity.ID{},

		associated: newVictims(),
		opened:     newOpened(),
		told:       newTold(),
	}
	v.checked = newChecked(db, v.About)
	v.head.Store(-1)
	v.puller = puller{catchUp: v.catchUp}
	return v
}

// feedPage is how much of the feed is read at a time to keep level.
const feedPage = 500

// Pull brings the view up to every change that committed before the call.
// Concurrent callers share one reading of the feed.
func (v *View) Pull(ctx context.Context) error { return v.puller.pull(ctx) }

// catchUp applies the feed from the view's head to the register's.
func (v *View) catchUp(ctx context.Context) error {
	for {
		rows, err := v.db.Feed(ctx, v.head.Load(), feedPage)
		if err != nil {
			return fmt.Errorf("view: feed: %w", err)
		}
		all := make([]decoded, len(rows))
		for i := range rows {
			if all[i], err = v.decoder.decode(&rows[i]); err != nil {
				return err
			}
		}
		v.take(all)
		if len(rows) > 0 {
			v.news.Store(time.Now().UnixNano())
			v.head.Store(rows[len(rows)-1].Version.LogIndex)
			v.changed.tell()
		}
		if len(rows) < feedPage {
			return nil
		}
	}
}

// take applies a page of the feed at once: nobody sees a part of what one entry
// brought, such as a duty without the record that raised it.
func (v *View) take(page []decoded) {
	var about []identity.ID
	last := make(map[identity.ID]int, len(page)) // of each record its newest version
	v.mu.Lock()
	for i := range page {
		d := &page[i]
		about = append(about, v.nominalsOf(d.kind, d.id)...)
		v.apply(*d)
		about = append(about, v.nominalsOf(d.kind, d.id)...)
		last[d.id] = i
	}
	followed := v.followed
	v.mu.Unlock()
	for i := range page {
		if d := &page[i]; last[d.id] == i && d.nominal != nil && !d.nominal.Silent() {
			v.index.Put(d.id, d.nominal.Force, d.identity)
		}
	}
	followed.add(about...)
}

// apply changes the maps for one version; the caller holds the lock. A nominal
// that stands and is not SILENT is put into the index by the caller.
func (v *View) apply(d decoded) {
	v.opened.Drop(d.id)
	v.told.fall(d.id)
	switch d.kind { //nolint:exhaustive // as decode
	case postgres.KindNominal:
		delete(v.veils, d.id)
		if d.veil != nil {
			v.veils[d.id] = d.veil
		}
		if d.nominal == nil {
			v.nominals.remove(d.id)
			v.index.Remove(d.id)
			v.silent.remove(d.id)
			return
		}
		v.nominals.put(d.nominal)
		if d.nominal.Silent() {
			v.index.Remove(d.id)
			v.silent.put(d.id, d.nominal.Force, d.identity)
		} else {
			v.silent.remove(d.id)
		}
	case postgres.KindCourse:
		if d.course != nil {
			v.noteConducted(identity.ID(d.course.Nominal), d.force)
		}
		v.applyTransferred(d)
		v.applyFallen(d)
		if old, ok := v.courses[d.id]; ok {
			nominal := identity.ID(old.Nominal)
			v.byNominal[nominal] = slices.DeleteFunc(v.byNominal[nominal], func(c identity.ID) bool { return c == d.id })
			delete(v.courses, d.id)
			v.dropVictims(d.id, old.Course)
		}
		if d.course != nil {
			nominal := identity.ID(d.course.Nominal)
			v.courses[d.id] = standingCourse{d.course, d.n}
			v.putVictims(d.id, d.course)
			v.byNominal[nominal] = append(v.byNominal[nominal], d.id)
		}
	case postgres.KindForce:
		if d.contact != nil {
			v.contacts[d.force] = d.contact
		}
	case postgres.KindLink:
		v.links.apply(d.id, d.index, d.link)
	case postgres.KindSubscription, postgres.KindQuestion, postgres.KindTransfer:
		v.papers.apply(d.id, d.paper)
	case postgres.KindAlert:
		v.alerts.apply(d.id, d.alert)
	case postgres.KindMeasure, postgres.KindBreach, postgres.KindAssessment, postgres.KindPlan:
		if d.part != nil {
			v.noteConducted(d.part.Nominal, d.force)
		}
		v.applyTransferred(d)
		v.parts.apply(d.id, d.part)
	case postgres.KindDuty:
		v.duties.apply(d.id, d.duty)
	case postgres.KindJudgement:
		v.duties.judged(d.id, d.judged)
	}
}

// Lift brings the victim tokens in memory to the current layer of keys, after
// the keys were read afresh. Courses are shared with readers: they are
// replaced, not changed.
func (v *View) Lift() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.forgetOpened()
	v.checked.forget()
	v.victims, v.associated = newVictims(), newVictims()
	for id, old := range v.courses {
		course := *old.Course
		var err error
		if course.Principal, err = v.decoder.lift(old.Principal); err != nil {
			return err
		}
		course.Associated = make([][]victim.Token, len(old.Associated))
		for i, tokens := range old.Associated {
			if course.Associated[i], err = v.decoder.lift(tokens); err != nil {
				return err
			}
		}
		v.courses[id] = standingCourse{&course, old.version}
		v.putVictims(id, &course)
	}
	return nil
}

// KeepLevel pulls the feed now and then, so that a search after a quiet time
// has little to catch up on, until ctx ends.
func (v *View) KeepLevel(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			v.opened.Tick(now)
			v.told.tick(now)
			if err := v.Pull(ctx); err != nil && ctx.Err() == nil {
				v.log.WarnContext(ctx, "the change feed cannot be read", "err", err)
			}
		}
	}
}

// Head is the last log index applied; -1 for an empty register.
func (v *View) Head() int64 { return v.head.Load() }

// Index is the identity index of all nominals that may be shown.
func (v *View) Index() *identity.Index { return v.index }

// Nominal returns what the view keeps of a nominal.
func (v *View) Nominal(id identity.ID) (*Nominal, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.nominals.get(id)
}

// Nominals returns the ids of the nominals that stand, in order.
func (v *View) Nominals() []identity.ID {
	v.mu.RLock()
	out := slices.Collect(maps.Keys(v.nominals.at))
	v.mu.RUnlock()
	slices.SortFunc(out, func(a, b identity.ID) int { return bytes.Compare(a[:], b[:]) })
	return out
}

// Veil returns the veil of a nominal; ok is false unless it is SILENT.
func (v *View) Veil(id identity.ID) (veil *Veil, ok bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	veil, ok = v.veils[id]
	return veil, ok
}

// Courses returns the courses of conduct of a nominal, without those that another
// force has taken over. They are shared: do not change them.
func (v *View) Courses(id identity.ID) []*conduct.Course {
	v.mu.RLock()
	defer v.mu.RUnlock()
	ids := v.byNominal[id]
	out := make([]*conduct.Course, 0, len(ids))
	for _, c := range ids {
		if course := v.courses[c]; !course.Transferred {
			out = append(out, course.Course)
		}
	}
	return out
}

// CourseByID returns a course of conduct. It is shared: do not change it.
func (v *View) CourseByID(id identity.ID) (*conduct.Course, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	c, ok := v.courses[id]
	return c.Course, ok
}

// CourseIDs returns the record ids of the courses of a nominal, with those that
// another force has taken over.
func (v *View) CourseIDs(id identity.ID) []identity.ID {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.Clone(v.byNominal[id])
}

// Contact returns whom to ask in a force; nil when the force has not said.
func (v *View) Contact(force string) *registerv1.ForceContact {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.contacts[force]
}
