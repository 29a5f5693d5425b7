package misuse

import "slices"

// common reports whether a code is of a surname that more of a force's staff bear
// than a rate per thousand: it points to nobody. The staff stand for all people.
func (e *Engine) common(force string, c Code, perMille int) bool {
	n := e.facts.surnames[surname{force, c}]
	return n > 1 && n*1000 > perMille*e.facts.size[force]
}

// ambiguous reports whether a search was for a name that many may bear.
func (e *Engine) ambiguous(force string, l *look, perMille int) bool {
	return slices.ContainsFunc(l.shared[:], func(c Code) bool { return c != 0 && e.common(force, c, perMille) })
}

// same reports whether two searches were evidently for one person: the same record,
// or the same name with something else in common, unless the name is rare enough.
func (e *Engine) same(force string, a, b *look, perMille int) bool {
	switch {
	case a.record != 0 && a.record == b.record:
		return true
	case a.person == 0 || a.person != b.person:
		return false
	}
	return a.inCommon(b) > 1 || !e.ambiguous(force, a, perMille)
}

// inCommon is how much else two searches have in common.
func (l *look) inCommon(o *look) int {
	n := 0
	for _, c := range l.shared {
		if c != 0 && slices.Contains(o.shared[:], c) {
			n++
		}
	}
	return n
}

// related reports whether two searches have somebody or something in common.
func (e *Engine) related(force string, a, b *look, perMille int) bool {
	if a.person == b.person || (a.record != 0 && a.record == b.record) || (a.victim != 0 && a.victim == b.victim) {
		return true
	}
	return slices.ContainsFunc(a.shared[:], func(c Code) bool {
		return c != 0 && slices.Contains(b.shared[:], c) && !e.common(force, c, perMille)
	})
}
