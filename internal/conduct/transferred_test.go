package conduct

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What another force has taken over counts once, and raises the same prompts under the
// same keys, for the force that has it now.
func TestTakenOverIsTheSameMatter(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	threats, _ := rules.Behaviours("THREATS_TO_KILL")
	matter := func(id ID, force string) Matter {
		return Matter{
			Course:    Course{ID: id, Force: force, Standing: "REPORTED", Incidents: []Incident{{Day: DayOf(at), Behaviours: threats}}},
			Reports:   []Report{{Reference: "1", Occurred: at, Reported: at, Behaviours: threats}},
			Standings: []StandingSince{{Standing: "REPORTED", Since: at}},
		}
	}
	measure := func(id, course ID, force string) Measure {
		return Measure{ID: id, Courses: []ID{course}, Force: force, Kind: "COURT_BAIL", Status: "IN_FORCE", From: at.AddDate(0, 0, -1), Until: at.AddDate(0, 0, 5)}
	}
	breach := func(measure ID) Breach {
		return Breach{ID: ID{9}, Measure: measure, Force: "43", Occurred: at, Reported: at}
	}
	before := &History{Matters: []Matter{matter(ID{1}, "10")}, Measures: []Measure{measure(ID{2}, ID{1}, "10")}, Breaches: []Breach{breach(ID{2})}}
	taken, order := matter(ID{7}, "33"), measure(ID{8}, ID{7}, "33")
	taken.Former, taken.Owners, order.Former = []ID{{1}}, []string{"10", "33"}, []ID{{2}}
	// A third force's breach still names the measure as it was.
	after := &History{Matters: []Matter{taken}, Measures: []Measure{order}, Breaches: []Breach{breach(ID{2})}}
	after.Resolve()
	now := at.Add(5 * time.Hour)
	type key struct{ code, key, force string }
	keys := func(h *History) map[key]time.Time {
		out := map[key]time.Time{}
		for _, p := range rules.Prompts(h, now) {
			force := p.Force
			if force == "10" {
				force = "33" // which has it after
			}
			out[key{p.Code, p.Key, force}] = p.Due
		}
		return out
	}
	was := keys(before)
	if len(was) < 3 {
		t.Fatalf("too few prompts: %v", was)
	}
	if diff := cmp.Diff(was, keys(after), cmp.AllowUnexported(key{})); diff != "" {
		t.Errorf("prompts before and after (-before +after):\n%s", diff)
	}
	for _, p := range rules.Prompts(after, now) {
		if p.Course == (ID{1}) || p.Measure == (ID{2}) {
			t.Errorf("%s names what it was: %v", p.Code, p)
		}
	}
	// The record that was left behind counts towards nothing, not even as discounted.
	left := matter(ID{1}, "10").Course
	left.Transferred = true
	both, alone := rules.Summarise([]Course{left, taken.Course}), rules.Summarise([]Course{taken.Course})
	if diff := cmp.Diff(alone, both); diff != "" {
		t.Errorf("the pattern with what was left behind:\n%s", diff)
	}
	// What forces settled of the victims of the course as it was holds of it as it is.
	other := Course{ID: ID{5}, Force: "43", Settled: []Settled{{Other: ID{1}, Same: true, Time: at}}}
	now7 := taken.Course
	now7.Settled = []Settled{{Other: ID{5}, Same: true, Time: at}}
	if !HoldsSettled(other, now7) {
		t.Error("what was settled no longer holds")
	}
}
