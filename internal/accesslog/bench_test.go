package accesslog

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/devstack/pgserver"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// durable is a fixture on a server that keeps what it commits.
func durable(b *testing.B) *fixture {
	b.Helper()
	s, err := pgserver.Start(b.Context(), pgserver.Options{Dir: pgtest.Dir(b)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Stop(context.Background()) })
	d, err := pgtest.Prepare(b.Context(), s, "register")
	if err != nil {
		b.Fatal(err)
	}
	f := &fixture{tb: b, d: d, logKey: newLogKey(b)}
	f.db, f.w = f.replica(postgres.Options{})
	return f
}

// BenchmarkAppend measures durable entries by number of clients and replicas.
func BenchmarkAppend(b *testing.B) {
	f := durable(b)
	_, second := f.replica(postgres.Options{})
	for _, kind := range []struct {
		name string
		make func() *Pending
	}{
		{"entry", read},
		{"search", func() *Pending {
			return searched("a sealed body of about the length that a search has, with criteria and justification")
		}},
		{"registration", func() *Pending { return write(newRecord("33")) }},
	} {
		for _, replicas := range [][]*Writer{{f.w}, {f.w, second}} {
			for _, clients := range []int{1, 8, 32, 64} {
				b.Run(fmt.Sprintf("%s/replicas=%d/clients=%d", kind.name, len(replicas), clients), func(b *testing.B) {
					drive(b, replicas, clients, kind.make)
				})
			}
		}
	}
	if _, err := CheckIntegrity(b.Context(), f.db, testOrigin, f.known); err != nil {
		b.Fatal(err)
	}
}

func drive(b *testing.B, writers []*Writer, clients int, draft func() *Pending) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	before := writers[0].Stats()
	b.ResetTimer()
	for c := range clients {
		w := writers[c%len(writers)]
		wg.Go(func() {
			var mine []time.Duration
			for left.Add(-1) >= 0 {
				start := time.Now()
				if _, err := w.Append(b.Context(), draft()); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(all)
	after := writers[0].Stats()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(after.Entries-before.Entries)/float64(max(1, after.Batches-before.Batches)), "batch")
}

// BenchmarkSearchDuringImport measures the entries of one client that searches
// while 32 others register.
func BenchmarkSearchDuringImport(b *testing.B) {
	f := newFixture(b)
	ctx, stop := context.WithCancel(b.Context())
	var registered atomic.Int64
	var importing sync.WaitGroup
	for range 32 {
		importing.Go(func() {
			for ctx.Err() == nil {
				if _, err := f.w.Append(b.Context(), write(newRecord("33"))); err != nil {
					b.Error(err)
					return
				}
				registered.Add(1)
			}
		})
	}
	drive(b, []*Writer{f.w}, 1, func() *Pending { return searched("what was asked") })
	b.ReportMetric(float64(registered.Load())/b.Elapsed().Seconds(), "registered/s")
	stop()
	importing.Wait()
}
