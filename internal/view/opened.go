package view

import (
	"time"

	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/lately"
)

// What is kept of opened records is bounded in size, and what nobody asks for goes
// within twice the age.
const (
	openedBytes = 64 << 20
	openedAge   = 10 * time.Minute
)

// opened keeps what was made of the versions of records that stand, so that who is
// opened often is not read, decrypted and understood each time. A record that changes
// or is erased is forgotten as the view learns of it, under the view's lock.
type opened struct {
	*lately.Store[identity.ID, any]
	epoch uint64 // how often all was forgotten
}

func newOpened() opened { return opened{Store: lately.New[identity.ID, any](openedBytes, openedAge)} }

// Opened puts what is kept of records into their places in into, which is as long as
// ids; what is not kept is left nil. What it gives is of the versions that stand in the
// view; it is shared, and must not be changed. epoch is for KeepOpened.
func (v *View) Opened(ids []identity.ID, into []any) (epoch uint64) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for i, id := range ids {
		into[i], _ = v.opened.Get(id)
	}
	return v.opened.epoch
}

// KeepOpened keeps what was made of version n of a nominal, a course or a part, if that
// is the version that stands in the view. It takes so many bytes of memory, about;
// epoch is what Opened gave before the record was read.
func (v *View) KeepOpened(epoch uint64, id identity.ID, n int32, what any, bytes int) {
	v.mu.RLock() // a change meanwhile would be missed
	defer v.mu.RUnlock()
	if v.opened.epoch == epoch && v.version(id) == n {
		v.opened.Put(id, what, bytes)
	}
}

// forgetOpened forgets all that is kept opened; the caller holds the lock.
func (v *View) forgetOpened() {
	v.opened.Clear()
	v.told.clear()
	v.opened.epoch++
}

// version is the version of a nominal, a course or a part that stands, 0 when none does;
// the caller holds the lock.
func (v *View) version(id identity.ID) int32 {
	if c, ok := v.courses[id]; ok {
		return c.version
	}
	if p, ok := v.parts.all[id]; ok {
		return p.Version
	}
	return v.nominals.version(id)
}
