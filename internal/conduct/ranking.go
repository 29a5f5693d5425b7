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
	for _, w := range weights {
		out.Version = w.Version
		c := Component{Code: w.Code, Title: w.Title, Weight: w.Weight}
		switch w.Code {
		case "RECENCY":
			c.Share, c.Reason = recency(ages, float64(w.HalfLifeDays))
		case "FREQUENCY":
			c.Share, c.Reason = frequency(ages, float64(w.HalfLifeDays), float64(w.Full))
		case "GRAVITY":
			c.Share, c.Reason = float64(r.gravest)/float64(max(w.Full, 1)), "No behaviour is recorded."
			if r.what != "" {
				c.Reason = fmt.Sprintf("The gravest behaviour: %s (%d of 100).", lowerFirst(r.what), r.gravest)
			}
		case "VICTIMS":
			c.Share = float64(max(r.victims-1, 0)) / float64(max(w.Full-1, 1))
			c.Reason = fmt.Sprintf("Different principal victims at least: %d.", r.victims)
		}
		c.Share, c.Points = math.Min(1, math.Max(0, c.Share)), points(w, c.Share)
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
	total := 0.0
	for _, w := range r.data.Weights() {
		switch w.Code {
		case "RECENCY":
			share := 0.0
			for _, age := range ages {
				share = math.Max(share, decay(age, float64(w.HalfLifeDays)))
			}
			total += points(w, share)
		case "FREQUENCY":
			sum := 0.0
			for _, age := range ages {
				sum += decay(age, float64(w.HalfLifeDays))
			}
			total += points(w, sum/math.Max(float64(w.Full), 1))
		case "GRAVITY":
			total += points(w, float64(gravest)/float64(max(w.Full, 1)))
		case "VICTIMS":
			total += points(w, float64(max(victims-1, 0))/float64(max(w.Full-1, 1)))
		}
	}
	return total
}

// points are those of a component that is full to a share.
func points(w refdata.Weight, share float64) float64 {
	return math.Min(1, math.Max(0, share)) * float64(w.Weight)
}

func decay(age, halfLife float64) float64 {
	if halfLife <= 0 {
		return 1
	}
	return math.Exp2(-age / halfLife)
}

func recency(ages []float64, halfLife float64) (float64, string) {
	if len(ages) == 0 {
		return 0, "Nothing is recorded that counts."
	}
	last := slices.Min(ages)
	return decay(last, halfLife), fmt.Sprintf("Days since the last incident or breach: %d.", int(last))
}

func frequency(ages []float64, halfLife, full float64) (float64, string) {
	sum, year := 0.0, 0
	for _, age := range ages {
		sum += decay(age, halfLife)
		if age <= 365 {
			year++
		}
	}
	return sum / math.Max(full, 1), fmt.Sprintf("Incidents and breaches: %d, of them in the last year: %d.", len(ages), year)
}
