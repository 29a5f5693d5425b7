package identity

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// multitude is an index with some of its people, made once for all benchmarks.
type multitude struct {
	index  *Index
	sample []Raw
}

// people is the number of nominals to measure with.
func people() int {
	if n, err := strconv.Atoi(os.Getenv("IDENTITY_PEOPLE")); err == nil && n > 0 {
		return n
	}
	return 100_000
}

var theMultitude = sync.OnceValue(func() *multitude { return newMultitude(people()) })

func newMultitude(n int) *multitude {
	p := newPopulation(1)
	c := &multitude{index: NewIndex()}
	entries := make([]Entry, 0, loadChunk)
	for i := range n {
		raw := p.next()
		if i%100 == 0 {
			c.sample = append(c.sample, raw)
		}
		r, _ := NewRecord(raw)
		entries = append(entries, Entry{ID: numbered(i), Force: "33", Record: r})
		if len(entries) == loadChunk || i == n-1 {
			c.index.Load(entries)
			entries = entries[:0]
		}
	}
	return c
}

// questions are of one kind, about people of the sample.
func (c *multitude) questions(kind, n int) []Query {
	rng := rand.New(rand.NewPCG(3, uint64(kind)))
	out := make([]Query, n)
	for i := range out {
		out[i], _ = NewQuery(queryKinds[kind].ask(rng, c.sample[rng.IntN(len(c.sample))]))
	}
	return out
}

// BenchmarkSearch measures one search of each kind as the register makes it,
// among IDENTITY_PEOPLE people.
func BenchmarkSearch(b *testing.B) {
	c := theMultitude()
	for k, kind := range queryKinds {
		b.Run(kind.name, func(b *testing.B) {
			questions := c.questions(k, 1000)
			b.ReportAllocs()
			n := 0
			before := processorTime()
			for b.Loop() {
				c.index.Search(questions[n%len(questions)], Limits{Candidates: 40})
				n++
			}
			b.ReportMetric(float64(processorTime()-before)/float64(n), "cpu-ns/op")
		})
	}
}

// BenchmarkPlan measures the part of a search that works out what to read.
func BenchmarkPlan(b *testing.B) {
	c := theMultitude()
	questions := c.questions(0, 1000)
	s := new(searcher)
	b.ReportAllocs()
	n := 0
	before := processorTime()
	for b.Loop() {
		s.begin(c.index.facts, c.index.model)
		s.plan(&questions[n%len(questions)].record)
		n++
	}
	b.ReportMetric(float64(processorTime()-before)/float64(n), "cpu-ns/op")
}

// processorTime is what this process has used. On a machine with other work it
// tells more than the clock.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLoad measures how IDENTITY_PEOPLE nominals go into an index.
func BenchmarkLoad(b *testing.B) {
	p := newPopulation(2)
	entries := make([]Entry, people())
	for i := range entries {
		r, _ := NewRecord(p.next())
		entries[i] = Entry{ID: numbered(i), Force: "33", Record: r}
	}
	b.ReportAllocs()
	n := 0
	var bytes int64
	before := processorTime()
	for b.Loop() {
		x := NewIndex()
		x.Load(entries)
		n += len(entries)
		bytes = x.Bytes() / int64(len(entries))
	}
	b.ReportMetric(float64(processorTime()-before)/float64(n), "cpu-ns/nominal")
	b.ReportMetric(float64(bytes), "B/nominal")
}
