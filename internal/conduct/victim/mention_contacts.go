package victim

import (
	"strings"
	"unicode"

	"github.com/perpetrator-register/register/internal/identity"
	"golang.org/x/text/unicode/norm"
)

// holdsPhone looks for the number without its leading zero or country code in the
// digits of the text, whatever separates them.
func (t text) holdsPhone(phone string) bool {
	if t.digits < 6 {
		return false
	}
	var digits string
	if n, err := identity.NormalisePhone(phone); err == nil {
		digits = strings.TrimPrefix(strings.TrimPrefix(n, "+44"), "+")
	} else {
		digits = strings.TrimLeft(keep(phone, isDigit), "0")
	}
	if len(digits) < 6 {
		return false
	}
	return strings.Contains(t.numbers, digits)
}

// numbersIn are the runs of digits of a text, each as one whatever separates its parts, with
// a blank between them.
func numbersIn(tokens []token) string {
	var b strings.Builder
	for _, k := range tokens {
		if !k.digits || !joinsDigits(k.sep) {
			b.WriteByte(' ')
		}
		if k.digits {
			b.WriteString(k.word)
		}
	}
	return b.String()
}

// joinsDigits reports whether what stands between two runs of digits is such as stands
// within one telephone number.
func joinsDigits(sep string) bool {
	return len(sep) <= 6 && strings.Trim(sep, " \t\r\n\u00a0-‐‑–—.()/+_") == ""
}

func (t text) holdsEmail(email string) bool {
	email = strings.ToLower(strings.TrimSpace(norm.NFKC.String(email)))
	_, domain, ok := strings.Cut(email, "@")
	if !ok || len(email) < 5 {
		return false
	}
	if contains(t.lower, email, emailRune) {
		return true
	}
	// Written out: "name at example dot org", "name (at) example . org".
	if host, _, _ := strings.Cut(domain, "."); !strings.Contains(t.lower, host) {
		return false
	}
	return contains(plainEmail(t.lower), plainEmail(email), emailRune)
}

var (
	atAndDot = strings.NewReplacer("(at)", "@", "[at]", "@", " at ", "@", "(dot)", ".", "[dot]", ".", " dot ", ".")
	tighten  = strings.NewReplacer(" @ ", "@", " . ", ".", " @", "@", "@ ", "@", " .", ".")
)

func plainEmail(s string) string { return tighten.Replace(atAndDot.Replace(s)) }

func emailRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '@'
}

func (t text) holdsPostcode(postcode string) bool {
	if t.digits < 2 {
		return false
	}
	want, err := identity.NormalisePostcode(postcode)
	if err != nil {
		return false
	}
	want = strings.ToLower(strings.ReplaceAll(want, " ", ""))
	for i := range t.tokens {
		if t.spells(i, want, func(sep string) bool { return len(sep) <= 2 && strings.Trim(sep, " -\t\n") == "" }) {
			return true
		}
	}
	return false
}

// spells reports whether the tokens from i on, joined, are exactly want.
func (t text) spells(i int, want string, joins func(sep string) bool) bool {
	if i > 0 && t.tokens[i].sep == "" {
		return false // in the middle of a word
	}
	for j := i; j < len(t.tokens); j++ {
		if j > i && t.tokens[j].sep != "" && !joins(t.tokens[j].sep) {
			return false
		}
		rest, ok := strings.CutPrefix(want, t.tokens[j].word)
		if !ok {
			return false
		}
		if want = rest; want == "" {
			return j+1 == len(t.tokens) || t.tokens[j+1].sep != ""
		}
	}
	return false
}

// holdsAddress looks for a line with a number and a street, kinds of street
// abbreviated or not. A line without a number is too common to be looked for.
func (t text) holdsAddress(address string) bool {
	if t.digits == 0 {
		return false
	}
	line, _, _ := strings.Cut(address, ",")
	if keep(line, isDigit) == "" {
		line = address // "Flat above, 12 High Street": try it whole
	}
	want, err := identity.NormaliseAddress(line)
	if err != nil || keep(want, isDigit) == "" || len(keep(want, unicode.IsLetter)) < 4 {
		return false
	}
	pattern := strings.Fields(want)
	for i := range t.tokens {
		if t.addressAt(i, pattern) {
			return true
		}
	}
	return false
}

// addressAt reports whether the words from token i on are those of the pattern; words that
// say nothing may stand between. It gives up at the first word that is another.
func (t text) addressAt(i int, pattern []string) bool {
	if i > 0 && t.tokens[i].sep == "" {
		return false
	}
	met := 0
	for j := i; j < len(t.tokens) && j < i+3*len(pattern); j++ {
		word := t.tokens[j].word
		for ; j+1 < len(t.tokens) && t.tokens[j+1].sep == "" && len(word) <= maxAddressWord; j++ {
			word += t.tokens[j+1].word // figures and letters of one word
		}
		if word = identity.AddressWord(word); word == "" {
			continue
		}
		if word != pattern[met] {
			return false
		}
		if met++; met == len(pattern) {
			return true
		}
	}
	return false
}

// maxAddressWord is longer than a word of any address.
const maxAddressWord = 100

func (t text) holdsHandle(handle string) bool {
	h, err := identity.NormaliseHandle("", handle)
	if err != nil {
		return false
	}
	if len(h) >= 4 && contains(t.lower, h, handleRune) {
		return true
	}
	return contains(t.lower, "@"+h, handleRune)
}

func handleRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// contains reports whether s holds part with no rune of the same word on either side.
func contains(s, part string, word func(rune) bool) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], part)
		if i < 0 {
			return false
		}
		i += from
		before, after := lastRune(s[:i]), firstRune(s[i+len(part):])
		first, last := firstRune(part), lastRune(part)
		if (!word(before) || !word(first)) && (!word(after) || !word(last)) {
			return true
		}
		from = i + 1
	}
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

func lastRune(s string) rune {
	r := []rune(s[max(0, len(s)-4):])
	if len(r) == 0 {
		return 0
	}
	return r[len(r)-1]
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func keep(s string, wanted func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if wanted(r) {
			return r
		}
		return -1
	}, s)
}
