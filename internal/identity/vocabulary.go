package identity

import (
	"cmp"
	"math/bits"
	"slices"
	"sync/atomic"
)

// symbols interns words: each distinct word that a record holds has a number
// while at least one record holds it, and a count of those records.
type symbols struct {
	byWord map[string]uint32
	words  []string
	counts []uint32
	free   []uint32
}

func newSymbols() symbols { return symbols{byWord: map[string]uint32{}} }

// hold returns the number of a word and counts one more record; fresh says
// that the word was not there.
func (s *symbols) hold(w string) (sym uint32, fresh bool) {
	if sym, ok := s.byWord[w]; ok {
		s.counts[sym]++
		return sym, false
	}
	if n := len(s.free); n > 0 {
		sym = s.free[n-1]
		s.free = s.free[:n-1]
		s.words[sym], s.counts[sym] = w, 1
	} else {
		sym = uint32(len(s.words)) //nolint:gosec // far below 1<<31 words
		s.words = append(s.words, w)
		s.counts = append(s.counts, 1)
	}
	s.byWord[w] = sym
	return sym, true
}

// drop counts one record less; gone says that it was the last.
func (s *symbols) drop(sym uint32) (gone bool) {
	s.counts[sym]--
	if s.counts[sym] > 0 {
		return false
	}
	delete(s.byWord, s.words[sym])
	s.words[sym] = ""
	s.free = append(s.free, sym)
	return true
}

func (s *symbols) count(w string) uint32 {
	if sym, ok := s.byWord[w]; ok {
		return s.counts[sym]
	}
	return 0
}

func (s *symbols) bytes() int64 {
	n := int64(len(s.words))*20 + int64(len(s.free))*4 + int64(len(s.byWord))*40
	for _, w := range s.words {
		n += int64(len(w))
	}
	return n
}

// vocabulary is the symbols of names, with the neighbourhood of every name:
// the hashes of what is left of its first letters when up to two are deleted,
// and of its sound. Two names within two edits share at least one.
type vocabulary struct {
	symbols
	deletes  table
	profiles []profile // by symbol
	// state changes with every name that a record takes or gives up.
	state uint64
	kept  [keptWords]atomic.Pointer[keptWord]
}

// keptWords is how many words' variants are kept for the next question: a few
// hundred names make up most questions.
const keptWords = 1 << 10

// keptWord holds the variants of a word as they were in one state.
type keptWord struct {
	word     string
	state    uint64
	variants []variant
}

// keptVariants is variants, kept until any name comes or goes. Only names that
// somebody bears are kept: what else was asked for is not. The list is shared.
func (v *vocabulary) keptVariants(w string, lex *lexicon) []variant {
	place := &v.kept[hashString(w)%keptWords]
	if k := place.Load(); k != nil && k.state == v.state && k.word == w {
		return k.variants
	}
	list := v.variants(w, lex)
	if sym, ok := v.byWord[w]; ok {
		place.Store(&keptWord{word: v.words[sym], state: v.state, variants: list})
	}
	return list
}

// profile is what is worked out of a name once, to compare it quickly.
type profile struct {
	letters uint32 // a bit for each letter it holds
	sound   uint32 // hash of its sound
	kin     uint16 // place in lexicon.kin, 0 when it is related to no name
	length  uint8  // in letters, at most 255
	common  uint16 // place in lexicon.shares, 0 when it is not among the commonest
}

func (l *lexicon) profile(w string) profile {
	p := profile{sound: uint32(soundHash(w) >> 32), length: uint8(min(len(w), 255))}
	p.letters, p.kin, p.common = lettersOf(w), l.kinOf[w], l.commonOf[w]
	return p
}

func lettersOf(w string) (set uint32) {
	for i := range len(w) {
		set |= 1 << (w[i] - 'a')
	}
	return set
}

// deletePrefix is how many letters take part in the neighbourhood. Deleting
// from a prefix finds the same names, as distance is checked afterwards.
const deletePrefix = 7

// edits returns how many edits a word of that length may suffer and still be
// looked for: a short name is another name after two.
func edits(length int) int {
	switch {
	case length < 3:
		return 0
	case length < 6:
		return 1
	default:
		return 2
	}
}

func (v *vocabulary) hold(w string) uint32 {
	v.state++
	sym, fresh := v.symbols.hold(w)
	if fresh {
		if int(sym) == len(v.profiles) {
			v.profiles = append(v.profiles, profile{})
		}
		v.profiles[sym] = lexiconOnce().profile(w)
		eachDelete(w, edits(len(w)), func(h uint64) { v.deletes.add(h, sym) })
		v.deletes.add(soundPlace(w), sym)
	}
	return sym
}

func (v *vocabulary) drop(sym uint32) {
	v.state++
	w := v.words[sym]
	if v.symbols.drop(sym) {
		for i := range v.kept {
			v.kept[i].Store(nil) // a name that nobody bears must be forgotten
		}
		eachDelete(w, edits(len(w)), func(h uint64) { v.deletes.remove(h, sym) })
		v.deletes.remove(soundPlace(w), sym)
	}
}

// soundPlace is where the names that sound like a word stand.
func soundPlace(w string) uint64 { return mix(soundHash(w), uint64(keyKinds)) }

// alike calls f for the names of the vocabulary that sound like w, but for w.
func (v *vocabulary) alike(w string, lex *lexicon, f func(string)) {
	look := lex.profile(w)
	v.deletes.each(soundPlace(w), func(sym uint32) {
		if x := v.words[sym]; x != w && compareNames(lex, w, x, look, v.profiles[sym]) == ruleSound {
			f(x)
		}
	})
}

// eachDelete calls f for the hash of each distinct string that is left when up
// to limit letters are deleted from the prefix of w.
func eachDelete(w string, limit int, f func(uint64)) {
	if limit == 0 {
		return
	}
	p := w[:min(len(w), deletePrefix)]
	var seen [1 + deletePrefix + deletePrefix*(deletePrefix-1)/2]uint64
	n := 0
	emit := func(b []byte) {
		h := uint64(14695981039346656037)
		for _, c := range b {
			h = (h ^ uint64(c)) * 1099511628211
		}
		h = mix(h, uint64(len(b)))
		if !slices.Contains(seen[:n], h) {
			seen[n] = h
			n++
			f(h)
		}
	}
	var buf [deletePrefix]byte
	emit(append(buf[:0], p...))
	for i := range len(p) {
		one := append(append(buf[:0], p[:i]...), p[i+1:]...)
		emit(one)
		if limit < 2 {
			continue
		}
		for j := i; j < len(p)-1; j++ {
			var two [deletePrefix]byte
			emit(append(append(two[:0], one[:j]...), one[j+1:]...))
		}
	}
}

// variant is a name to look for in place of the one that was asked.
type variant struct {
	word  string
	rule  rule
	count uint32
}

// maxVariants bounds how many names stand in for one.
const maxVariants = 20

// variants returns the names of the vocabulary that may be meant by w, the
// nearest and commonest first; w itself comes first, known or not.
func (v *vocabulary) variants(w string, lex *lexicon) []variant {
	out := make([]variant, 0, 32)
	seen := func(x string) bool {
		return slices.ContainsFunc(out, func(y variant) bool { return y.word == x })
	}
	out = append(out, variant{w, ruleExact, v.count(w)})
	related := func(r rule) func(string) {
		return func(x string) {
			if n := v.count(x); n > 0 && !seen(x) {
				out = append(out, variant{x, r, n})
			}
		}
	}
	lex.variants.each(w, related(ruleVariant))
	lex.nicknames.each(w, related(ruleNickname))
	limit := edits(len(w))
	near := make([]uint32, 0, 64)
	letters := lettersOf(w)
	eachDelete(w, limit, func(h uint64) {
		v.deletes.each(h, func(sym uint32) {
			// an edit gives each side at most one letter that the other lacks
			other := v.profiles[sym].letters
			if bits.OnesCount32(letters&^other) <= limit && bits.OnesCount32(other&^letters) <= limit {
				near = append(near, sym)
			}
		})
	})
	slices.Sort(near)
	for _, sym := range slices.Compact(near) {
		x := v.words[sym]
		if d := distance(w, x, limit); d <= limit && x != w && !seen(x) {
			r := ruleOneLetter
			if d == 2 {
				r = ruleTwoLetters
			}
			out = append(out, variant{x, r, v.counts[sym]})
		}
	}
	slices.SortFunc(out[1:], func(a, b variant) int {
		if c := cmp.Compare(a.rule, b.rule); c != 0 {
			return c
		}
		if c := cmp.Compare(b.count, a.count); c != 0 {
			return c
		}
		return cmp.Compare(a.word, b.word)
	})
	return out[:min(len(out), maxVariants)]
}
