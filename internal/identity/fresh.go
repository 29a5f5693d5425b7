package identity

import (
	"math/bits"
	"slices"
)

// Trace says what was looked for: sorted hashes of the names, dates, places
// and identifiers of a record and of what may be meant by them. Two records
// that may be one person have hashes in common: one of an identifier, or of two
// different facts, such as two names, or a name and a date. The low bits of a
// hash tell of which fact of its record it is.
type Trace []uint64

// factBits is how many low bits of a hash number the fact; its greatest numbers
// are those below, the others are of the words of names.
const factBits = 4

const (
	factIdentifier = 15 - iota
	factPostcode
	factAddress
	factBirth
	factWords // and less
)

// of marks a hash as one of a fact.
func of(fact int, h uint64) uint64 { return h&^(1<<factBits-1) | uint64(fact) } //nolint:gosec // 0 to 15

// The kinds of hash of a Trace. They follow those of the index, and are never
// mixed with them.
const (
	traceWord   = keyKinds + iota // a name
	traceSound                    // the sound of a name
	traceSlip                     // a name without a letter or two
	traceKin                      // a group of nicknames or variants
	traceBirth                    // a whole date of birth
	traceDigits                   // a whole date of birth but for one digit
)

// traceOf returns the hashes of a record. It depends on nothing else, so that
// neither side need know the words of the other.
func traceOf(r *Record) Trace {
	t := make(Trace, 0, 128)
	var words []string // each is one fact, in however many names it stands
	for i := range r.names {
		r.names[i].eachWord(func(w string) {
			fact := slices.Index(words, w)
			if fact < 0 {
				fact = len(words)
				words = append(words, w)
			} else {
				return
			}
			t = traceName(t, w, min(fact, factWords))
		})
	}
	for _, d := range r.births {
		t = d.trace(t)
	}
	for _, id := range r.identifiers {
		id.platform = ""
		t = append(t, of(factIdentifier, identifierKey(id)))
	}
	for _, p := range r.postcodes {
		t = append(t, of(factPostcode, key(keyPostcode, hashString(p), 0)))
	}
	for _, k := range addressKeys(r.address) {
		t = append(t, of(factAddress, k))
	}
	slices.Sort(t)
	return slices.Compact(t)
}

// eachWord calls f for the words of a name, as they are and joined.
func (n *name) eachWord(f func(string)) {
	for i, w := range n.given {
		f(w)
		if i > 0 {
			f(n.given[i-1] + w) // a forename cut in two
		}
	}
	for _, w := range n.surname {
		f(w)
	}
	if n.joined != "" {
		f(n.joined)
	}
}

// traceName appends the hashes of a word of a name: itself, its sound, itself
// without a letter or two, and its kin.
func traceName(t Trace, w string, fact int) Trace {
	lex := lexiconOnce()
	t = append(t, of(fact, key(traceWord, hashString(w), 0)), of(fact, key(traceSound, soundHash(w), 0)))
	eachDelete(w, edits(len(w)), func(h uint64) { t = append(t, of(fact, key(traceSlip, h, 0))) })
	for _, g := range lex.variants.byName[w] {
		t = append(t, of(fact, key(traceKin, uint64(g), 0)))
	}
	for _, g := range lex.nicknames.byName[w] {
		t = append(t, of(fact, key(traceKin, uint64(g), 1)))
	}
	return t
}

// thin reports whether a record holds so little that one fact in common may do.
func thin(r *Record) bool {
	most := 0
	for i := range r.names {
		most = max(most, len(r.names[i].given)+len(r.names[i].surname))
	}
	return most < 2 || !slices.ContainsFunc(r.births, Birth.full)
}

// trace appends the hashes of a whole date: itself, with day and month
// swapped, with two neighbouring digits swapped, and with each digit left out.
func (b Birth) trace(t Trace) Trace {
	if !b.full() {
		return t
	}
	number := func(d [8]byte) (n uint64) {
		for _, c := range d {
			n = n*16 + uint64(c)
		}
		return n
	}
	digits := dateDigits(b)
	t = append(t, of(factBirth, key(traceBirth, number(digits), 0)))
	if !b.wild() {
		t = append(t, of(factBirth, key(traceBirth, number(dateDigits(Birth{Year: b.Year, Month: b.Day, Day: b.Month})), 0)))
	}
	for i := range digits {
		x := digits
		x[i] = 15
		t = append(t, of(factBirth, key(traceDigits, number(x), 0)))
		if i > 0 && digits[i] != digits[i-1] {
			x = digits
			x[i], x[i-1] = x[i-1], x[i]
			t = append(t, of(factBirth, key(traceBirth, number(x), 0)))
		}
	}
	return t
}

// Fresh holds the handful of records that came after an index was asked:
// registrations that commit at the same moment. It is not safe for concurrent
// use.
type Fresh struct {
	next   uint64
	places map[ID]uint64
	held   map[uint64]freshPlace
	by     map[uint64][]freshHash // hash without its fact, in the order put
	facts  []uint16               // scratch of Near
}

// FreshRecord is one record of Fresh.
type FreshRecord struct {
	ID ID
	// Force is the owner force's code as it was put.
	Force  string
	Record Record
}

type freshPlace struct {
	FreshRecord
	trace Trace
	thin  bool
}

// freshHash is where a hash was put, and of which fact it is there.
type freshHash struct {
	place uint64
	fact  uint8
}

// NewFresh returns an empty Fresh.
func NewFresh() *Fresh {
	return &Fresh{places: map[ID]uint64{}, held: map[uint64]freshPlace{}, by: map[uint64][]freshHash{}}
}

// Put adds a record. One of the same id is replaced, and is then the newest.
func (f *Fresh) Put(id ID, force string, r Record) { f.PutTraced(id, force, r, traceOf(&r)) }

// PutTraced is Put of a record whose trace is known from [Index.Lookalikes].
func (f *Fresh) PutTraced(id ID, force string, r Record, t Trace) {
	f.Remove(id)
	f.next++
	p := freshPlace{FreshRecord{id, force, r}, t, thin(&r)}
	f.places[id], f.held[f.next] = f.next, p
	for _, h := range t {
		f.by[h>>factBits] = append(f.by[h>>factBits], freshHash{f.next, uint8(h & (1<<factBits - 1))})
	}
}

// Remove takes a record out, if it is there.
func (f *Fresh) Remove(id ID) {
	place, ok := f.places[id]
	if !ok {
		return
	}
	for _, h := range f.held[place].trace {
		h >>= factBits
		if len(f.by[h]) == 0 {
			continue // two facts of the record have it, and it is gone
		}
		left := f.by[h]
		if left[0].place == place { // as when the oldest is forgotten
			for len(left) > 0 && left[0].place == place {
				left = left[1:]
			}
		} else {
			left = slices.DeleteFunc(left, func(p freshHash) bool { return p.place == place })
		}
		if len(left) == 0 {
			delete(f.by, h)
			continue
		}
		f.by[h] = left
	}
	delete(f.held, place)
	delete(f.places, id)
}

// Has reports whether a record is there.
func (f *Fresh) Has(id ID) bool {
	_, ok := f.places[id]
	return ok
}

// Len returns the number of records.
func (f *Fresh) Len() int { return len(f.places) }

// Place says when a record was put: those put later have a greater one.
func (f *Fresh) Place(id ID) (place uint64, ok bool) {
	place, ok = f.places[id]
	return place, ok
}

// Near returns the records put at a place or later that have enough in common
// with what was looked for, in the order they were put. They may be the same
// person; judge them. Little in common is enough when r, whose trace it is, or
// the other holds little.
func (f *Fresh) Near(r *Record, t Trace, from uint64) []FreshRecord {
	if from > f.next {
		return nil
	}
	f.facts = slices.Grow(f.facts[:0], int(f.next-from)+1)[:f.next-from+1] //nolint:gosec // a few thousand
	clear(f.facts)
	for _, h := range t {
		put := f.by[h>>factBits]
		for i := len(put) - 1; i >= 0 && put[i].place >= from; i-- {
			f.facts[put[i].place-from] |= 1 << put[i].fact
		}
	}
	few := thin(r)
	var out []FreshRecord
	for i, facts := range f.facts {
		if facts == 0 {
			continue
		}
		p := f.held[from+uint64(i)]
		if facts&(1<<factIdentifier) != 0 || bits.OnesCount16(facts) > 1 || few || p.thin {
			out = append(out, p.FreshRecord)
		}
	}
	return out
}
