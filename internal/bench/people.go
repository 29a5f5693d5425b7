package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/devstack/demo"
)

// people are those in the register, and the questions about them.
type people struct {
	all       []demo.Nominal
	questions []question
}

// question is one search, for the register and for its peer.
type question struct {
	kind    int
	request *registerv1.CreateSearchRequest
	// name is the name, as recorded, of the one looked for.
	name string
	// peer is the peer's statement and its arguments.
	peer int
	args []any
}

// questionsEach is how many questions there are of each kind.
const questionsEach = 2000

func gather(n int, seed uint64) *people {
	p := &people{all: make([]demo.Nominal, 0, n)}
	for nominal := range demo.People(n, seed) {
		p.all = append(p.all, nominal)
	}
	r := rand.New(rand.NewPCG(seed, 99)) //nolint:gosec // must repeat, protects nothing
	for range questionsEach {
		for kind := range kinds {
			p.questions = append(p.questions, p.ask(r, kind))
		}
	}
	r.Shuffle(len(p.questions), func(i, j int) { p.questions[i], p.questions[j] = p.questions[j], p.questions[i] })
	return p
}

// ask makes a question of a kind about somebody for whom it can be asked.
func (p *people) ask(r *rand.Rand, kind int) question {
	for {
		n := &p.all[r.IntN(len(p.all))]
		if len(n.DOB) != len(time.DateOnly) || len(n.Surname) < 5 || len(n.Given[0]) < 4 {
			continue
		}
		q := question{kind: kind, name: fullName(n.Given, n.Surname)}
		criteria := kinds[kind].ask(r, n, &q)
		if criteria == nil {
			continue
		}
		q.request = &registerv1.CreateSearchRequest{Search: &registerv1.Search{
			Reason: "CRIME_INVESTIGATION", Reference: fmt.Sprintf("33/%d/26", r.IntN(100_000)), Criteria: criteria,
		}}
		return q
	}
}

func fullName(given []string, surname string) string {
	return strings.TrimSpace(strings.Join(given, " ") + " " + surname)
}

// kinds are the ways people are looked for; each has the same share.
var kinds = []struct {
	name string
	// ask returns nil when it cannot be asked of this one. It fills in how the
	// peer is asked.
	ask func(*rand.Rand, *demo.Nominal, *question) *registerv1.SearchCriteria
}{
	{"name and date of birth", func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		return named(q, n.Given, n.Surname, n.DOB)
	}},
	{"slip in the surname", func(r *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		return named(q, n.Given, slip(r, n.Surname), n.DOB)
	}},
	{"slips in both names", func(r *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		return named(q, []string{slip(r, n.Given[0])}, slip(r, n.Surname), n.DOB)
	}},
	{"one part of the date wrong", func(r *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		return named(q, n.Given, n.Surname, wrongDate(r, n.DOB))
	}},
	{"name only", func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		return named(q, n.Given, n.Surname, "")
	}},
	{"telephone only", func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		if i := identifier(n, "PHONE", q, peerPhone); i != nil {
			return &registerv1.SearchCriteria{Phones: []string{i.Value}}
		}
		return nil
	}},
	{"handle only", func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		if i := identifier(n, "HANDLE", q, peerHandle); i != nil {
			return &registerv1.SearchCriteria{Handles: []*registerv1.Handle{{Value: i.Value, Platform: i.Platform}}}
		}
		return nil
	}},
	{"vehicle only", func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		if i := identifier(n, "VEHICLE", q, peerVehicle); i != nil {
			return &registerv1.SearchCriteria{Vehicles: []string{i.Value}}
		}
		return nil
	}},
	{"postcode and first name", func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		if len(n.Addresses) == 0 {
			return nil
		}
		q.peer, q.args = peerPostcode, []any{n.Addresses[0].Postcode, n.Given[0]}
		return &registerv1.SearchCriteria{
			Names: []*registerv1.PersonName{{Given: n.Given[0]}}, Postcodes: []string{n.Addresses[0].Postcode},
		}
	}},
}

func named(q *question, given []string, surname, dob string) *registerv1.SearchCriteria {
	q.peer, q.args = peerName, []any{fullName(given, surname)}
	c := &registerv1.SearchCriteria{Names: []*registerv1.PersonName{{Given: strings.Join(given, " "), Surname: surname}}}
	if day, err := time.Parse(time.DateOnly, dob); err == nil {
		c.BirthDate = &registerv1.PartialDate{Year: int32(day.Year()), Month: int32(day.Month()), Day: int32(day.Day())} //nolint:gosec // a date
	}
	return c
}

// identifier is the first of a kind, nil when there is none.
func identifier(n *demo.Nominal, kind string, q *question, peer int) *demo.Identifier {
	for i := range n.Identifiers {
		if n.Identifiers[i].Kind == kind {
			q.peer, q.args = peer, []any{n.Identifiers[i].Value}
			return &n.Identifiers[i]
		}
	}
	return nil
}

// slip makes one slip of the keyboard after the first letter.
func slip(r *rand.Rand, name string) string {
	letters := []rune(name)
	i := 1 + r.IntN(len(letters)-2)
	switch r.IntN(3) {
	case 0:
		return string(append(letters[:i:i], letters[i+1:]...))
	case 1:
		letters[i], letters[i+1] = letters[i+1], letters[i]
	default:
		letters[i] = []rune("abcdefghijklmnopqrstuvwxyz")[r.IntN(26)]
	}
	return string(letters)
}

// wrongDate changes year, month or day.
func wrongDate(r *rand.Rand, dob string) string {
	day, err := time.Parse(time.DateOnly, dob)
	if err != nil {
		return dob
	}
	y, m, d := day.Date()
	switch r.IntN(3) {
	case 0:
		y++
	case 1:
		m, d = m%12+1, min(d, 28)
	default:
		d = d%28 + 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}
