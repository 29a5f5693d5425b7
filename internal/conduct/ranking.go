package conduct

import (
	"fmt"
	"math"
	"time"
)

// Ranking says how urgently a person is to be looked at among others. It is advice:
// the human decision is recorded beside it.
type Ranking struct {
	// Version is that of the weights.
	Version string
	// Total is 0 to 100, the sum of the components' points.
	Total      float64
	Components []Component
	// Unconfirmed says that conduct behind an unconfirmed link went into it.
	Unconfirmed bool
}

// Component is one part of a ranking.
type Component struct {
	// Code is RECENCY, FREQUENCY, GRAVITY or VICTIMS, Title what a person reads.
	Code, Title string
	// Share is how full it is, 0 to 1; Points is Weight × Share.
	Share  float64
	Weight int
	Points float64
	// Reason says in a sentence where the value comes from.
	Reason string
}

// Rank weighs recency, frequency, gravity and victims of the conduct that counts.
func (r *Rules) Rank(h *History, now time.Time) Ranking {
	return r.read(h, now).rank()
}

func (e *reading) rank() Ranking {
	var out Ranking
	var events []time.Time
	gravest, what := 0, ""
	for _, m := range e.counting {
		out.Unconfirmed = out.Unconfirmed || m.Unconfirmed
		for i := range m.reports {
			events = append(events, m.reports[i].Occurred)
			for _, code := range e.Codes(m.reports[i].Behaviours) {
				if g, ok := e.data.Gravity(code); ok && (g.Gravity > gravest || g.Gravity == gravest && g.Title < what) {
					gravest, what = g.Gravity, g.Title
				}
			}
		}
	}
	for _, b := range e.breaches {
		out.Unconfirmed = out.Unconfirmed || b.Unconfirmed
		events = append(events, b.Occurred)
	}
	for _, w := range e.data.Weights() {
		out.Version = w.Version
		c := Component{Code: w.Code, Title: w.Title, Weight: w.Weight}
		switch w.Code {
		case "RECENCY":
			c.Share, c.Reason = e.recency(events, float64(w.HalfLifeDays))
		case "FREQUENCY":
			c.Share, c.Reason = e.frequency(events, float64(w.HalfLifeDays), float64(w.Full))
		case "GRAVITY":
			c.Share, c.Reason = float64(gravest)/float64(max(w.Full, 1)), "No behaviour is recorded."
			if what != "" {
				c.Reason = fmt.Sprintf("The gravest behaviour: %s (%d of 100).", lowerFirst(what), gravest)
			}
		case "VICTIMS":
			n := e.pattern.Victims.Min
			c.Share = float64(max(n-1, 0)) / float64(max(w.Full-1, 1))
			c.Reason = fmt.Sprintf("Different principal victims at least: %d.", n)
		}
		c.Share = math.Min(1, math.Max(0, c.Share))
		c.Points = c.Share * float64(w.Weight)
		out.Total += c.Points
		out.Components = append(out.Components, c)
	}
	return out
}

func (e *reading) age(t time.Time) float64 { return math.Max(0, e.now.Sub(t).Hours()/24) }

func decay(age, halfLife float64) float64 {
	if halfLife <= 0 {
		return 1
	}
	return math.Exp2(-age / halfLife)
}

func (e *reading) recency(events []time.Time, halfLife float64) (float64, string) {
	if len(events) == 0 {
		return 0, "Nothing is recorded that counts."
	}
	last := events[0]
	for _, t := range events {
		last = latest(last, t)
	}
	return decay(e.age(last), halfLife), fmt.Sprintf("Days since the last incident or breach: %d.", int(e.age(last)))
}

func (e *reading) frequency(events []time.Time, halfLife, full float64) (float64, string) {
	sum, year := 0.0, 0
	for _, t := range events {
		sum += decay(e.age(t), halfLife)
		if e.age(t) <= 365 {
			year++
		}
	}
	return sum / math.Max(full, 1), fmt.Sprintf("Incidents and breaches: %d, of them in the last year: %d.", len(events), year)
}
