package conduct

import (
	"slices"
	"sync"
	"time"
)

// rule is a rule with what applies it.
type rule struct {
	Rule
	apply func(*reading)
}

// Roles that act or are told; the codes of the reference data.
const (
	officerInCase = "OFFICER_IN_CASE"
	supervisor    = "SUPERVISOR"
	dutyInspector = "DUTY_INSPECTOR"
	spoc          = "SPOC"
)

// Sources that several rules rest on.
const (
	sourceReview   = "IOPC review of stalking cases, September 2024"
	sourceHarass   = "Protection from Harassment Act 1997"
	sourceRegister = "This register's own rule"
)

const oneDay = 24 * time.Hour

// Prompts says what must be looked at, or done, about a person at a moment: a pure
// function of what is recorded. They are sorted by code, key and force.
func (r *Rules) Prompts(h *History, now time.Time) []Prompt {
	prompts, _ := r.Evaluate(h, now)
	return prompts
}

// Next is the next moment at which the prompts may change without any new fact; until
// then they do not. It is zero if they never will.
func (r *Rules) Next(h *History, now time.Time) time.Time {
	_, next := r.Evaluate(h, now)
	return next
}

// Evaluate gives Prompts and Next in one pass.
func (r *Rules) Evaluate(h *History, now time.Time) (prompts []Prompt, next time.Time) {
	e := r.read(h, now)
	rules := catalogue()
	for i := range rules {
		e.rule = &rules[i]
		e.rule.apply(e)
	}
	return e.sorted(), e.next
}

// Catalogue lists what each rule declares of itself, the critical ones first.
func (r *Rules) Catalogue() []Rule {
	var out []Rule
	for _, c := range catalogue() {
		out = append(out, c.Rule)
	}
	slices.SortStableFunc(out, func(a, b Rule) int {
		switch {
		case a.Critical == b.Critical:
			return 0
		case a.Critical:
			return -1
		}
		return 1
	})
	return out
}

// Rule finds what a rule declares of itself by its code.
func (r *Rules) Rule(code string) (Rule, bool) {
	for _, c := range catalogue() {
		if c.Code == code {
			return c.Rule, true
		}
	}
	return Rule{}, false
}

var catalogue = sync.OnceValue(func() []rule {
	return slices.Concat(breachRules(), answerRules(), measureRules(), riskRules(), closingRules(), recordingRules(), tierRules())
})
