package view

import "sync"

// changes tells those who wait that the view has taken something in.
type changes struct {
	mu   sync.Mutex
	next chan struct{}
}

func (c *changes) wait() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

func (c *changes) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// Changed returns a channel that is closed when the view has next taken in what
// others wrote. Ask for it before reading: nothing is missed in between.
func (v *View) Changed() <-chan struct{} { return v.changed.wait() }
