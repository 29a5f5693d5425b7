package client

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// DateOrder says how a date of three numbers is read whose year stands last.
type DateOrder int

// The orders.
const (
	// DayFirst reads 3/2/2001 as 3 February.
	DayFirst DateOrder = iota
	// MonthFirst reads 3/2/2001 as 2 March.
	MonthFirst
)

// The years the register takes; see PartialDate.
const (
	firstYear = 1500
	lastYear  = 2100
)

// Errors of ParseDate. None repeats the value.
var (
	ErrDateForm  = errors.New("not a date: give 2001-02-03, 2001-02, 2001, 03/02/2001 or ~1980")
	ErrDateRange = errors.New("the year must lie between 1500 and 2100, in full")
	ErrDateMonth = errors.New("the month must be 1 to 12")
	ErrDateDay   = errors.New("the month has no such day")
)

var (
	approximateMark = regexp.MustCompile(`^(?i:~|circa|ca?\.?|about|abt\.?|approx\.?)\s*`)
	timeOfDay       = regexp.MustCompile(`^([^ T]*\d)[ T]\d{1,2}:\d\d[0-9:.]*(?:Z|[+-]\d\d:?\d\d)?$`)
	separators      = regexp.MustCompile(`[-/. ,]+`)
)

// ParseDate reads a date of birth in any common form, whole or in part:
// 2001-02-03, 20010203, 03/02/2001, 3 Feb 2001, 2001-02, 02/2001, Feb 2001,
// 2001, and each with ~ or "circa" before it for an estimate. Zeros stand for
// unknown parts. A time of day after the date is ignored. A year of two digits
// is refused: nobody can tell the century.
//
// When the year is sound and month or day are not, the error comes with the
// part that can be used, so that a caller may choose to keep it.
func ParseDate(s string, order DateOrder) (*registerv1.PartialDate, error) {
	s = strings.TrimSpace(s)
	d := &registerv1.PartialDate{}
	if mark := approximateMark.FindString(s); mark != "" {
		d.Approximate = true
		s = s[len(mark):]
	}
	if m := timeOfDay.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	parts := separators.Split(s, -1)
	if len(parts) == 1 && len(s) == 8 && digits(s) {
		parts = []string{s[:4], s[4:6], s[6:]}
	}
	year, month, day, err := arrange(parts, order)
	if err != nil {
		return nil, err
	}
	return d, fill(d, year, month, day)
}

// arrange finds year, month and day among the parts.
func arrange(parts []string, order DateOrder) (year, month, day int, err error) {
	if len(parts) == 0 || len(parts) > 3 {
		return 0, 0, 0, ErrDateForm
	}
	numbers := make([]int, len(parts))
	named := -1
	for i, p := range parts {
		if m := monthNamed(p); m > 0 && named < 0 && len(parts) > 1 {
			numbers[i], named = m, i
			continue
		}
		p = ordinal(p)
		if !digits(p) || len(p) > 4 {
			return 0, 0, 0, ErrDateForm
		}
		numbers[i], _ = strconv.Atoi(p) // at most four digits
	}
	last := len(parts) - 1
	fullYear := func(i int) bool { return i != named && len(parts[i]) == 4 }
	switch {
	case len(parts) == 1:
		if !fullYear(0) {
			return 0, 0, 0, ErrDateForm
		}
		return numbers[0], 0, 0, nil
	case fullYear(0) == fullYear(last): // both or neither: no telling which
		return 0, 0, 0, ErrDateForm
	case len(parts) == 2 && fullYear(0):
		return numbers[0], numbers[1], 0, nil
	case len(parts) == 2:
		return numbers[1], numbers[0], 0, nil
	case len(parts[1]) > 2 && named != 1:
		return 0, 0, 0, ErrDateForm
	case fullYear(0) && named == 2:
		return 0, 0, 0, ErrDateForm
	case fullYear(0):
		return numbers[0], numbers[1], numbers[2], nil
	case named == 0, named < 0 && order == MonthFirst:
		return numbers[2], numbers[0], numbers[1], nil
	default:
		return numbers[2], numbers[1], numbers[0], nil
	}
}

// fill sets what is sound and says what is not.
func fill(d *registerv1.PartialDate, year, month, day int) error {
	if year < firstYear || year > lastYear {
		return ErrDateRange
	}
	d.Year = int32(year)
	if month == 0 { // a day without its month tells nothing
		return nil
	}
	if month < 0 || month > 12 {
		return ErrDateMonth
	}
	d.Month = int32(month)
	if day == 0 {
		return nil
	}
	if day < 0 || day > 31 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() != day {
		return ErrDateDay
	}
	d.Day = int32(day)
	return nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// ordinal drops the ending of 1st, 2nd, 3rd and 4th.
func ordinal(s string) string {
	if len(s) < 3 || len(s) > 4 {
		return s
	}
	switch strings.ToLower(s[len(s)-2:]) {
	case "st", "nd", "rd", "th":
		return s[:len(s)-2]
	}
	return s
}

func monthNamed(s string) int {
	s = strings.ToLower(s)
	if s == "sept" {
		return 9
	}
	for m := time.January; m <= time.December; m++ {
		if name := strings.ToLower(m.String()); s == name || s == name[:3] {
			return int(m)
		}
	}
	return 0
}

// FormatDate writes a partial date: 1980-02-03, 1980-02, ~1980.
func FormatDate(d *registerv1.PartialDate) string {
	if d.GetYear() == 0 {
		return ""
	}
	var b strings.Builder
	if d.GetApproximate() {
		b.WriteByte('~')
	}
	b.WriteString(pad(d.GetYear(), 4))
	if d.GetMonth() != 0 {
		b.WriteString("-" + pad(d.GetMonth(), 2))
		if d.GetDay() != 0 {
			b.WriteString("-" + pad(d.GetDay(), 2))
		}
	}
	return b.String()
}

func pad(n int32, width int) string {
	s := strconv.Itoa(int(n))
	for len(s) < width {
		s = "0" + s
	}
	return s
}
