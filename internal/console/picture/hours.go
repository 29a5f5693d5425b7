package picture

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Hours is a picture of somebody's calls: a row for each day, a column for
// each hour.
type Hours struct {
	Title, Description string
	Width, Height      int
	Left, Right        int // where the hours begin and end
	Heads              []HourHead
	Rows               []HourRow
}

// HourHead is the head of an hour's column.
type HourHead struct {
	Label string
	X     int
}

// HourRow is one day.
type HourRow struct {
	Label        string
	Total        int
	TextY, LineY int
	Dots         []HourDot
}

// HourDot is the calls of one hour; its area goes with their number.
type HourDot struct{ X, Y, R int }

const (
	hourLeft  = 96
	hourWidth = 10
	dayHeight = 18
	maxDays   = 60
)

func number(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// NewHours lays out calls by day and hour on the clocks of a place, the newest
// day first, at most 60 days.
func NewHours(title string, calls []time.Time, place *time.Location) Hours {
	h := Hours{Title: title, Left: hourLeft, Right: hourLeft + 24*hourWidth}
	h.Width = h.Right + 36
	days := map[string]*[24]int{}
	most, night := 1, 0
	for _, t := range calls {
		t = t.In(place)
		day := t.Format(time.DateOnly)
		if days[day] == nil {
			days[day] = &[24]int{}
		}
		days[day][t.Hour()]++
		most = max(most, days[day][t.Hour()])
		if t.Hour() < 6 {
			night++
		}
	}
	names := make([]string, 0, len(days))
	for d := range days {
		names = append(names, d)
	}
	slices.Sort(names)
	slices.Reverse(names)
	busiest, busiestDay := 0, ""
	for i, name := range names[:min(len(names), maxDays)] {
		day, _ := time.ParseInLocation(time.DateOnly, name, place) // formatted above
		row := HourRow{Label: day.Format("Mon 2 Jan 06"), TextY: 32 + i*dayHeight, LineY: 28 + i*dayHeight}
		for hour, n := range days[name] {
			row.Total += n
			if n > 0 {
				row.Dots = append(row.Dots, HourDot{X: hourLeft + hour*hourWidth + hourWidth/2, Y: row.LineY, R: max(2, int(math.Round(6*math.Sqrt(float64(n)/float64(most)))))})
			}
		}
		if row.Total > busiest {
			busiest, busiestDay = row.Total, day.Format("2 January 2006")
		}
		h.Rows = append(h.Rows, row)
	}
	for hour := 0; hour < 24; hour += 3 {
		h.Heads = append(h.Heads, HourHead{fmt.Sprintf("%02d", hour), hourLeft + hour*hourWidth + hourWidth/2})
	}
	h.Height = 20 + len(h.Rows)*dayHeight + 8
	atNight := "none"
	if night > 0 {
		atNight = strconv.Itoa(night)
	}
	h.Description = fmt.Sprintf("%s on %s; %s between midnight and six in the morning.", number(len(calls), "call"), number(len(names), "day"), atNight)
	if busiest > 0 {
		h.Description += fmt.Sprintf(" The busiest day was %s, with %d.", busiestDay, busiest)
	}
	return h
}
