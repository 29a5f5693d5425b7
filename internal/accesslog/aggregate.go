package accesslog

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Refusal is a call refused before its caller was known (no certificate or token that
// we trust, or bytes that are no call at all), or of a caller who asks too often.
type Refusal struct {
	Actor  Actor      // who called; zero where that was not known
	Addr   netip.Addr // remote address; counted by its network (/24, /48)
	Method string     // RPC if known, else the transport: "grpc", "http", "tls"
	Code   string     // gRPC code name, or a short code of the transport's fault
}

// AggregateOptions configure an Aggregator. Zero values mean the defaults named.
type AggregateOptions struct {
	Every time.Duration // how often counts are logged; a minute
	// MaxKeys is the most counts apart in one interval, of callers who are known and of
	// those who are not; 256 each. The rest are counted together.
	MaxKeys int
	Log     *slog.Logger // slog.Default
}

// Aggregator counts such refusals, and logs each count as one
// entry once a minute, so that a flood of calls cannot fill the log. Safe for
// concurrent use.
type Aggregator struct {
	a Appender
	o AggregateOptions

	mu     sync.Mutex
	counts map[refusalKey]int64
	apart  map[bool]int // how many of these there are, of callers who are known or not

	flushing sync.Mutex // one flush at a time
	once     sync.Once
	closing  chan struct{}
	stopped  chan struct{}
}

type refusalKey struct {
	actor                Actor
	source, method, code string
}

// other stands for the keys beyond the limit.
const other = "other"

// NewAggregator starts an aggregator; Close stops it.
func NewAggregator(a Appender, o AggregateOptions) *Aggregator {
	if o.Every <= 0 {
		o.Every = time.Minute
	}
	if o.MaxKeys <= 0 {
		o.MaxKeys = 256
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	g := &Aggregator{
		a: a, o: o, counts: make(map[refusalKey]int64), apart: make(map[bool]int),
		closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	go g.run()
	return g
}

// Add counts a refusal. It neither waits nor fails.
func (g *Aggregator) Add(r Refusal) {
	if r.Actor == (Actor{}) {
		r.Actor.Kind = Anonymous
	}
	g.add(refusalKey{r.Actor, network(r.Addr), short(r.Method), short(r.Code)}, 1)
}

// add counts under a key, or with all others when there are too many: a flood from
// everywhere leaves those their names who are known.
func (g *Aggregator) add(k refusalKey, n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, counted := g.counts[k]; !counted {
		known := k.actor.Kind != Anonymous
		if g.apart[known] >= g.o.MaxKeys {
			k = refusalKey{Actor{Kind: Anonymous}, other, other, other}
		} else {
			g.apart[known]++
		}
	}
	g.counts[k] += n
}

// network hides which host of a network it was, and keeps one host with many
// addresses from counting as many.
func network(a netip.Addr) string {
	a = a.Unmap()
	if !a.IsValid() {
		return "unknown"
	}
	length := 48
	if a.Is4() {
		length = 24
	}
	p, err := a.WithZone("").Prefix(length)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// short bounds what an unknown caller may put into the log.
func short(s string) string {
	const most = 100
	if s == "" {
		return other
	}
	if len(s) > most {
		s = s[:most]
	}
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return other
		}
	}
	return s
}

func (g *Aggregator) run() {
	defer close(g.stopped)
	tick := time.NewTicker(g.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-g.closing:
			return
		case <-tick.C:
			ctx, cancel := context.WithTimeout(context.Background(), g.o.Every)
			if err := g.Flush(ctx); err != nil {
				g.o.Log.WarnContext(ctx, "counts of refused calls wait to be logged", "error", err)
			}
			cancel()
		}
	}
}

// Flush logs what was counted. What cannot be logged is counted on.
func (g *Aggregator) Flush(ctx context.Context) error {
	g.flushing.Lock()
	defer g.flushing.Unlock()
	g.mu.Lock()
	counts := g.counts
	g.counts, g.apart = make(map[refusalKey]int64), make(map[bool]int)
	g.mu.Unlock()

	keys := make([]refusalKey, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b refusalKey) int {
		return cmp.Or(cmp.Compare(a.actor.Sub, b.actor.Sub), cmp.Compare(a.source, b.source), cmp.Compare(a.method, b.method), cmp.Compare(a.code, b.code))
	})
	for i, k := range keys {
		_, err := g.a.Append(ctx, &Pending{Entry: Metadata{
			Actor: k.actor, Method: k.method, Outcome: k.code, Source: k.source, Count: counts[k],
			Decision: Decision{Effect: Deny},
		}})
		if errors.Is(err, ErrUnknownOutcome) || err == nil {
			continue // once too few is better than a flood told twice
		}
		for _, k := range keys[i:] {
			g.add(k, counts[k])
		}
		return err
	}
	return nil
}

// Close flushes and stops.
func (g *Aggregator) Close(ctx context.Context) error {
	g.once.Do(func() { close(g.closing) })
	<-g.stopped
	return g.Flush(ctx)
}
