package console

import (
	"fmt"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

type rankedView struct {
	Frame
	Persons []rankedPerson
}

// rankedPerson is a person of the force with how he compares with others.
type rankedPerson struct {
	Record, Name, Born string
	Score              string
	Reasons            []asked
	Unconfirmed        bool
	Duties             string
}

// showRanked lists who of the force is most urgent to be looked at.
func (c *Console) showRanked(v *visit) error {
	got, err := c.histories.ListRanked(v.ctx, &registerv1.ListRankedRequest{Parent: v.force(), PageSize: 50}, v.noted())
	if err != nil {
		return err
	}
	view := &rankedView{Frame: v.page("Ranked list")}
	for _, p := range got.GetPersons() {
		one := rankedPerson{
			Record: "/nominals/" + lastPart(p.GetNominal()), Name: p.GetDisplayName(), Born: partialDate(p.GetBirthDate()), Unconfirmed: p.GetUnconfirmed(),
			Score: fmt.Sprintf("%.0f", p.GetRanking().GetScore()),
		}
		if n := p.GetOpenDuties(); n > 0 {
			one.Duties = count(n, "open duty", "open duties")
		}
		one.Reasons = rankingReasons(p.GetRanking())
		view.Persons = append(view.Persons, one)
	}
	view.Back, view.BackText = "/work", "Work"
	view.Receipt = v.receipt()
	return v.show("ranked", view)
}

// rankingReasons are the parts of a ranking in words.
func rankingReasons(r *registerv1.Ranking) []asked {
	var out []asked
	for _, k := range r.GetComponents() {
		out = append(out, asked{k.GetTitle(), fmt.Sprintf("%s; %.1f of %d points", strings.TrimSuffix(k.GetReason(), "."), k.GetPoints(), k.GetWeight())})
	}
	return out
}
