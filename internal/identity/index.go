package identity

import (
	"math"
	"sync"

	"github.com/perpetrator-register/register/internal/arena"
)

// Index keeps nominals searchable in memory. Any number of searches and
// changes may run at once. Use NewIndex.
type Index struct {
	model *Model

	mu     sync.RWMutex
	facts  *facts
	docs   []doc
	vacant []uint32
	byID   map[ID]uint32
	store  arena.Bytes
	forces []string
	force  map[string]uint16

	searchers sync.Pool
}

// doc is one nominal; its packed record is in the store.
type doc struct {
	id    ID
	ref   uint32
	size  uint16
	force uint16
	holds held
}

// Entry is one nominal for Load.
type Entry struct {
	ID     ID
	Force  string
	Record Record
}

// NewIndex returns an empty index with the shipped weights.
func NewIndex() *Index { return NewIndexWith(DefaultModel()) }

// NewIndexWith returns an empty index with other weights.
func NewIndexWith(m *Model) *Index {
	x := &Index{model: m, facts: newFacts(), byID: map[ID]uint32{}, force: map[string]uint16{}}
	x.searchers.New = func() any { return new(searcher) }
	return x
}

// Put adds a nominal, or replaces the one of that id. Force is the owner
// force's code, handed back with the candidate.
func (x *Index) Put(id ID, force string, r Record) {
	keys := recordKeys(&r, make([]uint64, 0, 32))
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(id)
	n := x.insert(id, force, &r)
	for _, k := range keys {
		x.facts.keys.add(k, n)
	}
}

// Remove takes a nominal out; false when it was not there.
func (x *Index) Remove(id ID) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.remove(id)
}

// Has reports whether a nominal is in the index.
func (x *Index) Has(id ID) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	_, ok := x.byID[id]
	return ok
}

// Len returns the number of nominals.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.facts.records
}

// Bytes estimates the memory that the index holds.
func (x *Index) Bytes() int64 {
	x.mu.RLock()
	defer x.mu.RUnlock()
	const perID = 30 // a place of the map, with room to grow
	f := x.facts
	return x.store.Size() + f.keys.bytes() + f.names.bytes() + f.names.deletes.bytes() + f.atoms.bytes() +
		int64(cap(x.docs))*28 + int64(cap(x.vacant))*4 + int64(len(x.byID))*perID
}

// Model returns the weights in use.
func (x *Index) Model() *Model { return x.model }

// Thresholds returns those of the weights: Join and Propose bound
// Prior+Bits of a pair, Show bounds Bits of a candidate.
func (x *Index) Thresholds() Thresholds { return x.model.Thresholds }

// insert stores a record and counts it; the caller adds its keys.
func (x *Index) insert(id ID, force string, r *Record) uint32 {
	var buf [512]byte
	f := x.facts
	packed := encode(buf[:0], r, f.names.hold, func(w string) uint32 {
		sym, _ := f.atoms.hold(w)
		return sym
	})
	code, ok := x.force[force]
	if !ok {
		code = uint16(len(x.forces)) //nolint:gosec // a few dozen forces
		x.force[force] = code
		x.forces = append(x.forces, force)
	}
	d := doc{id: id, ref: x.store.Put(packed), size: uint16(min(len(packed), math.MaxUint16)), force: code, holds: r.holds()}
	var n uint32
	if v := len(x.vacant); v > 0 {
		n = x.vacant[v-1]
		x.vacant = x.vacant[:v-1]
		x.docs[n] = d
	} else {
		n = uint32(len(x.docs)) //nolint:gosec // below 1<<31 nominals
		x.docs = append(x.docs, d)
	}
	x.byID[id] = n
	f.records++
	for _, b := range r.births {
		f.countBirth(b, 1)
	}
	return n
}

func (x *Index) remove(id ID) bool {
	n, ok := x.byID[id]
	if !ok {
		return false
	}
	f := x.facts
	d := &x.docs[n]
	var p packed
	p.decode(x.store.At(d.ref))
	r := x.unpack(&p)
	for _, k := range recordKeys(&r, nil) {
		f.keys.remove(k, n)
	}
	for _, b := range r.births {
		f.countBirth(b, -1)
	}
	for _, m := range p.names {
		for _, sym := range m.given {
			f.names.drop(sym)
		}
		for _, sym := range m.surname {
			f.names.drop(sym)
		}
		if m.joined != noSymbol {
			f.names.drop(m.joined)
		}
	}
	for _, i := range p.identifiers {
		f.atoms.drop(i.platform)
	}
	for _, sym := range p.address {
		f.atoms.drop(sym)
	}
	x.store.Release(d.ref, int(d.size))
	f.records--
	delete(x.byID, id)
	*d = doc{}
	x.vacant = append(x.vacant, n)
	return true
}

// unpack turns a decoded record back into its normal form.
func (x *Index) unpack(p *packed) Record {
	f := x.facts
	r := Record{births: append([]Birth(nil), p.births...), sex: p.sex}
	for _, n := range p.names {
		m := name{whole: n.whole}
		for _, sym := range n.given {
			m.given = append(m.given, f.names.words[sym])
		}
		for _, sym := range n.surname {
			m.surname = append(m.surname, f.names.words[sym])
		}
		if n.joined != noSymbol {
			m.joined = f.names.words[n.joined]
		}
		r.names = append(r.names, m)
	}
	for _, i := range p.identifiers {
		r.identifiers = append(r.identifiers, identifier{i.kind, f.atoms.words[i.platform], string(i.value)})
	}
	for _, c := range p.postcodes {
		r.postcodes = append(r.postcodes, string(c))
	}
	for _, sym := range p.address {
		r.address = append(r.address, f.atoms.words[sym])
	}
	return r
}

func recordKeys(r *Record, keys []uint64) []uint64 {
	r.eachKey(func(k uint64) { keys = append(keys, k) })
	return keys
}
