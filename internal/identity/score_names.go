package identity

import "math"

// scoreNames takes the best of all pairs of names.
func (s *scorer) scoreNames() float64 {
	if len(s.question.names) == 0 || len(s.record.names) == 0 {
		return 0
	}
	best := nameScore{total: math.Inf(-1)}
	for i := range s.question.names {
		for j := range s.record.names {
			if v := s.scoreName(&s.question.names[i], &s.record.names[j]); v.beats(&best) {
				best = v
			}
		}
	}
	if s.explain {
		for _, p := range best.points[:best.n] {
			if p.field == fieldOrder {
				s.add(p.field, p.rule, p.bits, 0, "", "")
				continue
			}
			s.parts = append(s.parts, evidence{
				field: p.field, rule: p.rule, bits: p.bits, log: p.log, query: s.question.words[p.word], record: s.word(p.sym),
				rare: p.rare, common: p.common, mistake: p.mistake,
			})
		}
	}
	return best.total
}

// scoreName tries every division of a whole name into surname and forenames on
// both sides, and both orders. Where all words of a name were written into one
// part, it is also tried as a whole name, for the price of swapped parts.
func (s *scorer) scoreName(q *askedName, r *packedName) nameScore {
	if q.whole || r.whole {
		return s.scoreDivided(q, r)
	}
	best := s.scoreOrders(q, r, false)
	if !lumped(q.given, q.surname) && !lumped(r.given, r.surname) {
		return best
	}
	divided := s.scoreDivided(q, r)
	divided.add(namePoint{field: fieldOrder, nearness: nearness{rule: ruleSwapped}, bits: s.model.table[fieldOrder][ruleSwapped].bits})
	if divided.beats(&best) {
		return divided
	}
	return best
}

// lumped reports whether several words of a name all stand in one part, so that
// some may belong to the other.
func lumped[T any](given, surname []T) bool {
	return min(len(given), len(surname)) == 0 && len(given)+len(surname) > 1
}

// scoreDivided is the best of all divisions of the names that are whole or lumped.
func (s *scorer) scoreDivided(q *askedName, r *packedName) nameScore {
	best := nameScore{total: math.Inf(-1)}
	var qv [maxTokens + 4]int
	var rw [maxTokens + 4]uint32
	qs, rs := 1, 1
	if q.whole || lumped(q.given, q.surname) {
		qs = len(q.given) + len(q.surname)
	}
	if r.whole || lumped(r.given, r.surname) {
		rs = len(r.given) + len(r.surname)
	}
	for i := range qs {
		qq := *q
		if qs > 1 {
			qq.given, qq.surname = divide(qv[:0], q.given, q.surname, i)
		}
		for j := range rs {
			rr := *r
			if rs > 1 {
				rr.given, rr.surname = divide(rw[:0], r.given, r.surname, j)
			}
			v := s.scoreOrders(&qq, &rr, true)
			v.free = true
			if v.beats(&best) {
				best = v
			}
		}
	}
	return best
}

// divide makes the i-th word of a whole name its surname.
func divide[T any](buf, given, surname []T, i int) (g, s []T) {
	buf = append(append(buf, given...), surname...)
	last := len(buf) - 1
	word := buf[i]
	copy(buf[i:], buf[i+1:])
	buf[last] = word
	return buf[:last], buf[last:]
}

// scoreOrders compares part with like part, and crosswise where that may be
// better; free says that crossing costs nothing.
func (s *scorer) scoreOrders(q *askedName, r *packedName, free bool) nameScore {
	var straight nameScore
	fits := s.scoreSurname(&straight, q.surname, q.joined, r.surname, r.joined)
	fits = s.scoreGiven(&straight, q.given, r.given, free) && fits
	if fits {
		return straight
	}
	var crossed nameScore
	if !free {
		rule := ruleSwapped
		if len(q.given)+len(q.surname) == 1 || len(r.given)+len(r.surname) == 1 {
			rule = ruleLone
		}
		crossed.add(namePoint{field: fieldOrder, nearness: nearness{rule: rule}, bits: s.model.table[fieldOrder][rule].bits})
	}
	a := s.scoreCrossed(&crossed, fieldSurname, q.surname, r.given)
	b := s.scoreCrossed(&crossed, fieldGiven, q.given, r.surname)
	if (a || b) && crossed.total > straight.total {
		return crossed
	}
	return straight
}

// scoreCrossed adds the best agreement of a surname with forenames, or the
// other way round. Both weigh as a forename does, so that it does not matter
// which of two records is the question.
func (s *scorer) scoreCrossed(n *nameScore, label field, words []int, syms []uint32) bool {
	if len(words) == 0 || len(syms) == 0 {
		return false
	}
	best := namePoint{field: fieldGiven, nearness: nearness{rule: ruleDifferent}, bits: math.Inf(-1)}
	for _, w := range words {
		for _, y := range syms {
			s.point(&best, w, y)
		}
	}
	best.field = label
	n.add(best)
	return best.rule != ruleDifferent
}

// scoreSurname adds the best agreement of two surnames; false when there is
// none to speak of.
func (s *scorer) scoreSurname(n *nameScore, words []int, joined int, syms []uint32, joinedSym uint32) bool {
	if len(words) == 0 || len(syms) == 0 {
		return false
	}
	best := namePoint{field: fieldSurname, nearness: nearness{rule: ruleDifferent}, bits: math.Inf(-1)}
	for _, w := range words {
		for _, y := range syms {
			s.point(&best, w, y)
		}
	}
	if best.rule != ruleExact && (joined >= 0 || joinedSym != noSymbol) {
		s.pointJoined(&best, words, joined, syms, joinedSym)
	}
	n.add(best)
	return best.rule != ruleDifferent
}

func (s *scorer) point(best *namePoint, w int, y uint32) {
	n := s.compare(w, y)
	if b := n.bits[best.field]; b > best.bits {
		best.nearness, best.bits, best.word, best.sym = n.nearness, b, w, y
	}
}

// pointJoined compares surnames written as one word with those in parts.
func (s *scorer) pointJoined(best *namePoint, words []int, joined int, syms []uint32, joinedSym uint32) {
	try := func(w int, y uint32) {
		n := s.compare(w, y).nearness
		if n.rule == ruleExact {
			n.rule = ruleJoined
		} else if n.rule != ruleOneLetter && n.rule != ruleTwoLetters {
			return
		}
		if b := s.model.nameBits(best.field, &n); b > best.bits {
			best.nearness, best.bits, best.word, best.sym = n, b, w, y
		}
	}
	if joined >= 0 && joinedSym != noSymbol {
		try(joined, joinedSym)
	}
	if joined >= 0 {
		for _, y := range syms {
			try(joined, y)
		}
	}
	if joinedSym != noSymbol {
		for _, w := range words {
			try(w, joinedSym)
		}
	}
}

// scoreGiven adds the best agreement of two lists of forenames as given, and
// what the rest agree as middle; false when none agrees.
func (s *scorer) scoreGiven(n *nameScore, words []int, syms []uint32, free bool) bool {
	if len(words) == 0 || len(syms) == 0 {
		return false
	}
	best := namePoint{field: fieldGiven, nearness: nearness{rule: ruleDifferent}, bits: math.Inf(-1)}
	for _, w := range words {
		for _, y := range syms {
			s.point(&best, w, y)
		}
	}
	apart := best.bits
	if best.rule != ruleExact {
		s.givenJoined(&best, words, syms)
	}
	n.add(best)
	if best.rule == ruleDifferent {
		return false
	}
	if best.bits > apart {
		return true // two words of one side went into it: there is no middle
	}
	// where several pairs agree as well, the one that leaves most counts, so
	// that it does not matter which of two records is the question
	var rest nameScore
	rest.total = math.Inf(-1)
	for i, w := range words {
		for j, y := range syms {
			if s.compare(w, y).bits[fieldGiven] == best.bits {
				if r := s.scoreRest(words, syms, i, j, free); r.total > rest.total {
					rest = r
				}
			}
		}
	}
	for _, p := range rest.points[:rest.n] {
		n.add(p)
	}
	return true
}

// scoreRest scores what is left of two lists of forenames once the i-th and the
// j-th have been paired.
func (s *scorer) scoreRest(words []int, syms []uint32, i, j int, free bool) nameScore {
	var rest nameScore
	if !free && (i == 0) != (j == 0) {
		rest.add(namePoint{field: fieldOrder, nearness: nearness{rule: ruleDisplaced}, bits: s.model.table[fieldOrder][ruleDisplaced].bits})
	}
	if len(words) == 1 || len(syms) == 1 {
		return rest
	}
	middle := namePoint{field: fieldMiddle, nearness: nearness{rule: ruleDifferent}, bits: math.Inf(-1)}
	for k, w := range words {
		for l, y := range syms {
			if k != i && l != j {
				s.point(&middle, w, y)
			}
		}
	}
	rest.add(middle)
	return rest
}

// givenJoined compares "mary jane" with "maryjane", and "laur nce" with
// "laurence", whatever the order of the words.
func (s *scorer) givenJoined(best *namePoint, words []int, syms []uint32) {
	for i, w := range words {
		for k, v := range words {
			if i == k {
				continue
			}
			for _, y := range syms {
				s.pointDivided(best, s.question.words[w], s.question.words[v], s.word(y), w, y)
			}
		}
	}
	for j, y := range syms {
		for k, z := range syms {
			if j == k {
				continue
			}
			for _, w := range words {
				s.pointDivided(best, s.word(y), s.word(z), s.question.words[w], w, y)
			}
		}
	}
}

// pointDivided compares a and b, two words of one side, with c, one of the
// other; w and y are what stands for them in the explanation.
func (s *scorer) pointDivided(best *namePoint, a, b, c string, w int, y uint32) {
	const shortest = 5 // a letter off tells nothing of a shorter name
	near := nearness{rule: ruleJoined}
	switch off := len(a) + len(b) - len(c); {
	case concatenated(a, b, c):
		near.log = s.logFrequency(c) // both parts follow from it
	case off < -1 || off > 1 || len(c) < shortest || a[0] != c[0]:
		return
	default:
		whole := a + b
		if distance(whole, c, 1) != 1 {
			return
		}
		log, other := s.nameLog(whole, s.facts.names.count(whole)), s.logFrequency(c)
		near = nearness{rule: ruleOneLetter, log: max(log, other), rare: math.Exp2(min(log, other)), common: math.Exp2(max(log, other)), mistake: letterMistake(whole, c)}
	}
	if v := s.model.nameBits(fieldGiven, &near); v > best.bits {
		best.nearness, best.bits, best.word, best.sym = near, v, w, y
	}
}
