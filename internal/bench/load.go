package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/perpetrator-register/register/internal/devstack/demo"
)

// load registers the people, timed in parts, and then times starts on what was
// loaded.
func (r *run) load(ctx context.Context) error {
	rates, err := r.fill(ctx)
	if err != nil {
		return err
	}
	var started, busy []float64
	var resident, peak, index int64
	for range r.Repeats {
		server, err := r.site.start(ctx, "register", database)
		if err != nil {
			return err
		}
		_, used := processTime(server.command.Process.Pid)
		started, busy = append(started, server.started.Seconds()), append(busy, used.Seconds())
		resident, peak, index = server.resident(), server.peak(), server.loaded.Bytes
		// A register that was kept also holds the person whose detail was measured.
		if n := server.loaded.Nominals; n < r.Nominals || n > r.Nominals && !r.Keep {
			err = fmt.Errorf("%d nominals are in the register", server.loaded.Nominals)
		}
		if err = errors.Join(err, server.stop()); err != nil {
			return err
		}
	}
	how := fmt.Sprintf("nominals registered a second by bulk streams (%d at a time, one a force)", streams)
	if r.Direct {
		how = "nominals stored a second, past the API: sealed and logged by the bench itself, not linked"
	}
	if len(rates) == 0 {
		how += "; kept from an earlier run"
	}
	million := 1e6 / float64(r.Nominals)
	r.out.heading("Registration, start and memory")
	r.out.table([]string{"what", "figure"}, [][]string{
		{how, span(rates)},
		{"start with that register, process to serving, unsealing included", fmt.Sprintf("%.2f s (median of %d), %.1f s a million", median(started), len(started), median(started)*million)},
		{"processor time of the server in it", fmt.Sprintf("%.2f s, %.1f s a million", median(busy), median(busy)*million)},
		{"index memory a nominal, aliases included", fmt.Sprintf("%d bytes", index/int64(r.Nominals))},
		{"resident memory of the server just after its start, and at most", fmt.Sprintf("%d MiB, %d MiB", resident>>20, peak>>20)},
	})
	return nil
}

// fill loads the people unless they were kept, and returns the rates.
func (r *run) fill(ctx context.Context) ([]float64, error) {
	if r.Keep && r.loaded() {
		return nil, nil
	}
	server, err := r.site.start(ctx, "register", database)
	if err != nil {
		return nil, err
	}
	if r.Direct {
		// The server has made the tables; it would only fall behind.
		if err := server.stop(); err != nil {
			return nil, err
		}
		rates, err := r.direct(ctx)
		return rates, errors.Join(err, r.markLoaded())
	}
	rates, err := r.bulk(ctx, server)
	if err = errors.Join(err, server.stop()); err != nil {
		return nil, err
	}
	return rates, r.markLoaded()
}

// bulk registers all people through streams and returns the rate of each part.
func (r *run) bulk(ctx context.Context, server *replica) ([]float64, error) {
	var rates []float64
	for part := range r.parts(min((r.Nominals+thirds-1)/thirds, maxPart)) {
		byForce := map[string][]demo.Nominal{}
		for _, n := range part {
			byForce[n.Force] = append(byForce[n.Force], n)
		}
		// The largest first, so that all end at about the same time.
		forces := slices.SortedFunc(maps.Keys(byForce), func(a, b string) int { return cmp.Compare(len(byForce[b]), len(byForce[a])) })
		began := time.Now()
		g, groupCtx := errgroup.WithContext(ctx)
		g.SetLimit(streams)
		for _, force := range forces {
			g.Go(func() error {
				_, err := server.register(groupCtx, force, slices.Values(byForce[force]), nil)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		rates = append(rates, float64(len(part))/time.Since(began).Seconds())
	}
	return rates, nil
}

// parts yields all people in lists of so many; a list is good until the next.
func (r *run) parts(size int) iter.Seq[[]demo.Nominal] {
	return func(yield func([]demo.Nominal) bool) {
		part := make([]demo.Nominal, 0, size)
		for n := range demo.People(r.Nominals, r.Seed) {
			if part = append(part, n); len(part) == size {
				if !yield(part) {
					return
				}
				part = part[:0]
			}
		}
		if len(part) > 0 {
			yield(part)
		}
	}
}
