package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Paper is what the view keeps of a subscription, a question or a transfer. It is
// shared: do not change it.
type Paper struct {
	// ID is the record id.
	ID identity.ID
	// Kind is its kind.
	Kind postgres.Kind
	// Forces are the forces that may read it, that of the record first.
	Forces []string
	// Nominals are those that it is about.
	Nominals []identity.ID
	// Searches says of a subscription that searches are told too.
	Searches bool
	// Expires is when a subscription ends; zero for a question.
	Expires time.Time
	// Answered says so of a question, and of a transfer that it is not open any more.
	Answered bool
	// Course is the one that a transfer offers.
	Course identity.ID
	// Officer is the collar number of who asked a question, empty when it is not known.
	Officer string
}

// Stands reports whether a subscription has not ended yet.
func (p *Paper) Stands(now time.Time) bool { return now.Before(p.Expires) }

func (d decoder) paper(r *postgres.FeedRow) (*Paper, error) {
	out := &Paper{ID: identity.ID(r.Record.ID), Kind: r.Record.Kind, Forces: []string{r.Record.Force}}
	var raw [][]byte
	switch r.Record.Kind { //nolint:exhaustive // the kinds of papers
	case postgres.KindSubscription:
		var stored storev1.StoredSubscription
		if _, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored); err != nil {
			return nil, err
		}
		raw, out.Searches, out.Expires = stored.GetNominals(), stored.GetSubscription().GetSearches(), stored.GetSubscription().GetExpireTime().AsTime()
	case postgres.KindQuestion:
		var stored storev1.StoredQuestion
		if _, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored); err != nil {
			return nil, err
		}
		raw, out.Answered = stored.GetNominals(), stored.GetQuestion().GetAnswerTime() != nil
		out.Officer = stored.GetQuestion().GetOfficer()
		if asked := strings.TrimPrefix(stored.GetQuestion().GetAskedForce(), "forces/"); asked != r.Record.Force {
			out.Forces = append(out.Forces, asked)
		}
	}
	if r.Record.Kind == postgres.KindTransfer {
		var stored storev1.StoredTransfer
		if _, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored); err != nil {
			return nil, err
		}
		course, err := uuid.FromBytes(stored.GetCourseId())
		if err != nil {
			return nil, fmt.Errorf("view: record %s version %d: content malformed", r.Record.ID, r.Version.N)
		}
		raw, out.Course, out.Answered = [][]byte{stored.GetNominalId()}, identity.ID(course), stored.GetTransfer().GetAnswerTime() != nil
		out.Forces = append(out.Forces, strings.TrimPrefix(stored.GetTransfer().GetToForce(), "forces/"))
	}
	for _, b := range raw {
		id, err := uuid.FromBytes(b)
		if err != nil {
			return nil, fmt.Errorf("view: record %s version %d: content malformed", r.Record.ID, r.Version.N)
		}
		out.Nominals = append(out.Nominals, identity.ID(id))
	}
	return out, nil
}

// papers are the subscriptions, questions and transfers of the register. The lists are
// replaced, not changed: readers hold them.
type papers struct {
	all       map[identity.ID]*Paper
	byForce   map[forceKind][]identity.ID
	byNominal map[identity.ID][]identity.ID // subscriptions and transfers
}

type forceKind struct {
	force string
	kind  postgres.Kind
}

func newPapers() papers {
	return papers{all: map[identity.ID]*Paper{}, byForce: map[forceKind][]identity.ID{}, byNominal: map[identity.ID][]identity.ID{}}
}

func (s *papers) apply(id identity.ID, p *Paper) {
	old, again := s.all[id]
	if p != nil && again { // what changes is whether it was answered
		s.all[id] = p
		return
	}
	if p == nil {
		if !again {
			return
		}
		delete(s.all, id)
		for _, f := range old.Forces {
			k := forceKind{f, old.Kind}
			s.byForce[k] = slices.DeleteFunc(slices.Clone(s.byForce[k]), func(i identity.ID) bool { return i == id })
		}
		for _, n := range old.Nominals {
			without(s.byNominal, n, id)
		}
		return
	}
	s.all[id] = p
	for _, f := range p.Forces {
		k := forceKind{f, p.Kind}
		s.byForce[k] = append(slices.Clone(s.byForce[k]), id)
	}
	if p.Kind == postgres.KindSubscription || p.Kind == postgres.KindTransfer {
		for _, n := range p.Nominals {
			s.byNominal[n] = append(slices.Clone(s.byNominal[n]), id)
		}
	}
}

// Paper returns a subscription, a question or a transfer.
func (v *View) Paper(id identity.ID) (*Paper, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	p, ok := v.papers.all[id]
	return p, ok
}

// Papers returns the subscriptions, the questions or the transfers of a force, in the order in
// which they came.
func (v *View) Papers(force string, kind postgres.Kind) []*Paper {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var out []*Paper
	for _, id := range v.papers.byForce[forceKind{force, kind}] {
		out = append(out, v.papers.all[id])
	}
	return out
}

// Subscriptions returns the subscriptions to nominals that stand, in no order.
func (v *View) Subscriptions(now time.Time, nominals ...identity.ID) []*Paper {
	v.mu.RLock()
	defer v.mu.RUnlock()
	var out []*Paper
	for _, n := range nominals {
		for _, id := range v.papers.byNominal[n] {
			if p := v.papers.all[id]; p.Kind == postgres.KindSubscription && p.Stands(now) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}
