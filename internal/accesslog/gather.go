package accesslog

import (
	"runtime"
	"time"
)

// gather waits for an entry and takes along others that wait. Entries that ask
// nothing of a record, such as those of searches, go before the others: a batch
// of an import takes many times as long as theirs. They do so once; the next
// batch takes all. It returns nil when the writer is closed and nothing waits.
func (w *Writer) gather() *gathering {
	w.await()
	w.answered = 0
	g := &gathering{w: w, items: make([]*item, 0, w.last+16)}
	if len(w.held) == 0 {
		first := w.wait()
		if first == nil {
			return nil
		}
		g.sort(first)
	}
	if !w.ahead {
		g.drain(g.sort)
		w.ahead = len(g.items) > 0 && len(w.held) > 0
	} else {
		w.ahead = false
	}
	if !w.ahead {
		for len(w.held) > 0 && g.room() {
			g.take(w.held[0])
			w.held = w.held[1:]
		}
		g.drain(g.take)
	}
	w.last = len(g.items)
	return g
}

// lull is how long nobody has come when no more of those just answered are expected.
const lull = 30 * time.Microsecond

// await lets the callers just answered come back with their next entry first, as long
// as they do: one large batch costs less than two small ones.
func (w *Writer) await() {
	if w.answered < 2 {
		return
	}
	waiting := len(w.queue)
	expected := waiting + w.answered
	for came := time.Now(); waiting < expected && time.Since(came) < lull; {
		runtime.Gosched()
		if n := len(w.queue); n > waiting {
			waiting, came = n, time.Now()
		}
	}
}

// asks reports whether an entry depends on the state of records, or changes it.
func (it *item) asks() bool {
	return len(it.p.Changes) > 0 || len(it.p.Requires) > 0 || it.p.amends()
}

// sort takes an item that asks nothing and holds any other.
func (g *gathering) sort(it *item) {
	if it.asks() {
		g.w.held = append(g.w.held, it)
		return
	}
	g.take(it)
}

// wait waits for an entry; nil means closed.
func (w *Writer) wait() *item {
	select {
	case it := <-w.queue:
		return it
	case <-w.closing:
	}
	select {
	case it := <-w.queue: // it came before the closing
		return it
	default:
		return nil
	}
}

// gathering is a batch being put together.
type gathering struct {
	w     *Writer
	items []*item
	bytes int
}

func (g *gathering) room() bool { return len(g.items) < g.w.o.MaxBatch && g.bytes < maxBatchBytes }

// take adds an item unless its caller has given up.
func (g *gathering) take(it *item) {
	if it.state.CompareAndSwap(waiting, taken) {
		g.items = append(g.items, it)
		g.bytes += it.size()
	}
}

// drain hands over the items that wait now, as long as there is room, in the
// batch and among those held.
func (g *gathering) drain(each func(*item)) {
	for g.room() && len(g.w.held) < g.w.o.MaxBatch {
		select {
		case it := <-g.w.queue:
			each(it)
		default:
			return
		}
	}
}

// topUp adds those who have come while we waited for the lock. Items that ask
// something of a record wait for the next batch, since their questions have
// not been asked.
func (g *gathering) topUp() {
	g.drain(g.sort)
	g.w.last = len(g.items)
}

func (it *item) size() int {
	n := len(it.entry.Meta)
	if it.p.Body != nil {
		n += len(it.p.Body.Sealed)
	}
	for i := range it.p.Changes {
		n += len(it.p.Changes[i].Version.Sealed) + 256
	}
	return n
}
