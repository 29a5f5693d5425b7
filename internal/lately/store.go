// Package lately keeps what was asked for lately: bounded in size, and forgotten when
// nobody has asked for a while.
package lately

import (
	"sync"
	"time"
)

// Store keeps values by key. There are two generations: what is asked for moves to the
// young one, and when that is full, or old, the other is dropped. It is safe for
// concurrent use; values are shared.
type Store[K comparable, V any] struct {
	half int           // bytes of a generation
	age  time.Duration // of a generation

	mu         sync.Mutex
	young, old map[K]entry[V]
	bytes      int // of the young
	turned     time.Time
}

type entry[V any] struct {
	value V
	bytes int
}

// New makes a store of so many bytes at most, as those who put things say. What nobody
// asks for is gone after twice the age, if Tick is called.
func New[K comparable, V any](bytes int, age time.Duration) *Store[K, V] {
	return &Store[K, V]{half: bytes / 2, age: age, turned: time.Now()}
}

// Get returns the value of a key; ok is false when there is none.
func (s *Store[K, V]) Get(k K) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.young[k]
	if !ok {
		if e, ok = s.old[k]; ok {
			s.put(k, e)
		}
	}
	return e.value, ok
}

// Put keeps a value that takes so many bytes of memory, about.
func (s *Store[K, V]) Put(k K, v V, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(k, entry[V]{v, bytes})
}

// put keeps an entry; the caller holds the lock.
func (s *Store[K, V]) put(k K, e entry[V]) {
	if s.bytes+e.bytes > s.half {
		s.turn(time.Now())
	}
	if s.young == nil {
		s.young = map[K]entry[V]{}
	}
	delete(s.old, k)
	s.bytes += e.bytes - s.young[k].bytes
	s.young[k] = e
}

// turn makes the young old, and drops the old; the caller holds the lock.
func (s *Store[K, V]) turn(now time.Time) { s.old, s.young, s.bytes, s.turned = s.young, nil, 0, now }

// Tick turns the generations when it is time.
func (s *Store[K, V]) Tick(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.turned) >= s.age {
		s.turn(now)
	}
}

// Drop forgets a key.
func (s *Store[K, V]) Drop(k K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= s.young[k].bytes
	delete(s.young, k)
	delete(s.old, k)
}

// Clear forgets all.
func (s *Store[K, V]) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.young, s.old, s.bytes = nil, nil, 0
}
