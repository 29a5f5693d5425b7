package conduct

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/perpetrator-register/register/internal/refdata"
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
	r := e.rankable()
	return r.at(e.data.Weights(), e.now)
}

// rankable is what a ranking weighs; the clock alone is missing.
type rankable struct {
	// events are when the incidents and breaches were.
	events []time.Time
	// gravest is the gravity of the gravest behaviour, what its title.
	gravest     int
	what        string
	victims     int
	unconfirmed bool
}

func (e *reading) rankable() rankable {
	out := rankable{victims: e.pattern.Victims.Min}
	for _, m := range e.counting {
		out.unconfirmed = out.unconfirmed || m.Unconfirmed
		for i := range m.reports {
			out.events = append(out.events, m.reports[i].Occurred)
			for _, code := range e.Codes(m.reports[i].Behaviours) {
				if g, ok := e.data.Gravity(code); ok && (g.Gravity > out.gravest || g.Gravity == out.gravest && g.Title < out.what) {
					out.gravest, out.what = g.Gravity, g.Title
				}
			}
		}
	}
	for _, b := range e.breaches {
		out.unconfirmed = out.unconfirmed || b.Unconfirmed
		out.events = append(out.events, b.Occurred)
	}
	return out
}

// at is the ranking at a moment.
func (r *rankable) at(weights []refdata.Weight, now time.Time) Ranking {
	out := Ranking{Unconfirmed: r.unconfirmed}
	ages := make([]float64, len(r.events))
	for i, t := range r.events {
		ages[i] = math.Max(0, now.Sub(t).Hours()/24)
	}
	m := measured{ages, r.gravest, r.victims}
	for _, w := range weights {
		out.Version = w.Version
		c := Component{Code: w.Code, Title: w.Title, Weight: w.Weight, Share: m.share(w), Reason: m.reason(w, r.what)}
		c.Points = c.Share * float64(w.Weight)
		out.Total += c.Points
		out.Components = append(out.Components, c)
	}
	return out
}

// RankAtMost is what the ranking of a person can come to at most, 0 to 100, by his courses as
// they are kept in memory and the days of his breaches. A day counts to its end, for the hour
// is not known; an unknown one is today. It is quick: it puts nothing into words.
func (r *Rules) RankAtMost(courses []Course, breaches []Day, now time.Time) float64 {
	var (
		counting []Course
		ages     []float64
		gravest  int
	)
	happened := func(d Day) {
		age := 0.0
		if d != NoDay {
			age = math.Max(0, now.Sub((d+1).time()).Hours()/24)
		}
		ages = append(ages, age)
	}
	for _, c := range courses {
		if !r.Counts(c) {
			continue
		}
		counting = append(counting, c)
		for _, i := range c.Incidents {
			happened(i.Day)
			for b := i.Behaviours; b != 0; b &= b - 1 {
				gravest = max(gravest, r.traits.gravity[bits.TrailingZeros64(uint64(b))])
			}
		}
	}
	for _, d := range breaches {
		happened(d)
	}
	victims := len(counting)
	if victims > 1 {
		victims = r.Summarise(counting).Victims.Min
	}
	m, total := measured{ages, gravest, victims}, 0.0
	for _, w := range r.data.Weights() {
		total += m.share(w) * float64(w.Weight)
	}
	return total
}

// measured is what the components of a ranking are worked out from.
type measured struct {
	ages             []float64 // of incidents and breaches, in days
	gravest, victims int
}

// share is how full a component is, 0 to 1.
func (m *measured) share(w refdata.Weight) float64 {
	share := 0.0
	switch w.Code {
	case "RECENCY":
		if len(m.ages) > 0 {
			share = decay(slices.Min(m.ages), float64(w.HalfLifeDays))
		}
	case "FREQUENCY":
		for _, age := range m.ages {
			share += decay(age, float64(w.HalfLifeDays))
		}
		share /= math.Max(float64(w.Full), 1)
	case "GRAVITY":
		share = float64(m.gravest) / float64(max(w.Full, 1))
	case "VICTIMS":
		share = float64(max(m.victims-1, 0)) / float64(max(w.Full-1, 1))
	}
	return math.Min(1, math.Max(0, share))
}

// reason says in words where a share comes from; what is the title of the gravest behaviour.
func (m *measured) reason(w refdata.Weight, what string) string {
	switch w.Code {
	case "RECENCY":
		if len(m.ages) == 0 {
			return "Nothing is recorded that counts."
		}
		return fmt.Sprintf("Days since the last incident or breach: %d.", int(slices.Min(m.ages)))
	case "FREQUENCY":
		year := 0
		for _, age := range m.ages {
			if age <= 365 {
				year++
			}
		}
		return fmt.Sprintf("Incidents and breaches: %d, of them in the last year: %d.", len(m.ages), year)
	case "GRAVITY":
		if what == "" {
			return "No behaviour is recorded."
		}
		return fmt.Sprintf("The gravest behaviour: %s (%d of 100).", lowerFirst(what), m.gravest)
	case "VICTIMS":
		return fmt.Sprintf("Different principal victims at least: %d.", m.victims)
	}
	return ""
}

func decay(age, halfLife float64) float64 {
	if halfLife <= 0 {
		return 1
	}
	return math.Exp2(-age / halfLife)
}
