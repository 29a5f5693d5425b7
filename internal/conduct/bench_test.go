package conduct

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkCard is the card of a person with 40 incidents against 6 victims in 5
// forces, with measures, breaches and assessments.
func BenchmarkCard(b *testing.B) {
	h := &History{}
	for v := range 6 {
		for half := range 2 {
			force := []string{"10", "33", "43", "50", "62"}[(v+half)%5]
			m := Matter{Course: Course{ID: anID('c', v*2+half), Nominal: anID('n', (v+half)%5), Force: force, Standing: "REPORTED", Principal: someone(v)}, Relationship: "EX_PARTNER"}
			for i := range 3 + half {
				at := epoch.Add(time.Duration(v*40+half*11+i) * oneDay)
				m.Reports = append(m.Reports, Report{Reference: fmt.Sprint(v, half, i), Occurred: at, Reported: at, Behaviours: 1<<i | 1<<(7+i), Principal: "PH97004"})
			}
			h.Matters = append(h.Matters, m)
			h.Measures = append(h.Measures, Measure{ID: anID('m', v*2+half), Nominal: m.Nominal, Force: force, Kind: "POLICE_BAIL", Status: "IN_FORCE",
				From: epoch, Courses: []ID{m.ID}, Until: epoch.AddDate(0, 3, 0)})
			h.Breaches = append(h.Breaches, Breach{ID: anID('b', v*2+half), Measure: anID('m', v*2+half), Force: force, Occurred: epoch, Reported: epoch})
			h.Assessments = append(h.Assessments, Assessment{ID: anID('a', v*2+half), Course: m.ID, Force: force, Tool: "DASH", Grade: High, Time: epoch})
		}
	}
	now := epoch.AddDate(1, 0, 0)
	b.ReportAllocs()
	for b.Loop() {
		rules.Card(h, now)
	}
}
