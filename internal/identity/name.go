package identity

import (
	"slices"
	"strings"
)

// maxTokens bounds the words kept of one name on each side.
const maxTokens = 4

// name is one normalised name. The tokens are the words that are compared:
// forenames, then surnames without their particles.
type name struct {
	kind NameKind
	// given and surname are lower-case ASCII words.
	given, surname []string
	// joined is the whole surname as one word, particles included, where that
	// differs from a lone surname word: "vanderberg", "smithjones".
	joined string
	// whole says that the name was given undivided: no word's part is known.
	whole bool
}

// particles are set aside from a surname: "van der Berg" is filed under Berg.
var particles = wordSet(`van von der den de del della dello di da do dos das du la le les ter ten te
	zu zum zur af av al el ul ur as ash bin ibn bint binti e y und`)

// glued are written as one with the word after them: "Mc Donald".
var glued = wordSet(`mc mac o d l st saint fitz ap abu umm abd abdul abdel abdal abdur abdus`)

// titles are dropped from the front of a name when something is left.
var titles = wordSet(`mr mrs miss ms mx master dr prof professor rev revd sir dame lord lady pc sgt insp
	rt hon capt maj lt col hrh esq captain colonel lieutenant sergeant inspector constable reverend honourable`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		set[w] = true
	}
	return set
}

// NormaliseName brings a name or part of a name to lower-case ASCII words
// separated by single spaces: "  Zoë  O’Brien-Smith" becomes
// "zoe obrien smith". The error says that there is no letter in it.
func NormaliseName(s string) (string, error) {
	words := nameWords(s)
	if len(words) == 0 {
		return "", invalid("format", "must hold at least one letter")
	}
	return strings.Join(words, " "), nil
}

// nameWords splits folded text into words of letters. Apostrophes within a word
// vanish, and so does a digit between letters, which was typed or read for one: a
// nought for an o ("j0hn"), another for some letter ("arth8r"). Anything else
// separates.
func nameWords(s string) []string {
	s = fold(s)
	var words []string
	var w []byte
	flush := func() {
		if len(w) > 0 {
			words = append(words, string(w))
			w = w[:0]
		}
	}
	for i := range len(s) {
		switch c := s[i]; {
		case isLower(c):
			w = append(w, c)
		case c == '\'':
		case isDigit(c) && i > 0 && isLower(s[i-1]) && i+1 < len(s) && isLower(s[i+1]):
			if c == '0' {
				w = append(w, 'o')
			}
		default:
			flush()
		}
	}
	flush()
	return words
}

// parseName normalises a name; an error names the part at fault.
func parseName(r RawName) (n name, part string, err error) {
	n.kind = r.Kind
	given, surname := r.Given, r.Surname
	if strings.TrimSpace(given) == "" && strings.TrimSpace(surname) == "" {
		if strings.TrimSpace(r.Full) == "" {
			return n, "", invalid("empty", "must hold a given name, a surname or a full name")
		}
		last, first, comma := strings.Cut(fold(r.Full), ",")
		if comma && len(nameWords(first)) > 0 && len(nameWords(last)) > 0 {
			given, surname = first, last
		} else {
			return parseWhole(r)
		}
	}
	if strings.TrimSpace(given) != "" {
		words := dropTitles(nameWords(given))
		if len(words) == 0 {
			return n, "given", invalid("format", "must hold at least one letter")
		}
		if titles[words[0]] && strings.TrimSpace(surname) != "" {
			words = nil // "Mr" is no forename
		}
		n.given = clip(glue(words, false))
	}
	if strings.TrimSpace(surname) != "" {
		words := nameWords(surname)
		if len(words) == 0 {
			return n, "surname", invalid("format", "must hold at least one letter")
		}
		n.surname, n.joined = surnameTokens(words)
	}
	return n, "", nil
}

// parseWhole normalises a name whose order is not known. The last word stands
// in for the surname; comparison tries every division.
func parseWhole(r RawName) (n name, part string, err error) {
	n.kind, n.whole = r.Kind, true
	words, tied := splitWhole(r.Full)
	for len(words) > 1 && titles[words[0]] {
		words, tied = words[1:], tied[1:]
	}
	if len(words) == 0 {
		return n, "full", invalid("format", "must hold at least one letter")
	}
	var tokens []string
	aside := ""
	for i, w := range words {
		// a particle in front may be a forename ("Van", "Al"), unless it is
		// tied to its word or another particle follows
		front := i == 0 && !tied[i] && (len(words) < 3 || !particles[words[1]] || tied[1])
		if particles[w] && i < len(words)-1 && !front {
			aside += w
			continue
		}
		if aside != "" && n.joined == "" {
			n.joined = aside + w
		}
		aside = ""
		tokens = append(tokens, w)
	}
	tokens = glue(tokens, true)
	tokens = clip(tokens)
	n.given = tokens[:len(tokens)-1]
	n.surname = tokens[len(tokens)-1:]
	return n, "", nil
}

// splitWhole returns the words of a whole name; tied[i] says that a particle
// was written with a hyphen to the next word ("Al-Hassan"), and so is one
// wherever it stands.
func splitWhole(s string) (words []string, tied []bool) {
	for chunk := range strings.FieldsSeq(fold(s)) {
		first, _, hyphen := strings.Cut(chunk, "-")
		for i, w := range nameWords(chunk) {
			words = append(words, w)
			tied = append(tied, hyphen && i == 0 && particles[first] && w == first)
		}
	}
	return words, tied
}

func surnameTokens(words []string) (tokens []string, joined string) {
	joined = strings.Join(words, "")
	words = glue(words, false)
	for i, w := range words {
		if particles[w] && i < len(words)-1 {
			continue
		}
		tokens = append(tokens, w)
	}
	tokens = clip(tokens)
	if len(tokens) == 1 && tokens[0] == joined {
		joined = ""
	}
	return tokens, joined
}

// glue joins prefixes to the word after them. In a whole name of two words a
// prefix may be the forename and stays.
func glue(words []string, whole bool) []string {
	out := make([]string, 0, len(words))
	for i := 0; i < len(words); i++ {
		w := words[i]
		if glued[w] && i < len(words)-1 && (!whole || len(words) > 2) && (len(w) > 1 || i > 0 || !whole) {
			next := words[i+1]
			if strings.HasPrefix(w, "abd") {
				w = "abdul"
				if particles[next] && i+2 < len(words) {
					i++
					next = words[i+1]
				}
			}
			out = append(out, w+next)
			i++
			continue
		}
		out = append(out, w)
	}
	return out
}

func dropTitles(words []string) []string {
	for len(words) > 1 && titles[words[0]] {
		words = words[1:]
	}
	return words
}

func clip(tokens []string) []string {
	if len(tokens) > maxTokens {
		// the last word is the likeliest to be the one used
		tokens = append(slices.Clone(tokens[:maxTokens-1]), tokens[len(tokens)-1])
	}
	return slices.Clip(tokens)
}
