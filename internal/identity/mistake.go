package identity

import (
	"fmt"
	"math"
	"strings"
)

// mistake is the kind of the one letter or digit by which two values differ:
// some are slips that hands make, others are another name or date.
type mistake uint8

// The mistakes.
const (
	mistakeNone     mistake = iota
	letterFirst             // the first letter is another, and no neighbour, or one too many
	letterSwapped           // two neighbouring letters changed places
	letterDoubled           // a letter is doubled, or a double one is single
	letterInserted          // a letter too many within
	letterAppended          // a letter too many at the end
	letterKey               // a neighbour on the keyboard
	letterVowel             // another vowel
	letterOther             // any other letter
	digitYear               // of the year
	digitMonth              // of the month
	digitTens               // the first of the day
	digitDay                // the second of the day
	digitImpossible         // of a date that cannot be
	mistakes
	firstDigit = digitYear
)

var mistakeNames = [mistakes]string{
	"", "first", "swapped", "doubled", "inserted", "appended", "key", "vowel", "other",
	"year", "month", "day_tens", "day", "impossible",
}

// String returns the mistake's name as it stands in the weights.
func (k mistake) String() string { return mistakeNames[k] }

// group names the member of the weights file that holds the mistake.
func (k mistake) group() string {
	if k < firstDigit {
		return "letter"
	}
	return "digit"
}

// chance is how a mistake is shared out among values that differ by one letter
// or digit: of one person (M), and of two (U).
type chance struct {
	M float64 `json:"m"`
	U float64 `json:"u"`
}

// letterMistake tells how two names differ that are one edit apart.
func letterMistake(a, b string) mistake {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		switch {
		case i > 0 && b[i-1] == b[i]:
			return letterDoubled
		case i == len(a):
			return letterAppended
		case i == 0:
			return letterFirst
		}
		return letterInserted
	}
	switch {
	case i == len(a):
		return mistakeNone
	case i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i]:
		return letterSwapped
	case neighbours(a[i], b[i]):
		return letterKey
	case i == 0:
		return letterFirst
	case vowel(a[i]) && vowel(b[i]):
		return letterVowel
	}
	return letterOther
}

func vowel(c byte) bool { return strings.IndexByte("aeiouy", c) >= 0 }

// keyboard is the place of each letter, in quarters of a key.
var keyboard = func() (at [26][2]int) {
	for row, r := range []struct {
		indent int
		keys   string
	}{{0, "qwertyuiop"}, {1, "asdfghjkl"}, {3, "zxcvbnm"}} {
		for i := range r.keys {
			at[r.keys[i]-'a'] = [2]int{4 * row, 4*i + r.indent}
		}
	}
	return at
}()

// neighbours reports whether two letters lie side by side on a keyboard.
func neighbours(a, b byte) bool {
	p, q := keyboard[a-'a'], keyboard[b-'a']
	rows, across := abs(p[0]-q[0])/4, abs(p[1]-q[1])
	return rows == 0 && across <= 4 || rows == 1 && across <= 3
}

// digitMistake tells where two dates differ that are one digit apart.
func digitMistake(a, b Birth) mistake {
	switch {
	case a.wild() || b.wild():
		return digitImpossible
	case a.Year != b.Year:
		return digitYear
	case a.Month != b.Month:
		return digitMonth
	case a.Day%10 != b.Day%10:
		return digitDay
	}
	return digitTens
}

// fitMistakes returns how mistakes are shared out in the sets that show enough
// of them; the rest is as m has it.
func fitMistakes(m *Model, trainers []*trainer) map[string]map[string]chance {
	const enough = 50
	out := map[string]map[string]chance{"letter": {}, "digit": {}}
	for first, after := range map[mistake]mistake{mistakeNone + 1: firstDigit, firstDigit: mistakes} {
		kinds, sets := float64(after-first), 0.0
		var ms, us [mistakes]float64
		for _, t := range trainers {
			made, met := 0.0, 0.0
			for k := first; k < after; k++ {
				made += t.made[k]
				met += t.met[k]
			}
			if made < enough || met == 0 {
				continue
			}
			sets++
			for k := first; k < after; k++ {
				// one case and a hundredth more than was seen: none is impossible
				ms[k] += (t.made[k] + 1) / (made + kinds)
				us[k] += math.Log((t.met[k] + met/100) / (met + kinds*met/100))
			}
		}
		for k := first; k < after; k++ {
			if sets > 0 {
				out[k.group()][k.String()] = chance{M: round(ms[k] / sets), U: round(math.Exp(us[k] / sets))}
			} else if c, ok := m.Mistakes[k.group()][k.String()]; ok {
				out[k.group()][k.String()] = c
			}
		}
	}
	if len(out["letter"]) == 0 || len(out["digit"]) == 0 {
		return m.Mistakes
	}
	return out
}

// letterChances returns how mistakes are shared out among different names of
// the vocabulary that are one letter apart, each pair for as often as two
// people meet in it for each that bears the commoner.
func (f *facts) letterChances() (shares [mistakes]float64) {
	v, lex := &f.names, lexiconOnce()
	for w, sym := range v.byWord {
		if len(w) < 3 {
			continue
		}
		for _, near := range v.variants(w, lex) {
			if near.rule == ruleOneLetter && near.word < w {
				shares[letterMistake(w, near.word)] += float64(min(v.counts[sym], near.count))
			}
		}
	}
	return shares
}

// compileMistakes works out what each mistake adds to its rule.
func (m *Model) compileMistakes() error {
	m.mistakes = [mistakes]float64{}
	if len(m.Mistakes) == 0 {
		return nil // weights from before they were told apart
	}
	for k := mistakeNone + 1; k < mistakes; k++ {
		c, ok := m.Mistakes[k.group()][k.String()]
		if !ok || c.M <= 0 || c.M > 1 || c.U <= 0 || c.U > 1 {
			return fmt.Errorf("mistakes of a %s: %s must have m and u above 0 and at most 1", k.group(), k)
		}
		m.mistakes[k] = math.Log2(c.M / c.U)
	}
	return nil
}
