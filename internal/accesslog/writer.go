package accesslog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/postgres"
)

// Options configure a Writer. Zero values mean the defaults named.
type Options struct {
	// Origin is the first line of checkpoints, e.g. "register.example/log".
	Origin string
	// Signers sign checkpoints; each must bear the name of the origin.
	Signers  []note.Signer
	Log      *slog.Logger     // slog.Default
	MaxBatch int              // most entries a batch; 256, which is also the most
	MaxQueue int              // most callers waiting; 4096
	Timeout  time.Duration    // bounds one attempt to write a batch; 10 s
	Settle   time.Duration    // how long to try to learn a commit's outcome; 5 s
	Now      func() time.Time // time.Now
	// Gate says who may have nothing any more; nil lets everybody.
	Gate Gate
}

// Writer appends entries in batches; a replica has one. All that is written to
// the register goes through it, so that the log's order is the order of
// commits. Safe for concurrent use.
type Writer struct {
	db    *postgres.DB
	o     Options
	queue chan *item

	closeOnce sync.Once
	closing   chan struct{} // closed when no more entries are taken
	stopped   chan struct{} // closed when the writer has ended

	stats struct{ entries, batches, guarded, failures atomic.Int64 }

	// Of the writing goroutine alone:
	edge     edge      // of the log as last known
	time     time.Time // of our last batch
	version  int64     // log index of the newest version of a record, as of edge
	alone    int       // batches in a row before which nobody else had written
	leaf     []byte    // room for what is hashed
	answered int       // callers answered since the last batch was gathered
	last     int       // size of the last batch
	held     []*item   // those left for the next batch
	ahead    bool      // whether others went before those held
	failing  bool      // whether the last batch failed, for the journal
	// pause, if not nil, fires when it is time to try again to connect.
	pause <-chan time.Time
}

// Stats are counts since the start.
type Stats struct {
	Entries, Batches, Failures int64
	Waiting                    int // callers waiting now
}

// reconnectPause keeps all that wait from storming a database that is starting.
const reconnectPause = 50 * time.Millisecond

// maxBatchBytes bounds what one transaction carries, as far as possible.
const maxBatchBytes = 4 << 20

// NewWriter starts the writer of this replica. It does not need the database
// to be there yet.
func NewWriter(db *postgres.DB, o Options) (*Writer, error) {
	if o.Origin == "" || len(o.Signers) == 0 {
		return nil, errors.New("access log: origin and signer are needed")
	}
	for _, s := range o.Signers {
		if s.Name() != o.Origin {
			return nil, errors.New("access log: the signer's name is not the origin")
		}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.MaxBatch <= 0 || o.MaxBatch > postgres.MaxLeaves {
		o.MaxBatch = postgres.MaxLeaves
	}
	if o.MaxQueue <= 0 {
		o.MaxQueue = 4096
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Settle <= 0 {
		o.Settle = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	w := &Writer{
		db: db, o: o, queue: make(chan *item, o.MaxQueue),
		closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	go w.run()
	return w, nil
}

// Close writes what is waiting and stops the writer. Later appends fail with
// ErrUnavailable.
func (w *Writer) Close() {
	w.closeOnce.Do(func() { close(w.closing) })
	<-w.stopped
}

// Stats tells how much was written.
func (w *Writer) Stats() Stats {
	return Stats{
		Entries: w.stats.entries.Load(), Batches: w.stats.batches.Load(),
		Failures: w.stats.failures.Load(), Waiting: len(w.queue),
	}
}

// item is one append under way.
type item struct {
	p     *Pending
	entry postgres.LogEntry
	// Those of the pending entry, with the amendment made under the lock.
	changes []Change
	touches []postgres.Touch
	amended bool
	state   atomic.Int32
	done    chan result // holds one
}

type result struct {
	receipt Receipt
	err     error
}

// States of an item: whoever changes it first from waiting decides.
const (
	waiting int32 = iota
	taken
	abandoned
)

func (it *item) finish(r Receipt, err error) { it.done <- result{r, err} }

// Append implements Appender. A context that ends while the entry is being
// written gives ErrUnknownOutcome; before that, nothing is written.
func (w *Writer) Append(ctx context.Context, p *Pending) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, err
	}
	entry, err := p.prepare(p.Changes)
	if err != nil {
		return Receipt{}, err
	}
	it := &item{p: p, entry: entry, done: make(chan result, 1)}
	if it.size() > maxSize {
		return Receipt{}, fmt.Errorf("%w: it is too large", ErrRejected)
	}
	select {
	case <-w.closing:
		return Receipt{}, fmt.Errorf("%w: it is closing", ErrUnavailable)
	default:
	}
	select {
	case w.queue <- it:
	default:
		return Receipt{}, fmt.Errorf("%w: too many are waiting", ErrUnavailable)
	}
	select {
	case r := <-it.done:
		return r.receipt, r.err
	case <-ctx.Done():
		if it.state.CompareAndSwap(waiting, abandoned) {
			return Receipt{}, ctx.Err()
		}
		return Receipt{}, fmt.Errorf("%w: %w", ErrUnknownOutcome, ctx.Err())
	case <-w.stopped:
		if it.state.CompareAndSwap(waiting, abandoned) {
			return Receipt{}, fmt.Errorf("%w: it is closing", ErrUnavailable)
		}
		r := <-it.done // it was taken, so it has been finished
		return r.receipt, r.err
	}
}

func (w *Writer) run() {
	defer close(w.stopped)
	for {
		if w.pause != nil {
			<-w.pause
			w.pause = nil
		}
		g := w.gather()
		if g == nil {
			return
		}
		w.write(context.Background(), g)
	}
}
