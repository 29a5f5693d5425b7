package main

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/perpetrator-register/register/internal/devstack"
	"github.com/perpetrator-register/register/internal/devstack/demo"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/view"
)

// maxLinked bounds the people that links are judged on.
const maxLinked = 300_000

// nationalDay is how many stalking offences are recorded in England and Wales on
// a day: 116,792 in a year (Office for National Statistics).
const nationalDay = 116792.0 / 365

// links judges what registering would link, on people of whom it is known who
// is who: each is compared with those before, and linked to the most like
// nominal of each person.
func (r *run) links(ctx context.Context) error {
	type tally struct{ automatic, proposed [2]int } // wrong, right
	var t tally
	x := identity.NewIndex()
	persons := newPersons()
	truth := make([]int, 0, min(r.Nominals, maxLinked))
	known := map[int]int{} // nominals so far of each person
	again, met := 0, 0
	for n := range demo.People(min(r.Nominals, maxLinked), r.Seed) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var id identity.ID
		binary.BigEndian.PutUint64(id[8:], uint64(len(truth))+1)
		record := view.Record(devstack.NominalRequest(&n).GetNominal())
		likes, _ := x.Lookalikes(id, record, 50)
		me := persons.add()
		linked := false
		settled := map[int]bool{}
		var joins []int
		for _, like := range likes {
			other := int(binary.BigEndian.Uint64(like.ID[8:])) - 1 //nolint:gosec // a place in truth
			if settled[persons.root(other)] {
				continue
			}
			settled[persons.root(other)] = true
			right := 0
			if truth[other] == n.Person {
				right, linked = 1, true
			}
			if like.Verdict == identity.VerdictAutomatic {
				t.automatic[right]++
				joins = append(joins, other)
				continue
			}
			t.proposed[right]++
		}
		for _, other := range joins {
			persons.join(me, other)
		}
		if known[n.Person]++; known[n.Person] > 1 {
			again++
			if linked {
				met++
			}
		}
		truth = append(truth, n.Person)
		x.Put(id, n.Force, record)
	}
	share := func(c [2]int) string {
		return fmt.Sprintf("%d, %.4f right", c[0]+c[1], float64(c[1])/float64(max(1, c[0]+c[1])))
	}
	perRegistration := float64(t.proposed[0]+t.proposed[1]) / float64(len(truth))
	r.out.heading("Links")
	r.out.table([]string{"what", "figure"}, [][]string{
		{"nominals registered one after the other", fmt.Sprint(len(truth))},
		{"of persons known already; of these linked or proposed to be", fmt.Sprintf("%d; %.4f", again, float64(met)/float64(max(1, again)))},
		{"linked automatically", share(t.automatic)},
		{"proposed to people", share(t.proposed)},
		{"proposals a day at national volume", fmt.Sprintf("%.0f (%.3f a registration, %.0f registrations a day)", perRegistration*nationalDay, perRegistration, nationalDay)},
	})
	return nil
}

// persons are the persons that automatic links make.
type persons struct{ up []int }

func newPersons() *persons { return &persons{} }

func (p *persons) add() int {
	p.up = append(p.up, len(p.up))
	return len(p.up) - 1
}

func (p *persons) root(i int) int {
	for p.up[i] != i {
		i = p.up[i]
	}
	return i
}

func (p *persons) join(a, b int) { p.up[p.root(a)] = p.root(b) }
