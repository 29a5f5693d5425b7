package view

import (
	"slices"
	"sync"
	"time"

	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/lately"
)

// toldBytes bounds what is kept of what forces are told of persons.
const toldBytes = 32 << 20

// told keeps what a force was told of a person, as it was made of many records, so that
// a person who is opened often is not weighed each time. All that was made of a record
// that changes or is erased is forgotten as the view learns of it, under the view's lock.
type told struct {
	mu    sync.Mutex
	store *lately.Store[toldKey, madeOf]
	of    map[identity.ID][]toldKey // by record
}

type toldKey struct {
	force   string
	nominal identity.ID
}

// madeOf is what is kept, with the records that it was made of.
type madeOf struct {
	what    any
	records []RecordVersion
}

// RecordVersion is a record with the version that was read.
type RecordVersion struct {
	ID identity.ID
	N  int32
}

func newTold() *told {
	t := &told{of: map[identity.ID][]toldKey{}}
	t.store = lately.NewTelling(toldBytes, openedAge, t.gone)
	return t
}

// gone takes what is kept no more out of the lists of its records; the caller holds the
// lock.
func (t *told) gone(k toldKey, m madeOf) {
	for _, r := range m.records {
		if rest := slices.DeleteFunc(t.of[r.ID], func(o toldKey) bool { return o == k }); len(rest) > 0 {
			t.of[r.ID] = rest
		} else {
			delete(t.of, r.ID)
		}
	}
}

func (t *told) get(k toldKey) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	m, _ := t.store.Get(k)
	return m.what
}

func (t *told) put(k toldKey, m madeOf, bytes int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.store.Put(k, m, bytes)
	for _, r := range m.records {
		t.of[r.ID] = append(t.of[r.ID], k)
	}
}

// fall forgets all that was made of a record.
func (t *told) fall(id identity.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range slices.Clone(t.of[id]) {
		t.store.Drop(k)
	}
}

func (t *told) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.store.Clear()
}

func (t *told) tick(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.store.Tick(now)
}

// Told returns what is kept of what a force was told of the person of a nominal; nil if
// nothing is. It is of versions that stand in the view, and not of all: which records
// there are is for the caller to compare. It is shared, and must not be changed. epoch is
// for KeepTold.
func (v *View) Told(force string, nominal identity.ID) (what any, epoch uint64) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.told.get(toldKey{force, nominal}), v.opened.epoch
}

// KeepTold keeps what a force was told of the person of a nominal, if all the versions
// that it was made of stand in the view. It takes so many bytes of memory, about; epoch
// is what Told gave before the records were read.
func (v *View) KeepTold(epoch uint64, force string, nominal identity.ID, records []RecordVersion, what any, bytes int) {
	v.mu.RLock() // a change meanwhile would be missed
	defer v.mu.RUnlock()
	if v.opened.epoch != epoch {
		return
	}
	for _, r := range records {
		if v.version(r.ID) != r.N {
			return
		}
	}
	v.told.put(toldKey{force, nominal}, madeOf{what, records}, bytes)
}
