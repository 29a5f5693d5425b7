package accesslog

import (
	"slices"
	"testing"

	"github.com/google/uuid"
)

// TestWhatAsksNothingGoesFirst gathers batches from a queue of entries that
// change a record (small letters) and that do not (capitals).
func TestWhatAsksNothingGoesFirst(t *testing.T) {
	t.Parallel()
	w := &Writer{o: Options{MaxBatch: 4}, queue: make(chan *item, 64), closing: make(chan struct{})}
	names := map[*item]string{}
	send := func(letters string) {
		for _, l := range letters {
			it := &item{p: &Pending{}}
			if l >= 'a' {
				it.p.Requires = []Requirement{{Record: uuid.New(), N: 1}}
			}
			names[it] = string(l)
			w.queue <- it
		}
	}
	got := func(late string) string {
		g := w.gather()
		if g == nil {
			return "closed"
		}
		send(late)
		g.topUp()
		batch := ""
		for _, it := range g.items {
			batch += names[it]
		}
		return batch
	}
	for _, c := range []struct {
		queued string
		late   []string // what comes while each batch waits for the lock
		want   []string
	}{
		{queued: "aAbB", late: []string{"Cc"}, want: []string{"ABC", "abc"}},
		// What went behind once does not do so again.
		{queued: "aA", late: []string{"", "Bb"}, want: []string{"A", "aB", "b"}},
		{queued: "ab", late: []string{"Cc"}, want: []string{"abC", "c"}},
		{queued: "AB", want: []string{"AB"}},
		// No more are held than make a batch.
		{queued: "abcdeABCDE", want: []string{"abcd", "ABCD", "eE"}},
	} {
		send(c.queued)
		var batches []string
		for n := 0; len(w.held)+len(w.queue) > 0; n++ {
			late := ""
			if n < len(c.late) {
				late = c.late[n]
			}
			batches = append(batches, got(late))
		}
		if !slices.Equal(batches, c.want) {
			t.Errorf("%s, %q: batches %q, want %q", c.queued, c.late, batches, c.want)
		}
	}
	send("x")
	close(w.closing)
	if a, b := got(""), got(""); a != "x" || b != "closed" {
		t.Errorf("%q and %q at the end", a, b)
	}
}
