package identity

import (
	"strings"
	"time"
)

// Birth is a date of birth, whole or partial.
type Birth struct {
	// Year is four digits, 1500 to 2199.
	Year int
	// Month is 1 to 12, or 0 when not known.
	Month int
	// Day is 1 to 31, or 0 when not known.
	Day int
	// Approximate says that the year may be wrong by up to two years.
	Approximate bool
}

// String returns YYYY, YYYY-MM or YYYY-MM-DD, after "about " if approximate.
func (b Birth) String() string {
	out := make([]byte, 0, len("about 2001-02-03"))
	if b.Approximate {
		out = append(out, "about "...)
	}
	two := func(n int) { out = append(out, byte('0'+n/10%10), byte('0'+n%10)) }
	two(b.Year / 100)
	two(b.Year)
	if b.Month > 0 {
		out = append(out, '-')
		two(b.Month)
		if b.Day > 0 {
			out = append(out, '-')
			two(b.Day)
		}
	}
	return string(out)
}

func (b Birth) full() bool { return b.Day > 0 }

// wild reports a date that no calendar holds, kept for its digits: a mistyped
// one is still nearer to the right date than to any other.
func (b Birth) wild() bool {
	return b.Month > 12 || b.Day > 31 || b.Year < minYear || b.Year > maxYear
}

const birthForm = "must be a date such as 2001-02-03 or 03/02/2001, a month such as 2001-02, or a year such as 2001"

var months = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
	"jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

// NormaliseBirth reads a date of birth in any common British or ISO form, day
// before month. A leading "about", "circa", "c" or "approx" marks it
// approximate. Two-digit years are refused: they are ambiguous.
func NormaliseBirth(s string) (Birth, error) {
	b, err := readBirth(s)
	if err != nil {
		return Birth{}, err
	}
	return b, nil
}

// readBirth is NormaliseBirth, but for a whole date that cannot be it returns
// the date as it stands together with the error.
func readBirth(s string) (Birth, error) {
	var b Birth
	words := dateWords(withoutTime(fold(s)))
	if len(words) > 0 {
		switch words[0] {
		case "about", "abt", "circa", "c", "ca", "approx", "approximately":
			b.Approximate = true
			words = words[1:]
		}
	}
	var y, m, d string
	switch len(words) {
	case 1:
		w := words[0]
		switch {
		case !allDigits(w):
			return Birth{}, invalid("format", birthForm)
		case len(w) == 8:
			y, m, d = w[:4], w[4:6], w[6:]
			if n := atoi(y); n < minYear || n > maxYear {
				d, m, y = w[:2], w[2:4], w[4:]
			}
		case len(w) == 6 && atoi(w[:4]) >= minYear && atoi(w[4:]) <= 12:
			y, m = w[:4], w[4:]
		default:
			y = w
		}
	case 2:
		if len(words[0]) == 4 && allDigits(words[0]) {
			y, m = words[0], words[1]
		} else {
			m, y = words[0], words[1]
		}
	case 3:
		switch {
		case len(words[0]) == 4 && allDigits(words[0]):
			y, m, d = words[0], words[1], words[2]
		case !allDigits(words[0]):
			m, d, y = words[0], words[1], words[2]
		default:
			d, m, y = words[0], words[1], words[2]
		}
	default:
		return Birth{}, invalid("format", birthForm)
	}
	return b.fill(y, m, d)
}

const (
	minYear = 1500
	maxYear = 2199
)

func (b Birth) fill(y, m, d string) (Birth, error) {
	if len(y) != 4 || !allDigits(y) {
		return Birth{}, invalid("format", birthForm+", with a year of four digits")
	}
	b.Year = atoi(y)
	outside := b.Year < minYear || b.Year > maxYear
	switch {
	case m == "" || allDigits(m) && atoi(m) == 0:
		if outside {
			return Birth{}, errYear
		}
		return b, nil
	case allDigits(m) && len(m) <= 2:
		b.Month = atoi(m)
	case len(m) >= 3:
		b.Month = months[m[:3]]
	}
	noMonth := b.Month < 1 || b.Month > 12
	switch {
	case d == "" || allDigits(d) && atoi(d) == 0:
		if outside {
			return Birth{}, errYear
		}
		if noMonth {
			return Birth{}, errMonth
		}
		return b, nil
	case !allDigits(d) || len(d) > 2 || b.Month < 1:
		if outside {
			return Birth{}, errYear
		}
		if noMonth {
			return Birth{}, errMonth
		}
		return Birth{}, invalid("format", birthForm)
	}
	b.Day = atoi(d)
	switch {
	case outside:
		return b, errYear
	case noMonth:
		return b, errMonth
	case time.Date(b.Year, time.Month(b.Month), b.Day, 0, 0, 0, 0, time.UTC).Day() != b.Day:
		return b, invalid("range", "must have a day that exists in that month")
	}
	return b, nil
}

var (
	errYear  = invalid("range", "must have a year from 1500 to 2199")
	errMonth = invalid("range", "must have a month from 1 to 12, or its name")
)

func dateWords(s string) []string {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	for i, w := range words {
		if ordinal := strings.TrimRight(w, "stndrh"); len(ordinal)+2 == len(w) && allDigits(ordinal) {
			words[i] = ordinal
		}
	}
	return words
}

// withoutTime cuts a time of day off the end of a date: that of a birth is not
// compared, and tables often bring one that nobody knows.
func withoutTime(s string) string {
	colon := strings.IndexByte(s, ':')
	if colon < 0 {
		return s
	}
	if i := strings.LastIndexAny(s[:colon], " t"); i > 0 && allDigits(s[i+1:colon]) {
		return s[:i]
	}
	return s
}

// atoi reads a short run of digits; callers have checked it.
func atoi(s string) int {
	n := 0
	for i := range len(s) {
		if n > 1_000_000 {
			return n
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// NormaliseSex returns M, F, N (indeterminate) or NS (not specified), the
// codes of the police data standards, from a code or a common word.
func NormaliseSex(s string) (string, error) {
	switch strings.Trim(fold(s), ". ") {
	case "m", "male", "man", "1":
		return "M", nil
	case "f", "female", "woman", "2":
		return "F", nil
	case "n", "indeterminate", "x", "other", "non-binary", "9":
		return "N", nil
	case "ns", "u", "unknown", "not specified", "not known", "0":
		return "NS", nil
	}
	return "", invalid("format", "must be M, F, N (indeterminate) or NS (not specified)")
}
