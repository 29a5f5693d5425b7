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
	gone func(K, V)    // may be nil

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

// NewTelling is New, and gone is called with each value that is kept no more. It must
// not use the store.
func NewTelling[K comparable, V any](bytes int, age time.Duration, gone func(K, V)) *Store[K, V] {
	s := New[K, V](bytes, age)
	s.gone = gone
	return s
}

// Get returns the value of a key; ok is false when there is none.
func (s *Store[K, V]) Get(k K) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.young[k]
	if !ok {
		if e, ok = s.old[k]; ok {
			delete(s.old, k)
			s.put(k, e)
		}
	}
	return e.value, ok
}

// Put keeps a value that takes so many bytes of memory, about.
func (s *Store[K, V]) Put(k K, v V, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(k)
	s.put(k, entry[V]{v, bytes})
}

// put keeps an entry that is not there; the caller holds the lock.
func (s *Store[K, V]) put(k K, e entry[V]) {
	if s.bytes+e.bytes > s.half {
		s.turn(time.Now())
	}
	if s.young == nil {
		s.young = map[K]entry[V]{}
	}
	s.bytes += e.bytes
	s.young[k] = e
}

// turn makes the young old, and drops the old; the caller holds the lock.
func (s *Store[K, V]) turn(now time.Time) {
	s.tell(s.old)
	s.old, s.young, s.bytes, s.turned = s.young, nil, 0, now
}

// tell tells that values are kept no more; the caller holds the lock.
func (s *Store[K, V]) tell(of map[K]entry[V]) {
	if s.gone != nil {
		for k, e := range of {
			s.gone(k, e.value)
		}
	}
}

// drop forgets a key; the caller holds the lock.
func (s *Store[K, V]) drop(k K) {
	e, young := s.young[k]
	if !young {
		var old bool
		if e, old = s.old[k]; !old {
			return
		}
	} else {
		s.bytes -= e.bytes
	}
	delete(s.young, k)
	delete(s.old, k)
	if s.gone != nil {
		s.gone(k, e.value)
	}
}

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
	s.drop(k)
}

// Clear forgets all.
func (s *Store[K, V]) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(s.young)
	s.tell(s.old)
	s.young, s.old, s.bytes = nil, nil, 0
}
