// Package sanction knows whom professional standards has suspended, or of whom it
// demands a stronger or fresher sign-in. The log's writer keeps it level, under the
// log's lock.
package sanction

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// Set implements accesslog.Gate. It is safe for concurrent use.
type Set struct {
	db   *postgres.DB
	keys *seal.KeyRing

	mu       sync.RWMutex
	level    int64
	standing map[uuid.UUID]*order
	// Of those that stand, by force and name: there are few.
	bySubject, byCollar map[named][]*order
}

// order is a sanction that stands.
type order struct {
	id              uuid.UUID
	subject, collar named
	kind            registerv1.SanctionKind
	minStrength     string
	after           time.Time // the sign-in must be later; zero for any
}

// named is a user's name within his force.
type named struct{ force, name string }

// numbered is a user by his collar number, whose letters are not written alike everywhere.
func numbered(force, collar string) named { return named{force, strings.ToUpper(collar)} }

// NewSet makes an empty set; the writer's first batch fills it.
func NewSet(db *postgres.DB, keys *seal.KeyRing) *Set {
	return &Set{
		db: db, keys: keys, level: -1, standing: map[uuid.UUID]*order{},
		bySubject: map[named][]*order{}, byCollar: map[named][]*order{},
	}
}

// Level implements accesslog.Gate.
func (s *Set) Level() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.level
}

// Learn implements accesslog.Gate. It takes in all rows or, when one cannot be
// opened, none.
func (s *Set) Learn(rows []postgres.FeedRow) error {
	opened := make([]*order, len(rows))
	for i := range rows {
		var err error
		if opened[i], err = s.open(&rows[i]); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.level
	for i := range rows {
		// Another reading may have been quicker.
		if at := rows[i].Version.LogIndex; at > known {
			s.put(rows[i].Record.ID, opened[i])
			s.level = at
		}
	}
	return nil
}

// open reads a version; nil when the sanction no longer stands.
func (s *Set) open(r *postgres.FeedRow) (*order, error) {
	var stored storev1.StoredSanction
	if _, err := view.OpenVersion(s.keys, r.Record, r.Version, r.Wrapped, &stored); err != nil {
		return nil, err
	}
	o := stored.GetSanction()
	if o.GetLiftTime() != nil {
		return nil, nil //nolint:nilnil // it is lifted
	}
	out := &order{
		id: r.Record.ID, kind: o.GetKind(), minStrength: o.GetMinStrength(),
		subject: named{r.Record.Force, o.GetSubject()}, collar: numbered(r.Record.Force, o.GetCollarNumber()),
	}
	if o.GetFresh() {
		out.after = o.GetImposeTime().AsTime()
	}
	return out, nil
}

func (s *Set) put(id uuid.UUID, o *order) {
	if old := s.standing[id]; old != nil {
		remove(s.bySubject, old.subject, old)
		remove(s.byCollar, old.collar, old)
		delete(s.standing, id)
	}
	if o == nil {
		return
	}
	s.standing[id] = o
	if o.subject.name != "" {
		s.bySubject[o.subject] = append(s.bySubject[o.subject], o)
	}
	if o.collar.name != "" {
		s.byCollar[o.collar] = append(s.byCollar[o.collar], o)
	}
}

func remove(from map[named][]*order, key named, o *order) {
	left := slices.DeleteFunc(slices.Clone(from[key]), func(x *order) bool { return x == o })
	if len(left) == 0 {
		delete(from, key)
		return
	}
	from[key] = left
}

// Stops returns what Check does, for a caller whom nothing has been answered yet.
// Before it stops one it reads what has changed since: a sanction that was lifted
// on another replica must not stop him again.
func (s *Set) Stops(ctx context.Context, c *accesslog.Caller) error {
	stopped := s.Check(c)
	if stopped == nil {
		return nil
	}
	rows, err := s.db.SanctionsAfter(ctx, s.Level())
	if err == nil {
		err = s.Learn(rows)
	}
	if err != nil {
		return stopped // as far as we know; his refusal will meet the same fault
	}
	return s.Check(c)
}

// Check implements accesslog.Gate.
func (s *Set) Check(c *accesslog.Caller) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var err error
	for _, list := range [][]*order{s.bySubject[named{c.Force, c.Subject}], s.byCollar[numbered(c.Force, c.Collar)]} {
		for _, o := range list {
			switch {
			case o.kind != registerv1.SanctionKind_SANCTION_KIND_STEP_UP:
				return accesslog.ErrSuspended
			case !o.met(c):
				err = accesslog.ErrStepUp
			}
		}
	}
	return err
}

// met reports whether a sign-in is as strong and as fresh as demanded.
func (o *order) met(c *accesslog.Caller) bool {
	return (o.minStrength == "" || slices.Contains(c.Strengths, o.minStrength)) &&
		(o.after.IsZero() || c.AuthTime.After(o.after))
}
