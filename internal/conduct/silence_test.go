package conduct

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// plain is a matter of one report that was answered, in a history that was checked
// and assessed: nothing is raised.
func plain(behaviours Behaviours) *History {
	m := Matter{Course: Course{ID: anID('c', 0), Nominal: anID('n', 0), Force: "33", Standing: "REPORTED", Principal: rachel}, Relationship: "EX_PARTNER",
		Reports: []Report{{Reference: "r1", Occurred: epoch, Reported: epoch, Behaviours: behaviours, Principal: "PH97006",
			Actions: []Action{{Code: "ATTENDED", Time: epoch}}}}}
	return &History{Matters: []Matter{m}, Checks: []Check{{Force: "33", Time: epoch}},
		Assessments: []Assessment{{ID: anID('a', 0), Course: m.ID, Force: "33", Tool: "DASH", Grade: Medium, Time: epoch}}}
}

func (h *History) again(after time.Duration, behaviours Behaviours) *History {
	m := &h.Matters[0]
	at := epoch.Add(after)
	m.Reports = append(m.Reports, Report{Reference: "r" + at.String(), Occurred: at, Reported: at, Behaviours: behaviours, Principal: "PH97006",
		Actions: []Action{{Code: "ATTENDED", Time: at}}})
	return h
}

func (h *History) other(change func(*Matter)) *History {
	m := plain(1).Matters[0]
	m.ID, m.Force, m.Principal = anID('c', 1), "10", yasmin
	if change != nil {
		change(&m)
	}
	h.Matters = append(h.Matters, m)
	return h
}

func (h *History) bail(until time.Duration) *History {
	m := Measure{ID: anID('m', len(h.Measures)), Force: "33", Kind: "POLICE_BAIL", Status: "IN_FORCE", Courses: []ID{anID('c', 0)}, From: epoch, Recorded: epoch}
	if until > 0 {
		m.Until = epoch.Add(until)
	}
	h.Measures = append(h.Measures, m)
	return h
}

func (h *History) breach(after time.Duration, codes ...string) *History {
	b := Breach{ID: anID('b', len(h.Breaches)), Measure: anID('m', 0), Force: "33", Occurred: epoch.Add(after), Reported: epoch.Add(after)}
	for _, c := range codes {
		b.Actions = append(b.Actions, Action{Code: c, Time: b.Reported})
	}
	h.Breaches = append(h.Breaches, b)
	return h
}

func (h *History) assess(after time.Duration, grade Grade) *History {
	h.Assessments = append(h.Assessments, Assessment{ID: anID('a', len(h.Assessments)), Course: anID('c', 0), Force: "33", Tool: "DASH", Grade: grade, Time: epoch.Add(after)})
	return h
}

func (h *History) plan() *History {
	h.Plans = append(h.Plans, Plan{ID: anID('p', 0), Course: anID('c', 0), Made: epoch, Actions: []PlanAction{{Code: "ALARM", Due: epoch.Add(oneDay)}}})
	return h
}

func (h *History) with(f func(*Matter)) *History { f(&h.Matters[0]); return h }

func acts(h *History, codes ...string) *History {
	for i, c := range codes {
		h.Matters[0].Reports[0].Actions = append(h.Matters[0].Reports[0].Actions, Action{Code: c, Time: epoch.Add(time.Duration(i) * time.Minute)})
	}
	return h
}

func standing(code string) func(*Matter) {
	return func(m *Matter) {
		m.Standing, m.Standings = code, []StandingSince{{"REPORTED", epoch}, {code, epoch.Add(time.Hour)}}
	}
}

func unanswered(m *Matter) { m.Reports[0].Actions = nil }

// Each rule speaks where it must and stays silent where it must.
func TestEachRuleSpeaksAndStaysSilent(t *testing.T) {
	t.Parallel()
	contact, visit := behaviours(t, "CONTACT"), behaviours(t, "ATTENDING_HOME")
	kill, assault := behaviours(t, "THREATS_TO_KILL"), behaviours(t, "ASSAULT")
	harassment := func(m *Matter) {
		for i := range m.Reports {
			m.Reports[i].Principal = "PH97004"
		}
	}
	untested := map[string]bool{}
	for _, r := range rules.Catalogue() {
		untested[r.Code] = true
	}
	for code, c := range map[string]struct {
		after  time.Duration // when it is looked at
		speaks *History
		silent map[string]*History
	}{
		"SERIAL": {oneDay, plain(contact).other(nil), map[string]*History{
			"the same victim": plain(contact).other(func(m *Matter) { m.Principal = rachelTypo }),
			"acquitted":       plain(contact).other(standing("ACQUITTED")),
		}},
		"REPEAT": {oneDay, plain(contact).again(time.Hour, contact), map[string]*History{
			"one report": plain(contact), "another victim": plain(contact).other(nil)}},
		"CROSS_FORCE": {oneDay, plain(contact).other(nil), map[string]*History{
			"one force": plain(contact).other(func(m *Matter) { m.Force = "33" })}},
		"COUNTER_ALLEGATION": {oneDay, &History{Counters: []Counter{{Course: anID('c', 0), Other: anID('c', 1), Force: "33", OtherForce: "10", Time: epoch}}}, map[string]*History{
			"reviewed": {Counters: []Counter{{Course: anID('c', 0), Other: anID('c', 1), Force: "33", OtherForce: "10", Time: epoch, Reviewed: epoch}}}}},
		"MISRECORDED": {oneDay, plain(contact).again(time.Hour, visit).with(harassment), map[string]*History{
			"one report":           plain(contact | visit).with(harassment),
			"included suffices":    plain(contact).again(time.Hour, visit).with(harassment).with(func(m *Matter) { m.Reports[1].Included = []string{"PH97006"} }),
			"violence alone":       plain(assault).again(time.Hour, assault).with(harassment),
			"one kind, not of his": plain(contact).again(time.Hour, contact).with(harassment).with(func(m *Matter) { m.Relationship = "NEIGHBOUR" }),
			"before it was an offence in Northern Ireland": plain(contact).again(time.Hour, visit).with(harassment).with(func(m *Matter) {
				m.Reports[0].Jurisdiction, m.Reports[1].Jurisdiction = "northern ireland", "northern ireland"
			})}},
		"S4A_INDICATED": {oneDay, plain(contact).again(time.Hour, kill), map[string]*History{
			"no threat": plain(contact).again(time.Hour, visit), "one report": plain(kill),
			"recorded so": plain(contact).again(time.Hour, kill).with(func(m *Matter) { m.Reports[1].Principal = "PH97010" }),
			"Scotland":    plain(contact).again(time.Hour, kill).with(func(m *Matter) { m.Reports[1].Jurisdiction = "scotland" })}},
		"ESCALATION": {5 * oneDay, plain(visit).again(oneDay, visit).again(2*oneDay, visit).again(3*oneDay, visit), map[string]*History{
			"three visits":     plain(visit).again(oneDay, visit).again(2*oneDay, visit),
			"in eight days":    plain(visit).again(oneDay, visit).again(2*oneDay, visit).again(8*oneDay, visit),
			"messages, no one": plain(visit).again(oneDay, visit).again(2*oneDay, visit).again(3*oneDay, contact),
			"arrested": plain(visit).again(oneDay, visit).again(2*oneDay, visit).again(3*oneDay, visit).with(func(m *Matter) {
				m.Reports[3].Actions = []Action{{Code: "ARRESTED", Time: epoch.Add(4 * oneDay)}}
			})}},
		"UNACTIONED_BREACH": {oneDay, plain(contact).bail(0).breach(time.Hour, "NONE", "WARNED"), map[string]*History{
			"arrested": plain(contact).bail(0).breach(time.Hour, "ARRESTED"), "recalled": plain(contact).bail(0).breach(time.Hour, "RECALLED")}},
		"BREACH_ESCALATION": {30 * oneDay, plain(contact).bail(0).breach(oneDay).breach(9 * oneDay).breach(28 * oneDay), map[string]*History{
			"two":       plain(contact).bail(0).breach(oneDay).breach(9 * oneDay),
			"spread":    plain(contact).bail(0).breach(oneDay).breach(15 * oneDay).breach(29*oneDay + time.Hour),
			"remanded":  plain(contact).bail(0).breach(oneDay).breach(9*oneDay).breach(28*oneDay, "REMANDED"),
			"reassured": plain(contact).bail(0).breach(oneDay).breach(9*oneDay).breach(28*oneDay).assess(28*oneDay, High)}},
		"MEASURE_ENDING": {22 * oneDay, plain(contact).bail(28 * oneDay), map[string]*History{
			"far off": plain(contact).bail(60 * oneDay), "without end": plain(contact).bail(0), "over": plain(contact).bail(20 * oneDay),
			"another lasts": plain(contact).bail(28 * oneDay).bail(90 * oneDay),
			"acquitted":     plain(contact).bail(28 * oneDay).with(standing("ACQUITTED"))}},
		"MEASURE_ENDED": {29 * oneDay, plain(contact).bail(28 * oneDay), map[string]*History{
			"assessed": plain(contact).bail(28*oneDay).assess(27*oneDay, Medium), "another lasts": plain(contact).bail(28 * oneDay).bail(0),
			"acquitted": plain(contact).bail(28 * oneDay).with(standing("ACQUITTED"))}},
		"VICTIM_NOT_INFORMED": {29 * oneDay, plain(contact).bail(28 * oneDay), map[string]*History{
			"told": plain(contact).bail(28 * oneDay).with(func(m *Matter) {
				m.Informed = []Informed{{"CONDITIONS_ENDED", epoch.Add(28 * oneDay)}}
			}), "it lasts": plain(contact).bail(0)}},
		"ADDRESS_NEAR_VICTIM": {oneDay, lives("LE2 6AD"), map[string]*History{"elsewhere": lives("LE3 1AA"), "another district": lives("LE26 4AB"), "not coded": lives("")}},
		"NOTIFICATION_OVERDUE": {4 * oneDay, order("SPO"), map[string]*History{
			"notified": order("SPO", "NAME", "HOME_ADDRESS"), "none asked for": order("RESTRAINING_ORDER")}},
		"MEASURE_NOT_CONSIDERED": {5 * oneDay, plain(contact).again(oneDay, contact), map[string]*History{
			"one report": plain(contact), "bailed": plain(contact).again(oneDay, contact).bail(0),
			"considered": considered(plain(contact).again(oneDay, contact))}},
		"NO_ASSESSMENT":   {2 * oneDay, without(plain(contact)), map[string]*History{"assessed": plain(contact), "convicted": without(plain(contact).with(standing("CONVICTED")))}},
		"NO_REASSESSMENT": {3 * oneDay, plain(contact).again(oneDay, contact), map[string]*History{"assessed": plain(contact).again(oneDay, contact).assess(oneDay, Medium)}},
		"GRADE_BELOW_INDICATORS": {oneDay, plain(kill), map[string]*History{
			"regraded": regraded(plain(kill)), "reported since": plain(contact).again(time.Hour, kill), "not grave": plain(contact)}},
		"NO_PLAN":      {2 * oneDay, plain(contact).assess(time.Hour, High), map[string]*History{"planned": plain(contact).assess(time.Hour, High).plan(), "medium": plain(contact)}},
		"PLAN_OVERDUE": {2 * oneDay, plain(contact).plan(), map[string]*History{"no plan": plain(contact)}},
		"WITHDRAWAL_RISK": {2 * oneDay, plain(contact).with(withdraws), map[string]*History{
			"assessed since": plain(contact).with(withdraws).assess(oneDay, Medium),
			"wants no arrest": plain(contact).with(func(m *Matter) {
				m.Statements = []Statement{{"DOES_NOT_WANT_ARREST", epoch.Add(time.Hour)}}
			})}},
		"NO_ACTION": {2 * time.Hour, plain(kill).with(unanswered), map[string]*History{
			"attended": plain(kill), "not grave, within the day": plain(contact).with(unanswered), "charged": plain(kill).with(unanswered).with(standing("CHARGED"))}},
		"ARREST_OUTSTANDING": {2 * time.Hour, acts(plain(contact), "ARREST_ORDERED"), map[string]*History{
			"arrested": acts(plain(contact), "ARREST_ORDERED", "ARRESTED"), "none ordered": plain(contact),
			"arrested, on the matter as a whole": acts(plain(contact), "ARREST_ORDERED").with(func(m *Matter) {
				m.Actions = []Action{{Code: "ARRESTED", Time: epoch.Add(time.Hour)}}
			})}},
		"NO_CHECK": {oneDay, unchecked(plain(contact)), map[string]*History{"checked": plain(contact),
			"a breach told to the force of the report":  plain(contact).bail(0).breach(3*time.Hour, "ARRESTED"),
			"a breach told to another force, which did": elsewhere(plain(contact), Check{Force: "10", Time: epoch}),
			"a breach told elsewhere, within the hours": elsewhere(plain(contact)).told(oneDay - time.Hour)}},
		"EVIDENCE_PENDING": {15 * oneDay, plain(contact).with(seized), map[string]*History{
			"examined": plain(contact).with(seized).with(func(m *Matter) { m.Exhibits[0].Done = epoch.Add(oneDay) }), "nothing seized": plain(contact)}},
		"CLOSURE_UNSAFE": {oneDay, plain(kill).with(standing("NO_FURTHER_ACTION")), map[string]*History{
			"by two": plain(kill).with(standing("NO_FURTHER_ACTION")).with(func(m *Matter) {
				m.Closure = Closure{Reason: "EVIDENTIAL", Time: epoch.Add(time.Hour), Second: true, Informed: epoch.Add(time.Hour)}
			}),
			"slight": plain(contact).with(standing("NO_FURTHER_ACTION")), "a court": plain(kill).with(standing("ACQUITTED"))}},
		"REVIEW_DUE": {366 * oneDay, plain(contact), map[string]*History{
			"charged": plain(contact).with(standing("CHARGED")), "reviewed": plain(contact).with(func(m *Matter) {
				m.Reports[0].Actions = []Action{{Code: "REVIEWED", Time: epoch.AddDate(1, 0, 0)}}
			}),
			"reviewed before": plain(contact).with(func(m *Matter) {
				m.Actions = []Action{{Code: "REVIEWED", Time: epoch.AddDate(0, 11, 0)}}
			}),
			"loaded later":     plain(contact).with(func(m *Matter) { m.Loaded = epoch.Add(oneDay * 30) }),
			"registered later": plain(contact).with(func(m *Matter) { m.Recorded = epoch.Add(oneDay * 30) })}},
		"DISCLOSURE_CONSIDERED": {oneDay, plain(contact).other(standing("CONVICTED")), map[string]*History{
			"made":      acts(plain(contact).other(standing("CONVICTED")), "DISCLOSED"),
			"no danger": plain(contact).other(nil),
			"no partner": plain(contact).other(standing("CONVICTED")).with(func(m *Matter) {
				m.Relationship = "STRANGER"
			})}},
	} {
		raised := func(h *History) bool {
			return slices.ContainsFunc(rules.Prompts(h, epoch.Add(c.after)), func(p Prompt) bool { return p.Code == code })
		}
		if !raised(c.speaks) {
			t.Errorf("%s is silent and must speak", code)
		}
		if len(c.silent) == 0 {
			t.Errorf("%s has no case of silence", code)
		}
		for why, h := range c.silent {
			if raised(h) {
				t.Errorf("%s speaks and must be silent: %s", code, why)
			}
		}
		delete(untested, code)
	}
	for code := range untested {
		t.Errorf("%s has no cases", code)
	}
}

func without(h *History) *History   { h.Assessments = nil; return h }
func unchecked(h *History) *History { h.Checks = nil; return h }

// elsewhere is a breach of bail that is told to another force than that of the report.
func elsewhere(h *History, checks ...Check) *History {
	h.bail(0).breach(3*time.Hour, "ARRESTED")
	h.Breaches[0].Force, h.Checks = "10", append(h.Checks, checks...)
	return h
}

func (h *History) told(after time.Duration) *History {
	h.Breaches[0].Reported = epoch.Add(after)
	return h
}

func withdraws(m *Matter) { m.Statements = []Statement{{"WITHDRAWS", epoch.Add(time.Hour)}} }
func seized(m *Matter)    { m.Exhibits = []Exhibit{{Code: "PHONE_SUSPECT", Seized: epoch}} }

func regraded(h *History) *History {
	h.Assessments[0].Regrades = []Regrade{{High, epoch.Add(time.Hour)}}
	return h
}

func considered(h *History) *History {
	h.Measures = []Measure{{ID: anID('m', 0), Force: "33", Kind: "SPO", Status: "REFUSED", Courses: []ID{anID('c', 0)}, From: epoch, Recorded: epoch,
		Rejected: []Rejected{{"SPO", "INSUFFICIENT_EVIDENCE"}}}}
	return h
}

func lives(zone string) *History {
	h := plain(1).bail(0)
	h.Measures[0].Conditions = []Condition{{Code: "NOT_ATTEND_HOME", Zone: "le2"}, {Code: "RESIDE_AT", Zone: zone}}
	return h
}

func order(kind string, notified ...string) *History {
	h := plain(1).bail(0)
	h.Measures[0].Kind = kind
	for _, n := range notified {
		h.Measures[0].Notifications = append(h.Measures[0].Notifications, Notification{Code: n, Due: epoch.Add(3 * oneDay), Notified: epoch.Add(oneDay)})
	}
	return h
}

// Whoever first hears of a victim by a breach must look too: once for a measure, however often
// it is broken, and whatever was registered of the victim after.
func TestABreachIsAReport(t *testing.T) {
	t.Parallel()
	raised := func(h *History, after time.Duration) (out []string) {
		for _, p := range rules.Prompts(h, epoch.Add(after)) {
			if p.Code == "NO_CHECK" {
				out = append(out, p.Force+" "+p.Measure.String()+" "+p.Since.Sub(epoch).String())
			}
		}
		return out
	}
	her, him := anID('m', 0).String(), anID('m', 1).String()
	late := func(m *Matter) { m.Reports[0].Reported, m.Reports[0].Occurred = epoch.Add(oneDay), epoch.Add(oneDay) }
	for why, c := range map[string]struct {
		h    *History
		want []string
	}{
		"told elsewhere":      {elsewhere(plain(1)), []string{"10 " + her + " 7h0m0s"}},
		"the same again":      {elsewhere(elsewhere(plain(1))), []string{"10 " + her + " 7h0m0s"}},
		"of no known measure": {func() *History { h := elsewhere(plain(1)); h.Measures = nil; return h }(), []string{"10 " + her + " 7h0m0s"}},
		"another measure": {func() *History {
			h := elsewhere(plain(1)).bail(0)
			h.Breaches = append(h.Breaches, h.Breaches[0])
			h.Breaches[1].ID, h.Breaches[1].Measure = anID('b', 1), anID('m', 1)
			return h
		}(), []string{"10 " + her + " 7h0m0s", "10 " + him + " 7h0m0s"}},
		"loaded later":               {func() *History { h := elsewhere(plain(1)); h.Breaches[0].Loaded = epoch.Add(oneDay); return h }(), []string{"10 " + her + " 28h0m0s"}},
		"taken back":                 {func() *History { h := elsewhere(plain(1)); h.Breaches[0].Cancelled = true; return h }(), nil},
		"searched long before":       {elsewhere(plain(1), Check{Force: "10", Time: epoch.Add(-2 * oneDay)}), []string{"10 " + her + " 7h0m0s"}},
		"a report of another victim": {elsewhere(plain(1).other(nil), Check{Force: "10", Time: epoch.Add(-22 * time.Hour)}), []string{"10 " + her + " 7h0m0s"}},
		"a report of hers, later": {func() *History {
			h := elsewhere(plain(1).other(late))
			h.Measures[0].Courses = append(h.Measures[0].Courses, anID('c', 1))
			return h
		}(), []string{"10 " + ID{}.String() + " 28h0m0s", "10 " + her + " 7h0m0s"}},
	} {
		if diff := cmp.Diff(c.want, raised(c.h, 3*oneDay)); diff != "" {
			t.Errorf("%s: %s", why, diff)
		}
	}
}
