package client

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Clean makes text from elsewhere fit for one line of a terminal: control
// characters, and those that reorder or hide text, are dropped; tabs and line
// ends become spaces. What is left cannot start an escape sequence.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\u2028', r == '\u2029':
			return ' '
		case hidden(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// hidden reports whether a rune must not reach a terminal: C0 and C1 controls,
// and the format characters by which text can be reordered or hidden. The
// joiners, which names in some scripts need, may pass.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d'
}

// Lines splits text into clean lines, without empty ones at the end.
func Lines(s string) []string {
	var out []string
	for _, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		out = append(out, Clean(line))
	}
	for len(out) > 0 && strings.TrimSpace(out[len(out)-1]) == "" {
		out = out[:len(out)-1]
	}
	return out
}

// CleanJSON writes JSON with every rune that Clean would drop as \u escape:
// the same value, and harmless on a terminal. Line ends between tokens stay.
func CleanJSON(w io.Writer, data []byte) error {
	var b strings.Builder
	b.Grow(len(data))
	for _, r := range string(data) {
		switch {
		case r == '\n' || r == '\t' || r == ' ':
			b.WriteRune(r)
		case hidden(r) && r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		case hidden(r), r == '\u2028', r == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Shorten cuts text to at most n runes and marks the cut.
func Shorten(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}
