package identity

import (
	"math/bits"
	"slices"
	"strings"
	"sync/atomic"
)

// keyKind is a way to retrieve a record.
type keyKind uint8

const (
	keyNames      keyKind = iota // two names, in either order
	keySounds                    // the sounds of two names, in either order
	keyBirth                     // a whole date of birth
	keySoundYear                 // the sound of a name, and year of birth
	keySoundMonth                // the sound of a name, year and month
	keySoundDay                  // the sound of a name, year and day
	keySoundDate                 // the sound of a name, month and day
	keyName                      // one name
	keyIdentifier                // an identifier
	keyPostSound                 // a postcode and the sound of a name
	keyPostcode                  // a postcode
	keyAddress                   // two words of an address that follow on
	keyKinds
)

var keyNameOf = [keyKinds]string{
	"names", "sounds", "birth", "sound_year", "sound_year_month", "sound_year_day", "sound_month_day",
	"name", "identifier", "postcode_sound", "postcode", "address",
}

func key(k keyKind, a, b uint64) uint64 { return mix(mix(uint64(k)+1, a), b) }

// pairKey is the same for both orders of a and b.
func pairKey(k keyKind, a, b uint64) uint64 { return key(k, min(a, b), max(a, b)) }

func datePart(y, m, d int) uint64 { return uint64(y)<<16 | uint64(m)<<8 | uint64(d) } //nolint:gosec // checked when parsed

func identifierKey(id identifier) uint64 {
	return key(keyIdentifier, uint64(id.kind), mix(hashString(id.platform), hashString(id.value)))
}

// soundHash returns the hash of a name's sound; a sound of one letter tells
// too little, so the name itself stands in.
func soundHash(w string) uint64 {
	if s := sound(w); len(s) > 1 {
		return hashString(s)
	}
	return hashString(w)
}

// eachKey calls f for each key of a record, once.
func (r *Record) eachKey(f func(uint64)) {
	var few [64]uint64
	n := 0
	var many map[uint64]struct{} // those beyond the few
	emit := func(k uint64) {
		if slices.Contains(few[:n], k) {
			return
		}
		if n < len(few) {
			few[n] = k
			n++
			f(k)
			return
		}
		if _, ok := many[k]; ok {
			return
		}
		if many == nil {
			many = map[uint64]struct{}{}
		}
		many[k] = struct{}{}
		f(k)
	}
	for i := range r.names {
		r.names[i].eachKey(r, emit)
	}
	for _, d := range r.births {
		if d.full() {
			emit(key(keyBirth, datePart(d.Year, d.Month, d.Day), 0))
		}
	}
	for _, id := range r.identifiers {
		emit(identifierKey(id))
		if id.platform != "" {
			// so that it is found by who does not tell the platform
			id.platform = ""
			emit(identifierKey(id))
		}
	}
	for _, p := range r.postcodes {
		emit(key(keyPostcode, hashString(p), 0))
	}
	for _, k := range addressKeys(r.address) {
		emit(k)
	}
}

// eachKey emits the keys of one name of r.
func (n *name) eachKey(r *Record, emit func(uint64)) {
	words := n.words()
	var buf [2 * (maxTokens + 4)][2]uint64
	hashes := buf[:0] // of each word, and of its sound
	for _, w := range words {
		hashes = append(hashes, [2]uint64{hashString(w), soundHash(w)})
	}
	for i := range words {
		ha, sa := hashes[i][0], hashes[i][1]
		emit(key(keyName, ha, 0))
		for _, b := range hashes[i+1:] {
			emit(pairKey(keyNames, ha, b[0]))
			emit(pairKey(keySounds, sa, b[1]))
		}
		for _, p := range r.postcodes {
			emit(key(keyPostSound, hashString(p), sa))
		}
		for _, d := range r.births {
			emit(key(keySoundYear, datePart(d.Year, 0, 0), sa))
			if d.Month > 0 {
				emit(key(keySoundMonth, datePart(d.Year, d.Month, 0), sa))
			}
			if d.full() {
				emit(key(keySoundDay, datePart(d.Year, 0, d.Day), sa))
				emit(key(keySoundDate, datePart(0, d.Month, d.Day), sa))
			}
		}
	}
}

// words returns the words a name is retrieved by: the first two forenames, or all
// where there is no surname, as one of them may be it, the surnames, the surname as
// one word, and the two forenames as one where one of them looks like a fragment;
// all words of a whole name.
func (n *name) words() []string {
	words := make([]string, 0, 8)
	given := n.given
	if !n.whole && len(n.surname) > 0 {
		given = given[:min(len(given), 2)]
	}
	words = append(words, given...)
	words = append(words, n.surname...)
	if n.joined != "" {
		words = append(words, n.joined)
	}
	for i := 0; i+1 < len(given) && !n.whole; i++ {
		if fragment(given[i]) || fragment(given[i+1]) {
			words = append(words, given[i]+given[i+1])
		}
	}
	return words
}

// fragment reports whether a word looks like part of a name that a stray space
// has cut in two.
func fragment(w string) bool {
	const longest = 4
	if len(w) < 2 || len(w) > longest {
		return false
	}
	return !lexiconOnce().known(w)
}

// addressKeys pairs each house number with the word after it, and without a
// number each word with the next.
func addressKeys(words []string) []uint64 {
	var keys []uint64
	for i := 0; i+1 < len(words) && len(keys) < 6; i++ {
		if strings.ContainsAny(words[i], "0123456789") && len(words[i+1]) > 2 {
			keys = append(keys, key(keyAddress, hashString(words[i]), hashString(words[i+1])))
		}
	}
	return keys
}

// keySet is a set of key kinds.
type keySet uint16

// names returns the names of the kinds; the list is shared.
func (s keySet) names() []string {
	if known := keySetNames[s].Load(); known != nil {
		return *known
	}
	out := make([]string, 0, bits.OnesCount16(uint16(s)))
	for k := range keyKinds {
		if s&(1<<k) != 0 {
			out = append(out, keyNameOf[k])
		}
	}
	out = slices.Clip(out)
	keySetNames[s].Store(&out)
	return out
}

// keySetNames keeps the lists of names; they repeat from candidate to candidate.
var keySetNames [1 << keyKinds]atomic.Pointer[[]string]
