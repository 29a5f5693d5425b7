package conduct

import (
	"testing"

	"pgregory.net/rapid"
)

// Nobody ranks higher than what is kept of him in memory lets expect.
func TestNobodyRanksAboveTheBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		now := epoch.AddDate(0, 0, rapid.IntRange(45, 900).Draw(t, "days later"))
		var courses []Course
		for _, m := range h.Matters {
			c := m.Course
			c.Incidents = nil
			for _, r := range m.Reports {
				if r.Assessment != "E" {
					c.Incidents = append(c.Incidents, Incident{Day: DayOf(r.Occurred), Behaviours: r.Behaviours})
				}
			}
			if len(c.Incidents) == 0 {
				c.Assessment = "E"
			}
			courses = append(courses, c)
		}
		var breaches []Day
		for _, b := range h.Breaches {
			if !b.Cancelled {
				breaches = append(breaches, DayOf(b.Occurred))
			}
		}
		exact, bound := rules.Rank(h, now).Total, rules.RankAtMost(courses, breaches, now)
		if bound < exact-1e-9 || bound > 100 {
			t.Fatalf("ranks with %v, bound %v", exact, bound)
		}
	})
}

// An old breach of a man who is quiet since raises nobody's hopes.
func TestTheBoundKnowsWhenABreachWas(t *testing.T) {
	t.Parallel()
	now := epoch
	contact, _ := rules.Behaviours("CONTACT")
	old := []Course{{Standing: "REPORTED", Incidents: []Incident{{Day: DayOf(now.AddDate(-3, 0, 0)), Behaviours: contact}}}}
	broken := rules.RankAtMost(old, []Day{DayOf(now.AddDate(-3, 0, 0))}, now)
	if lately := rules.RankAtMost(old, []Day{DayOf(now)}, now); broken > 10 || lately < 30 {
		t.Errorf("old %v, lately %v", broken, lately)
	}
}

func BenchmarkRankAtMost(b *testing.B) {
	contact, _ := rules.Behaviours("FOLLOWING", "CONTACT")
	one := []Course{{Standing: "REPORTED", Incidents: []Incident{{Day: DayOf(epoch), Behaviours: contact}, {Day: DayOf(epoch), Behaviours: contact}}}}
	b.ReportAllocs()
	for b.Loop() {
		rules.RankAtMost(one, nil, epoch)
	}
}
