package identity

import "math/bits"

// wordArena hands out blocks of 32-bit words whose sizes are powers of two. A
// reference stays good until the block is freed. No pointers: the collector
// does not look inside.
type wordArena struct {
	slabs [][]uint32
	used  uint32 // words used of the last slab
	free  [31][]uint32
}

const slabWords = 1 << 16

// alloc returns a block of 1<<class words.
func (a *wordArena) alloc(class int) uint32 {
	if f := a.free[class]; len(f) > 0 {
		ref := f[len(f)-1]
		a.free[class] = f[:len(f)-1]
		return ref
	}
	size := uint32(1) << class
	if size > slabWords {
		// a slab of its own, spanning the indexes that its words would take
		first := len(a.slabs)
		big := make([]uint32, size)
		for range size / slabWords {
			a.slabs = append(a.slabs, big)
			big = big[slabWords:]
		}
		a.used = slabWords
		return uint32(first) * slabWords //nolint:gosec // below 1<<31 words
	}
	if len(a.slabs) == 0 || a.used+size > slabWords {
		if len(a.slabs) > 0 {
			a.scrap()
		}
		a.slabs = append(a.slabs, make([]uint32, slabWords))
		a.used = 0
	}
	ref := uint32(len(a.slabs)-1)*slabWords + a.used //nolint:gosec // below 1<<31 words
	a.used += size
	return ref
}

// scrap turns what is left of the last slab into free blocks.
func (a *wordArena) scrap() {
	base := uint32(len(a.slabs)-1) * slabWords //nolint:gosec // below 1<<31 words
	for a.used < slabWords {
		class := bits.TrailingZeros32(a.used)
		if left := slabWords - a.used; a.used == 0 || 1<<class > left {
			class = bits.Len32(left) - 1
		}
		a.free[class] = append(a.free[class], base+a.used)
		a.used += 1 << class
	}
}

func (a *wordArena) release(ref uint32, class int) { a.free[class] = append(a.free[class], ref) }

// block returns the 1<<class words at ref.
func (a *wordArena) block(ref uint32, class int) []uint32 {
	slab := a.slabs[ref/slabWords]
	off := ref % slabWords
	return slab[off : off+1<<class]
}

func (a *wordArena) bytes() int64 {
	n := int64(len(a.slabs)) * slabWords * 4
	for _, f := range a.free {
		n += int64(cap(f)) * 4
	}
	return n
}
