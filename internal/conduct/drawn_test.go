package conduct

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/perpetrator-register/register/internal/conduct/victim"
)

var epoch = time.Date(2021, 3, 1, 9, 0, 0, 0, time.UTC)

func anID(kind byte, n int) ID { return ID{0: kind, 15: byte(n + 1)} }

func drawTime(t *rapid.T, label string) time.Time {
	return epoch.Add(time.Duration(rapid.IntRange(-40*24*4, 40*24*4).Draw(t, label)) * 15 * time.Minute)
}

// drawActions draws what was done; weak draws only what answers nothing.
func drawActions(t *rapid.T, label string, codes ...string) []Action {
	var out []Action
	for i := range rapid.IntRange(0, 2).Draw(t, label) {
		out = append(out, Action{Code: rapid.SampledFrom(codes).Draw(t, fmt.Sprint(label, i)), Time: drawTime(t, fmt.Sprint(label, i, "at"))})
	}
	return out
}

var allActions = []string{"ARRESTED", "CHARGED", "ATTENDED", "NONE", "ARREST_ORDERED", "ARREST_REVERSED", "RELEASED", "REVIEWED", "DISCLOSED", "TELEPHONED"}

func drawReport(t *rapid.T, label string, actions ...string) Report {
	at := drawTime(t, label+"reported")
	return Report{Reference: label, Occurred: at.Add(-time.Duration(rapid.IntRange(0, 48).Draw(t, label+"late")) * time.Hour), Reported: at,
		Behaviours: 1<<rapid.IntRange(0, 28).Draw(t, label+"b1") | 1<<rapid.IntRange(0, 28).Draw(t, label+"b2"),
		Principal:  rapid.SampledFrom([]string{"", "PH97004", "PH97006", "PH97010", "COMMON_ASSAULT"}).Draw(t, label+"offence"),
		Assessment: rapid.SampledFrom([]string{"", "", "B", "E"}).Draw(t, label+"grade"), Actions: drawActions(t, label+"acts", actions...)}
}

func drawMatter(t *rapid.T, n int) Matter {
	label := fmt.Sprint("m", n, " ")
	pool := [][]victim.Token{rachel, rachelTypo, rachelPhone, yasmin, ewa, nobody}
	m := Matter{Course: Course{ID: anID('c', n), Force: rapid.SampledFrom([]string{"10", "33"}).Draw(t, label+"force"),
		Standing:    rapid.SampledFrom([]string{"REPORTED", "REPORTED", "CHARGED", "CONVICTED", "ACQUITTED", "CANCELLED", "NO_FURTHER_ACTION", "VICTIM_DOES_NOT_SUPPORT"}).Draw(t, label+"standing"),
		Unconfirmed: rapid.Bool().Draw(t, label+"unconfirmed"), Cancelled: rapid.IntRange(0, 9).Draw(t, label+"cancelled") == 0,
		Principal: rapid.SampledFrom(pool).Draw(t, label+"victim")},
		Relationship: rapid.SampledFrom([]string{"EX_PARTNER", "ACQUAINTANCE"}).Draw(t, label+"relationship")}
	m.Nominal = anID('n', int(m.Force[0]))
	for i := range rapid.IntRange(1, 5).Draw(t, label+"reports") {
		m.Reports = append(m.Reports, drawReport(t, fmt.Sprint(label, i), allActions...))
	}
	m.Actions = drawActions(t, label+"on all", allActions...)
	m.Standings = []StandingSince{{m.Standing, drawTime(t, label+"since")}}
	if rapid.Bool().Draw(t, label+"withdraws") {
		m.Statements = []Statement{{"WITHDRAWS", drawTime(t, label+"withdrawn")}}
	}
	if rapid.Bool().Draw(t, label+"exhibit") {
		m.Exhibits = []Exhibit{{Code: "PHONE_SUSPECT", Seized: drawTime(t, label+"seized"), Expected: drawTime(t, label+"expected")}}
	}
	if rapid.IntRange(0, 3).Draw(t, label+"loaded") == 0 {
		m.Loaded = drawTime(t, label+"load")
	}
	return m
}

func drawHistory(t *rapid.T) *History {
	h := &History{}
	for i := range rapid.IntRange(0, 4).Draw(t, "matters") {
		h.Matters = append(h.Matters, drawMatter(t, i))
	}
	course := func(label string) ID { return anID('c', rapid.IntRange(0, 3).Draw(t, label)) }
	for i := range rapid.IntRange(0, 3).Draw(t, "measures") {
		l := fmt.Sprint("measure", i, " ")
		m := Measure{ID: anID('m', i), Force: "33", Kind: rapid.SampledFrom([]string{"POLICE_BAIL", "SPO", "PIN_WARNING", "RESTRAINING_ORDER"}).Draw(t, l+"kind"),
			Status: rapid.SampledFrom([]string{"IN_FORCE", "IN_FORCE", "APPLIED_FOR", "EXPIRED", "DISCHARGED", "REPLACED"}).Draw(t, l+"status"),
			From:   drawTime(t, l+"from"), Courses: []ID{course(l + "course")}}
		m.Recorded = m.From
		if rapid.Bool().Draw(t, l+"ends") {
			m.Until = m.From.AddDate(0, 0, rapid.IntRange(1, 60).Draw(t, l+"days"))
		}
		h.Measures = append(h.Measures, m)
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "breaches") {
		l := fmt.Sprint("breach", i, " ")
		at := drawTime(t, l+"at")
		h.Breaches = append(h.Breaches, Breach{ID: anID('b', i), Measure: anID('m', rapid.IntRange(0, 3).Draw(t, l+"measure")), Force: "10",
			Occurred: at, Reported: at, Actions: drawActions(t, l+"acts", "ARRESTED", "NONE", "REMANDED")})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "assessments") {
		l := fmt.Sprint("assessment", i, " ")
		h.Assessments = append(h.Assessments, Assessment{ID: anID('a', i), Course: course(l + "course"), Tool: "DASH", Yes: []string{"DASH.WEAPON"},
			Grade: Grade(rapid.IntRange(0, 3).Draw(t, l+"grade")), Time: drawTime(t, l+"at"),
			Regrades: []Regrade{{Grade: Medium, Time: drawTime(t, l+"regraded")}}})
	}
	for i := range rapid.IntRange(0, 1).Draw(t, "plans") {
		h.Plans = append(h.Plans, Plan{ID: anID('p', i), Course: course("plan course"), Made: drawTime(t, "made"),
			Actions: []PlanAction{{Code: "ALARM", Due: drawTime(t, "due"), Done: drawTime(t, "done")}}})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "checks") {
		h.Checks = append(h.Checks, Check{Force: "33", Time: drawTime(t, fmt.Sprint("check", i))})
	}
	return h
}

// later is after all that the matter holds.
func later(m *Matter) time.Time {
	var at time.Time
	for _, r := range m.Reports {
		at = latest(at, r.Reported)
	}
	return at.Add(time.Hour)
}

func permute[T any](t *rapid.T, label string, in []T) []T {
	if len(in) < 2 {
		return slices.Clone(in)
	}
	return rapid.Permutation(in).Draw(t, label+" order")
}
