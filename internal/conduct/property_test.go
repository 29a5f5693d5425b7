package conduct

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/perpetrator-register/register/internal/conduct/victim"
)

func drawCourse(t *rapid.T, label string) Course {
	pool := [][]victim.Token{rachel, rachelTypo, rachelPhone, yasmin, ewa, nobody, someone(1), someone(2)}
	c := Course{
		Force:       rapid.SampledFrom([]string{"10", "33", "43"}).Draw(t, label+"force"),
		Standing:    rapid.SampledFrom([]string{"REPORTED", "CHARGED", "CONVICTED", "ACQUITTED", "CANCELLED", "NO_FURTHER_ACTION"}).Draw(t, label+"standing"),
		Assessment:  rapid.SampledFrom([]string{"", "A", "E"}).Draw(t, label+"assessment"),
		Unconfirmed: rapid.Bool().Draw(t, label+"unconfirmed"),
		Cancelled:   rapid.IntRange(0, 5).Draw(t, label+"cancelled") == 0,
		Principal:   rapid.SampledFrom(pool).Draw(t, label+"principal"),
	}
	for range rapid.IntRange(0, 2).Draw(t, label+"associated") {
		c.Associated = append(c.Associated, rapid.SampledFrom(pool).Draw(t, label+"associate"))
	}
	for range rapid.IntRange(0, 3).Draw(t, label+"incidents") {
		c.Incidents = append(c.Incidents, Incident{
			Day:        Day(rapid.IntRange(15000, 20000).Draw(t, label+"day")),
			Behaviours: Behaviours(rapid.Uint64Range(0, 1<<29-1).Draw(t, label+"behaviours")),
		})
	}
	return c
}

func drawCourses(t *rapid.T) []Course {
	var courses []Course
	for i := range rapid.IntRange(0, 9).Draw(t, "courses") {
		courses = append(courses, drawCourse(t, fmt.Sprint(i, " ")))
	}
	return courses
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		courses := drawCourses(t)
		want := rules.Summarise(courses)
		shuffled := rapid.Permutation(courses).Draw(t, "order")
		for i := range shuffled {
			shuffled[i].Principal = rapid.Permutation(shuffled[i].Principal).Draw(t, "tokens")
			shuffled[i].Incidents = rapid.Permutation(shuffled[i].Incidents).Draw(t, "incidents")
			shuffled[i].Associated = rapid.Permutation(shuffled[i].Associated).Draw(t, "associated")
		}
		if diff := cmp.Diff(want, rules.Summarise(shuffled)); diff != "" {
			t.Fatal(diff)
		}
		if want.Victims.Min > want.Victims.Max || (want.Courses > 0 && want.Victims.Min < 1) {
			t.Fatalf("impossible range %v", want.Victims)
		}
		if want.SerialConvicted.Level > want.Serial.Level {
			t.Fatal("serial by conviction and not alleged")
		}
	})
}

func lower(a, b Finding) bool { return a.Level < b.Level }

func TestAnUnrelatedIncidentNeverLowers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		courses := drawCourses(t)
		before := rules.Summarise(courses)
		more := slices.Clone(courses)
		if len(more) > 0 && rapid.Bool().Draw(t, "same course") {
			i := rapid.IntRange(0, len(more)-1).Draw(t, "course")
			more[i].Incidents = append(slices.Clone(more[i].Incidents), Incident{Day: 18000, Behaviours: 1})
		} else {
			more = append(more, Course{Force: "01", Standing: "REPORTED", Principal: someone(77), Incidents: []Incident{{Day: 18000}}})
		}
		after := rules.Summarise(more)
		if lower(after.Serial, before.Serial) || lower(after.SerialConvicted, before.SerialConvicted) ||
			lower(after.Repeat, before.Repeat) || lower(after.CrossForce, before.CrossForce) ||
			after.Victims.Min < before.Victims.Min || after.Victims.Max < before.Victims.Max ||
			after.Incidents < before.Incidents || len(after.Warnings) < len(before.Warnings) {
			t.Fatalf("lowered: %+v to %+v", before, after)
		}
	})
}

func TestWhatDoesNotCountNeverRaises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		courses := drawCourses(t)
		before := rules.Summarise(courses)
		c := drawCourse(t, "more ")
		switch rapid.IntRange(0, 3).Draw(t, "why") {
		case 0:
			c.Cancelled = true
		case 1:
			c.Standing = "ACQUITTED"
		case 2:
			c.Standing = "CANCELLED"
		case 3:
			c.Assessment = "E"
		}
		after := rules.Summarise(append(slices.Clone(courses), c))
		if after.Discounted != before.Discounted+1 {
			t.Fatal("not discounted")
		}
		after.Discounted, after.Standings = before.Discounted, before.Standings
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestManyVictimsStayBounded(t *testing.T) {
	var courses []Course
	for i := range 260 {
		courses = append(courses, Course{Force: "33", Standing: "REPORTED", Principal: someone(i)})
	}
	p := rules.Summarise(courses)
	if p.Victims.Min < 150 || p.Victims.Min > maxCompared || p.Victims.Max != 260 {
		t.Errorf("victims %v", p.Victims)
	}
	courses = nil
	for range 2000 { // the same victim, over and over
		courses = append(courses, Course{Force: "33", Standing: "REPORTED", Principal: rachel})
	}
	if p := rules.Summarise(courses); p.Victims != (Range{1, 1}) {
		t.Errorf("victims %v", p.Victims)
	}
}

func BenchmarkSummarise(b *testing.B) {
	courses := []Course{
		course(b, "33", "CONVICTED", rachel, "2022-02-11", "2022-05-19"), course(b, "10", "REPORTED", yasmin, "2024-01-17"),
		course(b, "10", "CHARGED", rachelTypo, "2024-06-17"), course(b, "43", "REPORTED", ewa, "2025-01-01"),
	}
	b.ReportAllocs()
	for b.Loop() {
		rules.Summarise(courses)
	}
}

func BenchmarkSummariseOneCourse(b *testing.B) {
	courses := []Course{course(b, "33", "CONVICTED", rachel, "2022-02-11", "2022-05-19")}
	b.ReportAllocs()
	for b.Loop() {
		rules.Summarise(courses)
	}
}
