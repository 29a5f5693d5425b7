package view

import (
	"bytes"
	"slices"

	"github.com/perpetrator-register/register/internal/identity"
)

// conducted are the nominals of whom anything was recorded, by their forces, in the order
// in which that began. They are added to alone, so that readers may hold a list: one of
// whom nothing is left is still there, and one of whom something came again is there twice.
type conducted map[string][]identity.ID

// noteConducted notes that something is about to be recorded of a nominal; the caller holds
// the lock.
func (v *View) noteConducted(nominal identity.ID, force string) {
	if len(v.byNominal[nominal]) == 0 && len(v.parts.byNominal[nominal]) == 0 {
		v.conducted[force] = append(v.conducted[force], nominal)
	}
}

// conductStep is how many nominals are looked at under the lock at a time: whoever writes
// waits for that, and everybody behind him.
const conductStep = 1024

// WithConduct returns the nominals of some forces of whom conduct is recorded, those first
// about whom something was recorded last; of all when none is named.
func (v *View) WithConduct(forces ...string) []identity.ID {
	var lists [][]identity.ID
	v.mu.RLock()
	for force, list := range v.conducted {
		if len(forces) == 0 || slices.Contains(forces, force) {
			lists = append(lists, list)
		}
	}
	v.mu.RUnlock()
	newest := map[identity.ID]identity.ID{}
	for _, list := range lists {
		for some := range slices.Chunk(list, conductStep) {
			v.newestOf(some, newest)
		}
	}
	out := make([]identity.ID, 0, len(newest))
	for nominal := range newest {
		out = append(out, nominal)
	}
	slices.SortFunc(out, func(a, b identity.ID) int {
		x, y := newest[a], newest[b]
		return bytes.Compare(y[:], x[:])
	})
	return out
}

// newestOf notes of each of some nominals the newest record of conduct, if there is one.
func (v *View) newestOf(some []identity.ID, into map[identity.ID]identity.ID) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, nominal := range some {
		for _, records := range [][]identity.ID{v.byNominal[nominal], v.parts.byNominal[nominal]} {
			for _, id := range records {
				if was := into[nominal]; bytes.Compare(id[:], was[:]) > 0 { // ids are in the order of time
					into[nominal] = id
				}
			}
		}
	}
}
