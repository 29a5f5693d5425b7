package misuse

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A trail is what lists in a map would be, whatever is added, dropped and forgotten.
func TestTrailIsLists(t *testing.T) {
	t.Parallel()
	const most = 20
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 3))
		trail, lists, now := newTrail(most), map[Code][]trace{}, monday
		for i := range int64(4_000) {
			c := Code(r.IntN(6))
			if r.IntN(3) == 0 {
				c = Code(r.IntN(900))
			}
			now = now.Add(time.Duration(r.IntN(20)) * time.Minute)
			switch r.IntN(12) {
			case 0:
				gone := func(what *trace) bool { return what.look.index%3 == i%3 }
				trail.drop(c, gone)
				lists[c] = slices.DeleteFunc(lists[c], func(what trace) bool { return gone(&what) })
			case 1:
				if r.IntN(20) > 0 {
					break
				}
				before := dayOf(now) - day(r.IntN(3))
				trail.forget(before)
				for c := range lists {
					lists[c] = slices.DeleteFunc(lists[c], func(what trace) bool { return dayOf(what.look.time()) < before })
				}
			default:
				// One that settles late is of a time before.
				what := trace{who(r.IntN(4)), look{index: i, at: now.Add(-time.Duration(r.IntN(48)) * time.Hour).Unix(), person: c}}
				trail.add(c, what)
				if lists[c] = append(lists[c], what); len(lists[c]) > most {
					lists[c] = lists[c][1:]
				}
			}
		}
		kept := 0
		for c := range Code(900) {
			var got []trace
			for what := range trail.of(c) {
				got = append(got, *what)
			}
			if !slices.Equal(got, lists[c]) {
				t.Errorf("seed %d, code %d: %v, want %v", seed, c, got, lists[c])
			}
			kept += len(got)
		}
		if free := int(trail.places) - kept; free != len(trail.vacant) {
			t.Errorf("seed %d: %d places for %d kept, and %d said to be free", seed, trail.places, kept, len(trail.vacant))
		}
		trail.forget(dayOf(now) + 1)
		if len(trail.ends) != 0 || len(trail.vacant) != int(trail.places) {
			t.Errorf("seed %d: after all is forgotten %d codes are left, %d of %d places free", seed, len(trail.ends), len(trail.vacant), trail.places)
		}
	}
}
