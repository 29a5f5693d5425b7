package view

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Link is what the view keeps of a link. It is shared: do not change it.
type Link struct {
	// ID is the record id.
	ID identity.ID
	// A and B are the nominals, the lesser id first.
	A, B identity.ID
	// ForceA and ForceB are the codes of their owner forces.
	ForceA, ForceB string
	// Force is the owner force of the link's own record.
	Force string
	// State is the judgement that stands.
	State registerv1.LinkState
	// Bits and Prior are the evidence; both 0 when people proposed it.
	Bits, Prior float64
	// Deferred: a proposal beyond the day's ceiling.
	Deferred bool
	// Proposed says that it arose as a proposal.
	Proposed bool
	// Fallen says that its last change took something away from what was held:
	// it was rejected or withdrawn, or what had joined is only proposed now.
	Fallen bool
	// Version is the version that stands, Index its log index.
	Version int32
	Index   int64
	// Created and Updated are when it arose and when it changed last.
	Created, Updated time.Time
}

// Other returns the other nominal of a link.
func (l *Link) Other(id identity.ID) identity.ID {
	if l.A == id {
		return l.B
	}
	return l.A
}

// Concerns reports whether a nominal of the force is linked by it.
func (l *Link) Concerns(force string) bool { return l.ForceA == force || l.ForceB == force }

// bond is the link as persons are formed of it; ok is false for one that
// neither joins nor parts.
func (l *Link) bond() (b identity.Bond, ok bool) {
	b = identity.Bond{ID: l.ID, A: l.A, B: l.B, Weight: l.Bits}
	switch l.State {
	case registerv1.LinkState_LINK_STATE_AUTOMATIC:
		b.Kind = identity.BondAutomatic
	case registerv1.LinkState_LINK_STATE_CONFIRMED:
		b.Kind = identity.BondConfirmed
	case registerv1.LinkState_LINK_STATE_REJECTED:
		b.Kind = identity.BondApart
	default:
		return b, false
	}
	return b, true
}

func (d decoder) link(r *postgres.FeedRow) (*Link, error) {
	var stored storev1.StoredLink
	if _, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored); err != nil {
		return nil, err
	}
	return NewLink(r.Record, r.Version, &stored)
}

// NewLink reads a stored link.
func NewLink(r postgres.Record, v postgres.Version, stored *storev1.StoredLink) (*Link, error) {
	a, errA := uuid.FromBytes(stored.GetA())
	b, errB := uuid.FromBytes(stored.GetB())
	if errA != nil || errB != nil {
		return nil, fmt.Errorf("view: record %s version %d: content malformed", r.ID, v.N)
	}
	l := stored.GetLink()
	decisions := l.GetDecisions()
	proposed := len(decisions) > 0 && decisions[0].GetState() == registerv1.LinkState_LINK_STATE_PROPOSED
	return &Link{
		ID: identity.ID(r.ID), A: identity.ID(a), B: identity.ID(b), Force: r.Force,
		ForceA: stored.GetForceA(), ForceB: stored.GetForceB(),
		State: l.GetState(), Bits: l.GetBits(), Prior: l.GetPrior(), Deferred: l.GetDeferred(), Proposed: proposed, Fallen: fallen(l),
		Version: v.N, Index: v.LogIndex,
		Created: l.GetCreateTime().AsTime(), Updated: l.GetUpdateTime().AsTime(),
	}, nil
}

func fallen(l *registerv1.Link) bool {
	switch l.GetState() {
	case registerv1.LinkState_LINK_STATE_REJECTED, registerv1.LinkState_LINK_STATE_WITHDRAWN:
		return true
	case registerv1.LinkState_LINK_STATE_PROPOSED:
		d := l.GetDecisions()
		return len(d) > 1 && Joins(d[len(d)-2].GetState())
	default:
		return false
	}
}

// Joins reports whether a link in a state ties its nominals into one person.
func Joins(s registerv1.LinkState) bool {
	return s == registerv1.LinkState_LINK_STATE_AUTOMATIC || s == registerv1.LinkState_LINK_STATE_CONFIRMED
}

// links are the links of the register. Of an erased link its id alone is kept, so
// that its nominals are forgotten.
type links struct {
	all       map[identity.ID]*Link
	byNominal map[identity.ID][]*Link
	byForce   map[string]map[identity.ID]*Link
	fallen    map[identity.ID]*Link
	erased    []Erased
	// proposals counts, by force and day, those that arose by its registrations
	// and raised an alert.
	proposals map[forceDay]int
}

type forceDay struct {
	force string
	day   int64 // since 1970, UTC
}

func dayOf(force string, t time.Time) forceDay { return forceDay{force, t.Unix() / 86400} }

func newLinks() links {
	return links{
		all: map[identity.ID]*Link{}, byNominal: map[identity.ID][]*Link{},
		byForce: map[string]map[identity.ID]*Link{}, fallen: map[identity.ID]*Link{}, proposals: map[forceDay]int{},
	}
}

func (s *links) apply(id identity.ID, index int64, l *Link) {
	old, again := s.all[id]
	if again {
		for _, n := range []identity.ID{old.A, old.B} {
			// Readers hold the old list: it is replaced, not changed.
			rest := slices.DeleteFunc(slices.Clone(s.byNominal[n]), func(l *Link) bool { return l.ID == id })
			if len(rest) == 0 {
				delete(s.byNominal, n)
			} else {
				s.byNominal[n] = rest
			}
		}
		delete(s.byForce[old.ForceA], id)
		delete(s.byForce[old.ForceB], id)
		delete(s.fallen, id)
		delete(s.all, id)
	}
	if l == nil {
		s.erased = append(s.erased, Erased{id, index})
		return
	}
	if !again && l.Proposed && !l.Deferred {
		s.proposals[dayOf(l.Force, l.Created)]++
	}
	s.all[id] = l
	if l.Fallen {
		s.fallen[id] = l
	}
	for _, n := range []identity.ID{l.A, l.B} {
		s.byNominal[n] = append(slices.Clone(s.byNominal[n]), l)
	}
	for _, f := range []string{l.ForceA, l.ForceB} {
		if s.byForce[f] == nil {
			s.byForce[f] = map[identity.ID]*Link{}
		}
		s.byForce[f][id] = l
	}
}

// Link returns a link.
func (v *View) Link(id identity.ID) (*Link, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	l, ok := v.links.all[id]
	return l, ok
}

// ProposalsOn returns how many proposals arose by a force's registrations on a
// day and raised an alert.
func (v *View) ProposalsOn(force string, day time.Time) int {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.links.proposals[dayOf(force, day)]
}

// LinkBetween returns the link between two nominals, in whatever state.
func (v *View) LinkBetween(a, b identity.ID) (*Link, bool) {
	for _, l := range v.LinksOf(a) {
		if l.Other(a) == b {
			return l, true
		}
	}
	return nil, false
}

// LinksOf returns the links of a nominal, in all states. The list is shared.
func (v *View) LinksOf(nominal identity.ID) []*Link {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.links.byNominal[nominal]
}

// LinksOfForce returns the links that concern a force and that keep wants, the
// last changed first.
func (v *View) LinksOfForce(force string, keep func(*Link) bool) []*Link {
	v.mu.RLock()
	var out []*Link
	for _, l := range v.links.byForce[force] {
		if keep(l) {
			out = append(out, l)
		}
	}
	v.mu.RUnlock()
	slices.SortFunc(out, NewestFirst)
	return out
}

// LinksFallen returns the links that fell away at a time or after it, the last
// first, whichever forces they concern.
func (v *View) LinksFallen(since time.Time) []*Link {
	v.mu.RLock()
	var out []*Link
	for _, l := range v.links.fallen {
		if !l.Updated.Before(since) {
			out = append(out, l)
		}
	}
	v.mu.RUnlock()
	slices.SortFunc(out, NewestFirst)
	return out
}

// Erased is what is left of a link that was erased with one of its nominals.
type Erased struct {
	// ID is the record id, Index the log index of the erasure.
	ID    identity.ID
	Index int64
}

// LinksErased returns the links that were erased, the last first, at most so
// many.
func (v *View) LinksErased(limit int) []Erased {
	v.mu.RLock()
	out := slices.Clone(v.links.erased)
	v.mu.RUnlock()
	slices.SortFunc(out, func(a, b Erased) int {
		return cmp.Or(cmp.Compare(b.Index, a.Index), slices.Compare(a.ID[:], b.ID[:]))
	})
	return out[:min(limit, len(out))]
}

// NewestFirst orders links by their last change, the newest first.
func NewestFirst(a, b *Link) int {
	return cmp.Or(cmp.Compare(b.Index, a.Index), slices.Compare(a.ID[:], b.ID[:]))
}

// Person forms the person of a nominal from the links that stand. Nominals that
// are SILENT or withdrawn tie nobody together and belong to no person.
func (v *View) Person(nominal identity.ID) identity.Person {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if len(v.links.byNominal[nominal]) == 0 {
		return identity.Person{Members: []identity.ID{nominal}, Confirmed: map[identity.ID]bool{nominal: true}}
	}
	return identity.PersonOf(nominal, v.bonds)
}

// PersonWith forms the person of a nominal as it would be with other bonds: each
// in place of that of the same id, if there is one.
func (v *View) PersonWith(nominal identity.ID, other ...identity.Bond) identity.Person {
	v.mu.RLock()
	defer v.mu.RUnlock()
	replaced := make(map[identity.ID]bool, len(other))
	added := map[identity.ID][]identity.Bond{}
	for _, b := range other {
		replaced[b.ID] = true
		added[b.A], added[b.B] = append(added[b.A], b), append(added[b.B], b)
	}
	return identity.PersonOf(nominal, func(id identity.ID) []identity.Bond {
		return append(slices.DeleteFunc(v.bonds(id), func(b identity.Bond) bool { return replaced[b.ID] }), added[id]...)
	})
}

// PersonWithout forms the person of a nominal as it would be if another were not there.
func (v *View) PersonWithout(nominal, gone identity.ID) identity.Person {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return identity.PersonOf(nominal, func(id identity.ID) []identity.Bond {
		return slices.DeleteFunc(v.bonds(id), func(b identity.Bond) bool { return b.A == gone || b.B == gone })
	})
}

// bonds returns the bonds of a nominal; the caller holds the lock.
func (v *View) bonds(id identity.ID) []identity.Bond {
	links := v.links.byNominal[id]
	out := make([]identity.Bond, 0, len(links))
	for _, l := range links {
		if b, stands := l.bond(); stands && v.nominals.shows(l.Other(id)) {
			out = append(out, b)
		}
	}
	return out
}
