package view

import (
	"context"
	"sync"
	"time"
)

// pullTimeout bounds one catch-up with the change feed.
const pullTimeout = 15 * time.Second

// puller lets concurrent callers share catch-ups: whoever asks while one runs
// waits for the next, because the running one may have read the feed before
// that caller's question began.
type puller struct {
	catchUp func(context.Context) error

	mu      sync.Mutex
	next    *pull
	running bool
}

type pull struct {
	done chan struct{}
	err  error
}

// pull returns once a catch-up that began after the call has ended.
func (p *puller) pull(ctx context.Context) error {
	p.mu.Lock()
	if p.next == nil {
		p.next = &pull{done: make(chan struct{})}
	}
	mine := p.next
	if !p.running {
		p.running = true
		go p.run(context.WithoutCancel(ctx))
	}
	p.mu.Unlock()
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *puller) run(ctx context.Context) {
	for {
		p.mu.Lock()
		now := p.next
		p.next = nil
		if now == nil {
			p.running = false
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		func() {
			ctx, cancel := context.WithTimeout(ctx, pullTimeout)
			defer cancel()
			now.err = p.catchUp(ctx)
		}()
		close(now.done)
	}
}
