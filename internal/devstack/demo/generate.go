package demo

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
)

// firstVictim numbers victims apart from nominals' persons.
const firstVictim = 10_000_000

// Generate makes the demonstration set: the heroes first, then nominals of all 43
// forces with their courses. About one person in six is known to several forces.
func Generate(o Options) []Nominal {
	if o.Nominals <= 0 {
		o.Nominals = 1000
	}
	r := random(o.Seed, 1)
	out := Heroes()
	references := map[string]bool{}
	for _, n := range out {
		references[n.Force+n.Reference] = true
	}
	number := len(out)
	for force := 0; len(out) < o.Nominals; force++ {
		at := force
		if force >= len(territorial) { // each force once, then by population
			at = forcePicker.index(r)
		}
		p := newPerson(r, number, 17, 6, at, phone(r))
		number++
		victims := make([]Victim, 1+r.IntN(2)+r.IntN(2))
		for i := range victims {
			victims[i] = newVictim(r, firstVictim+number*10+i, p)
		}
		forces := []int{at}
		if r.IntN(6) == 0 {
			for range 1 + r.IntN(3) {
				if next := forcePicker.index(r); !slices.Contains(forces, next) {
					forces = append(forces, next)
				}
			}
		}
		for i, f := range forces {
			if len(out) == o.Nominals {
				break
			}
			n := p.nominal(r, f, i)
			for references[n.Force+n.Reference] {
				n.Reference = fmt.Sprintf("NOM/%07d", r.IntN(10_000_000))
			}
			references[n.Force+n.Reference] = true
			courses(r, &n, victims)
			// A few records are restricted, evenly over the set.
			switch len(out) % 250 {
			case 100:
				n.Restriction = "SILENT"
			case 150:
				n.Restriction = "CONTACT"
			case 200:
				n.Restriction = "SAFETY"
			}
			out = append(out, n)
		}
	}
	return out
}

// People yields n nominals without conduct, for measurements; n may be millions. Names
// are skewed as in life; there are households, twins, and people whom several forces
// know. A longer run begins with the shorter one of the same seed.
func People(n int, seed uint64) iter.Seq[Nominal] {
	return func(yield func(Nominal) bool) {
		r := random(seed, 2)
		made := 0
		send := func(n Nominal) bool {
			n.Reference = fmt.Sprintf("NOM/%09d", made) // unique over the whole run
			made++
			return yield(n)
		}
		for number := 0; made < n; number++ {
			force := forcePicker.index(r)
			p := newPerson(r, number, 16, 5, force, phoneAtScale(r))
			again := []person{p}
			switch r.IntN(100) {
			case 0: // a twin
				number++
				again = append(again, p.twin(r, number))
			case 1, 2, 3, 4, 5: // the same household
				number++
				again = append(again, p.housemate(r, number))
			case 6, 7, 8, 9, 10, 11, 12, 13: // the same person in another force
				again = append(again, p)
			}
			for i, q := range again {
				at, copyNumber := force, 0
				if i > 0 && q.number == p.number {
					at, copyNumber = forcePicker.index(r), 1
				}
				if made == n || !send(q.nominal(r, at, copyNumber)) {
					return
				}
			}
		}
	}
}

// twin shares surname, day of birth and home.
func (p person) twin(r *rand.Rand, number int) person {
	q := p
	q.number = number
	q.given = []string{p.given[0]}
	for q.given[0] == p.given[0] {
		q.given[0] = theBook().givenOf(r, p.origin, p.female)
	}
	q.phone = phoneAtScale(r)
	q.contact(r)
	return q
}

// housemate shares the home and, mostly, the surname.
func (p person) housemate(r *rand.Rand, number int) person {
	q := newPerson(r, number, 16, 3, p.force, phoneAtScale(r))
	q.home = p.home
	if r.IntN(4) > 0 {
		q.origin, q.surname, q.ethnicity = p.origin, p.surname, p.ethnicity
		q.given = []string{theBook().givenOf(r, q.origin, q.female)}
		q.contact(r)
	}
	return q
}

func random(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream)) // #nosec G404 -- must repeat, protects nothing
}
