package year

import (
	"time"

	"github.com/perpetrator-register/register/internal/misuse"
)

// matter is a case or an incident.
type matter struct {
	serial   int
	incident bool
	workers  []*user
	suspect  *human
	circle   []*human // others whom it brings up
	named    []*human // whom the force's record of it names
	opened   time.Time
	ends     int // the day on which it is closed
	register int // the day on which the suspect is registered, -1 for never
	parties  []string
}

func (m *matter) reference() misuse.Code { return code("reference", m.serial) }

// tell gives the case to the facts.
func (m *matter) tell(closed time.Time) func(*misuse.Facts) {
	c := misuse.Case{References: []misuse.Code{m.reference()}, Force: Force, Incident: m.incident, Parties: m.parties, Opened: m.opened, Closed: closed}
	for _, w := range m.workers {
		c.Allocated = append(c.Allocated, w.subject, w.collar())
	}
	for _, h := range m.named {
		c.People = append(c.People, h.name(), h.identity())
	}
	at := m.opened
	if !closed.IsZero() {
		at = closed
	}
	return func(f *misuse.Facts) { f.PutCase(c, at) }
}

// How honest people work: chances and means, set by judgement.
const (
	casesEach      = 9.0  // open cases of a detective
	caseDays       = 55.0 // how long a case lasts on average
	searchesADay   = 4.0  // of a detective
	incidentsShift = 3.0  // of a response officer
	controlShift   = 18.0 // incidents of a control room operator
	reviewsShift   = 4.0  // searches of a supervisor
	triageShift    = 9.0

	misspells   = 0.04
	tooWide     = 0.01
	namesPeople = 0.6  // cases whose record names people
	reopens     = 0.02 // closed cases that are looked at again
	registers   = 0.35 // cases whose suspect is registered
)

func (y *Year) anybody() *human { return &y.town.people[y.r.IntN(len(y.town.people))] }

// opens begins a case or an incident.
func (y *Year) opens(hour float64, incident bool, days int, workers ...*user) *matter {
	y.serial++
	m := &matter{serial: y.serial, incident: incident, workers: workers, suspect: y.anybody(), opened: y.at(hour), ends: y.day + days, register: -1}
	for range y.poisson(2) {
		m.circle = append(m.circle, y.anybody())
	}
	if y.chance(namesPeople) && !incident {
		m.named = []*human{m.suspect}
		for _, h := range m.circle {
			if y.chance(0.5) {
				m.named = append(m.named, h)
			}
		}
	}
	if y.chance(registers) {
		m.register = y.day + y.r.IntN(12)
	}
	y.cases = append(y.cases, m)
	return m
}

// live makes a day of the force.
func (y *Year) live() {
	if y.day == 0 {
		for _, u := range y.users {
			y.fact(0, func(f *misuse.Facts) { f.PutStaff(y.staff(u, y.close(u)...)) })
		}
	}
	if y.o.Habits == Busy {
		y.busyDay()
	}
	y.rosters()
	y.closing()
	for _, u := range y.users {
		from, until, ok := y.shift(u, y.day)
		if !ok {
			if !y.chance(y.chances.swaps) {
				continue
			}
			from, until = 9, 15
		}
		if y.chance(y.chances.overtime) {
			until += 1 + 2*y.r.Float64()
			if y.o.Habits == Steady {
				until = min(23.9, until)
			}
		}
		if y.o.Habits == Busy {
			y.busyWorks(u, from, until)
		} else {
			y.works(u, from, until)
		}
	}
	y.registered()
	for _, s := range y.stories {
		s.play(y, s)
	}
	y.news()
}

// rosters tells, every Thursday, of the shifts until the next but one.
func (y *Year) rosters() {
	if y.day%7 != 0 {
		return
	}
	first := y.start.AddDate(0, 0, y.day-1)
	for _, u := range y.users {
		var shifts []misuse.Shift
		for d := y.day - 1; d < y.day+8; d++ {
			if from, until, ok := y.shift(u, d); ok {
				day := y.start.AddDate(0, 0, d)
				shifts = append(shifts, misuse.Shift{From: day.Add(time.Duration(from * float64(time.Hour))), Until: day.Add(time.Duration(until * float64(time.Hour)))})
			}
		}
		y.fact(0.1, func(f *misuse.Facts) { f.PutShifts(u.subject, first, first.AddDate(0, 0, 8), shifts) })
	}
}

// closing closes what has come to its end; now and then somebody looks at it again.
func (y *Year) closing() {
	kept := y.cases[:0]
	for _, m := range y.cases {
		if m.ends > y.day {
			kept = append(kept, m)
			continue
		}
		y.fact(1, m.tell(y.at(1)))
		for _, w := range m.workers {
			w.drop(m)
			if !m.incident && y.chance(reopens) {
				y.search(w, y.at(9+6*y.r.Float64()), m.suspect, m, 0)
			}
		}
	}
	y.cases = kept
}

func (u *user) drop(m *matter) {
	for i, o := range u.own {
		if o == m {
			u.own = append(u.own[:i], u.own[i+1:]...)
			return
		}
	}
}

// registered has the crime system register suspects when their day has come.
func (y *Year) registered() {
	for _, m := range y.cases {
		if m.register != y.day {
			continue
		}
		m.suspect.registered = true
		y.items = append(y.items, Item{Event: misuse.Event{
			Time: y.at(2 + 20*y.r.Float64()), Kind: misuse.Registration, Actor: "33/rms", Force: Force, Roles: []string{"system"},
			Terms: []misuse.Code{m.suspect.name(), m.suspect.identity(), m.suspect.family(), m.suspect.address()}, Records: []misuse.Code{m.suspect.record()},
		}})
	}
}

// works makes a user's shift.
func (y *Year) works(u *user, from, until float64) {
	when := func() float64 { return from + (until-from)*y.r.Float64() }
	switch u.work {
	case investigates:
		y.detects(u, when, searchesADay)
	case responds:
		for range y.poisson(incidentsShift) {
			hour := when()
			y.attends(u, hour, y.incident(hour, u))
		}
	case controls:
		for range y.poisson(controlShift) {
			hour := when()
			patrol := y.users[y.r.IntN(len(y.users))]
			m := y.incident(hour, patrol)
			y.search(u, y.at(hour+0.05), m.suspect, m, 0)
		}
	case supervises:
		for range y.poisson(reviewsShift) {
			if m := y.ofUnit(u); m != nil {
				y.search(u, y.at(when()), m.suspect, m, 0)
			}
		}
	case triages:
		for range y.poisson(triageShift) {
			hour := when()
			m := y.incident(hour, u)
			y.search(u, y.at(hour+0.05), m.suspect, m, 0)
		}
	case reviews: // steady forces have no such unit
	}
}

// detects is a detective's day: new cases, and searches on those he has.
func (y *Year) detects(u *user, when func() float64, searches float64) {
	for len(u.own) == 0 || y.chance(casesEach/caseDays*7/5) {
		if float64(len(u.own)) > 2*casesEach {
			break
		}
		hour := when()
		m := y.opens(hour, false, 3+int(y.r.ExpFloat64()*caseDays), u)
		if boss := y.mate(u); y.chance(0.3) && boss != u {
			m.workers = append(m.workers, boss)
			boss.own = append(boss.own, m)
		}
		y.shared(u, m)
		u.own = append(u.own, m)
		y.fact(min(23.5, hour+2*y.r.Float64()), m.tell(time.Time{}))
		y.attends(u, hour, m)
	}
	for range y.poisson(searches) {
		m := u.own[y.r.IntN(len(u.own))]
		whom := m.suspect
		if len(m.circle) > 0 && y.chance(0.5) {
			whom = m.circle[y.r.IntN(len(m.circle))]
		}
		if y.chance(0.15) { // somebody whom the enquiry leads to
			whom = y.anybody()
		}
		y.search(u, y.at(when()), whom, m, 0)
	}
}

// incident is a call for service of this day, which the force tells of at once or
// in the evening.
func (y *Year) incident(hour float64, attends *user) *matter {
	m := y.opens(hour, true, y.chances.incidentDays+y.r.IntN(3), attends)
	told := hour
	if y.chance(y.chances.lateTold) {
		told = 23.5
		if y.o.Habits == Busy { // a backlog, which may go on until the next evening
			told = min(hour+4+14*y.r.Float64(), 47.5)
		}
	}
	y.fact(told, m.tell(time.Time{}))
	return m
}

// attends is what somebody searches who comes new to a matter.
func (y *Year) attends(u *user, hour float64, m *matter) {
	y.search(u, y.at(hour+0.1), m.suspect, m, 0)
	for i, h := range m.circle {
		if y.chance(0.4) {
			y.search(u, y.at(hour+0.2+float64(i)/10), h, m, 0)
		}
	}
}

// ofUnit is a case of somebody in the user's unit; nil when there is none.
func (y *Year) ofUnit(u *user) *matter {
	for range 10 {
		other := y.mate(u)
		if len(other.own) > 0 {
			m := other.own[y.r.IntN(len(other.own))]
			if y.chance(0.5) && !has(m.workers, u) { // the force lists its supervisors sooner or later
				m.workers = append(m.workers, u)
				y.fact(12, m.tell(time.Time{}))
			}
			return m
		}
	}
	return nil
}

func has(list []*user, u *user) bool {
	for _, w := range list {
		if w == u {
			return true
		}
	}
	return false
}

// news is a lawful rush: something happens, and many search for one man under the
// one incident.
func (y *Year) news() {
	if y.r.IntN(60) != 0 {
		return
	}
	m := y.incident(8, y.users[0])
	for range y.o.Users / 50 {
		u := y.users[y.r.IntN(len(y.users))]
		m.workers = append(m.workers, u)
		y.search(u, y.at(9+8*y.r.Float64()), m.suspect, m, 0)
	}
	y.fact(8.5, m.tell(time.Time{}))
}
