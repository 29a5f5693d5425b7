package view

import (
	"sync"

	"github.com/perpetrator-register/register/internal/identity"
)

// silentIndex holds the SILENT nominals apart. In the common index they would
// change how frequent a name is, and so the figures of other people's matches:
// their presence could be read off.
type silentIndex struct {
	index *identity.Index

	mu      sync.RWMutex
	records map[identity.ID]identity.Record
}

func newSilentIndex(m *identity.Model) *silentIndex {
	return &silentIndex{index: identity.NewIndexWith(m), records: map[identity.ID]identity.Record{}}
}

func (s *silentIndex) put(id identity.ID, force string, r identity.Record) {
	s.mu.Lock()
	s.records[id] = r
	s.mu.Unlock()
	s.index.Put(id, force, r)
}

func (s *silentIndex) remove(id identity.ID) {
	s.mu.Lock()
	_, held := s.records[id]
	delete(s.records, id)
	s.mu.Unlock()
	if held {
		s.index.Remove(id)
	}
}

// search returns those that would have been found, weighed with the
// frequencies of the common index.
func (s *silentIndex) search(common *identity.Index, asked identity.Record) []identity.ID {
	anything := -1e9
	found := s.index.Search(identity.QueryOf(asked), identity.Limits{MinBits: &anything})
	var out []identity.ID
	for _, c := range found.Candidates {
		s.mu.RLock()
		r, ok := s.records[c.ID]
		s.mu.RUnlock()
		if ok && common.Score(asked, r).Bits >= common.Thresholds().Show {
			out = append(out, c.ID)
		}
	}
	// A search that meets fewer does the work of these for nothing, or its
	// time would tell that it met none.
	for range evenWork - len(found.Candidates) {
		for range scoringsOfOne {
			common.Score(asked, asked)
		}
	}
	return out
}

// Every search weighs at least evenWork records against what was asked; one
// record that is met costs about as much as scoringsOfOne.
const (
	evenWork      = 2
	scoringsOfOne = 4
)
