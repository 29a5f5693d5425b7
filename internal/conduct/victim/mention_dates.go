package victim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/perpetrator-register/register/internal/identity"
)

var monthNames = [...]string{"january", "february", "march", "april", "may", "june", "july",
	"august", "september", "october", "november", "december"}

// holdsDate looks for a whole date of birth: figures in the orders day-month-year,
// month-day-year and year-month-day, years of two or four figures, parted or run
// together, and months in words. A year or a month alone is not looked for: it points
// to nobody.
func (t text) holdsDate(dob string) bool {
	if t.digits < 3 {
		return false
	}
	b, err := identity.NormaliseBirth(dob)
	if err != nil || b.Day == 0 {
		return false
	}
	d, m, y := b.Day, b.Month, b.Year
	runTogether := map[string]bool{}
	for _, order := range []string{
		fmt.Sprintf("%02d%02d%04d", d, m, y), fmt.Sprintf("%02d%02d%02d", d, m, y%100),
		fmt.Sprintf("%04d%02d%02d", y, m, d), fmt.Sprintf("%02d%02d%04d", m, d, y),
	} {
		runTogether[order] = true
	}
	parts := make([]token, 0, len(t.tokens))
	for _, k := range t.tokens {
		if k.digits && runTogether[k.word] {
			return true
		}
		if isFiller(k.word) {
			continue // "the 3rd day of February": and the separator goes with it
		}
		parts = append(parts, k)
	}
	for i := 0; i+2 < len(parts); i++ {
		if !joinsDate(parts[i+1].sep) || !joinsDate(parts[i+2].sep) {
			continue
		}
		a, b, c := parts[i], parts[i+1], parts[i+2]
		switch {
		case isDay(a, d) && isMonth(b, m) && isYear(c, y),
			isMonth(a, m) && isDay(b, d) && isYear(c, y),
			isYear(a, y) && isMonth(b, m) && isDay(c, d):
			return true
		}
	}
	return false
}

// isFiller reports whether a word may stand inside a date without being part of it.
func isFiller(w string) bool {
	switch w {
	case "st", "nd", "rd", "th", "of", "the", "day":
		return true
	}
	return false
}

func joinsDate(sep string) bool {
	return len(sep) <= 5 && strings.Trim(sep, " \t\n\u00a0-–/.,'\\|") == ""
}

func number(k token) int {
	if !k.digits || len(k.word) > 4 {
		return -1
	}
	n, err := strconv.Atoi(k.word)
	if err != nil {
		return -1
	}
	return n
}

func isDay(k token, d int) bool { return len(k.word) <= 2 && number(k) == d }

func isMonth(k token, m int) bool {
	if k.digits {
		return len(k.word) <= 2 && number(k) == m
	}
	return len(k.word) >= 3 && strings.HasPrefix(monthNames[m-1], k.word) || (m == 9 && k.word == "sept")
}

func isYear(k token, y int) bool {
	switch len(k.word) {
	case 4:
		return number(k) == y
	case 2:
		return number(k) == y%100
	}
	return false
}
