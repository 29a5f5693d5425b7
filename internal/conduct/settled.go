package conduct

import (
	"slices"

	"github.com/perpetrator-register/register/internal/conduct/victim"
)

// settlement gives the verdicts that the forces have settled on the victims of the
// courses, by their positions; nil when they have settled nothing.
func settlement(courses []Course) func(i, j int) (victim.Verdict, bool) {
	for i := range courses {
		if len(courses[i].Settled) > 0 {
			return func(i, j int) (victim.Verdict, bool) { return settledVerdict(&courses[i], &courses[j]) }
		}
	}
	return nil
}

func settledVerdict(a, b *Course) (victim.Verdict, bool) {
	of, onA := lastSaid(a, b)
	to, onB := lastSaid(b, a)
	switch {
	case !onA && !onB:
		return victim.Maybe, false
	case a.Force != b.Force:
		if !onA || !onB || of.Same != to.Same {
			return victim.Maybe, false // one force alone has said so
		}
	case !onA, onB && to.Time.After(of.Time):
		of = to
	}
	if of.Same {
		return victim.Same, true
	}
	return victim.Different, true
}

// lastSaid is what was said last on a course about another, or about what that was
// before it was taken over.
func lastSaid(c, other *Course) (said Settled, ok bool) {
	for _, s := range c.Settled {
		if (s.Other == other.ID || slices.Contains(other.Former, s.Other)) && (!ok || s.Time.After(said.Time)) {
			said, ok = s, true
		}
	}
	return said, ok
}

// HoldsSettled reports whether what a course says of another's victim holds.
func HoldsSettled(a, b Course) bool {
	_, ok := settledVerdict(&a, &b)
	return ok
}
