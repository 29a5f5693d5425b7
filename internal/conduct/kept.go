package conduct

import "time"

// KeptCard is a card that holds for a while: as long as nothing else is recorded of the
// person and no moment comes at which a rule says something else. It is never changed,
// and safe for concurrent use.
type KeptCard struct {
	// Card is as of the moment at which it was made.
	Card Card

	rules *Rules
	made  time.Time
	rank  rankable
	// checked says for which of what must be checked a search was made.
	soughts []sought
	checked []bool
}

// Keep gives the card of a person at a moment, to be looked at again later.
func (r *Rules) Keep(h *History, now time.Time) *KeptCard {
	e := r.read(h, now)
	k := &KeptCard{Card: e.card(), rules: r, made: now, rank: e.rankable()}
	k.soughts = e.soughts()
	for _, s := range k.soughts {
		k.checked = append(k.checked, e.checked(s))
	}
	return k
}

// Holds reports whether, after other searches were made, the card is the same at a
// moment but for the last check and the ranking.
func (k *KeptCard) Holds(checks []Check, now time.Time) bool {
	if now.Before(k.made) || !k.Card.Next.IsZero() && !now.Before(k.Card.Next) {
		return false
	}
	for _, c := range checks {
		if c.Time.After(now) {
			return false // it is not known yet, and changes when the card does
		}
	}
	for i := range k.soughts {
		if k.soughts[i].by(checks) != k.checked[i] {
			return false
		}
	}
	return true
}

// Ranking is the ranking at a moment at which the card holds.
func (k *KeptCard) Ranking(now time.Time) Ranking {
	return k.rank.at(k.rules.data.Weights(), now)
}
