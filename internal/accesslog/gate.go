package accesslog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
)

// Sanctions that stop a call: errors of Append. Nothing was written, and nothing
// may be disclosed; the refusal gets an entry of its own, without a Caller.
var (
	// ErrSuspended says that the caller is suspended.
	ErrSuspended = errors.New("the caller is suspended")
	// ErrStepUp says that the caller's sign-in is not strong or fresh enough.
	ErrStepUp = errors.New("the caller must sign in anew")
)

// Sanctioned reports whether an append was stopped by a sanction.
func Sanctioned(err error) bool { return errors.Is(err, ErrSuspended) || errors.Is(err, ErrStepUp) }

// Caller is what sanctions look at.
type Caller struct {
	// Subject is the caller's name in the log, Force his force's code.
	Subject, Force string
	// Collar is the collar number of the officer behind the call, proved or not.
	Collar string
	// Strengths are the strengths of authentication that his sign-in meets.
	Strengths []string
	// AuthTime is when he signed in; zero when that is not known.
	AuthTime time.Time
}

// Gate decides whom sanctions stop. The writer asks it for every entry under the
// log's lock, with every sanction learnt that has committed: that costs no round
// trip unless there is a new one, and an entry that a sanction forbids cannot come
// after it, on any replica.
type Gate interface {
	// Level is the log index of the newest change learnt, -1 for none.
	Level() int64
	// Learn takes in all versions of sanctions after a level that it had, in log order.
	Learn(rows []postgres.FeedRow) error
	// Check returns ErrSuspended or ErrStepUp for a caller whom a sanction stops.
	Check(c *Caller) error
}

// gate finishes the items of callers whom a sanction stops. What changes a
// sanction goes to the end of the batch: whatever else is in it came before.
func (a *attempt) gate(ctx context.Context, tx *postgres.LogTx, head postgres.LogHead) error {
	g := a.w.o.Gate
	if g == nil {
		return nil
	}
	if head.Sanction > g.Level() {
		rows, err := tx.SanctionsAfter(ctx, g.Level())
		if err != nil {
			return err
		}
		if err := g.Learn(rows); err != nil {
			return fmt.Errorf("sanctions: %w", err)
		}
	}
	a.check()
	kept := a.items[:0:0]
	var changing []*item
	for _, it := range a.items {
		if it.sanctions() {
			changing = append(changing, it)
		} else {
			kept = append(kept, it)
		}
	}
	a.items = slices.Concat(kept, changing)
	return nil
}

// check finishes the items of callers whom a sanction that is known stops.
func (a *attempt) check() {
	g := a.w.o.Gate
	if g == nil {
		return
	}
	a.keep(func(it *item) error {
		if it.p.Caller == nil {
			return nil
		}
		return g.Check(it.p.Caller)
	})
}

// sanctions reports whether an entry changes a sanction.
func (it *item) sanctions() bool {
	return slices.ContainsFunc(it.p.Changes, func(c Change) bool { return c.Record.Kind == postgres.KindSanction })
}
