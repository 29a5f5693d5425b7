package misuse

import (
	"slices"
	"time"
)

// basis says what a search rests on.
type basis uint8

const (
	none       basis = iota // nothing
	confirmed               // a case or an incident that he works on, or a question that he answers
	outside                 // the same, but it does not name the person
	claimed                 // a reference that may still be told of
	colleagues              // a case of others, for more people than one helps out with
	closed                  // a case closed long before
	urgent                  // a threat to life, without a reference
)

// basis finds what explains a search, before any rule is asked.
func (e *Engine) basis(ev *Event, a *actor) (basis, *Case) {
	c := e.facts.cases[ev.Reference]
	if c != nil && !e.longClosed(c, dayOf(ev.Time)) && c.his(ev) && c.concerns(ev) {
		return confirmed, c
	}
	if own := e.named(ev); own != nil {
		return confirmed, own
	}
	if ev.Reference == 0 {
		if ev.Reason == reasonThreat {
			return urgent, nil
		}
		return none, nil
	}
	if e.facts.answers(ev, e.closingGrace()) {
		return confirmed, nil
	}
	switch {
	case c == nil:
	case e.longClosed(c, dayOf(ev.Time)):
		return closed, c
	case c.his(ev):
		return outside, c
	}
	people := a.claim(ev.Reference, ev.person(), dayOf(ev.Time))
	if !slices.Contains(a.today.references, ev.Reference) {
		a.today.references = append(a.today.references, ev.Reference)
	}
	believed := people <= e.set.Claims.persons(ev) && len(a.today.references) <= e.set.Claims.references(ev)
	switch {
	case believed && c == nil:
		return claimed, nil
	case believed:
		return confirmed, c // he helps a colleague out
	case c != nil:
		return colleagues, c
	}
	return none, nil
}

// closingGrace is for how many days after it was closed a case still explains.
func (e *Engine) closingGrace() day { return day(e.set.Rules[codeAfterClosure]["grace_days"]) } //nolint:gosec // days are small

// longClosed reports whether on a day a case was closed too long to explain anything.
func (e *Engine) longClosed(c *Case, d day) bool {
	return !c.Closed.IsZero() && d > dayOf(c.Closed)+e.closingGrace()
}

// named is a case of the actor's own, not closed, that names the person of a search: he
// forgot the reference or mistyped it. Whoever could have given a good one has nothing to
// hide behind none.
func (e *Engine) named(ev *Event) *Case {
	for _, t := range ev.Terms {
		for _, c := range e.facts.people[t] {
			if c.his(ev) && !e.longClosed(c, dayOf(ev.Time)) && !slices.Contains(c.Parties, ev.Actor) {
				return c
			}
		}
	}
	return nil
}

const (
	reasonThreat    = "THREAT_TO_LIFE"
	roleControlRoom = "control_room"
	rolePSD         = "psd"
	roleAuditor     = "auditor"
)

func (e *Engine) grace() time.Duration {
	return time.Duration(e.set.Rules[codeOffRoster]["grace_minutes"]) * time.Minute
}
