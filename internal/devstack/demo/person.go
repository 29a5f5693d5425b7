package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// today is the day the data are as of: fixed, so that they never change.
var today = time.Date(2026, time.June, 30, 0, 0, 0, 0, time.UTC)

// person is the truth about one invented human being.
type person struct {
	number    int
	origin    int
	female    bool
	given     []string
	surname   string
	birth     time.Time
	ethnicity string
	home      Address
	force     int // position in territorial
	phone     string
	email     string
	handle    Identifier
	pnc       string
	cro       string
	vehicle   string
}

// newPerson makes a person of at least minAge; about one in so many is a woman.
func newPerson(r *rand.Rand, number, minAge, women, force int, phone string) person {
	b := theBook()
	p := person{number: number, origin: b.origin.index(r), female: r.IntN(women) == 0, force: force, phone: phone}
	p.given = []string{b.givenOf(r, p.origin, p.female)}
	if r.IntN(10) < 6 {
		if middle := b.givenOf(r, p.origin, p.female); middle != p.given[0] {
			p.given = append(p.given, middle)
		}
	}
	p.surname = b.surnameOf(r, p.origin)
	// Ages thin out from the twenties on.
	years := float64(minAge) + 60*(1-(r.Float64()+r.Float64())/2)*r.Float64()
	p.birth = today.AddDate(0, 0, -int(years*365.25)-r.IntN(300))
	p.ethnicity = one(r, origins[p.origin].ethnicities)
	p.home = address(r, force)
	p.contact(r)
	return p
}

// contact gives what belongs to this very name and birth.
func (p *person) contact(r *rand.Rand) {
	name := ascii(p.given[0]) + "." + ascii(p.surname)
	p.email = fmt.Sprintf("%s%d@example.%s", name, p.birth.Year()%100*100+r.IntN(100), one(r, []string{"com", "org", "net"}))
	p.handle = Identifier{
		Kind:     "HANDLE",
		Platform: one(r, []string{"instagram", "facebook", "snapchat", "tiktok", "x"}),
		Value:    fmt.Sprintf("%s_%s%d", ascii(p.given[0]), ascii(p.surname)[:min(4, len(ascii(p.surname)))], r.IntN(10_000)),
	}
	arrested := p.birth.Year() + 14 + r.IntN(8)
	p.pnc, p.cro = pncID(r, arrested), cro(r, arrested)
	p.vehicle = vehicle(r)
}

var plainLetters = strings.NewReplacer("ç", "c", "ô", "o")

func ascii(s string) string {
	s = plainLetters.Replace(strings.ToLower(s))
	return strings.Map(func(c rune) rune {
		if c < 'a' || c > 'z' {
			return -1
		}
		return c
	}, s)
}

func (p person) sex() string {
	if p.female {
		return "F"
	}
	return "M"
}

// nominal records the person as one force knows him. The first force writes all down
// rightly; each further one has its own mistakes and gaps.
func (p person) nominal(r *rand.Rand, force, copyNumber int) Nominal {
	n := Nominal{
		Force: territorial[force].code, System: systemOf(force), Revision: 1, Person: p.number,
		Reference: fmt.Sprintf("NOM/%07d", r.IntN(10_000_000)),
		Given:     append([]string(nil), p.given...), Surname: p.surname,
		DOB: p.birth.Format(time.DateOnly), Sex: p.sex(), Ethnicity: p.ethnicity,
		Addresses: []Address{p.home},
	}
	n.keep(r, 75, "PHONE", "", p.phone)
	n.keep(r, 45, "EMAIL", "", p.email)
	n.keep(r, 35, "HANDLE", p.handle.Platform, p.handle.Value)
	n.keep(r, 40, "PNC_ID", "", p.pnc)
	n.keep(r, 20, "CRO", "", p.cro)
	n.keep(r, 25, "VEHICLE", "", p.vehicle)
	if copyNumber > 0 {
		blur(r, &n, p, force)
	}
	if r.IntN(6) == 0 {
		n.Aliases = append(n.Aliases, alias(r, p))
	}
	return n
}

func (n *Nominal) keep(r *rand.Rand, percent int, kind, platform, value string) {
	if r.IntN(100) < percent {
		n.Identifiers = append(n.Identifiers, Identifier{Kind: kind, Platform: platform, Value: value})
	}
}

// systemOf names a force's crime system.
func systemOf(force int) string { return [...]string{"niche", "athena", "connect"}[force%3] }

func alias(r *rand.Rand, p person) Alias {
	b := theBook()
	switch r.IntN(3) {
	case 0: // a short form or street name
		return Alias{Given: []string{shortForm(p.given[0])}, Surname: p.surname, Kind: "ALIAS"}
	case 1: // a name borne before
		return Alias{Given: p.given[:1], Surname: b.surnameOf(r, p.origin), Kind: "FORMER"}
	default:
		return Alias{Given: []string{b.givenOf(r, p.origin, p.female)}, Surname: p.surname, Kind: "ALIAS"}
	}
}

var shortForms = map[string]string{
	"Christopher": "Chris", "Michael": "Mick", "Matthew": "Matt", "Daniel": "Dan", "Anthony": "Tony",
	"Robert": "Bob", "William": "Billy", "Thomas": "Tommy", "Stephen": "Steve", "David": "Dave",
	"James": "Jamie", "Joseph": "Joe", "Benjamin": "Ben", "Samuel": "Sam", "Alexander": "Alex",
	"Andrew": "Andy", "Richard": "Rick", "Nicholas": "Nick", "Katherine": "Kate", "Elizabeth": "Liz",
	"Jennifer": "Jenny", "Rebecca": "Becky", "Samantha": "Sam", "Jessica": "Jess", "Victoria": "Vicky",
	"Callum": "Cal", "Joshua": "Josh", "Jonathan": "Jon", "Edward": "Ted", "Charles": "Charlie",
}

func shortForm(given string) string {
	if s, ok := shortForms[given]; ok {
		return s
	}
	if len(given) > 4 && given[2] < 0x80 && given[3] < 0x80 {
		return given[:3] // as on the street: "Dar", "Mar"
	}
	return given
}
