package identity

import "math"

// nearness is a rule with the frequencies of the two names it holds between.
type nearness struct {
	rule rule
	// log is the log2 of the commoner's frequency.
	log float64
	// rare and common are the two frequencies.
	rare, common float64
	// mistake is the letter that differs, when one does.
	mistake mistake
}

// nameBits returns what the agreement of two names adds. For a near miss the
// odds are those that the rarer was written for the commoner, against meeting
// the rarer at all: by itself, or as a slip of the commoner; a likely mistake
// raises them, an unlikely one lowers them. They never exceed
// what the commoner's frequency allows, or rare near-names would outrank an
// exact SMITH.
func (m *Model) nameBits(f field, n *nearness) float64 {
	if !slips(f, n.rule) {
		return m.bits(f, n.rule, n.log)
	}
	w := &m.table[f][n.rule]
	exact := m.table[f][ruleExact].logM - n.log
	b := min(math.Log2(w.Slip/(n.rare+w.Slip*n.common)), exact-1) + m.mistakes[n.mistake]
	return min(max(min(b, exact-leastMiss), m.table[f][ruleDifferent].bits), maxBits)
}

// leastMiss is by how many bits a near miss weighs less than what is exact.
const leastMiss = 0.5

// birthBits returns what a rule of two dates of birth adds; the mistake counts
// where one digit differs.
func (m *Model) birthBits(r rule, log float64, k mistake) float64 {
	b := m.bits(fieldBirth, r, log)
	if k == mistakeNone {
		return b
	}
	return max(min(b+m.mistakes[k], m.bits(fieldBirth, ruleExact, log)-leastMiss), m.table[fieldBirth][ruleDifferent].bits)
}

// maxBits bounds what one field can add.
const maxBits = 20

// bits returns what a rule adds, given the log2 of the frequency of the
// commoner value. An agreement never weighs less than the contradiction of its
// field.
func (m *Model) bits(f field, r rule, logFrequency float64) float64 {
	w := &m.table[f][r]
	b := w.bits
	if w.adjusted {
		b -= logFrequency
	}
	if d := &m.table[f][ruleDifferent]; d.M > 0 {
		b = max(b, d.bits)
	}
	return min(b, maxBits)
}
