package view

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
)

// victimIndex finds courses by a token of a victim. It may hold courses that have
// changed since: who looks up compares.
type victimIndex map[uint64][]identity.ID

// points are the kinds of tokens that point to few people.
func points(k victim.Kind) bool {
	return k == victim.KindNameYearMonth || k == victim.KindPhone || k == victim.KindEmail || k == victim.KindHandle
}

func place64(t victim.Token) uint64 { return binary.BigEndian.Uint64(t.Sum[:]) + uint64(t.Kind) }

// WatchVictims has the view find courses by their victims, for those who look for
// misuse alone. It must be called before Load.
func (v *View) WatchVictims() { v.victims = victimIndex{} }

func (x victimIndex) put(id identity.ID, c *conduct.Course) {
	for _, tokens := range append([][]victim.Token{c.Principal}, c.Associated...) {
		for _, t := range tokens {
			if key := place64(t); points(t.Kind) && !slices.Contains(x[key], id) {
				x[key] = append(x[key], id)
			}
		}
	}
}

// MatchVictims returns the courses of conduct one of whose victims is the person of
// the tokens, in order. They are for professional standards alone.
func (v *View) MatchVictims(tokens []victim.Token) []identity.ID {
	asked := victim.ForCompare(tokens)
	v.mu.RLock()
	defer v.mu.RUnlock()
	var out []identity.ID
	for _, t := range asked {
		if !points(t.Kind) {
			continue
		}
		for _, id := range v.victims[place64(t)] {
			c, ok := v.courses[id]
			if !ok || slices.Contains(out, id) {
				continue
			}
			for _, of := range append([][]victim.Token{c.Principal}, c.Associated...) {
				if verdict, _ := victim.Compare(asked, of); verdict == victim.Same {
					out = append(out, id)
					break
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b identity.ID) int { return bytes.Compare(a[:], b[:]) })
	return out
}

// Suspect returns whose conduct a course is about; ok is false for one that does not
// stand.
func (v *View) Suspect(course identity.ID) (nominal identity.ID, ok bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	c, ok := v.courses[course]
	if ok {
		nominal = identity.ID(c.Nominal)
	}
	return nominal, ok
}
