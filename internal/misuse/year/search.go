package year

import (
	"time"

	"github.com/perpetrator-register/register/internal/misuse"
)

// search has a user look somebody up for a matter, with the slips that people make.
// n is the number of the story it belongs to, 0 for honest work.
func (y *Year) search(u *user, at time.Time, whom *human, m *matter, n int) {
	ev := y.asks(u, at, whom)
	ev.Reason = "CRIME_INVESTIGATION"
	if m != nil {
		ev.Reference = m.reference()
	}
	if n == 0 {
		if y.chance(y.chances.helps) {
			if o := y.users[y.r.IntN(len(y.users))]; len(o.own) > 0 {
				ev.Reference = o.own[0].reference()
			}
		}
		if u.work == controls && y.chance(0.2) && m != nil {
			ev.OnBehalfOf = m.workers[0].collar()
		}
		forgets, mistypes := u.care*y.chances.forgets, u.care*y.chances.mistypes
		switch x := y.r.Float64(); {
		case x < forgets:
			ev.Reference = 0
		case x < forgets+mistypes:
			ev.Reference = code("mistyped", y.r.Int())
		case x < forgets+mistypes+y.chances.noReference && (u.work == responds || u.work == controls):
			ev.Reference, ev.Reason = 0, "THREAT_TO_LIFE"
		}
	}
	y.items = append(y.items, Item{Event: ev, Misuse: n})
}

// asks is a search as typed.
func (y *Year) asks(u *user, at time.Time, whom *human) misuse.Event {
	ev := misuse.Event{Time: at, Kind: misuse.Look, Actor: u.subject, Force: Force, Roles: []string{u.role}}
	misspelt := y.chance(misspells)
	switch {
	case misspelt:
		ev.Terms = []misuse.Code{code("misspelt", y.r.Int())}
	case y.chance(0.1):
		ev.Terms = []misuse.Code{whom.telephone()}
	case y.chance(0.6):
		ev.Terms = []misuse.Code{whom.name(), whom.identity(), whom.family()}
	default:
		ev.Terms = []misuse.Code{whom.name(), whom.family()}
	}
	if y.chance(0.3) && !misspelt {
		ev.Terms = append(ev.Terms, whom.address())
	}
	if whom.registered {
		ev.Found, ev.Records = 1, []misuse.Code{whom.record()}
	}
	if y.chance(tooWide) {
		ev.Wide, ev.Found = true, 10
		ev.Records = []misuse.Code{code("record", y.r.Int())}
	}
	return ev
}
