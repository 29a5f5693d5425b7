package victim

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Mention says which of the victim's details a free text holds, never the detail
// itself.
type Mention string

// The details that are looked for.
const (
	MentionFullName   Mention = "full name"
	MentionGivenName  Mention = "given name"
	MentionSurname    Mention = "surname"
	MentionFormerName Mention = "former name"
	MentionDOB        Mention = "date of birth"
	MentionPhone      Mention = "telephone number"
	MentionEmail      Mention = "e-mail address"
	MentionPostcode   Mention = "postcode"
	MentionAddress    Mention = "address"
	MentionHandle     Mention = "account name"
)

// Mentions finds the victim's own details in text, so that a write which would store
// her identity in clear can be refused with the field named.
//
// Names are found as whole words in any case, with or without accents, apostrophes,
// hyphens, a plural or possessive s and invisible characters; a short form of her given
// name counts too. Names of one or two letters are found only beside the rest of the name or after
// a title, and names that are also everyday words of police reports ("Will", "May",
// "White") only with a capital: rather a rare miss there than every report refused.
// Numbers are found in any spacing, dates in the common orders, postcodes and first
// address lines in any spacing and case.
//
// The result has no duplicates and is sorted. It is a guard against carelessness, not
// against one who is set on getting a name past it.
func Mentions(text string, d Details) []Mention { return Read(text).Mentions(d) }

// Text is a free text made ready to be searched for the details of several people.
type Text struct{ text }

// Read makes a text ready.
func Read(s string) Text { return Text{parse(s)} }

// Mentions is Mentions of the text.
func (t Text) Mentions(d Details) []Mention {
	if len(t.tokens) == 0 && strings.TrimSpace(t.lower) == "" {
		return nil
	}
	found := map[Mention]bool{}
	mentionNames(t.text, d, found)
	if t.holdsDate(d.DOB) {
		found[MentionDOB] = true
	}
	for _, p := range d.Phones {
		if t.holdsPhone(p) {
			found[MentionPhone] = true
		}
	}
	for _, e := range d.Emails {
		if t.holdsEmail(e) {
			found[MentionEmail] = true
		}
	}
	for _, p := range d.Postcodes {
		if t.holdsPostcode(p) {
			found[MentionPostcode] = true
		}
	}
	for _, a := range d.Addresses {
		if t.holdsAddress(a) {
			found[MentionAddress] = true
		}
	}
	for _, h := range d.Handles {
		if t.holdsHandle(h) {
			found[MentionHandle] = true
		}
	}
	if len(found) == 0 {
		return nil
	}
	out := make([]Mention, 0, len(found))
	for m := range found {
		out = append(out, m)
	}
	slices.Sort(out)
	return out
}

// text is a free text made ready for the searches.
type text struct {
	lower  string // lower case, compatibility forms and invisible characters undone
	tokens []token
	digits int // how many digits it holds in all
	// numbers are its runs of digits; at says where each word stands.
	numbers string
	at      map[string][]int
}

// token is a run of letters, or of digits, as words of lower-case ASCII.
type token struct {
	word    string // "grace"
	capital bool   // begins with a capital
	digits  bool
	sep     string // what stands before it, in lower case
}

func parse(s string) text {
	s = visible(norm.NFKC.String(s))
	t := text{lower: strings.ToLower(s)}
	runes := []rune(s)
	sep := 0
	for i := 0; i < len(runes); {
		class := classOf(runes[i])
		if class == other {
			i++
			continue
		}
		start := i
		for i < len(runes) && classOf(runes[i]) == class {
			i++
		}
		run := string(runes[start:i])
		before := strings.ToLower(string(runes[sep:start]))
		sep = i
		if class == digit {
			t.digits += len(run)
			t.tokens = append(t.tokens, token{word: run, digits: true, sep: before})
			continue
		}
		capital := unicode.IsUpper(runes[start])
		for _, w := range foldRun(run) {
			t.tokens = append(t.tokens, token{word: w, capital: capital, sep: before})
			before = " " // scripts without spaces fold to several words
		}
	}
	t.numbers, t.at = numbersIn(t.tokens), make(map[string][]int, len(t.tokens))
	for i, k := range t.tokens {
		t.at[k.word] = append(t.at[k.word], i)
	}
	return t
}

// foldRun folds a run of letters, mostly to one word; plain ones need no more than
// lower case.
func foldRun(run string) []string {
	for i := range len(run) {
		if c := run[i] | 0x20; c < 'a' || c > 'z' {
			return words(run)
		}
	}
	return []string{strings.ToLower(run)}
}

type class uint8

const (
	other class = iota
	letter
	digit
)

func classOf(r rune) class {
	switch {
	case r >= '0' && r <= '9':
		return digit
	case unicode.IsLetter(r), unicode.IsMark(r):
		return letter
	default:
		return other
	}
}

// visible drops invisible characters and brings apostrophes to one form.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case r == '’', r == '‘', r == 'ʼ', r == 'ʻ', r == '`', r == '´', r == '′':
			return '\''
		}
		return r
	}, s)
}
