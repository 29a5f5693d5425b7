package identity

import "math/bits"

// table maps 64-bit keys to lists of numbers (postings). A list of one lives
// in the table itself, a longer one in a block of the arena whose first word
// is its length. The table is split in parts that grow one by one, so that no
// write waits long, and into lanes that can be filled side by side.
type table struct {
	lanes [tableLanes]lane
}

const (
	tableLanes = 4
	laneParts  = 64
	partBits   = 8       // of a key, that choose lane and part
	inList     = 1 << 31 // marks a reference to a block
)

type lane struct {
	parts [laneParts]part
	arena wordArena
}

// part is an open-addressed table of any size; key 0 is an empty place. Keys lie
// in the order of their hash, but for those that had to move on.
type part struct {
	keys []uint64
	refs []uint32
	used int
}

// mix hashes two words to one that is never 0.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xbf58476d1ce4e5b9)
	h := hi ^ lo
	h ^= h >> 29
	h *= 0x94d049bb133111eb
	h ^= h >> 32
	if h == 0 {
		return 1
	}
	return h
}

// hashString is FNV-1a, finished by mix.
func hashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h, uint64(len(s)))
}

func laneOf(key uint64) int { return int(key >> 62) }

func (t *table) part(key uint64) (*lane, *part) {
	l := &t.lanes[laneOf(key)]
	return l, &l.parts[key>>56&(laneParts-1)]
}

// find returns the place of key, or the empty place where it would go.
func (p *part) find(key uint64) int {
	keys := p.keys
	i := home(key, len(keys))
	for keys[i] != 0 && keys[i] != key {
		if i++; i == len(keys) {
			i = 0
		}
	}
	return i
}

// home is where a key belongs among n places: its hash, as a fraction, of n.
func home(key uint64, n int) int {
	i, _ := bits.Mul64(key<<partBits, uint64(n)) //nolint:gosec // never negative
	return int(i)                                //nolint:gosec // below n
}

// class is the block class that holds n postings and their count.
func class(n uint32) int { return bits.Len32(n) }

// add appends value to the list of key.
func (t *table) add(key uint64, value uint32) {
	l, p := t.part(key)
	if p.used*4 >= len(p.keys)*3 {
		p.grow()
	}
	i := p.find(key)
	ref := p.refs[i]
	switch {
	case p.keys[i] == 0:
		p.keys[i] = key
		p.refs[i] = value
		p.used++
	case ref&inList == 0:
		c := class(2)
		block := l.arena.alloc(c)
		copy(l.arena.block(block, c), []uint32{2, ref, value})
		p.refs[i] = block | inList
	default:
		ref &^= inList
		n := l.arena.block(ref, 0)[0]
		c := class(n)
		if class(n+1) != c {
			bigger := l.arena.alloc(class(n + 1))
			copy(l.arena.block(bigger, class(n+1)), l.arena.block(ref, c))
			l.arena.release(ref, c)
			ref, c = bigger, class(n+1)
			p.refs[i] = ref | inList
		}
		b := l.arena.block(ref, c)
		b[n+1] = value
		b[0] = n + 1
	}
}

// remove takes value out of the list of key, if it is there.
func (t *table) remove(key uint64, value uint32) {
	l, p := t.part(key)
	if len(p.keys) == 0 {
		return
	}
	i := p.find(key)
	if p.keys[i] == 0 {
		return
	}
	ref := p.refs[i]
	if ref&inList == 0 {
		if ref == value {
			p.delete(i)
		}
		return
	}
	ref &^= inList
	n := l.arena.block(ref, 0)[0]
	c := class(n)
	b := l.arena.block(ref, c)
	for j := uint32(1); j <= n; j++ {
		if b[j] != value {
			continue
		}
		b[j] = b[n]
		b[0] = n - 1
		switch {
		case n-1 == 1:
			p.refs[i] = b[1]
			l.arena.release(ref, c)
		case class(n-1) != c:
			smaller := l.arena.alloc(class(n - 1))
			copy(l.arena.block(smaller, class(n-1)), l.arena.block(ref, c))
			l.arena.release(ref, c)
			p.refs[i] = smaller | inList
		}
		return
	}
}

// count returns the length of the list of key.
func (t *table) count(key uint64) int {
	l, p := t.part(key)
	if len(p.keys) == 0 {
		return 0
	}
	i := p.find(key)
	switch ref := p.refs[i]; {
	case p.keys[i] == 0:
		return 0
	case ref&inList == 0:
		return 1
	default:
		return int(l.arena.block(ref&^inList, 0)[0])
	}
}

// each calls f for every value in the list of key.
func (t *table) each(key uint64, f func(uint32)) {
	l, p := t.part(key)
	if len(p.keys) == 0 {
		return
	}
	i := p.find(key)
	if p.keys[i] == 0 {
		return
	}
	ref := p.refs[i]
	if ref&inList == 0 {
		f(ref)
		return
	}
	ref &^= inList
	n := l.arena.block(ref, 0)[0]
	for _, v := range l.arena.block(ref, class(n))[1 : n+1] {
		f(v)
	}
}

func (p *part) grow() {
	keys, refs := p.keys, p.refs
	// Not by doubling, or a table would be half empty most of the time.
	size := max(8, len(keys)*3/2)
	p.keys = make([]uint64, size)
	p.refs = make([]uint32, size)
	for i, k := range keys {
		if k != 0 {
			j := p.find(k)
			p.keys[j] = k
			p.refs[j] = refs[i]
		}
	}
}

// delete empties a place and closes the gap that it leaves in its run.
func (p *part) delete(i int) {
	n := len(p.keys)
	p.used--
	j := i
	for {
		if j++; j == n {
			j = 0
		}
		if p.keys[j] == 0 {
			break
		}
		// how far round the circle each lies behind
		behind := func(k int) int { return (j - k + n) % n }
		if behind(home(p.keys[j], n)) >= behind(i) {
			p.keys[i], p.refs[i] = p.keys[j], p.refs[j]
			i = j
		}
	}
	p.keys[i], p.refs[i] = 0, 0
}

func (t *table) bytes() int64 {
	var n int64
	for i := range t.lanes {
		l := &t.lanes[i]
		n += l.arena.bytes()
		for j := range l.parts {
			n += int64(len(l.parts[j].keys)) * 12
		}
	}
	return n
}
