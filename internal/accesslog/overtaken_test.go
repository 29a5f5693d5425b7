package accesslog

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"
)

// An answer that was made before a record was written does not get its entry, whoever wrote
// the record, in whichever way the batch goes and whatever else is in it.
func TestOvertaken(t *testing.T) {
	still := func(level int64) *Pending {
		p := searched("sealed")
		p.Level, p.Unchanged = level, true
		return p
	}
	for name, another := range map[string]bool{"by our own writer": false, "by another": true} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			by := f.w
			if another {
				_, by = f.replica(patient)
			}
			f.settled(f.w)
			level := int64(-1)
			for range 3 {
				f.guarded(f.w, func() { f.append(still(level)) })
				written, err := by.Append(t.Context(), write(newRecord("33")))
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // nothing that fails moves what is known
					if _, err := f.w.Append(t.Context(), still(level)); !errors.Is(err, ErrOvertaken) {
						t.Errorf("an answer of before: %v", err)
					}
				}
				if _, err := f.w.Append(t.Context(), searched("sealed")); err != nil {
					t.Errorf("an answer that does not care: %v", err)
				}
				level = written.Index
				f.append(still(level))
				f.settled(f.w)
				if _, err := f.w.Append(t.Context(), still(level-1)); !errors.Is(err, ErrOvertaken) {
					t.Errorf("an answer of before, when nobody else has written for long: %v", err)
				}
				with := still(level - 1)
				with.Changes = []Change{newRecord("41")}
				if _, err := f.w.Append(t.Context(), with); !errors.Is(err, ErrOvertaken) {
					t.Errorf("with a change: %v", err)
				}
			}
			if a := f.checkIntegrity(); a.Versions != 3 {
				t.Errorf("%+v", a)
			}
		})
	}
}

// Of many answers beside many changes by two writers, an answer gets its entry only if no
// version that it had not seen committed before.
func TestOvertakenUnderFire(t *testing.T) {
	f := newFixture(t)
	_, second := f.replica(patient)
	writers := []*Writer{f.w, second}
	type answered struct {
		level   int64
		receipt Receipt
	}
	var mu sync.Mutex
	var versions []Receipt
	var answers []answered
	newest, overtaken := int64(-1), 0
	change := func(w *Writer) {
		r, err := w.Append(t.Context(), write(newRecord("33")))
		if err != nil {
			t.Error(err)
			return
		}
		mu.Lock()
		versions, newest = append(versions, r), max(newest, r.Index)
		mu.Unlock()
		time.Sleep(3 * time.Millisecond)
	}
	answer := func(w *Writer) {
		p := searched("sealed")
		mu.Lock()
		p.Level, p.Unchanged = newest, true
		mu.Unlock()
		r, err := w.Append(t.Context(), p)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, ErrOvertaken):
			overtaken++
		case err != nil:
			t.Error(err)
		default:
			answers = append(answers, answered{p.Level, r})
		}
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 60 {
				if w := writers[(i+n)%2]; i < 2 {
					change(w)
				} else {
					answer(w)
				}
			}
		})
	}
	wg.Wait()
	for _, a := range answers {
		for _, v := range versions {
			together := bytes.Equal(v.Checkpoint, a.receipt.Checkpoint) // neither committed before the other
			if v.Index > a.level && v.Index < a.receipt.Index && !together {
				t.Errorf("an answer of %d has entry %d, behind the version of %d", a.level, a.receipt.Index, v.Index)
			}
		}
	}
	if len(answers) == 0 || overtaken == 0 {
		t.Errorf("%d answered, %d overtaken: that shows nothing", len(answers), overtaken)
	}
	f.checkIntegrity()
}
