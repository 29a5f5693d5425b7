package identity

import "math/bits"

// held is what a question or record holds of a name and birth.
type held uint8

const (
	heldGiven held = 1 << iota
	heldSurname
	heldBirth
)

// heldName is what a name of so many words holds; of a whole one any word may be
// either part.
func heldName(given, surname int, whole bool) (h held) {
	if given > 0 || whole {
		h |= heldGiven
	}
	if surname > 0 || whole {
		h |= heldSurname
	}
	return h
}

func (r *Record) holds() (h held) {
	for i := range r.names {
		n := &r.names[i]
		h |= heldName(len(n.given), len(n.surname), n.whole)
	}
	if len(r.births) > 0 {
		h |= heldBirth
	}
	return h
}

// unasked counts what a record holds that was not asked. A question without a name
// says nothing about that.
func (asked held) unasked(holds held) uint8 {
	if asked&(heldGiven|heldSurname) == 0 {
		return 0
	}
	return uint8(bits.OnesCount8(uint8(holds &^ asked))) //nolint:gosec // three at most
}
