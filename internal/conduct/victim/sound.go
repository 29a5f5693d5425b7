package victim

import "strings"

// sound returns a code that spellings of a like-sounding name share: its leading
// sound and the consonants after it. The input is lower-case ASCII.
//
// Stored tokens are made of it and can never be made again from a name, so it must
// never change: a better code needs token kinds of its own. For the same reason it is
// not the code that package identity searches with, which is free to improve.
func sound(s string) string {
	for _, p := range [...][2]string{{"kn", "n"}, {"gn", "n"}, {"pn", "n"}, {"wr", "r"}, {"ps", "s"}, {"mac", "mc"}} {
		if rest, ok := strings.CutPrefix(s, p[0]); ok {
			s = p[1] + rest
			break
		}
	}
	s = likeSounds.Replace(s)
	var out []byte
	last := byte(0)
	for i := range len(s) {
		c := soundClass(s[i], i == 0)
		if c != 0 && c != last {
			out = append(out, c)
		}
		// A vowel parts two like consonants (Tit-to), h and w do not.
		if s[i] != 'h' && s[i] != 'w' {
			last = c
		}
	}
	return string(out)
}

var likeSounds = strings.NewReplacer(
	"mps", "ms", "chr", "kr", "chol", "kol", "micha", "mika",
	"ough", "of", "augh", "af", "igh", "i", "gh", "g",
	"ph", "f", "sch", "s", "sh", "s", "tch", "s", "ch", "s", "cz", "s", "sz", "s", "th", "t",
	"ck", "k", "ce", "se", "ci", "si", "cy", "sy", "dg", "j", "ge", "je", "gi", "ji", "x", "ks", "qu", "k",
)

// soundClass maps a letter to its group; 0 leaves it out.
func soundClass(c byte, first bool) byte {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		if first {
			return 'a'
		}
		return 0
	case 'h', 'w':
		if first {
			return c
		}
		return 0
	case 'b', 'p':
		return 'p'
	case 'c', 'k', 'q', 'g':
		return 'k'
	case 'd', 't':
		return 't'
	case 'f', 'v':
		return 'f'
	case 's', 'z':
		return 's'
	case 'j', 'l', 'm', 'n', 'r':
		return c
	}
	return 0
}

// Sound is a word of a name by sound, as stored tokens have it: it never changes. The
// input is lower-case ASCII.
func Sound(word string) string { return sound(word) }
