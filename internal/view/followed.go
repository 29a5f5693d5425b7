package view

import (
	"maps"
	"slices"
	"sync"

	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Followed collects the nominals about whom something was written since it was last
// taken: they themselves, their links, or what is recorded of them. Duties and alerts
// do not count. It is safe for concurrent use.
type Followed struct {
	mu     sync.Mutex
	now    map[identity.ID]bool
	before map[identity.ID]bool
	wake   chan struct{}
}

// Follow begins to collect; a view is followed by one.
func (v *View) Follow() *Followed {
	c := &Followed{now: map[identity.ID]bool{}, wake: make(chan struct{}, 1)}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.followed = c
	return c
}

// Wake receives when something was collected.
func (c *Followed) Wake() <-chan struct{} { return c.wake }

// Take returns what was collected, and forgets it.
func (c *Followed) Take() []identity.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range c.before {
		c.now[id] = true
	}
	out := slices.Collect(maps.Keys(c.now))
	c.now, c.before = map[identity.ID]bool{}, nil
	return out
}

// Age forgets what was collected before the last call of Age: for whoever collects
// and does not take, because another replica acts.
func (c *Followed) Age() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before, c.now = c.now, map[identity.ID]bool{}
}

// Put puts a nominal back.
func (c *Followed) Put(id identity.ID) { c.add(id) }

func (c *Followed) add(ids ...identity.ID) {
	if c == nil || len(ids) == 0 {
		return
	}
	c.mu.Lock()
	for _, id := range ids {
		c.now[id] = true
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// nominalsOf are the nominals that a record is about as the view holds it.
func (v *View) nominalsOf(kind postgres.Kind, id identity.ID) []identity.ID {
	switch kind {
	case postgres.KindNominal:
		return []identity.ID{id}
	case postgres.KindCourse:
		if c, ok := v.courses[id]; ok {
			return []identity.ID{identity.ID(c.Nominal)}
		}
	case postgres.KindLink:
		if l, ok := v.links.all[id]; ok {
			return []identity.ID{l.A, l.B}
		}
	default:
		if p, ok := v.parts.all[id]; ok {
			about := []identity.ID{p.Nominal}
			if m, ok := v.parts.all[p.Measure]; ok { // whose measure was broken, under whatever name
				about = append(about, m.Nominal)
			}
			return about
		}
	}
	return nil
}
