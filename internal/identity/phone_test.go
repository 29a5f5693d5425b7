package identity

import (
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"
)

// The quick way reads a number as the library does.
func TestBritishNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`(0|\+44 ?)[1-9]( ?[0-9]){8,10}`).Draw(t, "number")
		quick, ok := britishNumber(s)
		if !ok {
			return
		}
		n, err := phonenumbers.Parse(s, "GB")
		if err != nil || !phonenumbers.IsPossibleNumber(n) || phonenumbers.Format(n, phonenumbers.E164) != quick {
			t.Fatalf("%q: quick %q, library %v %q", s, quick, err, phonenumbers.Format(n, phonenumbers.E164))
		}
	})
}
