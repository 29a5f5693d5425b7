package identity

import (
	"math/bits"
	"strings"
)

// compareNames says how near two normalised words are as names, given their
// profiles. Two initials that are the same say no more than an initial and a name:
// that so few write one does not make it rare.
func compareNames(lex *lexicon, a, b string, pa, pb profile) rule {
	if a == b && len(a) > 1 {
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
	if pa.kin > 0 && pb.kin > 0 {
		if r := lex.kinship(pa.kin, pb.kin); r != ruleDifferent {
			return r
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
	if pa.sound == pb.sound && similarity(a, b, onlyA, onlyB) >= 0.7 && jaroWinkler(a, b) >= 0.7 {
		return ruleSound
	}
	switch {
	case d == 2 && len(a) >= 5:
		return ruleTwoLetters
	case len(a) >= 3 && strings.HasPrefix(b, a):
		return ruleStart
	case similarity(a, b, onlyA, onlyB) >= 0.85 && jaroWinkler(a, b) >= 0.85:
		return ruleSimilar
	}
	return ruleDifferent
}

// strangers reports, from their profiles alone, that two names have nothing in
// common that a rule asks for: compareNames would say different. It is sure of
// far the most pairs that are; false says nothing.
func strangers(a, b *profile) bool {
	if a.sound == b.sound || a.kin > 0 && b.kin > 0 {
		return false
	}
	la, lb := int(a.length), int(b.length)
	if la <= 1 || lb <= 1 || la == 255 || lb == 255 {
		return false
	}
	onlyA, onlyB := bits.OnesCount32(a.letters&^b.letters), bits.OnesCount32(b.letters&^a.letters)
	if onlyA == 0 || onlyB == 0 {
		return false // one may begin the other
	}
	if onlyA <= 2 && onlyB <= 2 && la-lb <= 2 && lb-la <= 2 {
		return false // two letters may be all that is wrong
	}
	// What similarity grants at most, with the same first four letters, is
	// below 0.85.
	m := min(la-onlyA, lb-onlyB)
	return 4*m*(la+lb) < 5*la*lb
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
	switch off, transposed := digitsOff(a.decimal(), b.decimal()); {
	case off == 1:
		return ruleOneDigit
	case transposed:
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

// dateDigits returns the eight digits of a date.
func dateDigits(b Birth) [8]byte {
	v := b.decimal()
	var d [8]byte
	for i := range d {
		d[i] = byte(v >> (28 - 4*i) & 15)
	}
	return d
}

// decimal returns the eight digits of a date, four bits each.
func (b Birth) decimal() uint32 {
	return twoDigits[b.Year/100%100]<<24 | twoDigits[b.Year%100]<<16 | twoDigits[b.Month%100]<<8 | twoDigits[b.Day%100]
}

// twoDigits holds the two digits of each number below a hundred, four bits each.
var twoDigits = func() (p [100]uint32) {
	for i := range p {
		p[i] = uint32(i/10<<4 | i%10)
	}
	return p
}()

// digitsOff counts the digits in which two dates differ; transposed says that
// they are two neighbours that have changed places.
func digitsOff(a, b uint32) (off int, transposed bool) {
	x := a ^ b
	x |= x >> 2
	x = (x | x>>1) & 0x1111_1111
	off = bits.OnesCount32(x)
	if off != 2 {
		return off, false
	}
	low := bits.TrailingZeros32(x)
	if x>>low != 0x11 {
		return off, false
	}
	p, q := a>>low&0xff, b>>low&0xff
	return off, p == q>>4|q<<4&0xf0
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
