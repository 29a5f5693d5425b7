package identity

import "slices"

// Trace says what was looked for: sorted hashes of the names, dates, places
// and identifiers of a record and of what may be meant by them. Two records
// that may be one person have a hash in common.
type Trace []uint64

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
	for i := range r.names {
		t = r.names[i].trace(t)
	}
	for _, d := range r.births {
		t = d.trace(t)
	}
	for _, id := range r.identifiers {
		id.platform = ""
		t = append(t, identifierKey(id))
	}
	for _, p := range r.postcodes {
		t = append(t, key(keyPostcode, hashString(p), 0))
	}
	t = append(t, addressKeys(r.address)...)
	slices.Sort(t)
	return slices.Compact(t)
}

// trace appends the hashes of a name.
func (n *name) trace(t Trace) Trace {
	lex := lexiconOnce()
	add := func(w string) {
		t = append(t, key(traceWord, hashString(w), 0), key(traceSound, soundHash(w), 0))
		eachDelete(w, edits(len(w)), func(h uint64) { t = append(t, key(traceSlip, h, 0)) })
		for _, g := range lex.variants.byName[w] {
			t = append(t, key(traceKin, uint64(g), 0))
		}
		for _, g := range lex.nicknames.byName[w] {
			t = append(t, key(traceKin, uint64(g), 1))
		}
	}
	for i, w := range n.given {
		add(w)
		if i > 0 {
			add(n.given[i-1] + w) // a forename cut in two
		}
	}
	for _, w := range n.surname {
		add(w)
	}
	if n.joined != "" {
		add(n.joined)
	}
	return t
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
	t = append(t, key(traceBirth, number(digits), 0))
	if !b.wild() {
		t = append(t, key(traceBirth, number(dateDigits(Birth{Year: b.Year, Month: b.Day, Day: b.Month})), 0))
	}
	for i := range digits {
		x := digits
		x[i] = 15
		t = append(t, key(traceDigits, number(x), 0))
		if i > 0 && digits[i] != digits[i-1] {
			x = digits
			x[i], x[i-1] = x[i-1], x[i]
			t = append(t, key(traceBirth, number(x), 0))
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
	by     map[uint64][]uint64 // hash to places, in the order put
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
}

// NewFresh returns an empty Fresh.
func NewFresh() *Fresh {
	return &Fresh{places: map[ID]uint64{}, held: map[uint64]freshPlace{}, by: map[uint64][]uint64{}}
}

// Put adds a record. One of the same id is replaced, and is then the newest.
func (f *Fresh) Put(id ID, force string, r Record) { f.PutTraced(id, force, r, traceOf(&r)) }

// PutTraced is Put of a record whose trace is known from [Index.Lookalikes].
func (f *Fresh) PutTraced(id ID, force string, r Record, t Trace) {
	f.Remove(id)
	f.next++
	p := freshPlace{FreshRecord{id, force, r}, t}
	f.places[id], f.held[f.next] = f.next, p
	for _, h := range p.trace {
		f.by[h] = append(f.by[h], f.next)
	}
}

// Remove takes a record out, if it is there.
func (f *Fresh) Remove(id ID) {
	place, ok := f.places[id]
	if !ok {
		return
	}
	for _, h := range f.held[place].trace {
		left := slices.DeleteFunc(f.by[h], func(p uint64) bool { return p == place })
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

// Near returns the records put at a place or later that have a hash in common
// with what was looked for, in the order they were put. They may be the same
// person; judge them.
func (f *Fresh) Near(t Trace, from uint64) []FreshRecord {
	var places []uint64
	for _, h := range t {
		put := f.by[h]
		for i := len(put) - 1; i >= 0 && put[i] >= from; i-- {
			places = append(places, put[i])
		}
	}
	slices.Sort(places)
	places = slices.Compact(places)
	out := make([]FreshRecord, len(places))
	for i, p := range places {
		out[i] = f.held[p].FreshRecord
	}
	return out
}
