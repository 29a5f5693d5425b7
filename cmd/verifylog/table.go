package main

import "hash/maphash"

// table maps keys to small numbers in little memory: twelve bytes a place, three
// places in four taken at most. It keeps a fingerprint of 64 bits instead of the
// key, under a seed that nobody knows beforehand. Two keys may be taken for one,
// once in some hundred thousand exports of ten million entries: whoever finds
// something wrong by it looks again.
type table struct {
	seed   maphash.Seed
	keys   []uint64 // 0 is a free place
	values []uint32 // nil in a set
	n      int
}

// newTable makes a table with room for so many keys; it grows as needed.
func newTable(room int64, values bool) *table {
	size := 1 << 10
	for int64(size)*3/4 < room && size < 1<<30 {
		size *= 2
	}
	t := &table{seed: maphash.MakeSeed(), keys: make([]uint64, size)}
	if values {
		t.values = make([]uint32, size)
	}
	return t
}

func (t *table) fingerprint(key string) uint64 {
	if h := maphash.String(t.seed, key); h != 0 {
		return h
	}
	return 1
}

// place finds the place of a fingerprint, or the free one where it belongs.
func (t *table) place(h uint64) int {
	mask := uint64(len(t.keys) - 1) //nolint:gosec // not negative
	for i := h & mask; ; i = (i + 1) & mask {
		if t.keys[i] == h || t.keys[i] == 0 {
			return int(i) //nolint:gosec // below len(t.keys)
		}
	}
}

// get returns the value of a key.
func (t *table) get(key string) (value uint32, ok bool) {
	i := t.place(t.fingerprint(key))
	if t.keys[i] == 0 {
		return 0, false
	}
	if t.values != nil {
		value = t.values[i]
	}
	return value, true
}

// put sets the value of a key and tells whether the key is new.
func (t *table) put(key string, value uint32) (fresh bool) {
	if (t.n+1)*4 > len(t.keys)*3 {
		t.grow()
	}
	h := t.fingerprint(key)
	i := t.place(h)
	if fresh = t.keys[i] == 0; fresh {
		t.n++
		t.keys[i] = h
	}
	if t.values != nil {
		t.values[i] = value
	}
	return fresh
}

func (t *table) grow() {
	old := *t
	t.keys = make([]uint64, 2*len(old.keys))
	if old.values != nil {
		t.values = make([]uint32, 2*len(old.values))
	}
	for i, h := range old.keys {
		if h == 0 {
			continue
		}
		to := t.place(h)
		t.keys[to] = h
		if old.values != nil {
			t.values[to] = old.values[i]
		}
	}
}
