package leaktest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// canaries makes distinctive values and finds them again in whatever form they
// may have been written down.
type canaries struct {
	mu     sync.Mutex
	random *rand.Rand
	number int
	where  map[string]string // by value: what it was sent as
	sought *sought           // nil since a canary came or went
}

// sought are the forms of all canaries, as they are looked for.
type sought struct {
	long  map[uint64][]string // by the first bytes: form and value
	short []string
	// maybe tells most of what is no beginning of any from the rest, at less cost than long.
	maybe []bool
}

// place is where maybe has a beginning.
func place(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> 44 }

func newCanaries() *canaries {
	return &canaries{random: rand.New(rand.NewPCG(7, 7)), where: map[string]string{}}
}

func (c *canaries) note(value, where string) string {
	c.where[value], c.sought = where, nil
	return value
}

// forget gives up the canaries that were sent as something.
func (c *canaries) forget(part string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.where, func(_, where string) bool { return strings.Contains(where, part) })
	c.sought = nil
}

// word is a name-like word that occurs nowhere else and resembles no other.
func (c *canaries) word(where string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	b := make([]byte, 0, 14)
	for range 7 {
		b = append(b, consonants[c.random.IntN(len(consonants))], vowels[c.random.IntN(len(vowels))])
	}
	b[0] -= 'a' - 'A'
	return c.note(string(b), where)
}

// phone is a number of the range that is kept for drama.
func (c *canaries) phone(where string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	c.note(fmt.Sprintf("7700900%03d", c.number%1000), where)
	return fmt.Sprintf("07700 900%03d", c.number%1000)
}

func (c *canaries) email(where string) string {
	return strings.ToLower(c.word(where)) + "@" + strings.ToLower(c.word(where)) + ".example"
}

func (c *canaries) vehicle(where string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	n := c.number % 100
	c.note(fmt.Sprintf("QX%02dZWJ", n), where)
	return fmt.Sprintf("QX%02d ZWJ", n)
}

func (c *canaries) postcode(where string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	n := c.number % 100
	c.note(fmt.Sprintf("ZE%02d9QX", n), where)
	return fmt.Sprintf("ZE%02d 9QX", n)
}

// forms are the ways in which a value might have been written.
func forms(value string) []string {
	out := []string{}
	for _, v := range []string{value, strings.ToLower(value), strings.ToUpper(value)} {
		out = append(out, v, hex.EncodeToString([]byte(v)), strings.ToUpper(hex.EncodeToString([]byte(v))), url.QueryEscape(v), escaped(v))
		// In base64 of a longer text a value looks different at each of three
		// places; the first and last characters depend on its neighbours.
		for shift := range 3 {
			raw := append(make([]byte, shift), v...)
			for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				text := e.EncodeToString(raw)
				from, until := (shift*8+5)/6, len(raw)*8/6
				out = append(out, text[from:until])
			}
		}
	}
	return out
}

// escaped writes every character as JSON may.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// window is how much of each form is looked up at once; shorter ones are
// looked for one by one.
const window = 8

// index prepares the search for all canaries sent so far.
func (c *canaries) index() *sought {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sought != nil {
		return c.sought
	}
	c.sought = &sought{long: map[uint64][]string{}, maybe: make([]bool, 1<<20)}
	for value := range c.where {
		for _, form := range forms(value) {
			if len(form) < window {
				c.sought.short = append(c.sought.short, form)
				continue
			}
			key := binary.BigEndian.Uint64([]byte(form))
			c.sought.long[key] = append(c.sought.long[key], form+"\x00"+value)
			c.sought.maybe[place(key)] = true
		}
	}
	return c.sought
}

// found lists what of the canaries stands in a text.
func (c *canaries) found(text []byte) []string {
	index := c.index()
	seen := map[string]bool{}
	var out []string
	report := func(value, form string, at int) {
		if !seen[value] {
			seen[value] = true
			around := text[max(0, at-120):min(len(text), at+len(form)+60)]
			out = append(out, fmt.Sprintf("%q (sent as %s) as %q in: %q", value, c.where[value], form, around))
		}
	}
	var key uint64
	for i, b := range text {
		key = key<<8 | uint64(b)
		if i < window-1 || !index.maybe[place(key)] {
			continue
		}
		for _, both := range index.long[key] {
			form, value, _ := strings.Cut(both, "\x00")
			if at := i - window + 1; bytes.HasPrefix(text[at:], []byte(form)) {
				report(value, form, at)
			}
		}
	}
	for _, form := range index.short {
		if at := bytes.Index(text, []byte(form)); at >= 0 {
			report(form, form, at)
		}
	}
	return out
}

// decoded adds to a text what its hexadecimal values hold, which begin with \x. An odd
// last digit is left.
func decoded(text []byte) []byte {
	out := bytes.Clone(text)
	for rest := text; ; {
		_, after, ok := bytes.Cut(rest, []byte(`\x`))
		if !ok {
			return out
		}
		digits := 0
		for digits < len(after) && isHex(after[digits]) {
			digits++
		}
		if raw, err := hex.DecodeString(string(after[:digits&^1])); err == nil && len(raw) > 0 {
			out = append(append(out, '\n'), raw...)
		}
		rest = after[digits:]
	}
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}

// clean fails the test for every canary in a text.
func (c *canaries) clean(t *testing.T, what string, text []byte) {
	t.Helper()
	if len(text) == 0 {
		t.Errorf("%s: there is nothing to look at", what)
	}
	found := c.found(text)
	for i, f := range found {
		if i == 12 {
			t.Errorf("%s: and %d more", what, len(found)-i)
			break
		}
		t.Errorf("%s holds %s", what, f)
	}
}

// The search finds a canary in every form that it knows of.
func TestCanariesAreFound(t *testing.T) {
	t.Parallel()
	c := newCanaries()
	var values []string
	for range 20 {
		values = append(values, c.word("a name"))
	}
	values = append(values, strings.ReplaceAll(strings.TrimPrefix(c.phone("a phone"), "0"), " ", ""), strings.ReplaceAll(c.vehicle("a vehicle"), " ", ""))
	for _, v := range values {
		for _, form := range forms(v) {
			if len(c.found([]byte("some text "+form+" and more"))) == 0 {
				t.Errorf("%q is not found as %q", v, form)
			}
		}
		for shift := range 3 {
			sealed := base64.StdEncoding.EncodeToString([]byte("xyz"[:shift] + "<" + v + ">"))
			if len(c.found([]byte(sealed))) == 0 {
				t.Errorf("%q is not found in %q", v, sealed)
			}
		}
		dump := fmt.Sprintf(`\\x%x`, "a name: "+v)
		if len(c.found(decoded([]byte(dump)))) == 0 {
			t.Errorf("%q is not found in %q", v, dump)
		}
	}
	if f := c.found([]byte(strings.Repeat("the quick brown fox ", 1000))); len(f) > 0 {
		t.Errorf("found where there is none: %v", f)
	}
}
