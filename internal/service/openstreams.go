package service

import "sync"

// openStreams counts the streams that each caller has open. The zero value is ready; it
// is safe for concurrent use.
type openStreams struct {
	mu sync.Mutex
	of map[string]int
}

// enter takes one of a caller's places, of which there are most; leave gives it back.
func (o *openStreams) enter(subject string, most int) (leave func(), ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of[subject] >= most {
		return nil, false
	}
	if o.of == nil {
		o.of = map[string]int{}
	}
	o.of[subject]++
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.of[subject]--; o.of[subject] == 0 {
			delete(o.of, subject)
		}
	}, true
}
