package accesslog

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/postgres"
)

// settled lets a writer find nobody else writing, so that it sends batches that ask
// nothing in one round trip.
func (f *fixture) settled(w *Writer) {
	f.tb.Helper()
	for range aloneAfter {
		if _, err := w.Append(f.tb.Context(), read()); err != nil {
			f.tb.Fatal(err)
		}
	}
	f.guarded(w, func() {
		if _, err := w.Append(f.tb.Context(), searched("sealed")); err != nil {
			f.tb.Fatal(err)
		}
	})
}

// guarded fails unless something was written in one round trip.
func (f *fixture) guarded(w *Writer, do func()) {
	f.tb.Helper()
	before := w.stats.guarded.Load()
	do()
	if w.stats.guarded.Load() == before {
		f.tb.Error("nothing was written in one round trip")
	}
}

// What another writer has written stops a guarded batch, and the entries are written
// behind it all the same.
func TestGuardedBehindAnother(t *testing.T) {
	f := newFixture(t)
	_, second := f.replica(postgres.Options{})
	for range 3 {
		f.settled(f.w)
		f.settled(second)
	}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			if _, err := []*Writer{f.w, second}[i%2].Append(t.Context(), searched(fmt.Sprint("sealed ", i))); err != nil {
				t.Error(err)
			}
		})
		if i%20 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
	}
	wg.Wait()
	f.settled(f.w)
	if a := f.checkIntegrity(); a.Entries != 200+7*(aloneAfter+1) {
		t.Errorf("%+v", a)
	}
}

// A log that does not stand where the writer left it is not written to, whichever way
// the batch goes.
func TestGuardFindsRollback(t *testing.T) {
	for name, sql := range map[string]string{
		"shrunk":       "DELETE FROM register.checkpoint WHERE size = (SELECT max(size) FROM register.checkpoint)",
		"empty":        "DELETE FROM register.checkpoint",
		"another root": "UPDATE register.checkpoint SET root = sha256('') WHERE size = (SELECT max(size) FROM register.checkpoint)",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.settled(f.w)
			f.super(sql)
			if _, err := f.w.Append(t.Context(), read()); !errors.Is(err, ErrUnavailable) || !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A sanction that the gate has not learnt stops a guarded batch; one that it has
// learnt stops its callers there.
func TestGuardLearnsSanctions(t *testing.T) {
	f := newFixture(t)
	w, err := NewWriter(f.db, Options{Origin: testOrigin, Signers: []note.Signer{f.signer}, Gate: &bar{level: -1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	called := read()
	called.Caller = &Caller{Subject: "somebody"}
	f.settled(w)
	if _, err := w.Append(t.Context(), called); err != nil {
		t.Errorf("before the sanction: %v", err)
	}
	order := newRecord("33")
	order.Record.Kind = postgres.KindSanction
	if _, err := w.Append(t.Context(), write(digested(order))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		called.Entry = read().Entry
		if _, err := w.Append(t.Context(), called); !errors.Is(err, ErrSuspended) {
			t.Errorf("after the sanction: %v", err)
		}
		f.settled(w)
	}
	f.checkIntegrity()
}

// A guarded batch whose answer is lost is looked up; one that never arrived is written
// again, as it would be had the connection been tried first.
func TestGuardedLostAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		mode cutMode
		away bool
		want []error
	}{
		"committed":            {cutResponse, false, nil},
		"never arrived":        {cutRequest, false, nil},
		"committed, then away": {cutResponse, true, []error{ErrUnavailable, ErrUnknownOutcome}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			u, err := url.Parse(f.d.ServiceURL)
			if err != nil {
				t.Fatal(err)
			}
			cut := newCutter(t, u.Host)
			cut.at = 1
			u.Host = cut.l.Addr().String()
			db, err := postgres.Open(t.Context(), postgres.Options{URL: u.String()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)
			settle := testWait
			if c.away {
				settle = 100 * time.Millisecond
			}
			w, err := NewWriter(db, Options{
				Origin: testOrigin, Signers: f.signers(), Settle: settle, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(w.Close)
			f.settled(w)
			cut.arm(c.mode, c.away)
			r, err := w.Append(t.Context(), read())
			for _, want := range c.want {
				if !errors.Is(err, want) {
					t.Errorf("got %v, want %v", err, want)
				}
			}
			if c.want == nil && (err != nil || r.Index != aloneAfter+1) {
				t.Errorf("got %v, %v", r.Index, err)
			}
			cut.arm(pass, false)
			f.settled(w)
			if a := f.checkIntegrity(); a.Entries != 2*(aloneAfter+1)+1 {
				t.Errorf("%+v", a)
			}
		})
	}
}
