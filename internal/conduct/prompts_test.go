package conduct

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/refdata"
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

// changed is what must not change: code, key, force and deadline of each prompt.
func changed(prompts []Prompt) []string {
	out := []string{}
	for _, p := range prompts {
		out = append(out, fmt.Sprint(p.Code, " ", p.Key, " ", p.Force, " ", p.Critical, " ", p.Due, " ", p.Level, " ", p.Unconfirmed))
	}
	return out
}

func TestNothingChangesBeforeNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		now := drawTime(t, "now")
		before, next := rules.Evaluate(h, now)
		if !next.IsZero() && !next.After(now) {
			t.Fatalf("next %v is not after %v", next, now)
		}
		until := next
		if until.IsZero() {
			until = now.AddDate(10, 0, 0)
		}
		at := now.Add(time.Duration(rapid.Int64Range(0, int64(until.Sub(now))-1).Draw(t, "later")))
		if diff := cmp.Diff(changed(before), changed(rules.Prompts(h, at))); diff != "" {
			t.Fatalf("between %v and %v, at %v:\n%s", now, next, at, diff)
		}
	})
}

func TestEveryPromptRestsOnEvidence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		now := drawTime(t, "now")
		seen := map[string]bool{}
		for _, p := range rules.Prompts(h, now) {
			if len(p.Evidence) == 0 || p.Reason == "" || p.Key == "" || p.Level == No {
				t.Fatalf("incomplete prompt %+v", p)
			}
			if p.Since.After(now) {
				t.Fatalf("%s holds since %v, after %v", p.Code, p.Since, now)
			}
			rule, ok := rules.Rule(p.Code)
			if !ok || p.Version != rule.Version || (p.Critical && !rule.Critical) || p.Critical == p.Due.IsZero() {
				t.Fatalf("%s does not keep to its rule", p.Code)
			}
			id := p.Code + "|" + p.Force + "|" + p.Key
			if seen[id] {
				t.Fatalf("%s stands twice", id)
			}
			seen[id] = true
			for _, e := range p.Evidence {
				if !holds(h, e) {
					t.Fatalf("%s rests on %+v, which is not recorded", p.Code, e)
				}
			}
		}
	})
}

// holds says whether the history holds the record that a prompt rests on.
func holds(h *History, e Evidence) bool {
	return slices.ContainsFunc(h.Matters, func(m Matter) bool { return m.ID == e.Record }) ||
		slices.ContainsFunc(h.Measures, func(m Measure) bool { return m.ID == e.Record }) ||
		slices.ContainsFunc(h.Breaches, func(b Breach) bool { return b.ID == e.Record }) ||
		slices.ContainsFunc(h.Assessments, func(a Assessment) bool { return a.ID == e.Record }) ||
		slices.ContainsFunc(h.Plans, func(p Plan) bool { return p.ID == e.Record })
}

func keys(prompts []Prompt) []string {
	var out []string
	for _, p := range prompts {
		out = append(out, p.Code+"|"+p.Force+"|"+p.Key)
	}
	return out
}

// An incident that has nothing to do with the others, another victim's, takes no prompt
// away; nor does one more of a matter that counts, on which nothing was done.
func TestAnUnrelatedIncidentRemovesNoPrompt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		now := drawTime(t, "now")
		before := rules.Prompts(h, now)
		counting := rules.read(h, now).counting
		if rapid.Bool().Draw(t, "another victim") || len(counting) == 0 {
			h.Matters = append(h.Matters, Matter{Course: Course{ID: anID('z', 0), Nominal: anID('n', 9), Force: "43", Standing: "REPORTED", Principal: someone(77)},
				Reports: []Report{drawReport(t, "unrelated", allActions...)}})
		} else {
			id := rapid.SampledFrom(counting).Draw(t, "matter").ID
			m := &h.Matters[slices.IndexFunc(h.Matters, func(m Matter) bool { return m.ID == id })]
			r := drawReport(t, "another", "NONE", "TELEPHONED")
			r.Principal, r.Assessment = "", ""
			r.Occurred, r.Reported = later(m), later(m)
			m.Reports = append(m.Reports, r)
		}
		after := keys(rules.Prompts(h, now))
		for _, k := range keys(before) {
			if !slices.Contains(after, k) {
				t.Fatalf("%s is gone; left are %v", k, after)
			}
		}
	})
}

// later is after all that the matter holds.
func later(m *Matter) time.Time {
	var at time.Time
	for _, r := range m.Reports {
		at = latest(at, r.Reported)
	}
	return at.Add(time.Hour)
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		now := drawTime(t, "now")
		want := rules.Card(h, now)
		s := History{Matters: permute(t, "matters", h.Matters), Measures: permute(t, "measures", h.Measures), Breaches: permute(t, "breaches", h.Breaches),
			Assessments: permute(t, "assessments", h.Assessments), Plans: permute(t, "plans", h.Plans), Checks: permute(t, "checks", h.Checks)}
		for i := range s.Matters {
			s.Matters[i].Reports = permute(t, "reports", s.Matters[i].Reports)
		}
		got := rules.Card(&s, now)
		if diff := cmp.Diff(want.Prompts, got.Prompts); diff != "" {
			t.Fatal(diff)
		}
		if !want.Next.Equal(got.Next) {
			t.Fatalf("next is %v and %v", want.Next, got.Next)
		}
		if diff := cmp.Diff(want.Pattern, got.Pattern); diff != "" {
			t.Fatal(diff)
		}
	})
}

func permute[T any](t *rapid.T, label string, in []T) []T {
	if len(in) < 2 {
		return slices.Clone(in)
	}
	return rapid.Permutation(in).Draw(t, label+" order")
}

// Conduct that was cancelled, led to an acquittal or is suspected to be false, and a
// counter-allegation that nobody upheld, raises no tier.
func TestDiscountedConductRaisesNoTier(t *testing.T) {
	t.Parallel()
	tiers := []string{"SERIAL", "REPEAT", "CROSS_FORCE"}
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		now := epoch.AddDate(1, 0, 0)
		before := rules.Card(h, now)
		m := Matter{Course: Course{ID: anID('z', 0), Nominal: anID('n', 9), Force: "43", Standing: "REPORTED", Principal: someone(77)},
			Reports: []Report{{Reference: "x", Occurred: epoch, Reported: epoch, Behaviours: 3}, {Reference: "y", Occurred: epoch, Reported: epoch, Behaviours: 1 << 11}}}
		switch rapid.IntRange(0, 4).Draw(t, "why") {
		case 0:
			m.Cancelled = true
		case 1:
			m.Standing = "ACQUITTED"
		case 2:
			m.Standing = "CANCELLED"
		case 3:
			m.Reports[0].Assessment, m.Reports[1].Assessment = "E", "E"
		case 4:
			h.Counters = append(h.Counters, Counter{Course: m.ID, Other: anID('o', 0), Force: "43", OtherForce: "10", Later: true, Time: epoch})
		}
		h.Matters = append(h.Matters, m)
		after := rules.Card(h, now)
		only := func(all []Prompt) (out []Prompt) {
			for _, p := range all {
				if slices.Contains(tiers, p.Code) {
					out = append(out, p)
				}
			}
			return out
		}
		if diff := cmp.Diff(only(before.Prompts), only(after.Prompts)); diff != "" {
			t.Fatal(diff)
		}
		if before.Ranking.Total != after.Ranking.Total {
			t.Fatal("it weighs in the ranking")
		}
	})
}

func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	data := refdata.Default()
	seen := map[string]bool{}
	critical := true
	for _, r := range rules.Catalogue() {
		if seen[r.Code] || r.Version == "" || r.Title == "" || r.Says == "" || r.Source == "" || r.Acts == "" {
			t.Errorf("%s: twice or incomplete", r.Code)
		}
		seen[r.Code] = true
		if r.Critical && !critical {
			t.Errorf("%s: the critical ones come first", r.Code)
		}
		critical = r.Critical
		ladder := data.Ladder(r.Code)
		if r.Critical != (len(ladder) > 0) || r.Critical != (r.Within > 0) || r.Critical && len(r.Closes) == 0 {
			t.Errorf("%s: a duty has a ladder, a deadline and what closes it, and nothing else has", r.Code)
		}
		if len(ladder) > 0 && ladder[0].Day.Role != r.Acts {
			t.Errorf("%s: %s acts, and the ladder begins with %s", r.Code, r.Acts, ladder[0].Day.Role)
		}
		for _, c := range r.Closes {
			if _, ok := data.Action(c); !ok {
				t.Errorf("%s: no action %s", r.Code, c)
			}
		}
		for _, role := range append(slices.Clone(r.Tells), r.Acts) {
			if !data.Has(refdata.DutyRoles, role) {
				t.Errorf("%s: no role %s", r.Code, role)
			}
		}
	}
	for _, g := range data.Guidance() {
		_, warning := data.Warning(g.When)
		if g.When != "ALWAYS" && g.When != "MEASURE" && !warning && !seen[g.When] {
			t.Errorf("guidance %s never shows", g.Code)
		}
	}
	for _, b := range data.Behaviours() {
		if _, ok := data.Gravity(b.Code); !ok {
			t.Errorf("behaviour %s has no gravity", b.Code)
		}
	}
}
