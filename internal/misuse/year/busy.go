package year

import (
	"time"

	"github.com/perpetrator-register/register/internal/misuse"
)

// How a busy force works: chances and means, set by judgement.
const (
	teamSearches   = 0.8   // of a detective and day, on the cases of his team
	liveSearches   = 2.0   // further people of a live incident, on average
	bigIncident    = 0.004 // of a control room's shift: one that takes dozens of searches
	questionsShift = 2.0   // other forces' questions that a SPOC answers
	putThrough     = 0.75  // of them through the register, the others by telephone
	ranked         = 40    // people under review at a time
	replaced       = 0.1   // of them each week
	reviewShift    = 8.0   // searches of the proactive unit on its other days
	moves          = 0.005 // of the staff each week
	briefings      = 0.01  // of a supervisor's shifts: those whom his shift looks out for
	manhunt        = 45    // days between two
)

// busyForce is what only a busy force has.
type busyForce struct {
	list      []*human // who is under review
	operation *matter  // under which, renewed each quarter
	due       []due
}

// due is something that the force gets round to on a later day.
type due struct {
	day int
	do  func()
}

func (y *Year) later(days int, do func()) {
	y.force.due = append(y.force.due, due{y.day + days, do})
}

// bankHolidays are those of 2026 in England and Wales, and New Year's Eve, as days of
// the year from 0.
var bankHolidays = map[int]bool{0: true, 92: true, 95: true, 123: true, 144: true, 242: true, 358: true, 361: true, 364: true}

func (y *Year) weekday(day int) time.Weekday { return y.start.AddDate(0, 0, day).Weekday() }

// season is how much more than usual happens on a day.
func (y *Year) season(day int) float64 {
	more := 1.0
	switch y.weekday(day) {
	case time.Friday:
		more = 1.4
	case time.Saturday:
		more = 1.7
	case time.Sunday:
		more = 1.2
	case time.Monday, time.Tuesday, time.Wednesday, time.Thursday:
		more = 0.8
	}
	if bankHolidays[day%365] {
		more *= 1.5
	}
	if month := y.start.AddDate(0, 0, day).Month(); month >= time.June && month <= time.August {
		more *= 1.1
	}
	return more
}

func busyWork(i int) work {
	switch n := i % 50; {
	case n < 18:
		return investigates
	case n < 38:
		return responds
	case n < 43:
		return controls
	case n < 47:
		return supervises
	case n < 48:
		return reviews
	}
	return triages
}

// busyUnits makes units of people who do the same, each with its supervisors.
func (y *Year) busyUnits() {
	next := 0
	for _, w := range []work{investigates, responds, controls, reviews, triages} {
		n := 0
		for _, u := range y.users {
			if u.work != w {
				continue
			}
			if n%11 == 0 {
				next++
			}
			y.join(u, next-1)
			n++
		}
	}
	n := 0
	for _, u := range y.users {
		if u.work == supervises {
			y.join(u, n%next)
			n++
		}
	}
}

// busyShift: detectives, SPOCs and the proactive unit work by day from Monday to Friday,
// with a weekend in six, and not on bank holidays; the others two days and two nights of
// twelve hours, and four off.
func (y *Year) busyShift(u *user, day int) (from, until float64, ok bool) {
	if u.work != responds && u.work != controls && u.work != supervises {
		if bankHolidays[day%365] {
			return 0, 0, false
		}
		if w := y.weekday(day); w == time.Saturday || w == time.Sunday {
			return 9, 17, (day/7+u.turn)%6 == 0
		}
		return 8, 16, true
	}
	switch (day + u.turn) % 8 {
	case 0, 1:
		return 7, 19, true
	case 2, 3:
		return 19, 31, true
	}
	return 0, 0, false
}

// busyDay is what happens to the force on a day: people move, lists change, and what was
// put off is told.
func (y *Year) busyDay() {
	kept := y.force.due[:0]
	for _, d := range y.force.due {
		if d.day > y.day {
			kept = append(kept, d)
			continue
		}
		d.do()
	}
	y.force.due = kept
	if y.day%91 == 0 {
		y.renews()
	}
	if y.day%7 == 4 { // Mondays
		for i := range y.force.list {
			if y.chance(replaced) {
				y.force.list[i] = y.ofCases()
			}
		}
		for range y.poisson(moves * float64(len(y.users))) {
			y.moves(y.users[y.r.IntN(len(y.users))])
		}
	}
	if y.day%manhunt == 20 {
		y.manhunt()
	}
}

// ofCases is somebody whom the force investigates, or anybody.
func (y *Year) ofCases() *human {
	if len(y.cases) > 0 && y.chance(0.7) {
		return y.cases[y.r.IntN(len(y.cases))].suspect
	}
	return y.anybody()
}

// renews begins the proactive unit's operation of the quarter. It is told of days after;
// the old one is closed at once.
func (y *Year) renews() {
	if old := y.force.operation; old != nil {
		old.ends = y.day
	}
	var unit []*user
	for _, u := range y.users {
		if u.work == reviews {
			unit = append(unit, u)
		}
	}
	m := y.opens(7, false, 1000, unit...)
	m.named, m.circle, m.register = nil, nil, -1
	y.force.operation = m
	for len(y.force.list) < ranked {
		y.force.list = append(y.force.list, y.anybody())
	}
	y.later(y.r.IntN(4), func() { y.fact(7.5, m.tell(time.Time{})) })
}

// moves has a user change his unit: he hands over his cases, and for some time neither the
// roster nor what is told of staff and cases knows.
func (y *Year) moves(u *user) {
	if u.misuse != 0 || u.work == reviews {
		return
	}
	from := y.units[u.unit]
	to := u.unit
	for range 20 {
		if n := y.r.IntN(len(y.units)); n != u.unit && y.units[n][0].work == from[0].work {
			to = n
			break
		}
	}
	if to == u.unit || len(from) < 3 {
		return
	}
	for i, o := range from {
		if o == u {
			y.units[u.unit] = append(from[:i:i], from[i+1:]...)
			break
		}
	}
	old := u.unit
	y.join(u, to)
	u.turn = y.r.IntN(8)
	y.later(1+y.r.IntN(21), func() { y.fact(8, func(f *misuse.Facts) { f.PutStaff(y.staff(u, y.close(u)...)) }) })
	for _, m := range u.own {
		heir := y.units[old][y.r.IntN(len(y.units[old]))]
		if y.chance(0.15) || has(m.workers, heir) { // he sees it through
			continue
		}
		for i, w := range m.workers {
			if w == u {
				m.workers[i] = heir
			}
		}
		heir.own = append(heir.own, m)
		y.later(y.r.IntN(8), func() {
			if m.ends > y.day {
				y.fact(8, m.tell(time.Time{}))
			}
		})
	}
	kept := u.own[:0]
	for _, m := range u.own {
		if has(m.workers, u) {
			kept = append(kept, m)
		}
	}
	u.own = kept
}

// shared puts a case to the whole team, where teams share their caseload.
func (y *Year) shared(u *user, m *matter) {
	if y.o.Habits != Busy || u.unit%2 == 1 {
		return
	}
	for _, o := range y.units[u.unit] {
		if !has(m.workers, o) {
			m.workers = append(m.workers, o)
		}
	}
}
