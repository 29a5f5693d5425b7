package accesslog

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
)

// A batch of entries that ask nothing of any record needs nothing from the database
// but the lock, as long as nobody else writes. It is made before the lock is taken,
// from the log as our last batch leaves it, and sent in one message: lock, guard, rows
// and commit. The guard stops it should the log have moved on after all, and then it
// is made again in the usual way.
//
// While one such batch is in flight the next may be prepared: its rows are sent in a
// transaction of their own, without the lock, and it is confirmed when the one before
// has committed, under the lock and the same guard. If that one fails, so does this:
// it is abandoned and made again. So the order stays that of commits, and nobody is
// answered before his entry has committed, after all entries before it.

// aloneAfter is after how many batches in a row that found the log as the one before
// had left it we take it that no other replica writes.
const aloneAfter = 4

// flight is a batch in flight.
type flight struct {
	a      attempt
	next   edge // of the log, once it has committed
	write  *postgres.LogWrite
	cancel context.CancelFunc
	done   chan error // holds one
}

// guarded reports whether the items can be written without a question.
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

// blindly makes the batch that goes on from an edge, for a time that is not before at.
// It gives the guard to send it under; the items are those that no sanction stops.
func (a *attempt) blindly(from edge, at time.Time) (next edge, guard postgres.LogGuard, err error) {
	level := int64(math.MaxInt64)
	if g := a.w.o.Gate; g != nil {
		level = g.Level() // before the callers are checked: more may be learnt in between
	}
	a.check()
	for _, it := range a.items {
		it.changes, it.touches = nil, it.p.Touches
	}
	if len(a.items) == 0 {
		return edge{}, guard, nil
	}
	root := from.root()
	a.blind = true
	next, err = a.build(from, postgres.LogHead{Size: from.size, Time: at})
	return next, postgres.LogGuard{Size: from.size, Root: root[:], Sanction: level}, err
}

// launch sends a batch.
func (w *Writer) launch(ctx context.Context, a attempt) {
	next, guard, err := a.blindly(w.edge, w.time)
	if len(a.items) == 0 {
		return
	}
	var write *postgres.LogWrite
	timed, cancel := context.WithTimeout(ctx, w.o.Timeout)
	if err == nil {
		write, err = w.db.StartLog(timed, guard, &a.batch)
	}
	if err != nil {
		cancel()
		w.failed(ctx, &a, err)
		return
	}
	w.fly(&flight{a: a, next: next, write: write, cancel: cancel, done: make(chan error, 1)})
}

// fly waits for a batch that is to be committed, and answers its callers.
func (w *Writer) fly(f *flight) {
	w.flight = f
	go func() {
		defer f.cancel()
		err := f.write.Wait()
		if err == nil {
			f.a.succeed()
		}
		f.done <- err
	}()
}

// follow prepares a batch behind the one in flight and confirms it when that has
// landed.
func (w *Writer) follow(ctx context.Context, a attempt) {
	f := w.flight
	select {
	case <-f.write.Locked():
	case err := <-f.done:
		f.done <- err
		w.land(ctx)
		w.rewrite(ctx, a.items)
		return
	}
	next, guard, err := a.blindly(f.next, f.a.batch.Time)
	if len(a.items) == 0 {
		return
	}
	var write *postgres.LogWrite
	timed, cancel := context.WithTimeout(ctx, w.o.Timeout)
	if err == nil {
		write, err = w.db.PrepareLog(timed, &a.batch)
	}
	if err != nil {
		cancel()
		w.land(ctx)
		w.failed(ctx, &a, err)
		return
	}
	if before := <-f.done; before != nil {
		write.Abandon() // first: the other may have to be written again
		cancel()
		f.done <- before
		w.land(ctx)
		a.blind = false
		w.rewrite(ctx, a.items)
		return
	}
	f.done <- nil
	w.land(ctx)
	if err := write.Confirm(guard); err != nil {
		cancel()
		w.failed(ctx, &a, err)
		return
	}
	w.fly(&flight{a: a, next: next, write: write, cancel: cancel, done: make(chan error, 1)})
}

// land waits for the batch in flight, if there is one, and takes note of what became
// of it.
func (w *Writer) land(ctx context.Context) {
	f := w.flight
	if f == nil {
		return
	}
	w.flight = nil
	if err := <-f.done; err != nil {
		w.failed(ctx, &f.a, err)
		return
	}
	w.journal(ctx, nil)
	w.written(&f.a, f.next)
	w.pace(f.write)
}

// failed deals with a batch that was sent blindly and not written.
func (w *Writer) failed(ctx context.Context, a *attempt, err error) {
	w.alone = 0
	if errors.Is(err, postgres.ErrMoved) {
		w.rewrite(ctx, a.items)
		return
	}
	w.finish(ctx, a, err)
}

// pace takes note of how long the database took for rows and commit.
func (w *Writer) pace(write *postgres.LogWrite) {
	smooth := func(mean *time.Duration, d time.Duration) {
		if d > 0 {
			*mean += (d - *mean) / 8
		}
	}
	smooth(&w.rows, write.Rows)
	smooth(&w.commit, write.Commit)
}

// overlaps reports whether it pays to prepare a batch while one is in flight: where a
// commit takes longer than the rows of a batch do, one large batch is better than two
// that wait for the disk one after the other.
func (w *Writer) overlaps() bool { return w.commit < w.rows }
