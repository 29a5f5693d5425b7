package service

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/view"
)

// Limits of linking.
const (
	maxLookalikes = 50 // nominals weighed against one that is written
	maxProposals  = 10 // proposals of one registration that raise an alert
)

// Linker compares a nominal that is written with those of all forces, and makes
// the links and alerts that commit with it.
//
// Most of it happens before the log's lock is held, against the register as of
// one log index. What was written after that index is weighed under the lock
// (accesslog.Pending.Amend): so of two forces that register the same person at
// the same moment, the second always meets the first.
type Linker struct {
	*Deps
	// PerDay is how many proposals of one force raise an alert on one day; those
	// beyond are kept, and marked as deferred.
	PerDay int

	recent recent // of the log's writer alone
}

// linking is the linking of one nominal that is being written.
type linking struct {
	*Linker
	batch
	id      identity.ID
	force   string
	record  identity.Record
	created bool // it is the first version of its record

	trace   identity.Trace
	weighed map[identity.ID]bool
	// settled are the nominals of persons that need no further link with this
	// one: one link to a person's most like nominal is enough.
	settled map[identity.ID]bool
	// found are the links made or changed, with the state that they now have.
	found []found
	// proposed counts proposals of today that raised an alert.
	proposed int
	// before are the sizes before anything was added under the lock.
	before struct{ changes, found, ordinal int }
}

type found struct {
	link  *storev1.StoredLink
	id    uuid.UUID
	other string // owner force of the other nominal
}

// link makes the changes that commit with a version of a nominal. It leaves in
// the call what is to be done under the lock; summaries is to be asked once the
// call has committed.
func (l *Linker) link(ctx context.Context, c *call.Call, change accesslog.Change, n *registerv1.Nominal) (changes []accesslog.Change, summaries func() []*registerv1.LinkSummary, err error) {
	c.Level, c.Amend, c.Tell = 0, nil, nil
	none := func() []*registerv1.LinkSummary { return nil }
	if !linkable(n) {
		return nil, none, nil
	}
	if err := l.View.Pull(ctx); err != nil {
		return nil, none, err
	}
	c.Level = l.View.Head()
	k, err := l.compare(ctx, identity.ID(change.Record.ID), change.Record.Force, view.Record(n), change.Expected == 0)
	if err != nil {
		return nil, none, err
	}
	k.before.changes, k.before.found, k.before.ordinal = len(k.changes), len(k.found), k.ordinal
	c.Amend = k.amend
	c.Tell = told{id: k.id, n: change.Version.N, force: k.force, record: k.record, trace: k.trace}
	return k.changes, k.summaries, nil
}

// compare compares a nominal with the register as it stands in the view.
func (l *Linker) compare(ctx context.Context, id identity.ID, force string, record identity.Record, created bool) (*linking, error) {
	k := &linking{
		Linker: l, batch: newBatch(l.Deps), id: id, force: force, record: record, created: created,
		weighed: map[identity.ID]bool{}, settled: map[identity.ID]bool{}, proposed: l.View.ProposalsOn(force, l.Now()),
	}
	var likes []identity.Likeness
	likes, k.trace = l.View.Index().Lookalikes(id, record, maxLookalikes)
	if err := k.reweigh(ctx); err != nil {
		return nil, err
	}
	for _, like := range likes {
		if err := k.weigh(like); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// linkable says whether a nominal takes part in linking. A SILENT one does not:
// nobody may learn of it by a link.
func linkable(n *registerv1.Nominal) bool {
	return n.GetState() != registerv1.RecordState_RECORD_STATE_CANCELLED &&
		n.GetRestriction() != registerv1.Restriction_RESTRICTION_SILENT
}

// reweigh looks again at the links that stand.
func (k *linking) reweigh(ctx context.Context) error {
	if k.created {
		return nil
	}
	for _, standing := range k.View.LinksOf(k.id) {
		other := standing.Other(k.id)
		k.weighed[other] = true
		if like, ok := k.View.Index().JudgeHeld(k.record, other); ok {
			to := verdictOn(standing, like, k.View.Index().Thresholds().Break)
			if to != standing.State {
				if err := k.move(ctx, standing, to, like); err != nil {
					return err
				}
			}
			if to != registerv1.LinkState_LINK_STATE_WITHDRAWN {
				k.settle(other)
			}
		}
	}
	return nil
}

// weigh takes one likeness into account.
func (k *linking) weigh(like identity.Likeness) error {
	again := k.weighed[like.ID]
	k.weighed[like.ID] = true
	other, ok := k.View.Nominal(like.ID)
	if again || !ok || other.Silent() || k.settled[like.ID] {
		return nil
	}
	k.settle(like.ID)
	return k.begin(like, other.Force)
}

// settle notes that nobody of a nominal's person needs a further link.
func (k *linking) settle(other identity.ID) {
	for _, id := range k.View.Person(other).Members {
		k.settled[id] = true
	}
}

// verdictOn is the state that a link gets by new evidence. What people have
// decided stays.
func verdictOn(standing *view.Link, like identity.Likeness, breakAt float64) registerv1.LinkState {
	switch standing.State {
	case registerv1.LinkState_LINK_STATE_AUTOMATIC:
		if !like.Twins && !like.Kin && like.Prior+like.Bits >= breakAt {
			return standing.State
		}
	case registerv1.LinkState_LINK_STATE_PROPOSED:
		if standing.Bits == 0 && like.Verdict == identity.VerdictNone {
			return standing.State // people proposed it
		}
	case registerv1.LinkState_LINK_STATE_WITHDRAWN:
	default:
		return standing.State
	}
	return stateOf(like.Verdict)
}

func stateOf(v identity.Verdict) registerv1.LinkState {
	switch v {
	case identity.VerdictAutomatic:
		return registerv1.LinkState_LINK_STATE_AUTOMATIC
	case identity.VerdictProposed:
		return registerv1.LinkState_LINK_STATE_PROPOSED
	default:
		return registerv1.LinkState_LINK_STATE_WITHDRAWN
	}
}

// begin makes a new link.
func (k *linking) begin(like identity.Likeness, otherForce string) error {
	state := stateOf(like.Verdict)
	id := uuid.Must(uuid.NewV7())
	if state == registerv1.LinkState_LINK_STATE_AUTOMATIC && k.barred(identity.ID(id), like) {
		// It would bring those together whom people have told apart: let people see to it.
		state = registerv1.LinkState_LINK_STATE_PROPOSED
	}
	stored := newLink(ends{k.id, k.force, like.ID, otherForce})
	evidence(stored, k.id, like)
	decide(stored, state, "", "", k.now)
	stored.Link.Deferred = state == registerv1.LinkState_LINK_STATE_PROPOSED && k.beyond()
	k.found = append(k.found, found{stored, id, otherForce})
	return k.create(id, k.force, stored)
}

// barred reports whether an automatic link would join those whom people have
// told apart. It spares people a link that joins nothing; where two commit at
// the same moment, persons are formed right all the same (identity.PersonOf).
func (k *linking) barred(id identity.ID, like identity.Likeness) bool {
	bond := identity.Bond{ID: id, A: k.id, B: like.ID, Kind: identity.BondAutomatic, Weight: like.Bits}
	return slices.Contains(k.View.PersonWith(like.ID, bond).Barred, bond)
}

// beyond reports whether a further proposal is beyond the ceilings.
func (k *linking) beyond() bool {
	mine := 0
	for _, f := range k.found {
		if f.link.GetLink().GetState() == registerv1.LinkState_LINK_STATE_PROPOSED {
			mine++
		}
	}
	return mine >= maxProposals || k.proposed+mine >= k.PerDay
}

// move gives a standing link another state by new evidence.
func (k *linking) move(ctx context.Context, standing *view.Link, to registerv1.LinkState, like identity.Likeness) error {
	if to == registerv1.LinkState_LINK_STATE_AUTOMATIC && k.barred(standing.ID, like) {
		to = registerv1.LinkState_LINK_STATE_PROPOSED
		if to == standing.State {
			return nil
		}
	}
	cur, key, stored, err := k.openStanding(ctx, standing)
	if err != nil {
		return err
	}
	evidence(stored, k.id, like)
	decide(stored, to, "", "", k.now)
	k.found = append(k.found, found{stored, cur.Record.ID, otherForce(stored, k.id)})
	return k.revise(ctx, cur, key, stored)
}

// withdraw lets the links of a nominal that is cancelled fall away. What people
// have rejected stays rejected. quiet tells nobody of it.
func (l *Linker) withdraw(ctx context.Context, nominal identity.ID, quiet bool) ([]accesslog.Change, error) {
	if err := l.View.Pull(ctx); err != nil {
		return nil, err
	}
	b := newBatch(l.Deps)
	for _, standing := range l.View.LinksOf(nominal) {
		if s := standing.State; s == registerv1.LinkState_LINK_STATE_REJECTED || s == registerv1.LinkState_LINK_STATE_WITHDRAWN {
			continue
		}
		cur, key, stored, err := l.openStanding(ctx, standing)
		if err != nil {
			return nil, err
		}
		decide(stored, registerv1.LinkState_LINK_STATE_WITHDRAWN, "", "a record was cancelled", b.now)
		b.quiet = quiet || l.silent(standing.Other(nominal))
		if err := b.revise(ctx, cur, key, stored); err != nil {
			return nil, err
		}
	}
	return b.changes, nil
}

func (d *Deps) silent(nominal identity.ID) bool {
	n, ok := d.View.Nominal(nominal)
	return ok && n.Silent()
}

// summaries tell whoever wrote the nominal of its links, the most likely first.
func (k *linking) summaries() []*registerv1.LinkSummary {
	slices.SortStableFunc(k.found, func(a, b found) int {
		return cmp.Compare(b.link.GetLink().GetProbability(), a.link.GetLink().GetProbability())
	})
	var out []*registerv1.LinkSummary
	for _, f := range k.found {
		out = append(out, &registerv1.LinkSummary{
			Name: linkName(k.force, f.id), State: f.link.GetLink().GetState(),
			Force: "forces/" + f.other, Probability: k.told(f),
		})
	}
	return out
}

// told is the probability of a link as far as whoever wrote the nominal may
// know it: how well a restricted record agrees with his own would tell what is
// in it. Of one that came meanwhile it is not known whether it is restricted.
func (k *linking) told(f found) float64 {
	other := identity.ID(f.link.GetA())
	if other == k.id {
		other = identity.ID(f.link.GetB())
	}
	n, ok := k.View.Nominal(other)
	if f.other == k.force || ok && n.Restriction == registerv1.Restriction_RESTRICTION_UNSPECIFIED {
		return f.link.GetLink().GetProbability()
	}
	return 0
}
