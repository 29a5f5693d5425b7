package client_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

func TestParseDate(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want string
		err  error
	}{
		{"2001-02-03", "2001-02-03", nil},
		{" 2001-2-3 ", "2001-02-03", nil},
		{"2001-02", "2001-02", nil},
		{"2001", "2001", nil},
		{"~1980", "~1980", nil},
		{"circa 1980", "~1980", nil},
		{"c1980", "~1980", nil},
		{"c. 1980-05", "~1980-05", nil},
		{"about 3 Feb 2001", "~2001-02-03", nil},
		{"03/02/2001", "2001-02-03", nil},
		{"3.2.2001", "2001-02-03", nil},
		{"3 Feb 2001", "2001-02-03", nil},
		{"3rd February, 2001", "2001-02-03", nil},
		{"3-FEB-2001", "2001-02-03", nil},
		{"February 3, 2001", "2001-02-03", nil},
		{"2001 Feb 3", "2001-02-03", nil},
		{"Feb 2001", "2001-02", nil},
		{"02/2001", "2001-02", nil},
		{"Sept 2001", "2001-09", nil},
		{"20010203", "2001-02-03", nil},
		{"19081200", "1908-12", nil},
		{"2001-02-03T00:00:00Z", "2001-02-03", nil},
		{"03/02/2001 00:00", "2001-02-03", nil},
		{"00/00/1980", "1980", nil},
		{"1980-00-00", "1980", nil},
		{"1980-00-12", "1980", nil},
		{"2000-02-29", "2000-02-29", nil},
		{"1856-86-18", "1856", client.ErrDateMonth},
		{"2001-02-30", "2001-02", client.ErrDateDay},
		{"1900-02-29", "1900-02", client.ErrDateDay},
		{"1452-01-01", "", client.ErrDateRange},
		{"0001-01-01", "", client.ErrDateRange},
		{"-0033-01-01", "", client.ErrDateForm},
		{"03/02/01", "", client.ErrDateForm},
		{"01", "", client.ErrDateForm},
		{"2001-2002", "", client.ErrDateForm},
		{"baronet", "", client.ErrDateForm},
		{"", "", client.ErrDateForm},
		{"~", "", client.ErrDateForm},
		{"May", "", client.ErrDateForm},
		{"2001-02-03-04", "", client.ErrDateForm},
	} {
		got, err := client.ParseDate(tt.in, client.DayFirst)
		if !errors.Is(err, tt.err) || client.FormatDate(got) != tt.want {
			t.Errorf("%q: %q, %v; want %q, %v", tt.in, client.FormatDate(got), err, tt.want, tt.err)
		}
	}
	if got, err := client.ParseDate("3/2/2001", client.MonthFirst); err != nil || client.FormatDate(got) != "2001-03-02" {
		t.Errorf("month first: %v, %v", got, err)
	}
	if got, err := client.ParseDate("3 Feb 2001", client.MonthFirst); err != nil || client.FormatDate(got) != "2001-02-03" {
		t.Errorf("a named month: %v, %v", got, err)
	}
}

func TestDatesReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &registerv1.PartialDate{Year: rapid.Int32Range(1500, 2100).Draw(t, "year"), Approximate: rapid.Bool().Draw(t, "approximate")}
		if d.Month = rapid.Int32Range(0, 12).Draw(t, "month"); d.GetMonth() > 0 {
			d.Day = rapid.Int32Range(0, 28).Draw(t, "day")
		}
		text := client.FormatDate(d)
		got, err := client.ParseDate(text, client.DayFirst)
		if err != nil || client.FormatDate(got) != text {
			t.Fatalf("%q: %v, %v", text, got, err)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2001-02-03", "~1980", "3 Feb 2001", "20010203", "03/02/2001 00:00", "1856-86-18", "-0033-01-01"} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, dayFirst bool) {
		order := client.MonthFirst
		if dayFirst {
			order = client.DayFirst
		}
		d, err := client.ParseDate(s, order)
		if err == nil && d.GetYear() == 0 {
			t.Fatalf("%q: no error and no date", s)
		}
		if d == nil {
			return
		}
		if d.GetMonth() == 0 && d.GetDay() != 0 || d.GetYear() == 0 && d.GetMonth() != 0 || d.GetMonth() > 12 || d.GetDay() > 31 {
			t.Fatalf("%q: %v is not a partial date", s, d)
		}
		if d.GetYear() != 0 {
			again, err := client.ParseDate(client.FormatDate(d), order)
			if err != nil || client.FormatDate(again) != client.FormatDate(d) {
				t.Fatalf("%q: %v is written %q and read %v, %v", s, d, client.FormatDate(d), again, err)
			}
		}
	})
}
