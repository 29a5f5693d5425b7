package identity

import (
	_ "embed" // the name tables
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/nicknames.txt
var nicknameFile string

//go:embed data/variants.txt
var variantFile string

//go:embed data/common.txt
var commonFile string

// lexicon is what is known of names before any record: which belong together
// and how common the commonest are.
type lexicon struct {
	nicknames, variants relation
	share               map[string]float64
	commonOf            map[string]uint16 // place in shares
	shares              []float64         // the first stands for none
	kinOf               map[string]uint16 // place in kin
	kin                 []kin             // the first stands for none
}

// kin is the groups that hold a name.
type kin struct{ variants, nicknames []uint16 }

// kinship returns ruleVariant, ruleNickname or ruleDifferent for two names
// that have kin.
func (l *lexicon) kinship(a, b uint16) rule {
	x, y := &l.kin[a], &l.kin[b]
	switch {
	case meet(x.variants, y.variants):
		return ruleVariant
	case meet(x.nicknames, y.nicknames):
		return ruleNickname
	}
	return ruleDifferent
}

// meet reports whether two short lists have something in common.
func meet(a, b []uint16) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}

// relation holds groups of names; two names are related when one group holds
// both.
type relation struct {
	groups [][]string
	byName map[string][]uint16
}

var lexiconOnce = sync.OnceValue(func() *lexicon {
	l := &lexicon{nicknames: parseRelation(nicknameFile), variants: parseRelation(variantFile), share: map[string]float64{},
		commonOf: map[string]uint16{}, shares: make([]float64, 1),
		kinOf: map[string]uint16{}, kin: make([]kin, 1),
	}
	for line := range strings.Lines(commonFile) {
		f := strings.Fields(line)
		if len(f) != 2 || f[0] == "#" {
			continue
		}
		if n, err := strconv.ParseFloat(f[1], 64); err == nil {
			l.share[f[0]] = max(l.share[f[0]], n/100_000)
		}
	}
	for n, share := range l.share {
		l.commonOf[n] = uint16(len(l.shares))
		l.shares = append(l.shares, share)
	}
	for _, r := range []*relation{&l.variants, &l.nicknames} {
		for n := range r.byName {
			if l.kinOf[n] == 0 {
				l.kinOf[n] = uint16(len(l.kin))
				l.kin = append(l.kin, kin{l.variants.byName[n], l.nicknames.byName[n]})
			}
		}
	}
	return l
})

// known reports whether a word is a name of the tables.
func (l *lexicon) known(w string) bool {
	_, common := l.share[w]
	return common || l.nicknames.byName[w] != nil || l.variants.byName[w] != nil
}

func parseRelation(file string) relation {
	r := relation{byName: map[string][]uint16{}}
	for line := range strings.Lines(file) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		names := strings.Fields(strings.Replace(line, ":", " ", 1))
		if len(names) < 2 {
			continue
		}
		g := uint16(len(r.groups)) //nolint:gosec // a few hundred lines
		r.groups = append(r.groups, names)
		for _, n := range names {
			r.byName[n] = append(r.byName[n], g)
		}
	}
	return r
}

// each calls f for every name related to a, a itself excepted; a name may come
// twice.
func (r *relation) each(a string, f func(string)) {
	for _, g := range r.byName[a] {
		for _, n := range r.groups[g] {
			if n != a {
				f(n)
			}
		}
	}
}
