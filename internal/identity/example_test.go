package identity_test

import (
	"fmt"

	"github.com/perpetrator-register/register/internal/identity"
)

// The two comparisons that docs/matching.md walks through. The index is empty:
// the frequencies are those of the table of common names.
func ExampleIndex_Score() {
	x := identity.NewIndex()
	record := func(given, surname, birth, postcode, phone string) identity.Record {
		r, _ := identity.NewRecord(identity.Raw{
			Names:       []identity.RawName{{Given: given, Surname: surname}},
			Births:      []identity.RawBirth{{Value: birth}},
			Postcodes:   []string{postcode},
			Identifiers: []identity.RawIdentifier{{Kind: identity.IdentifierPhone, Value: phone}},
		})
		return r
	}
	for _, pair := range [][2]identity.Record{
		{
			record("Maggie", "Holoway", "14/06/1948", "LE1 3GG", "07700 900321"),
			record("Margaret", "Thwaites-Holloway", "1984-06-14", "LE1 3GG", "07700 900123"),
		},
		{
			record("David", "Jones", "02/06/1984", "LE5 1QX", "07700 900456"),
			record("David", "Jones", "1984-06-14", "LE1 3GG", "07700 900123"),
		},
	} {
		s := x.Score(pair[0], pair[1])
		for _, t := range s.Terms {
			fmt.Printf("%-8s %-13s %-13s %-10s %+5.1f\n", t.Field, t.Query, t.Record, t.Rule, t.Bits)
		}
		fmt.Printf("%.1f bits, prior %.1f, probability %.6f\n\n", s.Bits, s.Prior, s.Probability)
	}
	// Output:
	// postcode LE1 3GG       LE1 3GG       exact      +15.2
	// surname  holoway       holloway      one_letter +14.2
	// birth    1948-06-14    1984-06-14    transposed  +8.1
	// given    maggie        margaret      nickname    +6.0
	// phone    +447700900321 +447700900123 different   -1.5
	// 42.0 bits, prior -13.3, probability 1.000000
	//
	// surname  jones         jones         exact       +6.2
	// given    david         david         exact       +5.3
	// postcode LE5 1QX       LE1 3GG       different   -3.7
	// phone    +447700900456 +447700900123 different   -1.5
	// birth    1984-06-02    1984-06-14    two_parts   +0.5
	// 6.7 bits, prior -13.3, probability 0.010523
}
