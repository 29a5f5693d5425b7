package accesslog

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/postgres"
)

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
	stolen := update
	stolen.Record.Force = "10"
	if _, err := f.w.Append(t.Context(), write(digested(stolen))); !errors.Is(err, ErrRejected) {
		t.Errorf("another force's record: %v", err)
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
	again, andAgain := searched("two"), searched("three")
	again.Body.SearchID, andAgain.Body.SearchID = twice.Body.SearchID, twice.Body.SearchID
	c := newRecord("33")
	poisons := []*Pending{again, andAgain, write(c), write(c)}
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
		"too large":            searched(string(make([]byte, maxSize))),
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

// A record that an entry names twice stands beside it once, as it was named first: alone,
// and in a batch with what changes it.
func TestATouchStandsOnce(t *testing.T) {
	f := newFixture(t)
	changed := newRecord("33")
	seen := postgres.Touch{Record: changed.Record.ID, Force: "33"}
	silent, other := seen, postgres.Touch{Record: uuid.Must(uuid.NewV7()), Force: "43"}
	silent.Silent = true
	written := write(changed)
	read := read()
	written.Touches, read.Touches = []postgres.Touch{seen, silent}, []postgres.Touch{silent, other, seen, other}
	want := map[int64][]postgres.Touch{f.append(written).Index: {seen}, f.append(read).Index: {silent, other}}
	got := map[int64][]postgres.Touch{}
	conn, err := pgx.Connect(t.Context(), f.d.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }() // the test has ended
	rows, err := conn.Query(t.Context(), "SELECT idx, record_id, force, silent FROM register.entry_record ORDER BY idx, record_id")
	if err != nil {
		t.Fatal(err)
	}
	var index int64
	var touch postgres.Touch
	if _, err := pgx.ForEachRow(rows, []any{&index, &touch.Record, &touch.Force, &touch.Silent}, func() error {
		got[index] = append(got[index], touch)
		return nil
	}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}
