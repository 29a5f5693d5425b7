package conduct

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/refdata"
)

var rules = NewRules(refdata.Default())

// tokens stands in for keyed tokens: equal materials give equal codes.
func tokens(d victim.Details) []victim.Token {
	var out []victim.Token
	for _, m := range victim.Materials(d) {
		sum := sha256.Sum256([]byte(m.Value))
		out = append(out, victim.Token{Kind: m.Kind, Layer: 1, Sum: [victim.Size]byte(sum[:victim.Size])})
	}
	return out
}

func woman(given, surname, dob, phone string) []victim.Token {
	d := victim.Details{Surname: surname, DOB: dob}
	if given != "" {
		d.Given = []string{given}
	}
	if phone != "" {
		d.Phones = []string{phone}
	}
	return tokens(d)
}

var (
	rachel      = woman("Rachel", "Ormerod", "1989-11-02", "07700900461")
	rachelTypo  = woman("Rachael", "Ormrod", "1989-11-02", "")
	rachelPhone = woman("", "", "", "07700900461")
	yasmin      = woman("Yasmin", "Qureshi", "1991-06-23", "07700900822")
	ewa         = woman("Ewa", "Zielinska", "1985-01-30", "07700900317")
	nobody      []victim.Token
)

func day(t testing.TB, s string) Day {
	t.Helper()
	d, err := ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func behaviours(t testing.TB, codes ...string) Behaviours {
	t.Helper()
	b, unknown := rules.Behaviours(codes...)
	if len(unknown) > 0 {
		t.Fatal(unknown)
	}
	return b
}

// course makes a course with one incident a date.
func course(t testing.TB, force, standing string, principal []victim.Token, dates ...string) Course {
	t.Helper()
	c := Course{Force: force, Standing: standing, Principal: principal}
	for _, d := range dates {
		c.Incidents = append(c.Incidents, Incident{Day: day(t, d), Behaviours: behaviours(t, "CONTACT")})
	}
	return c
}

func change(c Course, f func(*Course)) Course { f(&c); return c }

func unconfirmed(c *Course) { c.Unconfirmed = true }

func TestTiers(t *testing.T) {
	const d1, d2 = "2024-01-01", "2024-02-01"
	a := course(t, "33", "REPORTED", rachel, d1)
	for name, c := range map[string]struct {
		courses   []Course
		victims   Range
		serial    Finding
		convicted Finding
		repeat    Finding
		cross     Finding
	}{
		"nothing":            {},
		"one report":         {[]Course{a}, Range{1, 1}, Finding{}, Finding{}, Finding{}, Finding{}},
		"two reports of one": {[]Course{course(t, "33", "REPORTED", rachel, d1, d2)}, Range{1, 1}, Finding{}, Finding{}, Finding{Level: Yes}, Finding{}},
		"two forces, one victim, misspelt": {[]Course{a, course(t, "10", "REPORTED", rachelTypo, d2)},
			Range{1, 1}, Finding{}, Finding{}, Finding{Level: Yes}, Finding{Level: Yes}},
		"two victims": {[]Course{a, course(t, "33", "NO_FURTHER_ACTION", yasmin, d2)},
			Range{2, 2}, Finding{Level: Yes}, Finding{}, Finding{}, Finding{}},
		"withdrawal hides nothing": {[]Course{a, course(t, "33", "VICTIM_DOES_NOT_SUPPORT", yasmin, d2)},
			Range{2, 2}, Finding{Level: Yes}, Finding{}, Finding{}, Finding{}},
		"perhaps the same": {[]Course{a, course(t, "33", "REPORTED", rachelPhone, d2)},
			Range{1, 2}, Finding{Level: Possible}, Finding{}, Finding{Level: Possible}, Finding{}},
		"nothing known of one": {[]Course{a, course(t, "33", "REPORTED", nobody, d2)},
			Range{1, 2}, Finding{Level: Possible}, Finding{}, Finding{Level: Possible}, Finding{}},
		"two and one unresolved": {[]Course{a, course(t, "33", "REPORTED", yasmin, d2), course(t, "33", "REPORTED", rachelPhone, d2)},
			Range{2, 3}, Finding{Level: Yes}, Finding{}, Finding{Level: Possible}, Finding{}},
		"convicted of one": {[]Course{change(a, func(c *Course) { c.Standing = "CONVICTED" }), course(t, "33", "CHARGED", yasmin, d2)},
			Range{2, 2}, Finding{Level: Yes}, Finding{}, Finding{}, Finding{}},
		"convicted of two": {[]Course{course(t, "33", "CONVICTED", rachel, d1), course(t, "10", "CONVICTED", yasmin, d2)},
			Range{2, 2}, Finding{Level: Yes}, Finding{Level: Yes}, Finding{}, Finding{Level: Yes}},
		"acquitted of one": {[]Course{a, course(t, "10", "ACQUITTED", yasmin, d1, d2)},
			Range{1, 1}, Finding{}, Finding{}, Finding{}, Finding{}},
		"no crime": {[]Course{a, course(t, "10", "CANCELLED", yasmin, d1, d2)},
			Range{1, 1}, Finding{}, Finding{}, Finding{}, Finding{}},
		"record cancelled": {[]Course{a, change(course(t, "10", "CONVICTED", yasmin, d1, d2), func(c *Course) { c.Cancelled = true })},
			Range{1, 1}, Finding{}, Finding{}, Finding{}, Finding{}},
		"suspected false": {[]Course{a, change(course(t, "10", "REPORTED", yasmin, d1, d2), func(c *Course) { c.Assessment = "E" })},
			Range{1, 1}, Finding{}, Finding{}, Finding{}, Finding{}},
		"unconfirmed second victim": {[]Course{a, change(course(t, "10", "CONVICTED", yasmin, d1, d2), unconfirmed)},
			Range{2, 2}, Finding{Yes, true}, Finding{}, Finding{Yes, true}, Finding{Yes, true}},
		"serial without the unconfirmed": {[]Course{a, course(t, "33", "REPORTED", yasmin, d1), change(course(t, "33", "REPORTED", ewa, d1), unconfirmed)},
			Range{3, 3}, Finding{Level: Yes}, Finding{}, Finding{}, Finding{}},
		"an associated victim makes nobody serial": {[]Course{change(a, func(c *Course) { c.Associated = [][]victim.Token{yasmin, ewa} })},
			Range{1, 1}, Finding{}, Finding{}, Finding{}, Finding{}},
		"unknown standing counts as reported": {[]Course{a, course(t, "33", "SOMETHING_NEW", yasmin, d1)},
			Range{2, 2}, Finding{Level: Yes}, Finding{}, Finding{}, Finding{}},
	} {
		t.Run(name, func(t *testing.T) {
			p := rules.Summarise(c.courses)
			if p.Victims != c.victims || p.Unresolved != c.victims.Max-c.victims.Min {
				t.Errorf("victims %v, %d unresolved; want %v", p.Victims, p.Unresolved, c.victims)
			}
			for what, f := range map[string][2]Finding{"serial": {p.Serial, c.serial}, "convicted": {p.SerialConvicted, c.convicted},
				"repeat": {p.Repeat, c.repeat}, "cross-force": {p.CrossForce, c.cross}} {
				if f[0] != f[1] {
					t.Errorf("%s is %v, want %v", what, f[0], f[1])
				}
			}
		})
	}
}

func TestSummary(t *testing.T) {
	convicted := course(t, "33", "CONVICTED", rachel, "2022-02-11", "2022-05-19")
	convicted.Incidents[1].Behaviours = behaviours(t, "STRANGULATION", "WEAPON")
	alleged := course(t, "10", "CHARGED", yasmin, "2024-01-17")
	alleged.Incidents[0].Offences = []string{"THREATS_TO_KILL", "NO-SUCH-CODE"}
	alleged.Incidents = append(alleged.Incidents, Incident{Day: NoDay})
	behind := change(course(t, "43", "REPORTED", ewa, "2025-01-01"), unconfirmed)
	behind.Incidents[0].Behaviours = behaviours(t, "FIREARM", "WEAPON")
	behind.Associated = [][]victim.Token{rachelPhone}
	gone := course(t, "01", "ACQUITTED", ewa, "2001-01-01")
	gone.Incidents[0].Behaviours = behaviours(t, "ARSON")

	got := rules.Summarise([]Course{convicted, alleged, behind, gone, change(gone, func(c *Course) { c.Cancelled = true })})
	want := Pattern{
		Victims: Range{3, 3}, Associated: Coarse{3, true}, Forces: []string{"10", "33", "43"},
		First: day(t, "2022-02-01").Month(), Last: day(t, "2025-01-31").Month(), Incidents: 5, Courses: 3, Discounted: 2,
		Standings: []StandingCount{{"REPORTED", 1}, {"CHARGED", 1}, {"CONVICTED", 1}, {"ACQUITTED", 1}, {"CANCELLED", 1}},
		Serial:    Finding{Level: Yes}, Repeat: Finding{Level: Yes}, CrossForce: Finding{Level: Yes},
		Warnings: []Warning{
			{Code: "FIREARM", Unconfirmed: true}, {Code: "THREATS_TO_KILL"}, {Code: "STRANGULATION", Convicted: true},
			{Code: "WEAPON", Convicted: true}, {Code: "VIOLENCE", Convicted: true},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.First.String() != "2022-02" || got.Last.String() != "2025-01" || Month(0).String() != "" {
		t.Error("months")
	}
	for n, want := range map[int]string{0: "none", 1: "fewer than 3", 2: "fewer than 3", 3: "3", 4: "4"} {
		c := course(t, "33", "REPORTED", rachel, "2024-01-01")
		for i := range n {
			c.Associated = append(c.Associated, someone(i+100))
		}
		if got := rules.Summarise([]Course{c}).Associated.String(); got != want {
			t.Errorf("%d associated victims show as %q, want %q", n, got, want)
		}
	}
	if codes := rules.Codes(behaviours(t, "WEAPON", "FOLLOWING")); !slices.Equal(codes, []string{"FOLLOWING", "WEAPON"}) {
		t.Errorf("codes %v", codes)
	}
	if set, unknown := rules.Behaviours("NOPE", "FOLLOWING"); set != 1 || !slices.Equal(unknown, []string{"NOPE"}) {
		t.Errorf("set %d, unknown %v", set, unknown)
	}
}

func TestDays(t *testing.T) {
	zone := time.FixedZone("far", 11*3600)
	if d := DayOf(time.Date(2024, 3, 1, 0, 30, 0, 0, zone)); d.String() != "2024-03-01" || d.Month().String() != "2024-03" {
		t.Errorf("day %s", d)
	}
	for _, s := range []string{"1969-12-31", "1900-01-01", "2100-02-28"} {
		if d := day(t, s); d.String() != s || d.Month().String() != s[:7] {
			t.Errorf("%s comes back as %s, %s", s, d, d.Month())
		}
	}
	if _, err := ParseDay("31/12/1969"); err == nil || strings.Contains(err.Error(), "31/12") {
		t.Error("ParseDay")
	}
	if NoDay.String() != "" || NoDay.Month() != NoMonth {
		t.Error("unknown day")
	}
}

// someone makes a victim who differs from every other number.
func someone(n int) []victim.Token {
	letters := "bdfgjklmnprstv"
	name := func(k int) string {
		s := ""
		for range 4 {
			s += string(letters[k%len(letters)]) + "a"
			k /= len(letters)
		}
		return s
	}
	dob := time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(n%40, n*7%12, n*13%28)
	return woman(name(n*31+7), name(n*17+3), dob.Format(time.DateOnly), fmt.Sprintf("01632 %06d", n))
}
