package identity

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestEvidenceAddsUp checks that a question never finds the record it is taken
// from worse for telling more of it, in whatever order.
func TestEvidenceAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		x.Put(numbered(2), "33", drawRecord(t, "other"))
		raw := drawRaw(t, "record")
		record, _ := NewRecord(raw)
		x.Put(numbered(1), "33", record)
		var facts []func(*Raw)
		for _, n := range raw.Names {
			facts = append(facts, func(r *Raw) { r.Names = append(r.Names, n) })
		}
		for _, b := range raw.Births {
			facts = append(facts, func(r *Raw) { r.Births = append(r.Births, b) })
		}
		for _, i := range raw.Identifiers {
			facts = append(facts, func(r *Raw) { r.Identifiers = append(r.Identifiers, i) })
		}
		facts = append(facts, func(r *Raw) { r.Sex = raw.Sex }, func(r *Raw) { r.Postcodes = raw.Postcodes }, func(r *Raw) { r.Addresses = raw.Addresses })
		var asked Raw
		score, judged := math.Inf(-1), math.Inf(-1)
		for _, f := range rapid.Permutation(facts).Draw(t, "facts") {
			f(&asked)
			r, _ := NewRecord(asked)
			now, other := x.Score(r, record).Bits, x.Judge(r, record).Bits
			if now < score-1e-9 || other < judged-1e-9 {
				t.Fatalf("%v falls to %v, %v to %v with %+v", score, now, judged, other, asked)
			}
			score, judged = now, other
		}
	})
}
