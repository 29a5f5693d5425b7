package main

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/devstack/demo"
)

// people are the questions about those in the register.
type people struct {
	// known are the people that are asked for: all, or every so many of millions.
	known []demo.Nominal
	// questions are of all kinds, shuffled; byKind are the same by kind.
	questions []question
	byKind    [][]question
	// heavy are the commonest surnames among them, the commonest first.
	heavy []string
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

const (
	questionsEach = 2000    // questions of each kind
	maxKnown      = 200_000 // people that are held to ask for
	heavySurnames = 10      // how many of the commonest count as heavy
)

func gather(n int, seed uint64) *people {
	p := &people{byKind: make([][]question, len(kinds))}
	every := (n + maxKnown - 1) / maxKnown
	surnames := map[string]int{}
	i := 0
	for nominal := range demo.People(n, seed) {
		if i++; i%every == 0 {
			p.known = append(p.known, nominal)
			surnames[nominal.Surname]++
		}
	}
	p.heavy = slices.SortedFunc(maps.Keys(surnames), func(a, b string) int {
		return cmp.Or(cmp.Compare(surnames[b], surnames[a]), strings.Compare(a, b))
	})
	p.heavy = p.heavy[:min(len(p.heavy), heavySurnames)]
	r := rand.New(rand.NewPCG(seed, 99)) //nolint:gosec // must repeat, protects nothing
	for range questionsEach {
		for kind := range kinds {
			q := p.ask(r, kind)
			p.questions = append(p.questions, q)
			p.byKind[kind] = append(p.byKind[kind], q)
		}
	}
	r.Shuffle(len(p.questions), func(i, j int) { p.questions[i], p.questions[j] = p.questions[j], p.questions[i] })
	return p
}

// ask makes a question of a kind about somebody for whom it can be asked.
func (p *people) ask(r *rand.Rand, kind int) question {
	for {
		n := &p.known[r.IntN(len(p.known))]
		if len(n.DOB) != len(time.DateOnly) || len(n.Surname) < 5 || len(n.Given[0]) < 4 {
			continue
		}
		if kinds[kind].heavy && !slices.Contains(p.heavy, n.Surname) {
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
