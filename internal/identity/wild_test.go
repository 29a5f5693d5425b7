package identity

import "testing"

// TestImpossibleDates checks that a mistyped date that no calendar holds is
// compared by its digits, though it has its fault.
func TestImpossibleDates(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want rule
	}{
		{"1982-86-14", "1982-06-14", ruleOneDigit},
		{"1982-06-14", "1982-06-94", ruleOneDigit},
		{"1982-16-14", "1982-61-14", ruleTransposed},
		{"1982-25-03", "1982-03-25", ruleSwapped},
		{"1982-86-14", "1982-86-14", ruleExact},
		{"8982-06-14", "1982-06-14", ruleOneDigit},
		{"1982-86-14", "1982-06-94", ruleTwoDigits},
		{"1982-86-14", "1971-03-20", ruleDifferent},
		{"31/02/1982", "01/02/1982", ruleOneDigit},
		{"1982-06-14", "1983-07-14", ruleTwoDigits},
		{"1982-06-14", "1984-06-14", ruleOneDigit},
	} {
		a, _ := readBirth(tt.a)
		b, _ := readBirth(tt.b)
		if got := compareBirths(a, b); got != tt.want || compareBirths(b, a) != got {
			t.Errorf("%s and %s: %s, not %s", tt.a, tt.b, got, tt.want)
		}
		if back := unpackBirth(packBirth(a)); back != a {
			t.Errorf("%s is packed as %v", tt.a, back)
		}
	}
	for _, s := range []string{"1982-00-00", "1982", "about 1982-13", "82-06-14", "0000-99-99", "9999"} {
		if b, err := readBirth(s); err == nil && b.wild() || err != nil && b.Year > 0 && b.Day == 0 {
			t.Errorf("%q is read as %v, %v", s, b, err)
		}
	}
}

// TestNamesCutInTwo checks that a name with a stray space in it is found and
// compared as one.
func TestNamesCutInTwo(t *testing.T) {
	for _, tt := range []struct {
		asked, held string
		want        rule
	}{
		{"Laur nce", "Laurence", ruleOneLetter},
		{"Laurence", "Laur nce", ruleOneLetter},
		{"Mary Jane", "Maryjane", ruleJoined},
		{"Maryjane", "Mary Jane", ruleJoined},
		{"Xan thippe", "Xanthippe", ruleJoined},
	} {
		x := NewIndex()
		crowd(t, x)
		x.Put(numbered(99), "33", mustRecord(t, person(tt.held, "Quillfeather", "")))
		got := x.Search(mustQuery(t, person(tt.asked, "Quillfeather", "")), Limits{MinBits: new(float64)})
		if len(got.Candidates) == 0 || got.Candidates[0].ID != numbered(99) {
			t.Errorf("%s is not found as %s", tt.held, tt.asked)
			continue
		}
		found := false
		for _, term := range got.Candidates[0].Terms {
			found = found || term.Field == "given" && term.Rule == tt.want.String()
		}
		if !found {
			t.Errorf("%s against %s: %+v", tt.asked, tt.held, got.Candidates[0].Terms)
		}
	}
}
