package lately_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/perpetrator-register/register/internal/lately"
)

// Whatever is done, a key gives what was put last or nothing, what was dropped stays
// gone, all that goes is told of, and no more is kept than may be.
func TestStoreGivesTheLastOrNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const room, most = 1000, 90
		there, plain, size := map[int]int{}, map[int]int{}, map[int]int{}
		s := lately.NewTelling(room, time.Hour, func(k, v int) {
			if had, ok := there[k]; !ok || had != v {
				t.Fatalf("told that %d of %d is gone; kept is %d %t", v, k, had, ok)
			}
			delete(there, k)
		})
		now := time.Now()
		for i := range rapid.IntRange(1, 300).Draw(t, "steps") {
			k := rapid.IntRange(0, 30).Draw(t, "key")
			switch rapid.IntRange(0, 20).Draw(t, "what") {
			case 0:
				s.Drop(k)
				delete(plain, k)
			case 1:
				now = now.Add(40 * time.Minute)
				s.Tick(now)
			case 2:
				s.Clear()
				clear(plain)
			case 3, 4, 5, 6, 7:
				size[k] = rapid.IntRange(1, most).Draw(t, "bytes")
				s.Put(k, i, size[k])
				plain[k], there[k] = i, i
				if got, ok := s.Get(k); !ok || got != i {
					t.Fatalf("put %d, got %d %t", i, got, ok)
				}
			default:
				if got, ok := s.Get(k); ok && got != plain[k] {
					t.Fatalf("got %d, want %d", got, plain[k])
				}
				if _, there := plain[k]; !there {
					if _, ok := s.Get(k); ok {
						t.Fatalf("%d was dropped", k)
					}
				}
			}
			kept := 0
			if len(there) != len(s.All()) {
				t.Fatalf("%v are kept, but not told gone are %v", s.All(), there)
			}
			for k, v := range s.All() {
				if plain[k] != v {
					t.Fatalf("%d is kept as %d, want %d", k, v, plain[k])
				}
				kept += size[k]
			}
			if kept > room {
				t.Fatalf("%d bytes are kept", kept)
			}
		}
	})
}

// What nobody asks for goes; what is asked for stays.
func TestStoreForgets(t *testing.T) {
	t.Parallel()
	s := lately.New[string, int](1000, time.Minute)
	s.Put("asked for", 1, 1)
	s.Put("left", 2, 1)
	now := time.Now()
	for range 5 {
		now = now.Add(2 * time.Minute)
		s.Tick(now)
		if _, ok := s.Get("asked for"); !ok {
			t.Error("what is asked for was forgotten")
		}
	}
	if _, ok := s.Get("left"); ok {
		t.Error("what nobody asked for was kept")
	}
}
