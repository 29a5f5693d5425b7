package conduct

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/perpetrator-register/register/internal/refdata"
)

// Card is what an officer needs in ten seconds: what can be done now, and what danger
// there is.
type Card struct {
	// Measures are those in force, those that protect first, then the one that ends
	// first.
	Measures []CardMeasure
	Warnings []Warning
	// Guidance is advice for this case.
	Guidance []refdata.Guidance
	// Pattern has victims, forces, period and tiers.
	Pattern Pattern
	// HighRisk says that the newest grade of a matter is high.
	HighRisk Finding
	// Forces says what each force recorded, by code.
	Forces []ForcePart
	// LastCheck is the newest search; nil when there is none.
	LastCheck *Check
	// Prompts are all that hold: duties first by deadline, then the rest.
	Prompts []Prompt
	Ranking Ranking
	// Next is the next moment at which the card may change without a new fact; zero
	// if never. The ranking changes with every day.
	Next time.Time
}

// CardMeasure is a measure in force with what its breach allows.
type CardMeasure struct {
	Measure
	// Title names the kind; Breach is "offence", "arrest", "contempt", "recall" or
	// "evidence"; Offences its codes; Says what a breach allows. For a kind that is
	// not known Breach is empty.
	Title, Breach, Says string
	Offences            []string
	Protects            bool
	// Breaches is how often it was broken, Unactioned how often without action.
	Breaches, Unactioned int
}

// ForcePart is what one force recorded.
type ForcePart struct {
	Force string
	// Courses and Incidents that count; First and Last are the months of the first
	// and last dated incident.
	Courses, Incidents int
	First, Last        Month
	// Victims are the principal victims at least, small numbers hidden.
	Victims Coarse
	// Unconfirmed says that all of it is behind unconfirmed links.
	Unconfirmed bool
}

// Card gives the card of a person at a moment.
func (r *Rules) Card(h *History, now time.Time) Card {
	return r.read(h, now).card()
}

func (e *reading) card() Card {
	rules := catalogue()
	for i := range rules {
		e.rule = &rules[i]
		e.rule.apply(e)
	}
	c := Card{Warnings: e.pattern.Warnings, Pattern: e.pattern, Prompts: e.sorted(), Ranking: e.rank()}
	slices.SortStableFunc(c.Prompts, byUrgency)
	c.Measures = e.inForce()
	c.Forces = e.forceParts()
	c.HighRisk = e.highRisk()
	if n := len(e.checks); n > 0 {
		c.LastCheck = &e.checks[n-1]
	}
	c.Guidance = e.guidance(&c)
	c.Next = e.next
	return c
}

func byUrgency(a, b Prompt) int {
	switch {
	case a.Critical && b.Critical:
		return a.Due.Compare(b.Due)
	case a.Critical:
		return -1
	case b.Critical:
		return 1
	}
	return 0
}

func (e *reading) inForce() []CardMeasure {
	var out []CardMeasure
	for _, m := range e.measures {
		if _, ended := e.ended(m); ended || m.Status != "IN_FORCE" || !e.passed(m.From) {
			continue
		}
		c := CardMeasure{Measure: *m, Title: m.Kind, Protects: true}
		if kind, ok := e.data.Measure(m.Kind); ok {
			c.Title, c.Breach, c.Offences, c.Says, c.Protects = kind.Title, kind.Breach, kind.Offences, kind.Says, kind.Protects
		}
		for _, b := range e.breaches {
			if b.Measure != m.ID {
				continue
			}
			c.Breaches++
			if !slices.ContainsFunc(b.Actions, func(a Action) bool { return e.traits.enforces[a.Code] }) {
				c.Unactioned++
			}
		}
		out = append(out, c)
	}
	end := func(c CardMeasure) time.Time {
		if c.Until.IsZero() {
			return time.Unix(1<<40, 0)
		}
		return c.Until
	}
	slices.SortStableFunc(out, func(a, b CardMeasure) int {
		if a.Protects != b.Protects {
			return map[bool]int{true: -1, false: 1}[a.Protects]
		}
		return end(a).Compare(end(b))
	})
	return out
}

func (e *reading) forceParts() []ForcePart {
	by := map[string][]Course{}
	for _, m := range e.counting {
		by[m.Force] = append(by[m.Force], m.Course)
	}
	var out []ForcePart
	for force, courses := range by {
		var p Pattern
		p.period(courses)
		part := ForcePart{Force: force, Courses: len(courses), Incidents: p.Incidents, First: p.First, Last: p.Last, Unconfirmed: true}
		for _, c := range courses {
			part.Unconfirmed = part.Unconfirmed && c.Unconfirmed
		}
		part.Victims = Coarse{Count: group(courses).count.Min}
		if part.Victims.Count < associatedBound {
			part.Victims = Coarse{Count: associatedBound, Below: true}
		}
		out = append(out, part)
	}
	slices.SortFunc(out, func(a, b ForcePart) int { return strings.Compare(a.Force, b.Force) })
	return out
}

func (e *reading) highRisk() Finding {
	var f Finding
	sure := false
	for _, p := range e.parts {
		if a := e.assessment(p); a != nil && a.Stands() == High {
			f.Level = Yes
			sure = sure || !p.unconfirmed()
		}
	}
	f.Unconfirmed = f.Level == Yes && !sure
	return f
}

func (e *reading) guidance(c *Card) []refdata.Guidance {
	holds := map[string]bool{"ALWAYS": true, "MEASURE": len(c.Measures) > 0}
	for _, w := range c.Warnings {
		holds[w.Code] = true
	}
	for _, p := range c.Prompts {
		holds[p.Code] = true
	}
	var out []refdata.Guidance
	for _, g := range e.data.Guidance() {
		if holds[g.When] && !g.Retired {
			out = append(out, g)
		}
	}
	// What is special to the case comes before what always holds.
	slices.SortStableFunc(out, func(a, b refdata.Guidance) int {
		return cmp.Compare(always(a), always(b))
	})
	return out
}

func always(g refdata.Guidance) int {
	if g.When == "ALWAYS" {
		return 1
	}
	return 0
}
