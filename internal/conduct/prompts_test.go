package conduct

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/perpetrator-register/register/internal/refdata"
)

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

// A card that was kept is, as long as it says that it holds, the card that would be made
// afresh, whoever has searched meanwhile.
func TestAKeptCardIsTheCard(t *testing.T) {
	t.Parallel()
	held, changed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		now := drawTime(t, "now")
		kept := rules.Keep(h, now)
		if diff := cmp.Diff(rules.Card(h, now), kept.Card); diff != "" {
			t.Fatal(diff)
		}
		at := now.Add(time.Duration(rapid.IntRange(-1, 24*20).Draw(t, "later")) * time.Hour)
		other := *h
		if rapid.Bool().Draw(t, "searched") {
			other.Checks = nil
			for i := range rapid.IntRange(0, 2).Draw(t, "searches") {
				c := Check{Force: rapid.SampledFrom([]string{"10", "33"}).Draw(t, "by"), Time: drawTime(t, fmt.Sprint("searched", i))}
				if len(h.Matters) > 0 {
					c.Reference = h.Matters[0].Reports[0].Reference
				}
				other.Checks = append(other.Checks, c)
			}
		}
		want := rules.Card(&other, at)
		if !kept.Holds(other.Checks, at) {
			changed++
			return
		}
		held++
		got := kept.Card
		got.Ranking, got.LastCheck, got.Next = kept.Ranking(at), want.LastCheck, want.Next
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("of %v, at %v:\n%s", now, at, diff)
		}
	})
	if held == 0 || changed == 0 {
		t.Errorf("%d held, %d did not", held, changed)
	}
}

// The day on which a measure ends is that of the court's clock: midnight in London is the
// evening before in UTC, all summer.
func TestTheDayAMeasureEnds(t *testing.T) {
	t.Parallel()
	h := plain(behaviours(t, "CONTACT")).bail(0)
	h.Measures[0].Until = time.Date(epoch.Year(), 7, 31, 23, 0, 0, 0, time.UTC)
	h.Measures[0].From = h.Measures[0].Until.AddDate(0, 0, -28)
	all := rules.Prompts(h, h.Measures[0].Until.Add(-oneDay))
	i := slices.IndexFunc(all, func(p Prompt) bool { return p.Code == "MEASURE_ENDING" })
	if i < 0 {
		t.Fatal("nobody is told that it ends")
	}
	if !strings.Contains(all[i].Reason, "1 August") {
		t.Errorf("told: %s", all[i].Reason)
	}
}
