package year

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/perpetrator-register/register/internal/misuse"
)

// human is somebody who lives in the force's area.
type human struct {
	id, given, surname, born, postcode int
	registered                         bool
}

// town is all who live there. Names are as unequally borne as they are in life.
type town struct{ people []human }

const (
	surnames  = 4000
	forenames = 400
	births    = 20_000 // days on which they were born
)

// named draws a number below n, the low ones far more often.
func named(r *rand.Rand, n int) int {
	x := r.Float64()
	return int(float64(n) * x * x * x)
}

func newTown(r *rand.Rand, size int) town {
	t := town{people: make([]human, size)}
	for i := range t.people {
		t.people[i] = human{
			id: i, given: named(r, forenames), surname: named(r, surnames), born: r.IntN(births), postcode: r.IntN(size/40 + 1),
			registered: r.Float64() < 0.02,
		}
	}
	return t
}

// name, identity, family, address and telephone are what a search may hold of him.
func (h *human) name() misuse.Code      { return code("name", h.given, h.surname) }
func (h *human) identity() misuse.Code  { return code("name+birth", h.given, h.surname, h.born) }
func (h *human) family() misuse.Code    { return code("surname", h.surname) }
func (h *human) address() misuse.Code   { return code("postcode", h.postcode) }
func (h *human) telephone() misuse.Code { return code("phone", h.id) }
func (h *human) record() misuse.Code    { return code("record", h.id) }

// user is a member of staff.
type user struct {
	subject string
	role    string
	work    work
	unit    int
	self    *human
	turn    int     // where in the shift pattern he is
	care    float64 // how often he slips, as a multiple of what is usual
	own     []*matter
	misuse  int // the number of the story he is in
}

// work is what a user does.
type work uint8

const (
	investigates work = iota
	responds
	controls
	supervises
	triages
	reviews // the proactive unit: those who are ranked highest
)

// recruit makes the staff: people of the town.
func (y *Year) recruit() {
	for i := range y.o.Users {
		u := &user{subject: fmt.Sprintf("https://login.example/33#user%04d", i), role: "investigator", turn: y.r.IntN(8), care: 1}
		u.self = &y.town.people[y.r.IntN(len(y.town.people))]
		if u.work = steadyWork(i); y.o.Habits == Busy {
			u.work, u.care = busyWork(i), math.Exp(careless*y.r.NormFloat64())
		}
		switch u.work {
		case controls:
			u.role = "control_room"
		case supervises:
			u.role = "supervisor"
		case triages:
			u.role = "spoc"
		case investigates, responds, reviews:
		}
		y.users = append(y.users, u)
	}
	if y.o.Habits == Busy {
		y.busyUnits()
		return
	}
	for i, u := range y.users {
		y.join(u, i/12)
	}
}

func steadyWork(i int) work {
	switch n := i % 20; {
	case n < 8:
		return investigates
	case n < 15:
		return responds
	case n < 17:
		return controls
	case n < 19:
		return supervises
	}
	return triages
}

// join makes a user a member of a unit.
func (y *Year) join(u *user, unit int) {
	for len(y.units) <= unit {
		y.units = append(y.units, nil)
	}
	u.unit = unit
	y.units[unit] = append(y.units[unit], u)
}

// mate is somebody of the user's unit, perhaps himself.
func (y *Year) mate(u *user) *user { return y.units[u.unit][y.r.IntN(len(y.units[u.unit]))] }

// staff is what the force tells of a user.
func (y *Year) staff(u *user, associates ...*human) misuse.Staff {
	s := misuse.Staff{
		Subject: u.subject, Force: Force, Unit: code("unit", u.unit), Collars: []string{u.collar()},
		Identity: []misuse.Code{u.self.identity(), u.self.telephone()}, Names: []misuse.Code{u.self.name()},
		Surnames: []misuse.Code{u.self.family()}, Addresses: []misuse.Code{u.self.address()},
	}
	for _, a := range associates {
		s.Associates = append(s.Associates, a.identity(), a.name())
	}
	return s
}

func (u *user) collar() string { return u.subject[len(u.subject)-4:] }

// shift is when a user works on a day, in hours after midnight; ok is false on a day
// off. Detectives work by day, five of seven; the others two days, two lates, two
// nights (which begin at 22 and here end with the day) and two off.
func (y *Year) shift(u *user, day int) (from, until float64, ok bool) {
	if y.o.Habits == Busy {
		return y.busyShift(u, day)
	}
	if u.work == investigates || u.work == triages {
		return 8, 16, (day+u.turn)%7 < 5
	}
	switch (day + u.turn) % 8 {
	case 0, 1:
		return 7, 15, true
	case 2, 3:
		return 14, 22, true
	case 4, 5:
		return 16, 23.9, true
	}
	return 0, 0, false
}
