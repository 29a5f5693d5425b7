package identity

import (
	"math/bits"
	"strings"
)

// compareNames says how near two different normalised words are as names,
// given their profiles.
func compareNames(lex *lexicon, a, b string, pa, pb profile) rule {
	if a == b {
		return ruleExact
	}
	if len(a) > len(b) {
		a, b, pa, pb = b, a, pb, pa
	}
	if len(a) <= 1 {
		if strings.HasPrefix(b, a) {
			return ruleInitial
		}
		return ruleDifferent
	}
	if pa.related && pb.related {
		if lex.variants.related(a, b) {
			return ruleVariant
		}
		if lex.nicknames.related(a, b) {
			return ruleNickname
		}
	}
	onlyA, onlyB := bits.OnesCount32(pa.letters&^pb.letters), bits.OnesCount32(pb.letters&^pa.letters)
	d := 3
	if onlyA <= 2 && onlyB <= 2 {
		d = distance(a, b, 2)
	}
	if d == 1 && len(a) >= 3 {
		return ruleOneLetter
	}
	alike := similarity(a, b, onlyA, onlyB)
	if pa.sound == pb.sound && alike >= 0.7 && jaroWinkler(a, b) >= 0.7 {
		return ruleSound
	}
	switch {
	case d == 2 && len(a) >= 5:
		return ruleTwoLetters
	case len(a) >= 3 && strings.HasPrefix(b, a):
		return ruleStart
	case alike >= 0.85 && jaroWinkler(a, b) >= 0.85:
		return ruleSimilar
	}
	return ruleDifferent
}

// similarity bounds the Jaro-Winkler similarity from above, from the number of
// letters that only one of the two holds.
func similarity(a, b string, onlyA, onlyB int) float64 {
	m := float64(min(len(a)-onlyA, len(b)-onlyB))
	if m <= 0 {
		return 0
	}
	s := (m/float64(len(a)) + m/float64(len(b)) + 1) / 3
	if a[0] == b[0] {
		prefix := 1.0
		for int(prefix) < min(4, len(a)) && a[int(prefix)] == b[int(prefix)] {
			prefix++
		}
		s += prefix * 0.1 * (1 - s)
	}
	return s
}

// concatenated reports whether c is a followed by b.
func concatenated(a, b, c string) bool {
	return len(a)+len(b) == len(c) && strings.HasPrefix(c, a) && strings.HasSuffix(c, b)
}

// compareBirths says how near two dates of birth are.
func compareBirths(a, b Birth) rule {
	years := a.Year - b.Year
	if years < 0 {
		years = -years
	}
	if a.full() && b.full() {
		if r := compareDates(a, b, years); r != ruleDifferent {
			return r
		}
	} else if years == 0 {
		switch {
		case a.Month == 0 || b.Month == 0:
			return ruleYear
		case a.Month == b.Month:
			return ruleYearMonth
		}
	}
	if (a.Approximate || b.Approximate) && years <= 2 {
		return ruleAbout
	}
	return ruleDifferent
}

// compareDates compares two whole dates.
func compareDates(a, b Birth, years int) rule {
	sameMonth, sameDay := a.Month == b.Month, a.Day == b.Day
	switch {
	case years == 0 && sameMonth && sameDay:
		return ruleExact
	case years == 0 && a.Month == b.Day && a.Day == b.Month:
		return ruleSwapped
	}
	if years == 0 && a.newYear() != b.newYear() {
		return ruleNewYear
	}
	da, db := dateDigits(a), dateDigits(b)
	off, first := 0, -1
	for i := range da {
		if da[i] != db[i] {
			if off == 0 {
				first = i
			}
			off++
		}
	}
	switch {
	case off == 1:
		return ruleOneDigit
	case off == 2 && first < len(da)-1 && da[first] == db[first+1] && da[first+1] == db[first]:
		return ruleTransposed
	case years == 1 && sameMonth && sameDay:
		return ruleYearNear
	case sameMonth && sameDay, years == 0 && (sameMonth || sameDay):
		return ruleTwoParts
	case off == 2:
		return ruleTwoDigits
	case years == 0:
		return ruleSameYear
	}
	return ruleDifferent
}

// newYear reports whether a date is 1 January, which often stands for a day
// that was not known.
func (b Birth) newYear() bool { return b.Month == 1 && b.Day == 1 }

func dateDigits(b Birth) [8]byte {
	v := b.Year*10000 + b.Month*100 + b.Day
	var d [8]byte
	for i := 7; i >= 0; i-- {
		d[i] = byte(v % 10) //nolint:gosec // one digit
		v /= 10
	}
	return d
}

// comparePostcodes says how near two normalised postcodes are. Those kept
// unverified, without a space, have neither sector nor district.
func comparePostcodes(a, b string) rule {
	if a == b {
		return ruleExact
	}
	if distance(a, b, 1) == 1 {
		return ruleOneLetter
	}
	outA, inA, okA := strings.Cut(a, " ")
	outB, inB, okB := strings.Cut(b, " ")
	if !okA || !okB || outA != outB {
		return ruleDifferent
	}
	if inA[:1] == inB[:1] {
		return ruleSector
	}
	return ruleDistrict
}
