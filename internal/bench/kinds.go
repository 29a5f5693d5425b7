package main

import (
	"math/rand/v2"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/devstack/demo"
)

// kind is a way to look for somebody.
type kind struct {
	name string
	// heavy asks for bearers of the commonest surnames alone.
	heavy bool
	// ask returns nil when it cannot be asked of this one. It fills in how the
	// peer is asked.
	ask func(*rand.Rand, *demo.Nominal, *question) *registerv1.SearchCriteria
}

// kinds are the ways people are looked for; each has the same share.
var kinds = []kind{
	{name: "name and date of birth", ask: exactly},
	{name: "slip in the forename", ask: func(r *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		return named(q, append([]string{slip(r, n.Given[0])}, n.Given[1:]...), n.Surname, n.DOB)
	}},
	{name: "slip in the surname", ask: func(r *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		return named(q, n.Given, slip(r, n.Surname), n.DOB)
	}},
	{name: "slips in both names, a part of the date wrong", ask: func(r *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		return named(q, append([]string{slip(r, n.Given[0])}, n.Given[1:]...), slip(r, n.Surname), wrongDate(r, n.DOB))
	}},
	{name: "surname with a slip, year of birth", ask: func(r *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		c := named(q, nil, slip(r, n.Surname), n.DOB)
		c.BirthDate = &registerv1.PartialDate{Year: c.GetBirthDate().GetYear()}
		return c
	}},
	{name: "name only", ask: func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		return named(q, n.Given, n.Surname, "")
	}},
	{name: "one of the ten commonest surnames, forename and date of birth", heavy: true, ask: exactly},
	{name: "telephone only", ask: func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		if i := identifier(n, "PHONE", q, peerPhone); i != nil {
			return &registerv1.SearchCriteria{Phones: []string{i.Value}}
		}
		return nil
	}},
	{name: "handle only", ask: func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		if i := identifier(n, "HANDLE", q, peerHandle); i != nil {
			return &registerv1.SearchCriteria{Handles: []*registerv1.Handle{{Value: i.Value, Platform: i.Platform}}}
		}
		return nil
	}},
	{name: "vehicle only", ask: func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		if i := identifier(n, "VEHICLE", q, peerVehicle); i != nil {
			return &registerv1.SearchCriteria{Vehicles: []string{i.Value}}
		}
		return nil
	}},
	{name: "postcode and first name", ask: func(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
		if len(n.Addresses) == 0 {
			return nil
		}
		q.peer, q.args = peerPostcode, []any{n.Addresses[0].Postcode, n.Given[0]}
		return &registerv1.SearchCriteria{
			Names: []*registerv1.PersonName{{Given: n.Given[0]}}, Postcodes: []string{n.Addresses[0].Postcode},
		}
	}},
}

func exactly(_ *rand.Rand, n *demo.Nominal, q *question) *registerv1.SearchCriteria {
	return named(q, n.Given, n.Surname, n.DOB)
}
