package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// variant is one of several things that are compared, turn by turn.
type variant struct {
	name string
	// server, unless nil, is the one whose processor time is told.
	server   *replica
	open     func(ctx context.Context, clients int) (caller, func(), error)
	measures map[int]*measure // by number of clients
}

// inTurn measures the variants, each for each number of clients, repeat by
// repeat, so that what else the machine does strikes all of them alike.
func (r *run) inTurn(ctx context.Context, clients []int, variants []*variant) error {
	for _, v := range variants {
		v.measures = map[int]*measure{}
		for _, n := range clients {
			v.measures[n] = &measure{}
		}
	}
	for repeat := range r.Repeats {
		for _, n := range clients {
			for _, v := range variants {
				if err := r.turn(ctx, v, n, repeat == 0); err != nil {
					return fmt.Errorf("%s, %d clients: %w", v.name, n, err)
				}
			}
		}
	}
	return nil
}

func (r *run) turn(ctx context.Context, v *variant, clients int, first bool) error {
	call, done, err := v.open(ctx, clients)
	if err != nil {
		return err
	}
	defer done()
	before := r.Time / 10 // for connections and caches
	if first {
		before = r.Time / 3
	}
	if err := warm(ctx, clients, before, call); err != nil {
		return err
	}
	return r.take(ctx, v.measures[clients], v.server, clients, r.Time, call)
}

// take measures calls for so long, with the processor time that they take; of a server's
// unless it is nil.
func (r *run) take(ctx context.Context, m *measure, server *replica, clients int, d time.Duration, call caller) error {
	defer withoutCollections()()
	earlier := r.site.effort(server)
	err := m.take(ctx, clients, d, call)
	m.used = m.used.plus(r.site.effort(server).minus(earlier))
	return err
}

// withoutCollections collects the load generator's garbage now, and not again until the
// returned function is called. It holds all the people: each collection took both
// processors for up to a tenth of a second, twice a second, before servers that give way
// to it (priority.go), and a client on a machine of his own waits for none of that.
func withoutCollections() (end func()) {
	runtime.GC()
	before := debug.SetGCPercent(1000) // some seconds' garbage; not without any bound
	return func() { debug.SetGCPercent(before) }
}
