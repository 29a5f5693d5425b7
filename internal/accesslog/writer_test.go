package accesslog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/postgres"
)

func TestAppendGivesAProvableReceipt(t *testing.T) {
	f := newFixture(t)
	var last Receipt
	for i := range 5 {
		r := f.append(searched(fmt.Sprint("sealed ", i)))
		if r.Index != int64(i) || r.Time.Before(last.Time) {
			t.Fatalf("receipt %d: index %d at %v after %v", i, r.Index, r.Time, last.Time)
		}
		last = r
	}
	cp, err := OpenCheckpoint(last.Checkpoint, testOrigin, f.known)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(5) {
		entries, err := f.db.Entries(t.Context(), i, i+1, 1)
		if err != nil || len(entries) != 1 {
			t.Fatalf("entry %d: %v", i, err)
		}
		proof, err := NewReader(f.db).Inclusion(t.Context(), i, cp.Tree.N)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(proof, cp.Tree.N, cp.Tree.Hash, i, tlog.RecordHash(entries[0].Meta)); err != nil {
			t.Errorf("entry %d: %v", i, err)
		}
	}
	if a := f.checkIntegrity(); a.Entries != 5 || a.Bodies != 5 || a.Tree != cp.Tree {
		t.Errorf("integrity: %+v", a)
	}
}

// Two writers take turns at random; the log stays one tree, and every proof
// between its checkpoints verifies.
func TestTwoWritersOneLog(t *testing.T) {
	f := newFixture(t)
	_, second := f.replica(postgres.Options{})
	writers := []*Writer{f.w, second}
	random := rand.New(rand.NewPCG(1, 2))
	sizes := []int{1, 300, 1, 40, 600, 3}
	var receipts []Receipt
	var mu sync.Mutex
	for _, n := range sizes {
		var wg sync.WaitGroup
		one := writers[random.IntN(2)]
		for range n {
			w := one // a long run of one leaves the other far behind
			if n < 100 {
				w = writers[random.IntN(2)]
			}
			wg.Go(func() {
				r, err := w.Append(t.Context(), read())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				receipts = append(receipts, r)
				mu.Unlock()
			})
		}
		wg.Wait()
	}
	audit := f.checkIntegrity()
	if audit.Entries != int64(len(receipts)) || audit.Tiles == 0 {
		t.Fatalf("%d receipts, %+v", len(receipts), audit)
	}
	checkAgainstTlog(t, f, audit.Tree)
	checkProofs(t, f, receipts, audit.Tree)
}

// checkAgainstTlog reckons the tree from the stored metadata alone.
func checkAgainstTlog(t *testing.T, f *fixture, tree tlog.Tree) {
	t.Helper()
	entries, err := f.db.Entries(t.Context(), 0, tree.N, int(tree.N))
	if err != nil {
		t.Fatal(err)
	}
	var m model
	for i, e := range entries {
		m.add(t, int64(i), tlog.RecordHash(e.Meta))
	}
	if got := m.root(t, tree.N); got != tree.Hash {
		t.Fatalf("root %v, want %v", tree.Hash, got)
	}
	for size := int64(1); size <= tree.N; size += 97 {
		got, err := NewReader(f.db).Root(t.Context(), size)
		if err != nil || got != m.root(t, size) {
			t.Fatalf("root at %d: %v, %v", size, got, err)
		}
	}
}

func checkProofs(t *testing.T, f *fixture, receipts []Receipt, tree tlog.Tree) {
	t.Helper()
	r := NewReader(f.db)
	for i := 0; i < len(receipts); i += 31 {
		receipt := receipts[i]
		cp, err := OpenCheckpoint(receipt.Checkpoint, testOrigin, f.known)
		if err != nil {
			t.Fatal(err)
		}
		inclusion, err := r.Inclusion(t.Context(), receipt.Index, cp.Tree.N)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(inclusion, cp.Tree.N, cp.Tree.Hash, receipt.Index, receipt.Leaf); err != nil {
			t.Errorf("entry %d in %d: %v", receipt.Index, cp.Tree.N, err)
		}
		consistency, err := r.Consistency(t.Context(), cp.Tree.N, tree.N)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(consistency, tree.N, tree.Hash, cp.Tree.N, cp.Tree.Hash); err != nil {
			t.Errorf("from %d to %d: %v", cp.Tree.N, tree.N, err)
		}
	}
	for _, c := range [][2]int64{{-1, 5}, {5, 5}, {0, tree.N + 1}} {
		if _, err := r.Inclusion(t.Context(), c[0], c[1]); !errors.Is(err, ErrOutOfRange) {
			t.Errorf("inclusion of %d in %d: %v", c[0], c[1], err)
		}
	}
	for _, c := range [][2]int64{{0, 5}, {6, 5}, {1, tree.N + 1}} {
		if _, err := r.Consistency(t.Context(), c[0], c[1]); !errors.Is(err, ErrOutOfRange) {
			t.Errorf("consistency from %d to %d: %v", c[0], c[1], err)
		}
	}
}

func TestContextEnds(t *testing.T) {
	f := newFixture(t)
	release := f.holdLock()
	defer release()
	takenCtx, cancelTaken := context.WithCancel(t.Context())
	taken := make(chan error, 1)
	go func() { _, err := f.w.Append(takenCtx, read()); taken <- err }()
	f.waitForWaiter()
	queuedCtx, cancelQueued := context.WithCancel(t.Context())
	queued := make(chan error, 1)
	go func() { _, err := f.w.Append(queuedCtx, read()); queued <- err }()
	for f.w.Stats().Waiting < 1 {
		time.Sleep(time.Millisecond)
	}
	cancelQueued()
	if err := <-queued; !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("cancelled in the queue: %v", err)
	}
	cancelTaken()
	if err := <-taken; !errors.Is(err, context.Canceled) || !errors.Is(err, ErrUnknownOutcome) {
		t.Errorf("cancelled while being written: %v", err)
	}
	release()
	r := f.append(read())
	if r.Index != 1 {
		t.Errorf("index %d: the cancelled entry was written, or the other was not", r.Index)
	}
}

func TestClosedWriter(t *testing.T) {
	f := newFixture(t)
	f.append(read())
	f.w.Close()
	f.w.Close()
	if _, err := f.w.Append(t.Context(), read()); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

// Entries under way when the writer closes are either written or refused.
func TestCloseUnderLoad(t *testing.T) {
	f := newFixture(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	written := int64(0)
	for range 16 {
		wg.Go(func() {
			for {
				_, err := f.w.Append(t.Context(), read())
				if err != nil {
					if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnknownOutcome) {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				written++
				mu.Unlock()
			}
		})
	}
	for f.w.Stats().Entries < 50 {
		time.Sleep(time.Millisecond)
	}
	f.w.Close()
	wg.Wait()
	if a := f.checkIntegrity(); a.Entries != written {
		t.Errorf("%d acknowledged, %d written", written, a.Entries)
	}
}

// The clock of a replica may be wrong; the log's time goes on.
func TestTimeNeverGoesBackwards(t *testing.T) {
	f := newFixture(t)
	clock := time.Now().Add(time.Hour)
	f.w.Close()
	ahead, err := NewWriter(f.db, Options{Origin: testOrigin, Signers: f.signers(), Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	defer ahead.Close()
	first, err := ahead.Append(t.Context(), read())
	if err != nil {
		t.Fatal(err)
	}
	_, f.w = f.replica(postgres.Options{})
	if second := f.append(read()); second.Time.Before(first.Time) {
		t.Errorf("%v after %v", second.Time, first.Time)
	}
	f.checkIntegrity()
}
