package identity

import "slices"

// Bounds on how far a query is widened.
const (
	pairVariants  = 12 // names tried on each side of a pair
	soundVariants = 4  // sounds tried for one name
)

// What a posting of each kind of key costs: the less likely it is to be the
// one asked for, the more. Lists are read in the order of their cost.
var keyCosts = [keyKinds]int{
	keyNames: 1, keySounds: 4, keyBirth: 3, keySoundYear: 6, keySoundMonth: 4, keySoundDay: 4, keySoundDate: 4,
	keyName: 16, keyIdentifier: 1, keyPostSound: 2, keyPostcode: 8, keyAddress: 4,
}

// ruleReach is how far a stand-in is from the name that was asked; a pair may
// go three steps in all.
var ruleReach = [ruleTwoLetters + 1]int{ruleExact: 0, ruleVariant: 1, ruleNickname: 1, ruleOneLetter: 1, ruleTwoLetters: 3}

const pairReach = 3

// widened is a word of the query with what may be meant by it.
type widened struct {
	variants []variant
	hashes   []uint64 // of the variants
	sounds   []uint64
}

// plan works out the keys of the query, widened: misspellings, nicknames,
// near dates. The store is not widened. It returns whether near dates are in it.
func (s *searcher) plan(r *Record) (near bool) {
	s.probes = s.probes[:0]
	cache := map[string]widened{}
	for i := range r.names {
		n := &r.names[i]
		words := n.words()
		for _, w := range words {
			if _, ok := cache[w]; !ok {
				cache[w] = s.widen(w)
			}
		}
		s.planName(r, words, cache)
		s.planDivided(n)
	}
	heard := s.planSounds(cache)
	near = heard < 2
	for _, d := range r.births {
		s.planBirth(d)
		if near {
			s.planNearBirth(d)
		}
	}
	for _, id := range r.identifiers {
		s.probe(keyIdentifier, identifierKey(id), 0)
		if id.platform != "" {
			id.platform = ""
			s.probe(keyIdentifier, identifierKey(id), 0)
		}
	}
	for _, p := range r.postcodes {
		s.probe(keyPostcode, key(keyPostcode, hashString(p), 0), 0)
	}
	for _, k := range addressKeys(r.address) {
		s.probe(keyAddress, k, 0)
	}
	return near
}

// planSounds looks for the names that sound like a word which is all that is known
// of a name, and returns how many words are found by their sound.
func (s *searcher) planSounds(words map[string]widened) (heard int) {
	for w := range words {
		if len(words) == 1 {
			s.facts.names.alike(w, s.lex, func(x string) { s.probe(keyName, key(keyName, hashString(x), 0), ruleReach[ruleTwoLetters]) })
		}
		if len(sound(w)) > 1 {
			heard++
		}
	}
	return heard
}

func (s *searcher) widen(w string) widened {
	x := widened{variants: s.standIns(w)}
	for _, v := range x.variants {
		x.hashes = append(x.hashes, hashString(v.word))
		if h := soundHash(v.word); !slices.Contains(x.sounds, h) && len(x.sounds) < soundVariants {
			x.sounds = append(x.sounds, h)
		}
	}
	return x
}

func (s *searcher) planName(r *Record, words []string, cache map[string]widened) {
	for k, a := range words {
		wa := cache[a]
		for _, b := range words[k+1:] {
			s.planPair(wa, cache[b])
		}
		for i, h := range wa.sounds {
			for _, d := range r.births {
				s.planSoundBirth(h, d, i)
			}
			for _, p := range r.postcodes {
				s.probe(keyPostSound, key(keyPostSound, hashString(p), h), i)
			}
		}
		for j, v := range wa.variants {
			s.probe(keyName, key(keyName, wa.hashes[j], 0), ruleReach[v.rule])
		}
	}
}

// planDivided looks for forenames that the record has as one word and the
// query as two, or the other way round: "Mary Jane", "Maryjane". Of a whole
// name any word may be a forename.
func (s *searcher) planDivided(n *name) {
	const shortest = 3
	known := s.facts.names.byWord
	words, surnames := n.given, n.surname
	if n.whole {
		words = n.words()
		surnames = words
	}
	for i, w := range words {
		for k, v := range words {
			if _, ok := known[w+v]; ok && i != k {
				s.planSingle(w+v, surnames)
			}
		}
		for at := shortest; at <= len(w)-shortest; at++ {
			if _, ok := known[w[:at]]; !ok {
				continue
			}
			if _, ok := known[w[at:]]; ok {
				s.probe(keyNames, pairKey(keyNames, hashString(w[:at]), hashString(w[at:])), 1)
			}
		}
	}
}

// planSingle probes for a word alone and with each of the surnames.
func (s *searcher) planSingle(w string, surnames []string) {
	h := hashString(w)
	s.probe(keyName, key(keyName, h, 0), 1)
	for _, x := range surnames {
		s.probe(keyNames, pairKey(keyNames, h, hashString(x)), 1)
	}
}

func (s *searcher) planPair(a, b widened) {
	for i, va := range a.variants[:min(len(a.variants), pairVariants)] {
		for j, vb := range b.variants[:min(len(b.variants), pairVariants)] {
			if reach := ruleReach[va.rule] + ruleReach[vb.rule]; reach <= pairReach {
				s.probe(keyNames, pairKey(keyNames, a.hashes[i], b.hashes[j]), reach)
			}
		}
	}
	for i, ha := range a.sounds {
		for j, hb := range b.sounds {
			if i+j < soundVariants {
				s.probe(keySounds, pairKey(keySounds, ha, hb), i+j)
			}
		}
	}
}

func (s *searcher) planSoundBirth(h uint64, d Birth, far int) {
	reach := 1
	if d.Approximate {
		reach = 2
	}
	for y := d.Year - reach; y <= d.Year+reach; y++ {
		s.probe(keySoundYear, key(keySoundYear, datePart(y, 0, 0), h), far+abs(y-d.Year))
	}
	if d.Month > 0 {
		s.probe(keySoundMonth, key(keySoundMonth, datePart(d.Year, d.Month, 0), h), far)
	}
	if d.full() {
		s.probe(keySoundDay, key(keySoundDay, datePart(d.Year, 0, d.Day), h), far)
		s.probe(keySoundDate, key(keySoundDate, datePart(0, d.Month, d.Day), h), far)
	}
}

func (s *searcher) planBirth(d Birth) {
	if !d.full() {
		return
	}
	s.probe(keyBirth, key(keyBirth, datePart(d.Year, d.Month, d.Day), 0), 0)
	if d.Day != d.Month {
		s.probe(keyBirth, key(keyBirth, datePart(d.Year, d.Day, d.Month), 0), 1)
	}
}

// planNearBirth adds the dates that are one digit off, or two neighbouring
// digits swapped, or a year. With two words of a name the sounds and parts of the
// date mostly find such people already; an initial has no sound.
func (s *searcher) planNearBirth(d Birth) {
	if !d.full() {
		return
	}
	for _, y := range []int{d.Year - 1, d.Year + 1} {
		s.probe(keyBirth, key(keyBirth, datePart(y, d.Month, d.Day), 0), 1)
	}
	digits := dateDigits(d)
	try := func(x [8]byte) {
		n := func(i int) int { return int(x[i])*10 + int(x[i+1]) }
		s.probe(keyBirth, key(keyBirth, datePart(n(0)*100+n(2), n(4), n(6)), 0), 1)
	}
	for i, c := range digits {
		for v := range byte(10) {
			if v != c {
				x := digits
				x[i] = v
				try(x)
			}
		}
		if i > 0 && c != digits[i-1] {
			x := digits
			x[i-1], x[i] = c, x[i-1]
			try(x)
		}
	}
}

// probe adds a list to read, if there is one. The further the key is from what
// was asked, the dearer.
func (s *searcher) probe(kind keyKind, k uint64, far int) {
	if n := s.facts.keys.count(k); n > 0 {
		s.probes = append(s.probes, probe{k, n, n * keyCosts[kind] << min(2*far, 8), kind})
	}
}

func abs(n int) int { return max(n, -n) }
