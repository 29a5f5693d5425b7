package main

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/service"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	for _, c := range []struct {
		took  []time.Duration
		share float64
		want  time.Duration
	}{
		{nil, 0.5, 0}, {[]time.Duration{7}, 0.99, 7}, {hundred, 0.5, 51}, {hundred, 0.99, 100}, {hundred, 1, 100},
	} {
		if got := quantile(c.took, c.share); got != c.want {
			t.Errorf("%v of %d values: %d, want %d", c.share, len(c.took), got, c.want)
		}
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		count(12.34): "12.3", count(999): "999", count(1234567): "1,234,567",
		ratio(3, 2): "1.50 ×", ratio(1, 0): "–", percent(1, 3): "33.3 %", percent(0, 0): "–",
		ms(1234 * time.Microsecond): "1.23 ms", span([]float64{300, 100, 200}): "100 / **200** / 300",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTakeCounts(t *testing.T) {
	t.Parallel()
	var m measure
	var made atomic.Int64
	err := m.take(t.Context(), 3, 20*time.Millisecond, func(context.Context, int, int) (answer, error) {
		made.Add(1)
		time.Sleep(time.Millisecond)
		return answer{hit: true}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := tallied(&m); int64(got.calls) != made.Load() || got.hits != got.calls || got.firsts != 0 || len(m.rates) != 1 {
		t.Errorf("%d calls made: counted %+v", made.Load(), got)
	}
}

func TestTakeStopsAtAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var m measure
	err := m.take(t.Context(), 4, time.Hour, func(_ context.Context, client, n int) (answer, error) {
		if client == 2 && n == 3 {
			return answer{}, broken
		}
		return answer{}, nil
	})
	if !errors.Is(err, broken) || len(m.rates) != 0 {
		t.Errorf("error %v, rates %v", err, m.rates)
	}
}

func TestQuestionsAreValidAndRepeat(t *testing.T) {
	t.Parallel()
	ref, err := refdata.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	check, err := service.NewChecker(ref, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, again := gather(500, 3), gather(500, 3)
	seen := make([]int, len(kinds))
	for i, q := range p.questions {
		seen[q.kind]++
		if len(q.args) != strings.Count(peerStatements[q.peer], "% $") {
			t.Fatalf("%s: %d arguments", kinds[q.kind].name, len(q.args))
		}
		if !cmp.Equal(q.args, again.questions[i].args) {
			t.Fatal("the same seed gives other questions")
		}
		if i%20 == 0 {
			if err := check.Check(q.request); err != nil {
				t.Errorf("%s: %v", kinds[q.kind].name, err)
			}
		}
	}
	for kind, n := range seen {
		if n != questionsEach {
			t.Errorf("%d questions of %s", n, kinds[kind].name)
		}
	}
}
