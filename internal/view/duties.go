package view

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Duty is what the view keeps of a duty. It is shared: do not change it.
type Duty struct {
	// ID is the record id.
	ID identity.ID
	// Force is the code of the force whose duty it is.
	Force string
	// Code and Key are the prompt's.
	Code, Key string
	// Nominal is the force's own; Course and Measure what it is about, zero when it
	// is about none.
	Nominal, Course, Measure identity.ID
	// Transfer is the transfer that waits for the force's answer; zero for a duty of
	// conduct. Its nominal is the offering force's.
	Transfer identity.ID
	// Unconfirmed says that it rests on what is not certain.
	Unconfirmed bool
	// Rests are the nominals whose conduct it rests on.
	Rests []identity.ID
	// State is where it stands; ByRegister that the register closed it.
	State      registerv1.DutyState
	ByRegister bool
	// Role and Officer are whose it is.
	Role    registerv1.DutyRole
	Officer string
	// Due is its deadline; Climb when it climbs next, zero when it does not.
	Due, Climb time.Time
	// Version is the version that stands, Index its log index.
	Version int32
	Index   int64
}

// Open reports whether a duty is still to be done.
func (d *Duty) Open() bool {
	return d.State == registerv1.DutyState_DUTY_STATE_OPEN || d.State == registerv1.DutyState_DUTY_STATE_PROPOSED_CLOSURE
}

// Judged is what the view keeps of the judgements of a prompt.
type Judged struct{ ID, Nominal identity.ID }

func (d decoder) duty(r *postgres.FeedRow) (*Duty, error) {
	var stored storev1.StoredDuty
	if _, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored); err != nil {
		return nil, err
	}
	return NewDuty(r.Record, r.Version, &stored)
}

// NewDuty reads a stored duty.
func NewDuty(r postgres.Record, v postgres.Version, stored *storev1.StoredDuty) (*Duty, error) {
	in := stored.GetDuty()
	out := &Duty{
		ID: identity.ID(r.ID), Force: r.Force, Code: in.GetCode(), Key: in.GetKey(), State: in.GetState(), ByRegister: stored.GetByRegister(), Unconfirmed: in.GetUnconfirmed(),
		Role: in.GetOwner().GetRole(), Officer: in.GetOwner().GetOfficer(), Due: in.GetDueTime().AsTime(), Version: v.N, Index: v.LogIndex,
	}
	if in.GetClimbTime() != nil && out.Open() {
		out.Climb = in.GetClimbTime().AsTime()
	}
	malformed := fmt.Errorf("view: record %s version %d: content malformed", r.ID, v.N)
	for _, f := range []struct {
		into *identity.ID
		raw  []byte
		need bool
	}{{&out.Nominal, stored.GetNominalId(), true}, {&out.Course, stored.GetCourseId(), false}, {&out.Measure, stored.GetMeasureId(), false}, {&out.Transfer, stored.GetTransferId(), false}} {
		if len(f.raw) == 0 && !f.need {
			continue
		}
		id, err := uuid.FromBytes(f.raw)
		if err != nil {
			return nil, malformed
		}
		*f.into = identity.ID(id)
	}
	for _, e := range stored.GetEvidence() {
		id, err := uuid.FromBytes(e.GetNominal())
		if err != nil {
			return nil, malformed
		}
		if n := identity.ID(id); !slices.Contains(out.Rests, n) {
			out.Rests = append(out.Rests, n)
		}
	}
	return out, nil
}

func (d decoder) judged(r *postgres.FeedRow) (*Judged, error) {
	var stored storev1.StoredJudgement
	if _, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored); err != nil {
		return nil, err
	}
	id, err := uuid.FromBytes(stored.GetNominalId())
	if err != nil {
		return nil, fmt.Errorf("view: record %s version %d: content malformed", r.Record.ID, r.Version.N)
	}
	return &Judged{ID: identity.ID(r.Record.ID), Nominal: identity.ID(id)}, nil
}

// duties are the duties of the register, and what was judged of prompts.
type duties struct {
	all       map[identity.ID]*Duty
	byNominal map[identity.ID][]*Duty
	byForce   map[string]map[identity.ID]*Duty
	open      map[string]map[identity.ID]*Duty // by force
	judgement map[identity.ID]*Judged
	ofNominal map[identity.ID][]identity.ID // the judgements of a nominal's prompts
	byPrompt  map[promptKey]*Duty
}

// promptKey is by what a force's duty is unique.
type promptKey struct{ force, code, key string }

func newDuties() duties {
	return duties{
		all: map[identity.ID]*Duty{}, byNominal: map[identity.ID][]*Duty{}, byForce: map[string]map[identity.ID]*Duty{},
		open: map[string]map[identity.ID]*Duty{}, judgement: map[identity.ID]*Judged{}, ofNominal: map[identity.ID][]identity.ID{},
		byPrompt: map[promptKey]*Duty{},
	}
}

// apply takes a version of a duty in; nil when it was erased.
func (s *duties) apply(id identity.ID, d *Duty) {
	if old, ok := s.all[id]; ok {
		// Readers hold the old list: it is replaced, not changed.
		s.byNominal[old.Nominal] = slices.DeleteFunc(slices.Clone(s.byNominal[old.Nominal]), func(d *Duty) bool { return d.ID == id })
		delete(s.byForce[old.Force], id)
		delete(s.open[old.Force], id)
		delete(s.all, id)
		delete(s.byPrompt, promptKey{old.Force, old.Code, old.Key})
	}
	if d == nil {
		return
	}
	s.all[id] = d
	s.byPrompt[promptKey{d.Force, d.Code, d.Key}] = d
	s.byNominal[d.Nominal] = append(slices.Clone(s.byNominal[d.Nominal]), d)
	put(s.byForce, d)
	if d.Open() {
		put(s.open, d)
	}
}

func put(into map[string]map[identity.ID]*Duty, d *Duty) {
	if into[d.Force] == nil {
		into[d.Force] = map[identity.ID]*Duty{}
	}
	into[d.Force][d.ID] = d
}

// judged takes a version of judgements in; nil when they were erased.
func (s *duties) judged(id identity.ID, j *Judged) {
	if old, ok := s.judgement[id]; ok {
		s.ofNominal[old.Nominal] = slices.DeleteFunc(slices.Clone(s.ofNominal[old.Nominal]), func(o identity.ID) bool { return o == id })
		delete(s.judgement, id)
	}
	if j != nil {
		s.judgement[id] = j
		s.ofNominal[j.Nominal] = append(slices.Clone(s.ofNominal[j.Nominal]), id)
	}
}

// Duty returns a duty.
func (v *View) Duty(id identity.ID) (*Duty, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	d, ok := v.duties.all[id]
	return d, ok
}

// DutyFor returns the duty of a force by a prompt.
func (v *View) DutyFor(force, code, key string) (*Duty, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	d, ok := v.duties.byPrompt[promptKey{force, code, key}]
	return d, ok
}

// DutiesOf returns the duties about a nominal. The list is shared.
func (v *View) DutiesOf(nominal identity.ID) []*Duty {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.duties.byNominal[nominal]
}

// Duties returns the duties of a force by deadline: those that are open, or all.
func (v *View) Duties(force string, closed bool) []*Duty {
	v.mu.RLock()
	from := v.duties.open[force]
	if closed {
		from = v.duties.byForce[force]
	}
	out := make([]*Duty, 0, len(from))
	for _, d := range from {
		out = append(out, d)
	}
	v.mu.RUnlock()
	slices.SortFunc(out, ByDeadline)
	return out
}

// Climbing returns the open duties that climb at a time or did before, and when the
// next of the others does; zero when none does.
func (v *View) Climbing(now time.Time) (due []*Duty, next time.Time) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, of := range v.duties.open {
		for _, d := range of {
			switch {
			case d.Climb.IsZero():
			case !now.Before(d.Climb):
				due = append(due, d)
			case next.IsZero() || d.Climb.Before(next):
				next = d.Climb
			}
		}
	}
	return due, next
}

// Awaiting returns the nominals of the open duties of some kinds, by the prompt's code.
func (v *View) Awaiting(codes []string) []identity.ID {
	v.mu.RLock()
	defer v.mu.RUnlock()
	seen := map[identity.ID]bool{}
	for _, of := range v.duties.open {
		for _, d := range of {
			if slices.Contains(codes, d.Code) {
				seen[d.Nominal] = true
			}
		}
	}
	return slices.Collect(maps.Keys(seen))
}

// Overdue counts the open duties and those of them whose deadline has passed.
func (v *View) Overdue(now time.Time) (open, overdue int) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, of := range v.duties.open {
		open += len(of)
		for _, d := range of {
			if !now.Before(d.Due) {
				overdue++
			}
		}
	}
	return open, overdue
}

// ByDeadline orders duties: the earliest deadline first.
func ByDeadline(a, b *Duty) int {
	if c := a.Due.Compare(b.Due); c != 0 {
		return c
	}
	return bytes.Compare(a.ID[:], b.ID[:])
}

// JudgementsOf returns the record ids of the judgements of a nominal's prompts.
// The list is shared.
func (v *View) JudgementsOf(nominal identity.ID) []identity.ID {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.duties.ofNominal[nominal]
}
