package scenario

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/refdata"
)

var rules = conduct.NewRules(refdata.Default())

// Each case, step by step, through the pure rules.
func TestCases(t *testing.T) {
	t.Parallel()
	cases, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range cases {
		c := &cases[i]
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			for n := range c.Steps {
				all, err := Replay(c, rules, n+1, false)
				if err != nil {
					t.Fatal(err)
				}
				s, h := &c.Steps[n], all.Own
				t.Run(s.At, func(t *testing.T) { checkStep(t, c, s, h) })
			}
		})
	}
}

func checkStep(t *testing.T, c *Case, s *Step, h *conduct.History) {
	card := rules.Card(h, s.When())
	for _, p := range card.Prompts {
		if slices.Contains(c.Never, p.Code) {
			t.Errorf("%s was raised, and must never be: %s", p.Code, p.Reason)
		}
	}
	for _, cl := range s.Closures {
		if needs := rules.ClosingNeeds(h, idOf(c, h, cl.Course), s.When()); cl.Refused && len(needs) == 0 {
			t.Errorf("closing %s must be refused, and nothing forbids it", cl.Course)
		}
	}
	x := s.Expect
	if x == nil {
		return
	}
	if x.Open != nil {
		want := append([]string{}, x.Open...)
		slices.Sort(want)
		if diff := cmp.Diff(want, Texts(card.Prompts)); diff != "" {
			t.Errorf("%s\nopen prompts (-want +got):\n%s", s.Says, diff)
		}
	}
	told := toldBy(h, card.Prompts, s.When())
	for _, w := range x.Told {
		if !slices.Contains(told, w) {
			t.Errorf("%q must have been told; told are %q", w, told)
		}
	}
	for _, w := range x.NotYet {
		if slices.Contains(told, w) {
			t.Errorf("%q must not have been told yet", w)
		}
	}
	for _, n := range x.Needs {
		course, codes, _ := strings.Cut(n, ": ")
		if diff := cmp.Diff(strings.Fields(codes), rules.ClosingNeeds(h, idOf(c, h, course), s.When())); diff != "" {
			t.Errorf("closing %s (-want +got):\n%s", course, diff)
		}
	}
	checkCard(t, x, &card)
	if a := x.Answered; a != nil {
		got := Answered{Victims: card.Pattern.Victims.Min, Forces: card.Pattern.Forces, Prompts: Texts(card.Prompts), Duties: a.Duties}
		for _, w := range card.Warnings {
			got.Warnings = append(got.Warnings, w.Code)
		}
		for _, m := range card.Measures {
			got.Measures = append(got.Measures, m.Kind)
		}
		if diff := cmp.Diff(*a, got, cmpopts.SortSlices(strings.Compare), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s\nanswered (-want +got):\n%s", s.Says, diff)
		}
	}
}

func checkCard(t *testing.T, x *Expect, card *conduct.Card) {
	var guidance, warnings, measures []string
	for _, g := range card.Guidance {
		guidance = append(guidance, g.Code)
	}
	for _, w := range card.Warnings {
		warnings = append(warnings, w.Code)
	}
	for _, m := range card.Measures {
		measures = append(measures, m.Kind)
	}
	for _, g := range x.Guidance {
		if !slices.Contains(guidance, g) {
			t.Errorf("the card does not advise %s; it advises %q", g, guidance)
		}
	}
	if x.Warnings != nil && !slices.Equal(x.Warnings, warnings) {
		t.Errorf("warnings %q, want %q", warnings, x.Warnings)
	}
	if x.Measures != nil && !slices.Equal(x.Measures, measures) {
		t.Errorf("measures in force %q, want %q", measures, x.Measures)
	}
}

func idOf(c *Case, h *conduct.History, course string) conduct.ID {
	for _, m := range h.Matters {
		if m.Force == c.Courses[course].Force && slices.Equal(m.Principal, Tokens(c.Victims[c.Courses[course].Victim])) {
			return m.ID
		}
	}
	return conduct.ID{}
}

// toldBy says which roles have been told of which duties by now.
func toldBy(h *conduct.History, prompts []conduct.Prompt, now time.Time) []string {
	var out []string
	for _, t := range Tellings(refdata.Default(), h, prompts) {
		if !now.Before(t.At) {
			out = append(out, t.Text)
		}
	}
	return out
}
