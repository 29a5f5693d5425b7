package misuse

import "time"

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
	if ev.Reference == 0 {
		if ev.Reason == reasonThreat {
			return urgent, nil
		}
		return none, nil
	}
	grace := day(e.set.Rules[codeAfterClosure]["grace_days"]) //nolint:gosec // days are small
	if e.facts.answers(ev, grace) {
		return confirmed, nil
	}
	c := e.facts.cases[ev.Reference]
	switch {
	case c == nil:
	case !c.Closed.IsZero() && dayOf(ev.Time) > dayOf(c.Closed)+grace:
		return closed, c
	case c.Incident && (len(c.Allocated) == 0 || ev.hasRole(roleControlRoom)), c.works(ev):
		if len(c.People) > 0 && ev.person() != 0 && !overlap(ev.Terms, c.People) {
			return outside, c
		}
		return confirmed, c
	}
	claimOf, ok := a.claims[ev.Reference]
	if !ok {
		claimOf = &claim{persons: map[Code]day{}}
		a.claims[ev.Reference] = claimOf
	}
	people := claimOf.use(ev.person(), dayOf(ev.Time))
	a.today.references[ev.Reference] = true
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

const (
	reasonThreat    = "THREAT_TO_LIFE"
	roleControlRoom = "control_room"
	rolePSD         = "psd"
	roleAuditor     = "auditor"
)

func (e *Engine) grace() time.Duration {
	return time.Duration(e.set.Rules[codeOffRoster]["grace_minutes"]) * time.Minute
}
