package conduct

import (
	"strings"

	"github.com/perpetrator-register/register/internal/refdata"
)

// traits are sets of behaviours and offences, from the reference data.
type traits struct {
	gravity                     [64]int
	visit, pattern, grave       Behaviours
	deadly, kill, fear          Behaviours
	stalking, s4a, graveOffence map[string]bool
	answers, enforces           map[string]bool
	withdraws                   map[string]bool
}

// deadlyGravity is the gravity from which on a behaviour endangers life.
const deadlyGravity = 85

func newTraits(data *refdata.Set) traits {
	t := traits{stalking: map[string]bool{}, s4a: map[string]bool{}, graveOffence: map[string]bool{},
		answers: map[string]bool{}, enforces: map[string]bool{}, withdraws: map[string]bool{}}
	for _, g := range data.Gravities() {
		b, ok := data.Behaviour(g.Code)
		if !ok {
			continue
		}
		bit := Behaviours(1) << b.Ordinal
		t.gravity[b.Ordinal] = g.Gravity
		t.visit |= when(g.Visit, bit)
		t.pattern |= when(g.Pattern, bit)
		t.grave |= when(g.Grave, bit)
		t.deadly |= when(g.Gravity >= deadlyGravity, bit)
		t.kill |= when(g.Code == "THREATS_TO_KILL", bit)
		t.fear |= when(g.Grave && g.Code != "THREATS_OF_SUICIDE", bit)
	}
	for _, o := range data.Offences() {
		switch o.Kind {
		case "stalking":
			t.stalking[o.Code] = true
			// The aggravated forms stand for either section: which is not known.
			t.s4a[o.Code] = strings.Contains(o.Act, "s4A") || strings.Contains(o.Act, "1998 s32")
		case "violence", "sexual":
			t.graveOffence[o.Code] = len(o.Warnings) > 0
		}
		if o.Code == "ARSON" {
			t.graveOffence[o.Code] = true
		}
	}
	for _, a := range data.Actions() {
		t.answers[a.Code], t.enforces[a.Code] = a.Answers, a.Enforces
	}
	for _, s := range data.Statements() {
		t.withdraws[s.Code] = s.Withdraws
	}
	return t
}

func when(holds bool, b Behaviours) Behaviours {
	if holds {
		return b
	}
	return 0
}

// count is the number of behaviours in the set.
func (b Behaviours) count() int {
	n := 0
	for ; b != 0; b &= b - 1 {
		n++
	}
	return n
}

// gravest is the gravity of the gravest behaviour, 0 to 100.
func (t *traits) gravest(b Behaviours) int {
	most := 0
	for i, g := range t.gravity {
		if b&(1<<i) != 0 {
			most = max(most, g)
		}
	}
	return most
}

// offences are all codes of a report.
func (r *Report) offences() []string {
	if r.Principal == "" {
		return r.Included
	}
	return append([]string{r.Principal}, r.Included...)
}

// isGrave says whether one such report must be answered at once.
func (t *traits) isGrave(r *Report) bool {
	return r.Behaviours&t.grave != 0 || t.violent(r)
}

// violent says whether a report shows violence against others, or threats of it.
func (t *traits) violent(r *Report) bool {
	if r.Behaviours&t.fear != 0 {
		return true
	}
	for _, o := range r.offences() {
		if t.graveOffence[o] {
			return true
		}
	}
	return false
}
