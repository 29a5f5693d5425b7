package service

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// What the log calls the acts of the register's clock.
const (
	tickDuties = "Tick.Duties" // a person's duties were brought level with his history
	tickClimb  = "Tick.Climb"  // a duty climbed
)

// Pace of the clock, in real time.
const (
	tickEvery = 500 * time.Millisecond // between two rounds when nothing wakes it
	tickTerm  = 30 * time.Second       // how long one replica acts before it gives way
	tickAge   = time.Minute            // how often one that does not act forgets
	tickRetry = time.Minute            // before what has failed is tried again, by the register's clock
	lookEvery = 2 * time.Second        // between two looks at what was searched
	sweepStep = 20                     // persons that a round looks at of all …
	sweepWait = 100 * time.Millisecond // … and the rest after it: calls come first
)

// Ticker does what no call brings about: duties that time or a link raises, those that
// two calls at the same moment have missed of each other, and the climbing of those
// that nobody has done. Every replica has one; one of them at a time acts. What it
// does is idempotent: a duty is unique by its prompt, and every act is the next
// version of something, so that a lost race changes nothing.
type Ticker struct {
	*Deps
	log     accesslog.Appender
	changed *view.Followed
	later   schedule
	// sweep are the nominals that remain to be looked at once after the start.
	sweep   []identity.ID
	swept   bool
	last    atomic.Int64 // when the last round ended, in Unix nanoseconds
	leading atomic.Bool

	remaining atomic.Int64

	// searched is the log index up to which searches have been seen, looked when that
	// was, and byCheck are the codes of the duties that a search closes.
	searched int64
	looked   time.Time
	byCheck  []string
}

// NewTicker makes the clock of a replica whose view is loaded. It follows the view
// from then on.
func NewTicker(d *Deps, log accesslog.Appender) *Ticker {
	t := &Ticker{Deps: d, log: log, changed: d.View.Follow(), later: newSchedule(), searched: -1}
	for _, r := range d.Rules.Catalogue() {
		if r.Critical && slices.Contains(r.Closes, codeChecked) {
			t.byCheck = append(t.byCheck, r.Code)
		}
	}
	return t
}

// Leading is 1 on the replica that acts, 0 on the others.
func (t *Ticker) Leading() int64 {
	if t.leading.Load() {
		return 1
	}
	return 0
}

// Age is how long ago, in real time, this replica last came to the end of a round; zero
// when it does not act.
func (t *Ticker) Age() time.Duration {
	if !t.leading.Load() {
		return 0
	}
	return time.Since(time.Unix(0, t.last.Load()))
}

// Remaining is how many nominals are still to be looked at once since this replica
// began to act.
func (t *Ticker) Remaining() int64 { return t.remaining.Load() }

// Run acts until ctx ends.
func (t *Ticker) Run(ctx context.Context) {
	aged := time.Now()
	for ctx.Err() == nil {
		ran, err := t.DB.AsOnlyTicker(ctx, t.lead)
		t.leading.Store(false)
		if err != nil && ctx.Err() == nil {
			t.Log.WarnContext(ctx, "the register's clock is held up", "err", err)
		}
		if !ran && time.Since(aged) > tickAge {
			t.changed.Age()
			aged = time.Now()
			// What another replica has seen to meanwhile is not known here.
			t.later, t.swept, t.sweep = newSchedule(), false, nil
		}
		Pause(ctx, tickEvery, nil)
	}
}

// lead acts for one term.
func (t *Ticker) lead(ctx context.Context) error {
	if t.last.Store(time.Now().UnixNano()); !t.leading.Swap(true) {
		t.Log.DebugContext(ctx, "this replica lets duties arise and climb")
	}
	ends := time.Now().Add(tickTerm)
	for ctx.Err() == nil && time.Now().Before(ends) {
		if err := t.round(ctx); err != nil {
			return err
		}
		t.last.Store(time.Now().UnixNano())
		wait := tickEvery
		if !t.swept {
			wait = sweepWait
		}
		Pause(ctx, wait, t.changed.Wake())
	}
	return nil
}

// Pause waits for d, or until it is woken or the context ends; a nil wake never wakes.
func Pause(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-wake:
	case <-time.After(d):
	}
}

// round does all that is due now. An error is one of the database or the log: what is
// wrong with one person's records holds up nobody else's.
func (t *Ticker) round(ctx context.Context) error {
	if err := t.View.Pull(ctx); err != nil {
		return err
	}
	if err := t.checked(ctx); err != nil {
		return err
	}
	if err := t.climbAll(ctx); err != nil {
		return err
	}
	done := map[identity.ID]bool{}
	for _, from := range [][]identity.ID{t.changed.Take(), t.later.due(t.Now()), t.some()} {
		for i, id := range from {
			if done[id] {
				continue
			}
			members, err := t.settle(ctx, id)
			if err != nil {
				for _, rest := range from[i:] {
					t.changed.Put(rest)
				}
				return err
			}
			for _, m := range members {
				done[m] = true
			}
		}
	}
	return nil
}

// climbAll lets those duties climb whose time has come. What has been answered
// meanwhile does not climb.
func (t *Ticker) climbAll(ctx context.Context) error {
	due, _ := t.View.Climbing(t.Now())
	for _, known := range due {
		if _, err := t.settle(ctx, known.Nominal); err != nil {
			return err
		}
		now, ok := t.View.Duty(known.ID)
		if !ok || now.Climb.IsZero() || t.Now().Before(now.Climb) {
			continue
		}
		if err := t.climb(ctx, now); err != nil {
			return err
		}
	}
	return nil
}

// codeChecked is the action of having searched the register.
const codeChecked = "CHECKED"

// checked looks after those duties that a search closes: it changes no record, so that
// nothing else tells of it.
func (t *Ticker) checked(ctx context.Context) error {
	if time.Since(t.looked) < lookEvery {
		return nil
	}
	head, err := t.DB.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	after := t.searched
	t.looked, t.searched = time.Now(), head.Size-1
	if after < 0 {
		return nil // the sweep looks at everybody
	}
	var ids []uuid.UUID
	for _, nominal := range t.View.Awaiting(t.byCheck) {
		members, _ := t.concerns(nominal)
		for _, m := range members {
			ids = append(ids, uuid.UUID(m))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := t.DB.CheckedSince(ctx, ids, after)
	for _, id := range found {
		t.changed.Put(identity.ID(id))
	}
	if err != nil {
		t.searched = after
	}
	return err
}

// some are the next nominals of the sweep that follows the start.
func (t *Ticker) some() []identity.ID {
	if t.swept {
		return nil
	}
	if t.sweep == nil {
		t.sweep = t.View.WithConduct()
	}
	n := min(sweepStep, len(t.sweep))
	out := t.sweep[:n]
	t.sweep = t.sweep[n:]
	if len(t.sweep) == 0 {
		t.swept, t.sweep = true, nil
	}
	t.remaining.Store(int64(len(t.sweep)))
	return out
}

// settle brings the duties about a nominal's person level with what is recorded of
// him, and notes when to look again. It returns the nominals that were looked at.
func (t *Ticker) settle(ctx context.Context, id identity.ID) ([]identity.ID, error) {
	members, concerned := t.concerns(id)
	if !concerned {
		return members, nil
	}
	if err := t.missedMatches(ctx, members); err != nil {
		if held(ctx, err) {
			return nil, err
		}
		t.Log.ErrorContext(ctx, "courses with the same victim cannot be told of", "nominal", resourceID(id), "err", err)
	}
	var next time.Time
	err := Retry(ctx, func() error {
		if err := t.View.Pull(ctx); err != nil {
			return err
		}
		b := newBatch(t.Deps)
		read, at, err := b.consequences(ctx, id)
		if err != nil {
			return err
		}
		next = at
		if len(b.changes) == 0 {
			return nil
		}
		return t.commit(ctx, tickDuties, b.changes, read.requires(b.changes[0].Record.ID))
	})
	switch {
	case err == nil:
	case errors.Is(err, accesslog.ErrConflict):
		t.changed.Put(id) // others are at it
		return members, nil
	case held(ctx, err):
		return nil, err
	default:
		t.Log.ErrorContext(ctx, "the duties of a person cannot be brought level", "nominal", resourceID(id), "err", err)
		next = t.Now().Add(tickRetry)
	}
	t.later.set(members[0], next)
	return members, nil
}

// concerns reports whether there is anything from which a duty about a nominal's
// person could follow, and returns his nominals, the least first.
func (t *Ticker) concerns(id identity.ID) ([]identity.ID, bool) {
	members := []identity.ID{id}
	if n, ok := t.View.Nominal(id); ok && !n.Silent() {
		members = inOrder(t.View.Person(id).Members)
	}
	for _, m := range members {
		if len(t.View.CourseIDs(m)) > 0 || len(t.View.PartIDs(m)) > 0 || len(t.View.DutiesOf(m)) > 0 {
			return members, true
		}
	}
	return members, false
}

// climb lets one duty climb; that another replica was quicker is no error.
func (t *Ticker) climb(ctx context.Context, known *view.Duty) error {
	b := newBatch(t.Deps)
	err := b.climb(ctx, known)
	if err == nil {
		err = t.commit(ctx, tickClimb, b.changes, nil)
	}
	switch {
	case err == nil, errors.Is(err, accesslog.ErrConflict):
		return nil
	case held(ctx, err):
		return err
	}
	t.Log.ErrorContext(ctx, "a duty cannot climb", "duty", resourceID(known.ID), "err", err)
	return nil
}

// held reports whether an error is of the database or the log, and not of one record.
func held(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, accesslog.ErrUnavailable) || errors.Is(err, postgres.ErrAway) || errors.Is(err, context.DeadlineExceeded)
}

// commit commits what the register does of itself, under an entry of its own.
func (t *Ticker) commit(ctx context.Context, method string, changes []accesslog.Change, requires []accesslog.Requirement) error {
	p := &accesslog.Pending{
		Changes: changes,
		Entry: accesslog.Metadata{
			Actor:  accesslog.Actor{Sub: byRegister, Kind: accesslog.System},
			Method: method, Operation: "ALTERATION", Outcome: OutcomeName(codes.OK),
		},
	}
	changed := map[[16]byte]bool{}
	for i := range changes {
		r := changes[i].Record
		changed[r.ID] = true
		p.Touches = append(p.Touches, postgres.Touch{Record: r.ID, Force: r.Force})
	}
	for _, r := range requires {
		if !changed[r.Record] {
			p.Requires = append(p.Requires, r)
		}
	}
	_, err := t.log.Append(ctx, p)
	return err
}
