package identity

import (
	"math"
	"math/bits"
)

// atLeast returns the score of the decoded record if that reaches least. Most
// records that a search retrieves do not, and show it before their names have
// been scored, which takes longest.
func (s *scorer) atLeast(least float64) (float64, bool) {
	const slack = 1e-6 // sums in another order differ in their last bits
	s.parts = s.parts[:0]
	births, sex, identifiers, postcodes := s.scoreBirths(), s.scoreSex(), s.scoreIdentifiers(), s.scorePostcodes()
	address := s.scoreAddress()
	if births+sex+identifiers+postcodes+address+s.namesAtMost() < least-slack {
		return 0, false
	}
	total := s.scoreNames() // as score sums, to the last bit
	total += births
	total += sex
	total += identifiers
	total += postcodes
	total += address
	return total, total >= least
}

// namesAtMost bounds what scoreNames can return for the decoded record.
// Whatever scoreNames learns to do must stay below it.
func (s *scorer) namesAtMost() float64 {
	if len(s.question.names) == 0 || len(s.record.names) == 0 {
		return 0
	}
	best := math.Inf(-1)
	for i := range s.record.names {
		n := &s.record.names[i]
		if s.mayDivide(n) {
			return math.Inf(1)
		}
		var buf [2*(maxTokens+4) + 1]int
		rows := buf[:0]
		for _, y := range n.given {
			rows = append(rows, s.known(y))
		}
		for _, y := range n.surname {
			rows = append(rows, s.known(y))
		}
		joined := len(rows)
		if n.joined != noSymbol {
			rows = append(rows, s.known(n.joined))
		}
		given, surname := rows[:len(n.given)], rows[len(n.given):joined]
		for j := range s.question.names {
			q := &s.question.names[j]
			if q.whole || n.whole || lumped(q.given, q.surname) || lumped(n.given, n.surname) {
				best = max(best, s.anyhow(rows))
				continue
			}
			best = max(best, s.straight(q, given, surname, rows[joined:]), s.crosswise(q, given, surname))
		}
	}
	return best
}

// straight bounds a comparison of like part with like part.
func (s *scorer) straight(q *askedName, given, surname, joined []int) float64 {
	sum := 0.0
	if len(q.surname) > 0 && len(surname) > 0 {
		most := s.greatest(fieldSurname, q.surname, surname)
		if len(joined) > 0 {
			most = max(most, s.greatest(fieldSurname, q.surname, joined))
		}
		if q.joined >= 0 {
			most = max(most, s.greatest(fieldSurname, []int{q.joined}, surname))
			if len(joined) > 0 {
				most = max(most, s.greatest(fieldSurname, []int{q.joined}, joined))
			}
		}
		sum += most
	}
	if len(q.given) > 0 && len(given) > 0 {
		sum += s.greatest(fieldGiven, q.given, given)
		if len(q.given) > 1 && len(given) > 1 {
			sum += max(s.greatest(fieldMiddle, q.given, given), 0)
		}
		sum += max(s.model.table[fieldOrder][ruleDisplaced].bits, 0)
	}
	return sum
}

// crosswise bounds a comparison of surnames with forenames.
func (s *scorer) crosswise(q *askedName, given, surname []int) float64 {
	order := &s.model.table[fieldOrder]
	sum := max(order[ruleSwapped].bits, order[ruleLone].bits)
	if len(q.surname) > 0 && len(given) > 0 {
		sum += s.greatest(fieldGiven, q.surname, given)
	}
	if len(q.given) > 0 && len(surname) > 0 {
		sum += s.greatest(fieldGiven, q.given, surname)
	}
	return sum
}

// greatest is the most that any of the words adds with any of the names.
func (s *scorer) greatest(f field, words, rows []int) float64 {
	most := math.Inf(-1)
	for _, row := range rows {
		cells := s.near.cells[row*s.near.words:]
		for _, w := range words {
			most = max(most, cells[w].bits[f], cells[w].joined)
		}
	}
	return most
}

// anyhow bounds a comparison in which any word may play any part: each word of
// the record plays one at most.
func (s *scorer) anyhow(rows []int) float64 {
	sum := 0.0
	for _, row := range rows {
		most := 0.0
		for _, c := range s.near.cells[row*s.near.words:][:s.near.words] {
			most = max(most, c.bits[fieldGiven], c.bits[fieldMiddle], c.bits[fieldSurname], c.joined)
		}
		sum += most
	}
	for r := range rules {
		sum += max(s.model.table[fieldOrder][r].bits, 0)
	}
	return sum
}

// known returns the row of a name whose every cell is known.
func (s *scorer) known(sym uint32) int {
	row := s.near.row(sym)
	if !s.near.full[row] {
		for w := range s.question.words {
			s.compare(w, sym)
		}
		s.near.full[row] = true
	}
	return row
}

// mayDivide reports whether two forenames of one side may be one of the other,
// which is scored by the words themselves.
func (s *scorer) mayDivide(r *packedName) bool {
	var buf [2 * (maxTokens + 4)]*profile
	looks := buf[:0]
	look := func(syms []uint32) {
		for _, y := range syms {
			looks = append(looks, &s.facts.names.profiles[y])
		}
	}
	look(r.given)
	if r.whole || lumped(r.given, r.surname) {
		look(r.surname)
	}
	for i := range s.question.names {
		q := &s.question.names[i]
		words := q.given
		if (q.whole || lumped(q.given, q.surname)) && len(q.surname) > 0 {
			words = append(words[:len(words):len(words)], q.surname...)
		}
		for k, w := range words {
			a := &s.question.looks[w]
			for j, b := range looks {
				for _, v := range words[k+1:] {
					if mayJoin(a, &s.question.looks[v], b) {
						return true
					}
				}
				for _, c := range looks[j+1:] {
					if mayJoin(b, c, a) {
						return true
					}
				}
			}
		}
	}
	return false
}

// mayJoin reports whether two words together may be a third, or one letter off.
func mayJoin(a, b, whole *profile) bool {
	if off := int(a.length) + int(b.length) - int(whole.length); off < -1 || off > 1 {
		return whole.length == math.MaxUint8
	}
	letters := a.letters | b.letters
	return bits.OnesCount32(letters&^whole.letters) <= 1 && bits.OnesCount32(whole.letters&^letters) <= 1
}
