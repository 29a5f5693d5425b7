package accesslog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
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
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // any sequence will do
	sizes := []int{1, 300, 1, 40, 600, 3}
	var receipts []Receipt
	var mu sync.Mutex
	for _, n := range sizes {
		var wg sync.WaitGroup
		w := writers[random.IntN(2)]
		for range n {
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

func TestChangesCommitWithTheirEntry(t *testing.T) {
	f := newFixture(t)
	first, other := newRecord("33"), newRecord("33")
	f.append(write(first, other))
	second := after(first)
	r := f.append(write(second))
	current, err := f.db.CurrentByID(t.Context(), []uuid.UUID{first.Record.ID, uuid.New()})
	if err != nil || len(current) != 1 {
		t.Fatalf("%d records, %v", len(current), err)
	}
	if v := current[0].Version; v.N != 2 || v.LogIndex != r.Index || string(current[0].Wrapped) != "wrapped key" {
		t.Errorf("current version %d of entry %d", v.N, v.LogIndex)
	}
	f.append(write(erasing(second)))
	current, err = f.db.CurrentByID(t.Context(), []uuid.UUID{first.Record.ID})
	if err != nil || len(current) != 1 || !current[0].Version.Erased || current[0].Wrapped != nil {
		t.Errorf("after erasure: %+v, %v", current, err)
	}
	if a := f.checkIntegrity(); a.Versions != 4 || a.Entries != 3 {
		t.Errorf("integrity: %+v", a)
	}
}

func TestConflicts(t *testing.T) {
	f := newFixture(t)
	c := newRecord("33")
	f.append(write(c))
	sameSource := newRecord("33")
	sameSource.Record.SourceHMAC = c.Record.SourceHMAC
	update := after(c)
	required := read()
	required.Requires = []Requirement{{Record: c.Record.ID, N: 2}}
	for name, p := range map[string]*Pending{
		"registered twice":       write(c),
		"source reference taken": write(digested(sameSource)),
		"version from a later":   write(after(update)),
		"requirement unmet":      required,
	} {
		if _, err := f.w.Append(t.Context(), p); !errors.Is(err, ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f.append(write(update))
	if _, err := f.w.Append(t.Context(), write(after(c))); !errors.Is(err, ErrConflict) {
		t.Errorf("lost update: %v", err)
	}
	required = read()
	required.Requires = []Requirement{{Record: c.Record.ID, N: 2}}
	f.append(required)
	if a := f.checkIntegrity(); a.Entries != 3 || a.Versions != 2 {
		t.Errorf("integrity: %+v", a)
	}
}

// Of changes of one record that race, exactly one wins each round.
func TestRacingChanges(t *testing.T) {
	f := newFixture(t)
	_, second := f.replica(postgres.Options{})
	c := newRecord("33")
	f.append(write(c))
	for range 10 {
		c = after(c)
		var mu sync.Mutex
		won := 0
		var wg sync.WaitGroup
		for i := range 8 {
			w := f.w
			if i%2 == 1 {
				w = second
			}
			wg.Go(func() {
				_, err := w.Append(t.Context(), write(c))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, ErrConflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Fatalf("%d winners", won)
		}
	}
	f.checkIntegrity()
}

// One entry that the database refuses does not take its batch down with it.
func TestPoisonIsIsolated(t *testing.T) {
	f := newFixture(t)
	f.append(read())
	twice := searched("one")
	f.append(twice)
	release := f.holdLock()
	results := make(chan error, 41)
	go func() { _, err := f.w.Append(t.Context(), read()); results <- err }()
	f.waitForWaiter() // the rest will be one batch
	poison := read()
	poison.Entry.Actor.Sub = "a\x00b" // JSON can write it, a text column cannot
	again := searched("two")
	again.Body.SearchID = twice.Body.SearchID
	c := newRecord("33")
	poisons := []*Pending{poison, again, write(c), write(c)}
	poisoned := make(chan error, len(poisons))
	for _, p := range poisons {
		go func() { _, err := f.w.Append(t.Context(), p); poisoned <- err }()
	}
	for range 40 {
		go func() { _, err := f.w.Append(t.Context(), write(newRecord("10"))); results <- err }()
	}
	for f.w.Stats().Waiting < 44 {
		time.Sleep(time.Millisecond)
	}
	release()
	for range cap(results) {
		if err := <-results; err != nil {
			t.Errorf("an innocent entry: %v", err)
		}
	}
	rejected, conflicts, fine := 0, 0, 0
	for range poisons {
		switch err := <-poisoned; {
		case errors.Is(err, ErrRejected):
			rejected++
		case errors.Is(err, ErrConflict):
			conflicts++
		case err == nil:
			fine++
		default:
			t.Error(err)
		}
	}
	if rejected != 2 || conflicts != 1 || fine != 1 {
		t.Errorf("%d rejected, %d conflicts, %d fine", rejected, conflicts, fine)
	}
	if a := f.checkIntegrity(); a.Entries != 44 {
		t.Errorf("integrity: %+v", a)
	}
}

func TestRejectedBeforeTheLock(t *testing.T) {
	f := newFixture(t)
	for name, p := range map[string]*Pending{
		"no method":            {Entry: Metadata{Outcome: "OK", Actor: Actor{Kind: Person}}},
		"too many results":     {Entry: Metadata{Method: "m", Outcome: "OK", Actor: Actor{Kind: Person}, Results: make([]uuid.UUID, MaxResults+1)}},
		"wrong digest":         write(func() Change { c := newRecord("33"); c.Version.Revision++; return c }()),
		"version out of turn":  write(func() Change { c := newRecord("33"); c.Expected = 1; return c }()),
		"no key":               write(func() Change { c := newRecord("33"); c.Wrapped = nil; return c }()),
		"two of one record":    write(func() []Change { c := newRecord("33"); return []Change{c, after(c)} }()...),
		"key gone, not erased": write(func() Change { c := after(newRecord("33")); c.DeleteKey = true; return c }()),
	} {
		if _, err := f.w.Append(t.Context(), p); !errors.Is(err, ErrRejected) {
			t.Errorf("%s: %v", name, err)
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
