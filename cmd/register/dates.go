package main

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// partOrder is an order in which year, month and day stand in a date.
type partOrder string

// dateShape is a way to write a date in digits alone, with the orders its parts
// may have, the usual one first: day before month.
type dateShape struct {
	form   *regexp.Regexp // its first three groups are the parts
	orders []partOrder
	// widths cuts the one group of a date without separators, by order.
	widths map[partOrder][]int
}

const (
	between   = `\s*[-/. ]\s*`
	timeOfDay = `(?:[T, ]\s*\d{1,2}:.*)?$`
)

var dateShapes = []dateShape{
	{form: regexp.MustCompile(`^(\d{4})` + between + `(\d{1,2})` + between + `(\d{1,2})` + timeOfDay), orders: []partOrder{"YMD", "YDM"}},
	{form: regexp.MustCompile(`^(\d{1,2})` + between + `(\d{1,2})` + between + `(\d{4})` + timeOfDay), orders: []partOrder{"DMY", "MDY"}},
	{form: regexp.MustCompile(`^(\d{1,2})` + between + `(\d{1,2})` + between + `(\d{2})` + timeOfDay), orders: []partOrder{"DMY", "MDY", "YMD"}},
	// a program that took the date for a number has lost its first nought
	{form: regexp.MustCompile(`^(\d{7,8})$`), orders: []partOrder{"YMD", "DMY", "MDY"}, widths: map[partOrder][]int{"YMD": {4, 2, 2}, "DMY": {2, 2, 4}, "MDY": {2, 2, 4}}},
	{form: regexp.MustCompile(`^(\d{6})$`), orders: []partOrder{"YM", "DMY", "YMD", "MDY"}, widths: map[partOrder][]int{"YM": {4, 2}, "DMY": {2, 2, 2}, "YMD": {2, 2, 2}, "MDY": {2, 2, 2}}},
}

// shortYear is a date with the month's name and two digits of the year.
var shortYear = regexp.MustCompile(`^((?:\d{1,2}(?:st|nd|rd|th)?[-/. ]*[A-Za-z]{3,}|[A-Za-z]{3,}\.? *\d{1,2}(?:st|nd|rd|th)?)[-/., ]*[-/., '])(\d{2})$`)

// dateParts are the digits of a date; the day may be missing.
type dateParts struct{ year, month, day string }

// parts reads a date under an order; false when it is not of the shape.
func (s *dateShape) parts(value string, order partOrder) (out dateParts, ok bool) {
	match := s.form.FindStringSubmatch(value)
	if match == nil {
		return out, false
	}
	list := match[1:]
	if s.widths != nil {
		digits := match[1]
		if len(digits) == 7 {
			digits = "0" + digits
		}
		list = nil
		for _, n := range s.widths[order] {
			list, digits = append(list, digits[:n]), digits[n:]
		}
	}
	for i, part := range order {
		switch part {
		case 'Y':
			out.year = list[i]
		case 'M':
			out.month = list[i]
		case 'D':
			out.day = list[i]
		}
	}
	if len(out.year) == 2 {
		out.year = century(out.year)
	}
	return out, true
}

// century completes a year of two digits: nobody is born after today.
func century(y string) string {
	if n, _ := strconv.Atoi(y); n <= time.Now().Year()%100 {
		return "20" + y
	}
	return "19" + y
}

// possible reports whether there may be such a date of birth.
func (p dateParts) possible() bool {
	within := func(text string, least, most int) bool {
		n, _ := strconv.Atoi(text)
		return text == "" || n >= least && n <= most
	}
	return within(p.year, 1500, time.Now().Year()) && within(p.month, 1, 12) && within(p.day, 1, 31)
}

// dateReader learns from all dates of a column in which order their parts
// stand, as no single date may tell (06/05/1984), and returns what brings one of
// them to the form year-month-day. What it does not know it leaves as it is.
func dateReader(values []string) func(string) string {
	chosen := make([]partOrder, len(dateShapes))
	for i := range dateShapes {
		shape, most := &dateShapes[i], -1
		for _, order := range shape.orders {
			n := 0
			for _, v := range values {
				if parts, ok := shape.parts(v, order); ok && parts.possible() {
					n++
				}
			}
			if n > most {
				chosen[i], most = order, n
			}
		}
	}
	return func(value string) string {
		for i := range dateShapes {
			if parts, ok := dateShapes[i].parts(value, chosen[i]); ok {
				return strings.TrimSuffix(parts.year+"-"+parts.month+"-"+parts.day, "-")
			}
		}
		if match := shortYear.FindStringSubmatch(value); match != nil {
			return match[1] + century(match[2])
		}
		return value
	}
}
