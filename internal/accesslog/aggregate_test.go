package accesslog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
)

func (f *fixture) aggregator(o AggregateOptions) *Aggregator {
	f.tb.Helper()
	if o.Every == 0 {
		o.Every = time.Hour // tests flush by themselves
	}
	o.Log = slog.New(slog.DiscardHandler)
	g := NewAggregator(f.w, o)
	f.tb.Cleanup(func() { _ = g.Close(context.Background()) })
	return g
}

func (f *fixture) counts() map[string]int64 {
	f.tb.Helper()
	entries, err := f.db.ListEntries(f.tb.Context(), postgres.EntryFilter{Limit: 1000})
	if err != nil {
		f.tb.Fatal(err)
	}
	out := make(map[string]int64)
	for _, e := range entries {
		m, err := ParseMetadata(e.Meta)
		if err != nil {
			f.tb.Fatal(err)
		}
		if (m.Actor.Kind == Anonymous) != (m.Actor.Sub == "") || m.Decision.Effect != Deny {
			f.tb.Errorf("entry %d: %+v", e.Index, m)
		}
		out[strings.TrimSpace(strings.Join([]string{m.Actor.Sub, m.Source, m.Method, m.Outcome}, " "))] += m.Count
	}
	return out
}

func TestAggregatorCounts(t *testing.T) {
	f := newFixture(t)
	g := f.aggregator(AggregateOptions{})
	for i := range 1000 {
		g.Add(Refusal{Addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), Method: "/m", Code: "UNAUTHENTICATED"})
	}
	g.Add(Refusal{Addr: netip.MustParseAddr("2001:db8::1%eth0"), Method: "tls", Code: "unknown_ca"})
	g.Add(Refusal{Addr: netip.MustParseAddr("::ffff:192.0.2.9"), Method: "/m", Code: "UNAUTHENTICATED"})
	g.Add(Refusal{Method: "\x00\xff", Code: ""})
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{
		"192.0.2.0/24 /m UNAUTHENTICATED": 1001,
		"2001:db8::/48 tls unknown_ca":    1,
		"unknown other other":             1,
	}
	got := f.counts()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v", got)
	}
	if a := f.checkIntegrity(); a.Entries != 3 {
		t.Errorf("%d entries", a.Entries)
	}
}

// A flood from everywhere, of every kind, makes no more entries than allowed, and takes
// nobody's name from him who is known.
func TestAggregatorIsBounded(t *testing.T) {
	f := newFixture(t)
	g := f.aggregator(AggregateOptions{MaxKeys: 10})
	var wg sync.WaitGroup
	for c := range 4 {
		wg.Go(func() {
			for i := range 1000 {
				g.Add(Refusal{Addr: netip.AddrFrom4([4]byte{10, byte(c), byte(i), 1}), Method: strings.Repeat("m", i), Code: "c"})
			}
		})
	}
	wg.Wait()
	for i := range 30 {
		g.Add(Refusal{Actor: Actor{Sub: fmt.Sprint("officer-", i%15), Force: "33", Kind: Person}, Method: "SearchService.CreateSearch", Code: "RESOURCE_EXHAUSTED"})
	}
	if err := g.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := f.counts()
	named, total := 0, int64(0)
	for who, n := range got {
		total += n
		if strings.HasPrefix(who, "officer-") {
			named++
		}
	}
	if len(got) != 21 || named != 10 || total != 4030 {
		t.Errorf("%d entries, %d of them of callers who are known, for %d refusals", len(got), named, total)
	}
}

// appenderFunc lets a test refuse entries.
type appenderFunc func(context.Context, *Pending) (Receipt, error)

func (fn appenderFunc) Append(ctx context.Context, p *Pending) (Receipt, error) { return fn(ctx, p) }

// What cannot be logged now is logged later, and nothing is counted twice.
func TestAggregatorKeepsWhatIsNotWritten(t *testing.T) {
	f := newFixture(t)
	var failures []error
	g := NewAggregator(appenderFunc(func(ctx context.Context, p *Pending) (Receipt, error) {
		if len(failures) > 0 {
			err := failures[0]
			failures = slices.Delete(failures, 0, 1)
			if err != nil {
				return Receipt{}, err
			}
		}
		return f.w.Append(ctx, p)
	}), AggregateOptions{Every: time.Hour})
	for _, code := range []string{"a", "b", "b", "c"} {
		g.Add(Refusal{Method: "grpc", Code: code})
	}
	failures = []error{nil, ErrUnavailable}
	if err := g.Flush(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	g.Add(Refusal{Method: "grpc", Code: "b"})
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := f.counts(), map[string]int64{"unknown grpc a": 1, "unknown grpc b": 3, "unknown grpc c": 1}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v", got)
	}
}

func TestAggregatorFlushesByItself(t *testing.T) {
	f := newFixture(t)
	g := f.aggregator(AggregateOptions{Every: 10 * time.Millisecond})
	g.Add(Refusal{Method: "http", Code: "malformed"})
	f.await("SELECT EXISTS (SELECT FROM register.entry_projection WHERE method = 'http' AND outcome = 'malformed')")
}
