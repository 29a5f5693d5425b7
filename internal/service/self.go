package service

import (
	"slices"
	"strings"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/identity"
)

// searchesSelf reports whether criteria are those of the searching person, as
// far as the sign-in says who that is. It looks at the staff identity alone,
// never at the register: a refusal must not tell that a record exists.
//
// A namesake can still be searched for: with a date of birth that cannot be the
// searcher's own, or, when the sign-in names no date of birth, always.
func searchesSelf(a access.Actor, raw identity.Raw) bool {
	if a.Kind != access.KindPerson {
		return false
	}
	for _, i := range raw.Identifiers {
		own := ""
		switch i.Kind { //nolint:exhaustive // the sign-in names no other identifier
		case identity.IdentifierEmail:
			own = a.Profile.Email
		case identity.IdentifierPhone:
			own = a.Profile.Phone
		}
		if own == "" {
			continue
		}
		asked, errA := identity.NormaliseIdentifier(i)
		mine, errB := identity.NormaliseIdentifier(identity.RawIdentifier{Kind: i.Kind, Value: own})
		if errA == nil && errB == nil && asked == mine {
			return true
		}
	}
	if a.Profile.BirthDate == "" || a.Profile.Name == "" {
		return false
	}
	mine, err := identity.NormaliseName(a.Profile.Name)
	if err != nil {
		return false
	}
	for _, n := range raw.Names {
		asked, err := identity.NormaliseName(strings.TrimSpace(n.Full + " " + n.Given + " " + n.Surname))
		if err != nil || asked != mine {
			continue
		}
		if len(raw.Births) == 0 || slices.ContainsFunc(raw.Births, func(b identity.RawBirth) bool { return maybeBorn(b, a.Profile.BirthDate) }) {
			return true
		}
	}
	return false
}

// maybeBorn reports whether a date of birth, of which parts may be unknown, may be that
// of the searcher: his year alone is no other man's.
func maybeBorn(asked identity.RawBirth, own string) bool {
	a, errA := identity.NormaliseBirth(asked.Value)
	b, errB := identity.NormaliseBirth(own)
	if errA != nil || errB != nil {
		return asked.Value == own
	}
	either := func(x, y int) bool { return x == 0 || y == 0 || x == y }
	if asked.Approximate || a.Approximate {
		return max(a.Year, b.Year)-min(a.Year, b.Year) <= approximately
	}
	return a.Year == b.Year && either(a.Month, b.Month) && either(a.Day, b.Day)
}

// approximately is by how many years an approximate year of birth may be wrong.
const approximately = 2
