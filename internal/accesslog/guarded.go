package accesslog

import (
	"context"
	"math"

	"github.com/perpetrator-register/register/internal/postgres"
)

// A batch of entries that ask nothing of any record needs nothing from the database
// but the lock, as long as nobody else writes. It is made before the lock is taken,
// from the log as our last batch left it, and sent in one message: lock, guard, rows
// and commit. The guard stops it should the log have moved on after all, and then it
// is made again in the usual way.

// aloneAfter is after how many batches in a row that found the log as the one before
// had left it we take it that no other replica writes.
const aloneAfter = 4

// guarded reports whether the items can be written so.
func (a *attempt) guarded() bool {
	if a.w.alone < aloneAfter {
		return false
	}
	for _, it := range a.items {
		if it.asks() {
			return false
		}
	}
	return true
}

// runGuarded writes the items in one round trip; postgres.ErrMoved says that it was to
// no avail.
func (a *attempt) runGuarded(ctx context.Context) error {
	w := a.w
	guard := postgres.LogGuard{Size: w.edge.size, Sanction: math.MaxInt64}
	if w.o.Gate != nil {
		guard.Sanction = w.o.Gate.Level() // before the callers are checked: more may be learnt in between
	}
	a.check()
	a.overtaken() // nobody else has written: what we know of versions is all
	if len(a.items) == 0 {
		return nil
	}
	for _, it := range a.items {
		it.changes, it.touches = nil, it.p.Touches
	}
	root := w.edge.root()
	guard.Root = root[:]
	next, err := a.build(postgres.LogHead{Size: w.edge.size, Time: w.time})
	if err != nil {
		return err
	}
	a.blind = true
	if err := w.db.WriteLog(ctx, guard, &a.batch); err != nil {
		w.alone = 0
		return err
	}
	w.stats.guarded.Add(1)
	a.written(next)
	return nil
}
