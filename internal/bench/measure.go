package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// answer is what one call came to.
type answer struct {
	hit   bool            // anything was found
	first bool            // the one looked for stands first
	shown bool            // the one looked for is among those shown
	pages []time.Duration // of the single pages, where there are several
}

// caller makes one call as a client; n counts the client's calls.
type caller func(ctx context.Context, client, n int) (answer, error)

// timed is an answer with the time it took.
type timed struct {
	answer
	took time.Duration
}

// measure gathers the repeats of one measurement.
type measure struct {
	rates []float64
	calls []timed
	used  effort // over all repeats
}

// take runs one repeat: so many clients, each calling as soon as it has its
// answer, for so long. The first error ends it.
func (m *measure) take(ctx context.Context, clients int, d time.Duration, call caller) error {
	calls := make([][]timed, clients)
	errs := make([]error, clients)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begin := time.Now()
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				start := time.Now()
				if start.Sub(begin) >= d {
					return
				}
				a, err := call(ctx, c, n)
				if err != nil {
					errs[c] = err
					cancel()
					return
				}
				calls[c] = append(calls[c], timed{a, time.Since(start)})
			}
		})
	}
	wg.Wait()
	took := time.Since(begin)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	all := slices.Concat(calls...)
	m.rates = append(m.rates, float64(len(all))/took.Seconds())
	m.calls = append(m.calls, all...)
	return nil
}

// warm calls without counting.
func warm(ctx context.Context, clients int, d time.Duration, call caller) error {
	var m measure
	return m.take(ctx, clients, d, call)
}

// rate is the median rate of the repeats.
func (m *measure) rate() float64 { return median(m.rates) }

// span is "minimum / median / maximum" of the rates.
func (m *measure) span() string { return span(m.rates) }

func span(rates []float64) string {
	if len(rates) == 0 {
		return "–"
	}
	return count(slices.Min(rates)) + " / **" + count(median(rates)) + "** / " + count(slices.Max(rates))
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// quantile is the time within which that share of the calls ended.
func (m *measure) quantile(share float64) time.Duration {
	took := make([]time.Duration, 0, len(m.calls))
	for _, c := range m.calls {
		took = append(took, c.took)
	}
	return quantile(took, share)
}

func quantile(took []time.Duration, share float64) time.Duration {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[min(len(took)-1, int(share*float64(len(took))))]
}

// tally counts calls: all, and those that found anything, that had the one
// looked for first, and that showed him at all.
type tally struct{ calls, hits, firsts, shown int }

// tallied counts the calls of several measurements together.
func tallied(all ...*measure) (t tally) {
	for _, m := range all {
		for _, c := range m.calls {
			t.calls++
			if c.hit {
				t.hits++
			}
			if c.first {
				t.firsts++
			}
			if c.shown {
				t.shown++
			}
		}
	}
	return t
}

// perCall are the cells of the processor time that a call takes.
func (m *measure) perCall() []string {
	var out []string
	for _, d := range []time.Duration{m.used.server, m.used.database, m.used.load} {
		if len(m.calls) == 0 || d == 0 {
			out = append(out, "–")
			continue
		}
		out = append(out, ms(d/time.Duration(len(m.calls))))
	}
	return out
}

// processor is the processor time that a call takes of all parties.
func (m *measure) processor() time.Duration {
	if len(m.calls) == 0 {
		return 0
	}
	return (m.used.server + m.used.database + m.used.load) / time.Duration(len(m.calls))
}

// row is the usual row of a table: name, clients, rate, p50, p99.
func (m *measure) row(name, clients string) []string {
	return []string{name, clients, m.span(), ms(m.quantile(0.5)), ms(m.quantile(0.99))}
}

// perCallColumns head the cells of perCall.
var perCallColumns = []string{"processor a call: server", "database", "load generator"}

var usual = []string{"what", "clients", "a second", "p50", "p99"}
