package identity

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// maxText bounds what any normaliser reads, in bytes: more is not a name, an
// identifier or an address line.
const maxText = 512

// fold brings text to lower-case ASCII: compatibility forms and accents are
// undone, other scripts transliterated, controls become spaces and runs of
// space one space. Folding twice changes nothing.
func fold(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	if plain(s) {
		return s
	}
	if ascii(s) {
		return foldASCII(s)
	}
	s = norm.NFKD.String(s)
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
			// accents, joiners, direction marks
		case r == '’', r == '‘', r == 'ʼ', r == 'ʻ', r == '`', r == '´', r == '′':
			b.WriteByte('\'')
		case unicode.Is(unicode.Pd, r), r == '−':
			b.WriteByte('-')
		case r < 0x20, r == 0x7f, unicode.IsSpace(r):
			b.WriteByte(' ')
		case r < 0x80:
			b.WriteRune(unicode.ToLower(r))
		default:
			for _, t := range strings.ToLower(unidecode.Unidecode(string(r))) {
				if t >= 0x20 && t < 0x7f {
					b.WriteRune(t)
				}
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// plain reports whether fold would return s unchanged.
func plain(s string) bool {
	space := true
	for i := range len(s) {
		c := s[i]
		if c == ' ' {
			if space {
				return false
			}
			space = true
			continue
		}
		space = false
		if c < 0x20 || c >= 0x7f || c == '`' || ('A' <= c && c <= 'Z') {
			return false
		}
	}
	return !space || s == ""
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// foldASCII is fold of what is ASCII already, as nearly everything is.
func foldASCII(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case c <= ' ' || c == 0x7f:
			if len(b) > 0 && b[len(b)-1] != ' ' {
				b = append(b, ' ')
			}
			continue
		case c == '`':
			c = '\''
		case isUpper(c):
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	if len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return string(b)
}

// alnum keeps the letters and digits of folded text, in upper case.
func alnum(s string) string {
	s = fold(s)
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z':
			b = append(b, c-'a'+'A')
		case isDigit(c):
			b = append(b, c)
		}
	}
	return string(b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
