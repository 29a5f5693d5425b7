package accesslog

import (
	"context"
	"errors"
	"math"

	"github.com/perpetrator-register/register/internal/postgres"
)

// A batch of entries that ask nothing of any record needs nothing from the database
// but the lock, as long as nobody else writes. It is made before the lock is taken,
// from the log as our last batch left it, and sent in one message: lock, guard, rows
// and commit. The guard stops it should the log have moved on after all, and then
// it is made again in the usual way.

// aloneAfter is after how many batches in a row that found the log as the one
// before had left it we take it that no other replica writes.
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

// runGuarded writes the items in one round trip; postgres.ErrMoved says that the log
// is not where we left it.
func (a *attempt) runGuarded(ctx context.Context) error {
	w := a.w
	// Read before the callers are checked: what is learnt in between does no harm.
	level := int64(math.MaxInt64)
	if w.o.Gate != nil {
		level = w.o.Gate.Level()
	}
	a.check()
	if len(a.items) == 0 {
		return nil
	}
	for _, it := range a.items {
		it.changes, it.touches = nil, it.p.Touches
	}
	a.blind = true
	root := w.edge.root()
	next, err := a.build(postgres.LogHead{Size: w.edge.size, Time: w.time})
	if err != nil {
		return err
	}
	err = w.db.WriteLog(ctx, postgres.LogGuard{Size: w.edge.size, Root: root[:], Sanction: level}, &a.batch)
	if errors.Is(err, postgres.ErrMoved) {
		w.alone, a.blind = 0, false
	}
	if err != nil {
		return err
	}
	a.written(next)
	return nil
}
