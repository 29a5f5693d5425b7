package picture

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
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
type PlacedBar struct{ X, Y, Width int }

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

// Mark is an incident in its place.
type Mark struct {
	Kind         Kind
	X, Y, X0, Y0 int
	Points       string
}

const (
	laneHeight = 60
	laneMiddle = 45 // of a lane, where marks stand; those that stand higher clear its label
	raisedBy   = 14
	laneGap    = 6
	barLane    = 38 // the height of a measure's lane
	labelWidth = 56 // of a month on the axis, in a wide face
)

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
		kinds := map[Kind]int{}
		for _, i := range l.Incidents {
			kinds[i.Kind]++
		}
		var parts []string
		for _, k := range []struct {
			kind Kind
			word string
		}{{Threat, "with threats or violence"}, {Presence, "in person"}, {Contact, "by contact or online"}, {Other, "other"}, {Breach, "breaches"}} {
			if n := kinds[k.kind]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, k.word))
			}
		}
		for _, s := range l.Spans {
			parts = append(parts, "in force from "+s.From.Format("2 January 2006")+" to "+s.Until.Format("2 January 2006"))
		}
		told = append(told, fmt.Sprintf("%s: %s", l.Label, strings.Join(parts, ", ")))
	}
	return strings.Join(told, ". ") + ". The list below says each."
}

func placeTimeline(id, class, title, text string, width, ticks int, first, last time.Time, lanes []Lane) TimelineSVG {
	s := TimelineSVG{ID: id, Class: class, Title: title, Description: text, Width: width}
	const margin = 16
	span := last.Sub(first).Hours()
	x := func(t time.Time) int {
		if span <= 0 {
			return width / 2
		}
		return margin + int(math.Round(t.Sub(first).Hours()/span*float64(width-2*margin)))
	}
	y := 0
	for _, l := range lanes {
		height, middle := laneHeight, laneMiddle
		if len(l.Spans) > 0 {
			height, middle = barLane, 27
		}
		s.Lanes = append(s.Lanes, PlacedLane{Label: l.Label, Width: width, Height: height, Y: y, LabelY: y + 16})
		for _, span := range l.Spans {
			s.Bars = append(s.Bars, PlacedBar{X: x(span.From), Y: y + middle - 4, Width: max(3, x(span.Until)-x(span.From))})
		}
		before, raised := -100, false
		sorted := slices.Clone(l.Incidents)
		slices.SortFunc(sorted, func(a, b Incident) int { return a.Time.Compare(b.Time) })
		for _, i := range sorted {
			at := x(i.Time)
			row := y + middle
			// Of two that would touch, one stands higher.
			raised = at-before < 15 && !raised && len(l.Spans) == 0
			if raised {
				row -= raisedBy
			}
			before = at
			s.Marks = append(s.Marks, mark(i.Kind, at, row))
		}
		y += height + laneGap
	}
	s.Ticks = axis(first, last, ticks, x, width, y)
	s.Height = y + 18
	return s
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

// axis marks at most so many months, evenly.
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
	var out []Tick
	free := 0 // from where on a label has room
	for m := 0; m <= months; m += step {
		t := start.AddDate(0, m, 0)
		if t.Before(first.AddDate(0, 0, -15)) && m > 0 || t.After(last) {
			continue
		}
		at := max(1, x(t))
		tick := Tick{Label: t.Format("Jan 2006"), Anchor: "middle", X: at, TextX: at, TextY: foot + 12, Foot: foot}
		if at < 30 {
			tick.Anchor, tick.TextX = "start", 0
		}
		if at > width-30 {
			tick.Anchor, tick.TextX = "end", width
		}
		left := map[string]int{"start": tick.TextX, "middle": tick.TextX - labelWidth/2, "end": tick.TextX - labelWidth}[tick.Anchor]
		if left < free {
			tick.Label = "" // the line alone
		} else {
			free = left + labelWidth + 8
		}
		out = append(out, tick)
	}
	if len(out) == 0 {
		out = append(out, Tick{Label: first.Format("Jan 2006"), Anchor: "middle", X: x(first), TextX: min(max(30, x(first)), width-30), TextY: foot + 12, Foot: foot})
	}
	return out
}
