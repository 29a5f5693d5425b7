package accesslog

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/postgres"
)

// bar is a gate that stops everybody with a caller once it has learnt of a sanction.
type bar struct {
	mu    sync.Mutex
	level int64
}

func (b *bar) Level() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.level
}

func (b *bar) Learn(rows []postgres.FeedRow) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range rows {
		b.level = max(b.level, r.Version.LogIndex)
	}
	return nil
}

func (b *bar) Check(*Caller) error {
	if b.Level() >= 0 {
		return ErrSuspended
	}
	return nil
}

// A sanction stands behind whatever shares its batch, and before whatever comes
// later, on a writer that has not written it as on the one that has.
func TestGate(t *testing.T) {
	f := newFixture(t)
	writer := func() *Writer {
		w, err := NewWriter(f.db, Options{Origin: testOrigin, Signers: []note.Signer{f.signer}, Gate: &bar{level: -1}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Close)
		return w
	}
	one, other := writer(), writer()
	called := func() *Pending {
		p := read()
		p.Caller = &Caller{Subject: "somebody"}
		return p
	}
	order := newRecord("33")
	order.Record.Kind = postgres.KindSanction
	order = digested(order)

	release := f.holdLock()
	first := make(chan error, 1)
	go func() { _, err := one.Append(t.Context(), read()); first <- err }() // waits for the lock
	f.waitForWaiter()
	at := make([]int64, 3)
	var wg sync.WaitGroup
	for i, p := range []*Pending{write(order), called(), called()} {
		wg.Go(func() {
			r, err := one.Append(t.Context(), p)
			if err != nil {
				t.Error(err)
			}
			at[i] = r.Index
		})
		for len(one.queue) <= i {
			time.Sleep(time.Millisecond)
		}
	}
	release()
	wg.Wait()
	if err := <-first; err != nil || at[1] > at[0] || at[2] > at[0] {
		t.Errorf("the sanction is entry %d, what shares its batch %d and %d; %v", at[0], at[1], at[2], err)
	}
	for _, w := range []*Writer{other, one, other} {
		if _, err := w.Append(context.Background(), called()); !errors.Is(err, ErrSuspended) {
			t.Errorf("after the sanction: %v", err)
		}
	}
	if _, err := other.Append(t.Context(), read()); err != nil {
		t.Errorf("the register's own entry: %v", err)
	}
	f.checkIntegrity()
}
