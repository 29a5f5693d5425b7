package identity

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// corrupted is another record of the same person: what people mistype, leave
// out, change and hide.
func corrupted(rng *rand.Rand, raw Raw) Raw {
	out := raw
	out.Names = append([]RawName(nil), raw.Names...)
	out.Births = append([]RawBirth(nil), raw.Births...)
	out.Identifiers = append([]RawIdentifier(nil), raw.Identifiers...)
	for range 1 + rng.IntN(4) {
		corruptions[rng.IntN(len(corruptions))](rng, &out)
	}
	return out
}

var corruptions = []func(*rand.Rand, *Raw){
	func(g *rand.Rand, r *Raw) { r.Names[0].Given = typo(g, r.Names[0].Given) },
	func(g *rand.Rand, r *Raw) { r.Names[0].Surname = typo(g, r.Names[0].Surname) },
	func(g *rand.Rand, r *Raw) { r.Names[0].Surname = typo(g, typo(g, r.Names[0].Surname)) },
	func(_ *rand.Rand, r *Raw) { // forename and surname in the wrong boxes
		r.Names[0].Given, r.Names[0].Surname = r.Names[0].Surname, r.Names[0].Given
	},
	func(_ *rand.Rand, r *Raw) { // the middle name is left out
		r.Names[0].Given, _, _ = strings.Cut(r.Names[0].Given, " ")
	},
	func(_ *rand.Rand, r *Raw) { // a nickname
		lex := lexiconOnce()
		first, rest, _ := strings.Cut(r.Names[0].Given, " ")
		for _, g := range lex.nicknames.byName[strings.ToLower(first)] {
			r.Names[0].Given = lex.nicknames.groups[g][0] + " " + rest
		}
	},
	func(_ *rand.Rand, r *Raw) { // an initial
		r.Names[0].Given = r.Names[0].Given[:min(len(r.Names[0].Given), 1)]
	},
	func(g *rand.Rand, r *Raw) { // a false name, with the true one as an alias
		r.Names = append([]RawName{{Given: "Razor", Surname: fmt.Sprintf("Alias%c", 'a'+g.IntN(26))}}, r.Names...)
	},
	func(_ *rand.Rand, r *Raw) { // a name on marriage
		r.Names[0].Surname += "-Quillfeather"
	},
	func(_ *rand.Rand, r *Raw) { // one line instead of two boxes
		if r.Names[0].Given != "" && r.Names[0].Surname != "" {
			r.Names[0] = RawName{Full: r.Names[0].Surname + " " + r.Names[0].Given}
		}
	},
	func(g *rand.Rand, r *Raw) { // a digit of the date
		if len(r.Births) > 0 && len(r.Births[0].Value) == 10 {
			b := []byte(r.Births[0].Value)
			b[9-g.IntN(2)*2] = byte('0' + g.IntN(3))
			r.Births[0].Value = string(b)
		}
	},
	func(_ *rand.Rand, r *Raw) { // day and month
		if len(r.Births) > 0 && len(r.Births[0].Value) == 10 {
			v := r.Births[0].Value
			r.Births[0].Value = v[:4] + "-" + v[8:] + "-" + v[5:7]
		}
	},
	func(_ *rand.Rand, r *Raw) { // the year alone
		if len(r.Births) > 0 {
			r.Births[0].Value = r.Births[0].Value[:4]
		}
	},
	func(_ *rand.Rand, r *Raw) { r.Births = nil },
	func(g *rand.Rand, r *Raw) { // another telephone
		r.Identifiers = []RawIdentifier{{Kind: IdentifierPhone, Value: fmt.Sprintf("07%09d", g.IntN(1_000_000_000))}}
	},
	func(_ *rand.Rand, r *Raw) { r.Identifiers = nil },
	moved,
	func(_ *rand.Rand, r *Raw) { r.Postcodes, r.Addresses = nil, nil },
}

// moved gives another postcode and address.
func moved(g *rand.Rand, r *Raw) {
	r.Postcodes = []string{fmt.Sprintf("LE%d %d%c%c", 1+g.IntN(19), g.IntN(10), 'A'+g.IntN(8), 'L'+g.IntN(4))}
	r.Addresses = []string{fmt.Sprintf("%d Elsewhere Lane", 1+g.IntN(200))}
}
