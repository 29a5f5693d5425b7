package picture

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/perpetrator-register/register/internal/uktime"
)

// Kind says what sort of incident a mark stands for.
type Kind string

// The kinds, the gravest first.
const (
	Threat   Kind = "threat"   // threats and violence
	Presence Kind = "presence" // in person
	Contact  Kind = "contact"  // by any means, online too
	Other    Kind = "other"
	Breach   Kind = "breach" // of a measure
)

// Incident is one mark of a timeline.
type Incident struct {
	Time time.Time
	Kind Kind
}

// Lane is one course of conduct: against one victim, as one force recorded it.
type Lane struct {
	Label     string
	Incidents []Incident
	// Spans are the times in which a measure holds: such a lane is a measure's.
	Spans []Span
}

// Span is a length of time.
type Span struct{ From, Until time.Time }

// Timeline is the same picture twice: for a desk and for a phone.
type Timeline struct{ Desk, Phone TimelineSVG }

// TimelineSVG is a timeline laid out for one width.
type TimelineSVG struct {
	ID, Class, Title, Description string
	Width, Height                 int
	Lanes                         []PlacedLane
	Ticks                         []Tick
	Marks                         []Mark
	Bars                          []PlacedBar
}

// PlacedBar is a span in its place.
type PlacedBar struct{ X, Y, Width, Height int }

// PlacedLane is a lane in its place.
type PlacedLane struct {
	Label                    string
	Width, Height, Y, LabelY int
}

// Tick is a mark on the time's axis.
type Tick struct {
	Label, Anchor         string
	X, TextX, TextY, Foot int
}

// Mark is an incident in its place, or several that would touch.
type Mark struct {
	Kind         Kind
	X, Y, X0, Y0 int
	Points       string
	// Count is how many it stands for, as it is written beside it; empty for one.
	Count          string
	CountX, CountY int
}

const (
	laneHead    = 22 // of a lane, for its label
	barHeight   = 8  // of the time in which a measure holds
	markRow     = 17 // of the marks of one kind
	laneFoot    = 3
	laneGap     = 6
	marginLeft  = 16
	marginRight = 36 // a mark at the end has room for its count
	markRoom    = 16 // from one mark to the next that does not touch it
	countRoom   = 10 // of a count beside its mark, and for each digit
	labelWidth  = 56 // of a month on the axis, in a wide face
	yearWidth   = 32 // of a year
)

// rows are the kinds in the order in which they stand in a lane, each with what one
// and several are called.
var rows = []struct {
	kind      Kind
	one, many string
}{
	{Threat, "with threats or violence", "with threats or violence"}, {Presence, "in person", "in person"},
	{Contact, "by contact or online", "by contact or online"}, {Other, "other", "other"}, {Breach, "breach", "breaches"},
}

// NewTimeline lays out lanes over one axis of time; false without incidents.
func NewTimeline(title string, lanes []Lane) (Timeline, bool) {
	var first, last time.Time
	widen := func(t time.Time) {
		if first.IsZero() || t.Before(first) {
			first = t
		}
		if t.After(last) {
			last = t
		}
	}
	for _, l := range lanes {
		for _, s := range l.Spans {
			widen(s.From)
			widen(s.Until)
		}
		for _, i := range l.Incidents {
			widen(i.Time)
		}
	}
	if first.IsZero() {
		return Timeline{}, false
	}
	text := describe(lanes)
	return Timeline{
		Desk:  placeTimeline("timeline", "picture--desk", title, text, 880, 8, first, last, lanes),
		Phone: placeTimeline("timeline-phone", "picture--phone", title, text, 360, 4, first, last, lanes),
	}, true
}

func describe(lanes []Lane) string {
	var told []string
	for _, l := range lanes {
		var parts []string
		for _, r := range rows {
			times := l.times(r.kind)
			if len(times) == 0 {
				continue
			}
			word := r.many
			if len(times) == 1 {
				word = r.one
			}
			part := fmt.Sprintf("%d %s, %s", len(times), word, written(times[0]))
			if last := times[len(times)-1]; written(last) != written(times[0]) {
				part += " to " + written(last)
			}
			parts = append(parts, part)
		}
		for _, s := range l.Spans {
			parts = append(parts, "in force from "+written(s.From)+" to "+written(s.Until))
		}
		told = append(told, l.Label+": "+strings.Join(parts, "; "))
	}
	return strings.Join(told, ". ") + ". The list below says each."
}

func written(t time.Time) string { return t.In(uktime.London).Format("2 January 2006") }

// times are when incidents of a kind happened, the oldest first.
func (l Lane) times(kind Kind) []time.Time {
	var out []time.Time
	for _, i := range l.Incidents {
		if i.Kind == kind {
			out = append(out, i.Time)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

func placeTimeline(id, class, title, text string, width, ticks int, first, last time.Time, lanes []Lane) TimelineSVG {
	s := TimelineSVG{ID: id, Class: class, Title: title, Description: text, Width: width}
	span := last.Sub(first).Hours()
	x := func(t time.Time) int {
		if span <= 0 {
			return width / 2
		}
		return marginLeft + int(math.Round(t.Sub(first).Hours()/span*float64(width-marginLeft-marginRight)))
	}
	y := 0
	for _, l := range lanes {
		lane := PlacedLane{Label: l.Label, Width: width, Y: y, LabelY: y + 16, Height: laneHead}
		for _, span := range l.Spans {
			s.Bars = append(s.Bars, PlacedBar{X: x(span.From), Y: y + laneHead, Width: max(3, x(span.Until)-x(span.From)), Height: barHeight})
			lane.Height = laneHead + barHeight
		}
		for _, r := range rows {
			s.Marks = append(s.Marks, placeMarks(r.kind, l.times(r.kind), x, y+lane.Height+markRow/2)...)
			if len(l.times(r.kind)) > 0 {
				lane.Height += markRow
			}
		}
		lane.Height += laneFoot
		s.Lanes = append(s.Lanes, lane)
		y += lane.Height + laneGap
	}
	s.Ticks = axis(first, last, ticks, x, width, y)
	s.Height = y + 18
	return s
}

// placeMarks places what is of one kind in its row. Those that would touch, or stand
// on another's count, are one mark in their middle with their count beside it.
func placeMarks(kind Kind, times []time.Time, x func(time.Time) int, y int) []Mark {
	var out []Mark
	for len(times) > 0 {
		n, room := 1, markRoom
		for n < len(times) && x(times[n])-x(times[n-1]) < room {
			n++
			room = markRoom + countRoom*(1+len(strconv.Itoa(n)))
		}
		m := mark(kind, (x(times[0])+x(times[n-1]))/2, y)
		if n > 1 {
			m.Count, m.CountX, m.CountY = "×"+strconv.Itoa(n), m.X+10, y+4
		}
		out, times = append(out, m), times[n:]
	}
	return out
}

func mark(kind Kind, x, y int) Mark {
	m := Mark{Kind: kind, X: x, Y: y, X0: x - 6, Y0: y - 6}
	switch kind {
	case Threat:
		m.Points = fmt.Sprintf("%d,%d %d,%d %d,%d", x, y-7, x+8, y+7, x-8, y+7)
	case Breach:
		m.Points = fmt.Sprintf("M%d %dl12 12m0 -12l-12 12", x-6, y-6)
	case Other:
		m.Points = fmt.Sprintf("%d,%d %d,%d %d,%d %d,%d", x, y-7, x+7, y, x, y+7, x-7, y)
	default: // a square or a circle has no points
	}
	return m
}

// axis marks at most so many months, evenly; where a step is a year or more, years.
func axis(first, last time.Time, most int, x func(time.Time) int, width, foot int) []Tick {
	start := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, time.UTC)
	months := (last.Year()-start.Year())*12 + int(last.Month()-start.Month()) + 1
	step := 1
	for _, n := range []int{1, 2, 3, 6, 12, 24, 60, 120, 240} {
		step = n
		if months/n <= most {
			break
		}
	}
	written, room := "Jan 2006", labelWidth
	if step >= 12 {
		written, room = "2006", yearWidth
		start = time.Date(first.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		months += int(first.Month()) - 1
	}
	var out []Tick
	free := 0 // from where on a label has room
	for m := 0; m <= months; m += step {
		t := start.AddDate(0, m, 0)
		if t.Before(first.AddDate(0, 0, -15)) && (m > 0 || step >= 12) || t.After(last) {
			continue
		}
		at := max(1, x(t))
		tick := Tick{Label: t.Format(written), Anchor: "middle", X: at, TextX: at, TextY: foot + 12, Foot: foot}
		if at < 30 {
			tick.Anchor, tick.TextX = "start", 0
		}
		if at > width-30 {
			tick.Anchor, tick.TextX = "end", width
		}
		left := map[string]int{"start": tick.TextX, "middle": tick.TextX - room/2, "end": tick.TextX - room}[tick.Anchor]
		if left < free {
			tick.Label = "" // the line alone
		} else {
			free = left + room + 8
		}
		out = append(out, tick)
	}
	if len(out) == 0 {
		out = append(out, Tick{Label: first.Format("Jan 2006"), Anchor: "middle", X: x(first), TextX: min(max(30, x(first)), width-30), TextY: foot + 12, Foot: foot})
	}
	return out
}
