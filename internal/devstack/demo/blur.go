package demo

import (
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"
)

// blur changes a nominal as another force may have written it down: misspelt and short
// names, dates of birth with a slip, a new telephone and address.
func blur(r *rand.Rand, n *Nominal, p person, force int) {
	switch r.IntN(10) {
	case 0, 1:
		n.Given[0] = shortForm(n.Given[0])
	case 2:
		n.Given[0] = typo(r, n.Given[0])
	case 3:
		n.Given[0] = variant(n.Given[0])
	}
	if len(n.Given) > 1 && r.IntN(2) == 0 {
		n.Given = n.Given[:1]
	}
	switch r.IntN(10) {
	case 0, 1:
		n.Surname = typo(r, n.Surname)
	case 2, 3:
		n.Surname = variant(n.Surname)
	case 4: // given name and surname in the wrong boxes
		if len(n.Given) == 1 && r.IntN(3) == 0 {
			n.Given[0], n.Surname = n.Surname, n.Given[0]
		}
	case 5: // a new name, the old one on record
		if r.IntN(2) == 0 {
			n.Aliases = append(n.Aliases, Alias{Given: n.Given[:1:1], Surname: n.Surname, Kind: "FORMER"})
			n.Surname = theBook().surnameOf(r, p.origin)
		}
	}
	n.DOB = blurDate(r, p.birth)
	if r.IntN(2) == 0 {
		n.Addresses = []Address{address(r, force)}
	}
	for i := range n.Identifiers {
		if n.Identifiers[i].Kind == "PHONE" && r.IntN(2) == 0 {
			n.Identifiers[i].Value = phone(r)
		}
	}
}

func blurDate(r *rand.Rand, birth time.Time) string {
	y, m, d := birth.Year(), int(birth.Month()), birth.Day()
	switch r.IntN(14) {
	case 0:
		if d <= 12 {
			m, d = d, m
		}
	case 1:
		y++
	case 2:
		d = max(1, d-1)
	case 3:
		return birth.Format("2006")
	case 4:
		return birth.Format("2006-01")
	}
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}

// typo makes one slip of the keyboard after the first letter.
func typo(r *rand.Rand, name string) string {
	if len(name) < 4 || utf8.RuneCountInString(name) != len(name) {
		return name
	}
	i := 1 + r.IntN(len(name)-2)
	switch r.IntN(4) {
	case 0: // a letter left out
		return name[:i] + name[i+1:]
	case 1: // doubled
		return name[:i+1] + name[i:]
	case 2: // swapped
		return name[:i] + string(name[i+1]) + string(name[i]) + name[i+2:]
	default: // the wrong one
		return name[:i] + string("abcdefghijklmnopqrstuvwxyz"[r.IntN(26)]) + name[i+1:]
	}
}

// variants are pairs of spellings that sound alike; the first that fits is used.
var variants = [...][2]string{
	{"Mohammed", "Muhammad"}, {"Hussain", "Hussein"}, {"Ahmed", "Ahmad"}, {"Stephen", "Steven"}, {"Philip", "Phillip"},
	{"Sean", "Shaun"}, {"Callum", "Calum"}, {"Geoffrey", "Jeffrey"}, {"Alan", "Allan"}, {"Ian", "Iain"},
	{"Macd", "McD"}, {"McD", "MacD"}, {"Mac", "Mc"}, {"Mc", "Mac"}, {"O'", "O "}, {"Clarke", "Clark"}, {"Clark", "Clarke"},
	{"Thompson", "Thomson"}, {"Reid", "Reed"}, {"Davies", "Davis"}, {"Browne", "Brown"}, {"Taylor", "Tayler"},
	{"Nichol", "Nicol"}, {"Matthew", "Mathew"}, {"Walsh", "Welsh"}, {"Chowdhury", "Choudhury"}, {"Uddin", "Udin"},
	{"ey", "y"}, {"ie", "y"}, {"ph", "f"}, {"ck", "k"}, {"ll", "l"}, {"tt", "t"}, {"nn", "n"}, {"ea", "ee"}, {"oo", "u"},
	{"son", "sen"}, {"cz", "ch"}, {"w", "v"}, {"y", "ie"}, {"c", "k"}, {"s", "z"},
}

func variant(name string) string {
	for _, v := range variants {
		if i := strings.Index(name, v[0]); i >= 0 && (i > 0 || v[0][0] < 'a') {
			return name[:i] + v[1] + name[i+len(v[0]):]
		}
	}
	return name
}
