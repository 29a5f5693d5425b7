package picture

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestWaterfall(t *testing.T) {
	t.Parallel()
	w := NewWaterfall("w", "Why", -13.3, []Step{{"Date of birth", 14}, {"Surname", 10.9}, {"Given names", -4}})
	if len(w.Bars) != 5 || w.Bars[4].Value != "+7.6" || w.Bars[3].Class != "minus" || w.Bars[3].Value != "−4.0" {
		t.Errorf("bars %+v", w.Bars)
	}
	for _, b := range w.Bars {
		if b.X < plotLeft || b.X+b.Width > plotRight+2 || b.Width < 2 {
			t.Errorf("%s lies outside: %d to %d", b.Label, b.X, b.X+b.Width)
		}
	}
	if want := "before any evidence −13.3 bits, date of birth +14.0, surname +10.9, given names −4.0. Sum +7.6."; !strings.Contains(w.Description, want) {
		t.Errorf("description %q", w.Description)
	}
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	if _, ok := NewTimeline("Nothing", []Lane{{Label: "1"}}); ok {
		t.Error("a picture of nothing")
	}
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for name, lanes := range map[string][]Lane{
		"one day": {{Label: "1: Kent", Incidents: []Incident{{day("2024-02-29"), Threat}}}},
		"many":    {{Label: "1: Kent", Incidents: []Incident{{day("1999-12-31"), Contact}, {day("2026-01-01"), Presence}, {day("2026-01-02"), Other}}}},
		"measure": {{Label: "Bail", Spans: []Span{{day("2025-01-01"), day("2025-06-01")}}, Incidents: []Incident{{day("2025-02-01"), Breach}}}},
	} {
		p, ok := NewTimeline("T", lanes)
		if !ok {
			t.Fatalf("%s: no picture", name)
		}
		for _, s := range []TimelineSVG{p.Desk, p.Phone} {
			if len(s.Ticks) == 0 || len(s.Ticks) > 10 {
				t.Errorf("%s: %d ticks", name, len(s.Ticks))
			}
			for i, k := range s.Ticks {
				if i > 0 && k.Label != "" && s.Ticks[i-1].Label != "" && s.Ticks[i-1].Anchor == "start" && k.TextX-labelWidth/2 < s.Ticks[i-1].TextX+labelWidth {
					t.Errorf("%s: %s stands on %s", name, k.Label, s.Ticks[i-1].Label)
				}
			}
			for _, m := range s.Marks {
				if m.X < 8 || m.X > s.Width-8 || m.Y < 8 || m.Y > s.Height {
					t.Errorf("%s: a mark at %d, %d of %d, %d", name, m.X, m.Y, s.Width, s.Height)
				}
			}
			for _, b := range s.Bars {
				if b.X < 0 || b.X+b.Width > s.Width {
					t.Errorf("%s: a bar from %d, %d wide", name, b.X, b.Width)
				}
			}
		}
	}
	p, _ := NewTimeline("T", []Lane{{Label: "1: Kent", Incidents: []Incident{{day("2024-02-02"), Contact}, {day("2024-02-01"), Threat}, {day("2024-03-05"), Contact}}}})
	if want := "1: Kent: 1 with threats or violence, 1 February 2024; 2 by contact or online, 2 February 2024 to 5 March 2024."; !strings.Contains(p.Desk.Description, want) {
		t.Errorf("description %q", p.Desk.Description)
	}
}

// Whatever happened and when: no mark stands on another, on a count or on a label, and
// each incident is counted in one.
func TestMarksStandApart(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return begin.AddDate(0, 0, n) }
	for range 200 {
		course, measure := Lane{Label: "1: Kent"}, Lane{Label: "Bail, Kent", Spans: []Span{{day(0), day(random.IntN(700))}}}
		for range 1 + random.IntN(120) {
			course.Incidents = append(course.Incidents, Incident{day(random.IntN(700)), rows[random.IntN(4)].kind})
		}
		for range random.IntN(6) {
			measure.Incidents = append(measure.Incidents, Incident{day(random.IntN(90)), Breach})
		}
		p, _ := NewTimeline("T", []Lane{course, measure})
		for _, s := range []TimelineSVG{p.Desk, p.Phone} {
			stands, told := map[int]int{}, 0 // up to where a row is taken
			for _, m := range s.Marks {
				if end, ok := stands[m.Y]; ok && m.X-8 < end {
					t.Fatalf("%s: %s at %d, %d stands on what ends at %d", s.ID, m.Kind, m.X, m.Y, end)
				}
				n, end := 1, m.X+8
				if m.Count != "" {
					if _, err := fmt.Sscanf(m.Count, "×%d", &n); err != nil || n < 2 {
						t.Fatalf("%s: count %q", s.ID, m.Count)
					}
					end = m.CountX + 7*len([]rune(m.Count))
				}
				if m.X < 8 || end > s.Width {
					t.Fatalf("%s: %s from %d to %d of %d", s.ID, m.Kind, m.X-8, end, s.Width)
				}
				stands[m.Y], told = end, told+n
				lane := s.Lanes[0]
				if m.Kind == Breach {
					lane = s.Lanes[1]
				}
				if m.Y-7 < lane.LabelY+4 || m.Y+7 > lane.Y+lane.Height {
					t.Fatalf("%s: a mark at %d stands on the label at %d, or beyond the lane", s.ID, m.Y, lane.LabelY)
				}
			}
			if want := len(course.Incidents) + len(measure.Incidents); told != want {
				t.Fatalf("%s: %d of %d incidents are drawn", s.ID, told, want)
			}
		}
	}
	near, _ := NewTimeline("T", []Lane{{Label: "Bail", Spans: []Span{{day(0), day(300)}}, Incidents: []Incident{{day(100), Breach}, {day(102), Breach}, {day(250), Breach}}}})
	if marks := near.Phone.Marks; len(marks) != 2 || marks[0].Count != "×2" || marks[1].Count != "" || marks[0].Y <= near.Phone.Bars[0].Y+near.Phone.Bars[0].Height {
		t.Errorf("two breaches within days, and one much later: %+v", marks)
	}
	if want := "Bail: 3 breaches, 10 April 2024 to 7 September 2024; in force from 1 January 2024 to 27 October 2024."; !strings.Contains(near.Desk.Description, want) {
		t.Errorf("description %q", near.Desk.Description)
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 4, 2, 30, 0, 0, time.UTC)
	h := NewHours("T", []time.Time{at, at.Add(time.Minute), at.Add(30 * time.Hour)}, time.UTC)
	if len(h.Rows) != 2 || h.Rows[0].Label != "Tue 5 May 26" || h.Rows[1].Total != 2 || len(h.Rows[1].Dots) != 1 {
		t.Errorf("rows %+v", h.Rows)
	}
	if want := "3 calls on 2 days; 2 between midnight and six in the morning. The busiest day was 4 May 2026, with 2."; h.Description != want {
		t.Errorf("description %q", h.Description)
	}
	if empty := NewHours("T", nil, time.UTC); len(empty.Rows) != 0 || empty.Height <= 0 {
		t.Errorf("empty: %+v", empty)
	}
}

// Over years each year has its label, on a phone too, and stands where it begins.
func TestYearsAreLabelled(t *testing.T) {
	t.Parallel()
	day := func(year int, month time.Month) time.Time { return time.Date(year, month, 11, 0, 0, 0, 0, time.UTC) }
	p, _ := NewTimeline("T", []Lane{{Label: "1: Kent", Incidents: []Incident{{day(2022, 2), Contact}, {day(2026, 11), Threat}}}})
	for _, s := range []TimelineSVG{p.Desk, p.Phone} {
		var years []string
		for i, k := range s.Ticks {
			years = append(years, k.Label)
			if i > 0 && k.X-s.Ticks[i-1].X < yearWidth {
				t.Errorf("%s: %s stands on %s", s.Class, k.Label, s.Ticks[i-1].Label)
			}
		}
		if got := strings.Join(years, " "); got != "2023 2024 2025 2026" {
			t.Errorf("%s: %q", s.Class, got)
		}
	}
}

// What a picture says in words is dated by the clock in London, as the list beneath it is.
func TestDatesAreLondons(t *testing.T) {
	t.Parallel()
	night := time.Date(2026, 7, 31, 23, 30, 0, 0, time.UTC)
	shown, ok := NewTimeline("Incidents", []Lane{{Label: "One", Incidents: []Incident{{Time: night, Kind: Contact}}}})
	if !ok || !strings.Contains(fmt.Sprintf("%+v", shown), "1 August 2026") {
		t.Errorf("told: %+v", shown)
	}
}
