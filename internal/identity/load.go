package identity

import (
	"runtime"
	"sync"
)

// loadChunk is how many nominals Load takes at a time.
const loadChunk = 8192

// Load puts many nominals, using every processor. Searches may run meanwhile
// and see them chunk by chunk.
func (x *Index) Load(entries []Entry) {
	for len(entries) > 0 {
		n := min(len(entries), loadChunk)
		x.loadChunk(entries[:n])
		entries = entries[n:]
	}
}

type posting struct {
	key uint64
	at  uint32 // place in the chunk
}

func (x *Index) loadChunk(entries []Entry) {
	lanes := chunkKeys(entries)
	x.mu.Lock()
	defer x.mu.Unlock()
	docs := make([]uint32, len(entries))
	last := make(map[ID]int, len(entries))
	for i := range entries {
		last[entries[i].ID] = i
	}
	for i := range entries {
		e := &entries[i]
		if last[e.ID] != i {
			docs[i] = noSymbol // a later entry replaces it
			continue
		}
		x.remove(e.ID)
		docs[i] = x.insert(e.ID, e.Force, &e.Record)
	}
	var wg sync.WaitGroup
	for l := range tableLanes {
		wg.Go(func() {
			for _, part := range lanes {
				for _, p := range part[l] {
					if n := docs[p.at]; n != noSymbol {
						x.facts.keys.add(p.key, n)
					}
				}
			}
		})
	}
	wg.Wait()
}

// chunkKeys works out the keys of every entry, sorted by lane, in parallel.
func chunkKeys(entries []Entry) [][tableLanes][]posting {
	workers := runtime.GOMAXPROCS(0)
	parts := make([][tableLanes][]posting, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(entries); i += workers {
				entries[i].Record.eachKey(func(k uint64) {
					l := laneOf(k)
					parts[w][l] = append(parts[w][l], posting{k, uint32(i)}) //nolint:gosec // below loadChunk
				})
			}
		})
	}
	wg.Wait()
	return parts
}
