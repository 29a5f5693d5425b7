package misuse

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// BenchmarkKept tells what a search costs of time and, while it is kept, of memory and of
// the collector: a day of many users, each search with a reference that no force has told of
// yet and for somebody else.
func BenchmarkKept(b *testing.B) {
	s := settings(b)
	e := NewEngine(s)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		e.Feed(Event{
			Index: int64(i), Time: monday.Add(time.Duration(i) * 100 * time.Millisecond), Kind: Look,
			Actor: fmt.Sprintf("https://idp.example#officer-%d", i/5%20_000), Force: "33", Roles: []string{"investigator"}, Collar: "1234",
			Reason: "CRIME_INVESTIGATION", Reference: Code(i/3 + 1), Terms: []Code{Code(7*i + 1), Code(i % 5000), Code(i)},
			Records: []Code{Code(i), Code(i + 1), Code(i + 2)}, Found: 10,
		})
		i++
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	start := time.Now()
	runtime.GC()
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(i), "B-kept/op")
	b.ReportMetric(float64(after.HeapObjects-before.HeapObjects)/float64(i), "objects-kept/op")
	b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms-collection")
	runtime.KeepAlive(e)
}
