package demo

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// territorial are the 43 forces with the postcode areas of their territory and the
// number of districts of each.
var territorial = []struct {
	code  string
	areas []area
	// weight is roughly the population in hundreds of thousands.
	weight float64
}{
	{"01", []area{{"SE", 28}, {"SW", 20}, {"N", 22}, {"E", 18}, {"W", 14}, {"NW", 11}, {"CR", 9}, {"HA", 9}}, 90},
	{"03", []area{{"CA", 28}, {"LA", 23}}, 5}, {"04", []area{{"PR", 9}, {"BB", 12}, {"FY", 8}}, 15},
	{"05", []area{{"L", 40}}, 14}, {"06", []area{{"M", 46}, {"OL", 16}, {"BL", 9}, {"SK", 17}}, 29},
	{"07", []area{{"CH", 8}, {"CW", 12}, {"WA", 16}}, 11}, {"10", []area{{"NE", 49}, {"SR", 8}}, 15},
	{"11", []area{{"DH", 9}, {"DL", 17}}, 6}, {"12", []area{{"YO", 32}, {"HG", 5}}, 8},
	{"13", []area{{"LS", 29}, {"BD", 24}, {"WF", 17}, {"HD", 9}, {"HX", 7}}, 24},
	{"14", []area{{"S", 36}, {"DN", 12}}, 14}, {"16", []area{{"HU", 20}, {"DN", 41}}, 9},
	{"17", []area{{"TS", 29}}, 6}, {"20", []area{{"B", 49}, {"CV", 8}, {"WV", 16}, {"DY", 9}}, 30},
	{"21", []area{{"ST", 21}}, 11}, {"22", []area{{"WR", 15}, {"HR", 9}, {"TF", 13}, {"SY", 13}}, 13},
	{"23", []area{{"CV", 37}}, 6}, {"30", []area{{"DE", 24}}, 11}, {"31", []area{{"NG", 25}}, 12},
	{"32", []area{{"LN", 13}, {"PE", 25}}, 8}, {"33", []area{{"LE", 19}}, 11}, {"34", []area{{"NN", 18}}, 8},
	{"35", []area{{"CB", 11}, {"PE", 19}}, 9}, {"36", []area{{"NR", 35}}, 9}, {"37", []area{{"IP", 33}}, 8},
	{"40", []area{{"LU", 7}, {"MK", 45}}, 7}, {"41", []area{{"AL", 10}, {"SG", 19}, {"WD", 25}}, 12},
	{"42", []area{{"CM", 24}, {"SS", 17}, {"CO", 16}}, 19}, {"43", []area{{"OX", 49}, {"RG", 45}, {"HP", 27}, {"MK", 19}, {"SL", 9}}, 25},
	{"44", []area{{"SO", 53}, {"PO", 41}}, 20}, {"45", []area{{"GU", 35}, {"KT", 24}, {"RH", 20}}, 12},
	{"46", []area{{"ME", 20}, {"CT", 21}, {"TN", 31}, {"DA", 18}}, 19}, {"47", []area{{"BN", 45}, {"TN", 40}}, 17},
	{"48", []area{{"EC", 4}}, 1}, {"50", []area{{"EX", 39}, {"PL", 35}, {"TR", 27}, {"TQ", 14}}, 18},
	{"52", []area{{"BS", 49}, {"BA", 22}, {"TA", 24}}, 17}, {"53", []area{{"GL", 56}}, 6},
	{"54", []area{{"SN", 26}, {"SP", 11}}, 7}, {"55", []area{{"BH", 25}, {"DT", 11}}, 8},
	{"60", []area{{"LL", 78}}, 7}, {"61", []area{{"NP", 26}}, 6}, {"62", []area{{"CF", 83}, {"SA", 20}}, 13},
	{"63", []area{{"SA", 73}, {"SY", 25}}, 5},
}

type area struct {
	letters   string
	districts int
}

var forcePicker = func() picker {
	var p picker
	for i, f := range territorial {
		p.add(strconv.Itoa(i), f.weight+2)
	}
	return p
}()

// unusedLetters never stand in the second part of a real postcode. I and O are left
// out as they are taken for figures.
const unusedLetters = "CKMV"

const postcodeLetters = "ABDEFGHJLNPQRSTUWXYZ"

// postcode makes one of a force's area that looks right and exists nowhere.
func postcode(r *rand.Rand, force int) string {
	a := one(r, territorial[force].areas)
	first, second := letter(r, postcodeLetters), letter(r, unusedLetters)
	if r.IntN(2) == 0 {
		first, second = second, first
	}
	return fmt.Sprintf("%s%d %d%c%c", a.letters, 1+r.IntN(a.districts), r.IntN(10), first, second)
}

func letter(r *rand.Rand, letters string) byte { return letters[r.IntN(len(letters))] }

func address(r *rand.Rand, force int) Address {
	b := theBook()
	line := strconv.Itoa(1+r.IntN(180)) + " " + one(r, b.streets) + " " + one(r, b.streetKinds)
	if r.IntN(8) == 0 {
		return Address{Lines: []string{"Flat " + strconv.Itoa(1+r.IntN(40)), line}, Postcode: postcode(r, force)}
	}
	return Address{Lines: []string{line}, Postcode: postcode(r, force)}
}

// phone gives a number in one of Ofcom's ranges for drama, of 1,000 numbers each.
func phone(r *rand.Rand) string {
	n := r.IntN(1000)
	switch r.IntN(12) {
	case 0:
		return fmt.Sprintf("0808 157 0%03d", n)
	case 1, 2:
		return fmt.Sprintf("01632 960%03d", n)
	default:
		return fmt.Sprintf("07700 900%03d", n)
	}
}

// phoneAtScale gives a number of the area code 01632, which serves no place: a
// thousand numbers would be shared by thousands of people each.
func phoneAtScale(r *rand.Rand) string { return fmt.Sprintf("01632 %06d", r.IntN(1_000_000)) }

// vehicle gives a mark in the present layout with a first letter that is not issued.
func vehicle(r *rand.Rand) string {
	const letters = "ABCDEFGHJKLMNPRSTUVWXY"
	year := 2 + r.IntN(24)
	if r.IntN(2) == 0 {
		year += 50
	}
	return fmt.Sprintf("%c%c%02d %c%c%c", letter(r, "JTU"), letter(r, letters), year,
		letter(r, letters), letter(r, letters), letter(r, letters))
}

const checkLetters = "ZABCDEFGHJKLMNPQRTUVWXY"

// pncID gives an identifier with a right check letter and a serial number that is
// higher than any year's.
func pncID(r *rand.Rand, year int) string {
	serial := 9_500_000 + r.IntN(500_000)
	check := checkLetters[(year%100*10_000_000+serial)%23]
	return fmt.Sprintf("%d/%07d%c", year, serial, check)
}

// cro gives a criminal record office number in the same manner.
func cro(r *rand.Rand, year int) string {
	serial := 950_000 + r.IntN(50_000)
	check := checkLetters[(year%100*1_000_000+serial)%23]
	return fmt.Sprintf("%06d/%02d%c", serial, year%100, check)
}
