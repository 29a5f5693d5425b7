package identity

import "math"

// nameScore is how well two names agree under one way of pairing their parts.
type nameScore struct {
	total  float64
	points [4]namePoint
	n      int
	// free says that it is not told which words are the surname.
	free bool
}

type namePoint struct {
	nearness
	field field
	bits  float64
	word  int
	sym   uint32
}

func (n *nameScore) add(p namePoint) {
	n.total += p.bits
	if n.n < len(n.points) {
		n.points[n.n] = p
		n.n++
	}
}

// beats reports whether a score is the better one. Of two that weigh the same
// the one that rests less on the surname is, so that it does not hang on the
// order of names or words what the guards of links see.
func (n *nameScore) beats(o *nameScore) bool {
	const same = 1e-9
	if d := n.total - o.total; d > same || d < -same || math.IsInf(o.total, -1) {
		return n.total > o.total
	}
	either, as := n.personal()
	otherwise, asOther := o.personal()
	if d := either - otherwise; d > same || d < -same {
		return d > 0
	}
	return as-asOther > same
}

// personal is what a score holds besides an agreement of the surname: where it
// is not certain which word that is, and as the words are told.
func (n *nameScore) personal() (either, told float64) {
	rest, given, surname, swapped := 0.0, 0.0, 0.0, n.free
	for _, p := range n.points[:n.n] {
		switch p.field {
		case fieldGiven:
			given = p.bits
		case fieldSurname:
			surname = p.bits
		default:
			rest += p.bits
			swapped = swapped || p.field == fieldOrder && p.rule == ruleSwapped
		}
	}
	either = rest + min(given, surname) + min(max(given, surname), 0)
	if swapped {
		return either, either
	}
	return either, rest + given + min(surname, 0)
}
