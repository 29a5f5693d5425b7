package service

import (
	"bytes"
	"container/heap"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/identity"
)

// schedule says when which persons are to be looked at again. It holds one time for
// each.
type schedule struct {
	at    map[identity.ID]time.Time
	queue moments
}

type moment struct {
	at time.Time
	id identity.ID
}

func newSchedule() schedule { return schedule{at: map[identity.ID]time.Time{}} }

// set says when to look at somebody again; never, if the time is zero.
func (s *schedule) set(id identity.ID, at time.Time) {
	if at.IsZero() {
		delete(s.at, id)
		return
	}
	if s.at[id].Equal(at) {
		return
	}
	s.at[id] = at
	heap.Push(&s.queue, moment{at, id})
	if len(s.queue) > 2*len(s.at)+1000 {
		s.tidy()
	}
}

// due takes out those whose time has come.
func (s *schedule) due(now time.Time) []identity.ID {
	var out []identity.ID
	for len(s.queue) > 0 && !now.Before(s.queue[0].at) {
		m, ok := heap.Pop(&s.queue).(moment)
		if ok && s.at[m.id].Equal(m.at) { // else it was set anew
			delete(s.at, m.id)
			out = append(out, m.id)
		}
	}
	return out
}

// tidy drops what was set anew since.
func (s *schedule) tidy() {
	s.queue = s.queue[:0]
	for id, at := range s.at {
		s.queue = append(s.queue, moment{at, id})
	}
	heap.Init(&s.queue)
}

// moments are a heap, the earliest first.
type moments []moment

func (m moments) Len() int           { return len(m) }
func (m moments) Less(i, j int) bool { return m[i].at.Before(m[j].at) }
func (m moments) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }

// Push and Pop are those of container/heap.
func (m *moments) Push(x any) { *m = append(*m, x.(moment)) } //nolint:forcetypeassert // pushed by set alone

// Pop is described with Push.
func (m *moments) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

// inOrder sorts ids, without changing the list given.
func inOrder(ids []identity.ID) []identity.ID {
	out := slices.Clone(ids)
	slices.SortFunc(out, func(a, b identity.ID) int { return bytes.Compare(a[:], b[:]) })
	return out
}

func resourceID(id identity.ID) string { return uuid.UUID(id).String() }
