package conduct

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/perpetrator-register/register/internal/conduct/victim"
)

// says makes a course say something of another's victim, on a day.
func says(c *Course, of ID, same bool, day int) {
	c.Settled = append(c.Settled, Settled{Other: of, Same: same, Time: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)})
}

func TestSettledVictims(t *testing.T) {
	const d1, d2 = "2024-01-01", "2024-02-01"
	one, two := ID{1}, ID{2}
	for name, c := range map[string]struct {
		forceB  string
		tokensB []victim.Token
		settle  func(a, b *Course)
		want    Range
	}{
		"nobody has settled it":          {"33", rachelPhone, func(_, _ *Course) {}, Range{1, 2}},
		"one force, the same":            {"33", rachelPhone, func(a, _ *Course) { says(a, two, true, 1) }, Range{1, 1}},
		"one force, said on the other":   {"33", rachelPhone, func(_, b *Course) { says(b, one, false, 1) }, Range{2, 2}},
		"one force, said last":           {"33", rachelPhone, func(a, b *Course) { says(a, two, true, 1); says(b, one, false, 2) }, Range{2, 2}},
		"one force, said last, reversed": {"33", rachelPhone, func(a, b *Course) { says(a, two, true, 3); says(b, one, false, 2) }, Range{1, 1}},
		"another force alone":            {"10", rachelPhone, func(a, _ *Course) { says(a, two, false, 1) }, Range{1, 2}},
		"both forces":                    {"10", rachelPhone, func(a, b *Course) { says(a, two, false, 1); says(b, one, false, 9) }, Range{2, 2}},
		"both forces, not alike":         {"10", rachelPhone, func(a, b *Course) { says(a, two, false, 1); says(b, one, true, 9) }, Range{1, 2}},
		"different though all agrees":    {"33", rachel, func(a, _ *Course) { says(a, two, false, 1) }, Range{2, 2}},
		"the same though nothing agrees": {"10", yasmin, func(a, b *Course) { says(a, two, true, 1); says(b, one, true, 1) }, Range{1, 1}},
		"said of a third":                {"33", rachelPhone, func(a, _ *Course) { says(a, ID{9}, true, 1) }, Range{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := course(t, "33", "REPORTED", rachel, d1), course(t, c.forceB, "REPORTED", c.tokensB, d2)
			a.ID, b.ID = one, two
			c.settle(&a, &b)
			for _, order := range [][]Course{{a, b}, {b, a}} {
				if got := rules.Summarise(order).Victims; got != c.want {
					t.Errorf("victims %v, want %v", got, c.want)
				}
			}
			settled := c.want.Min == c.want.Max && len(a.Settled)+len(b.Settled) > 0
			if HoldsSettled(a, b) != settled {
				t.Errorf("holds %v, want %v", !settled, settled)
			}
		})
	}
}

// A force's own reference tells two of its courses to be of one victim, and nothing
// when they differ or are of two forces.
func TestVictimReference(t *testing.T) {
	with := func(of []victim.Token, ref string) []victim.Token {
		return append(append([]victim.Token{}, of...), tokens(victim.Details{Reference: ref})...)
	}
	const d1, d2 = "2024-01-01", "2024-02-01"
	for name, c := range map[string]struct {
		a, b []victim.Token
		want Range
	}{
		"one reference":             {with(rachel, "33|V7"), with(yasmin, "33|V7"), Range{1, 1}},
		"two references":            {with(rachel, "33|V7"), with(rachel, "33|V8"), Range{1, 1}},
		"two references, uncertain": {with(rachel, "33|V7"), with(rachelPhone, "33|V8"), Range{1, 2}},
		"two forces":                {with(rachel, "33|V7"), with(rachelPhone, "10|V7"), Range{1, 2}},
	} {
		if got := rules.Summarise([]Course{course(t, "33", "REPORTED", c.a, d1), course(t, "33", "REPORTED", c.b, d2)}).Victims; got != c.want {
			t.Errorf("%s: victims %v, want %v", name, got, c.want)
		}
	}
}

// What is settled counts the same in whatever order courses come.
func TestSettledInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	pool := [][]victim.Token{rachel, rachelTypo, rachelPhone, yasmin, ewa, nobody}
	for range 300 {
		courses := make([]Course, 2+random.IntN(5))
		for i := range courses {
			courses[i] = course(t, []string{"33", "10"}[random.IntN(2)], "REPORTED", pool[random.IntN(len(pool))], "2024-01-01")
			courses[i].ID = ID{byte(i + 1)}
		}
		for range random.IntN(6) {
			i, j := random.IntN(len(courses)), random.IntN(len(courses))
			if i != j {
				says(&courses[i], courses[j].ID, random.IntN(2) == 0, 1+random.IntN(28))
			}
		}
		want := rules.Summarise(courses)
		random.Shuffle(len(courses), func(i, j int) { courses[i], courses[j] = courses[j], courses[i] })
		if diff := cmp.Diff(want, rules.Summarise(courses)); diff != "" {
			t.Fatal(diff)
		}
		if want.Victims.Min < 1 || want.Victims.Min > want.Victims.Max || want.Victims.Max > 2*len(courses) {
			t.Fatalf("victims %v of %d courses", want.Victims, len(courses))
		}
	}
}
