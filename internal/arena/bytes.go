// Package arena keeps what is held by the million in a few large pieces that the
// garbage collector need not look into.
package arena

// Bytes keeps short runs of bytes in steps of eight. The zero value is empty.
type Bytes struct {
	slabs [][]byte
	used  int
	free  map[int][]uint32 // by size in steps
}

const (
	slabBytes = 1 << 20
	step      = 8
)

func steps(n int) int { return (n + step - 1) / step }

// Put copies b and returns its reference; len(b) is below 1 MiB.
func (a *Bytes) Put(b []byte) uint32 {
	n := steps(len(b))
	if f := a.free[n]; len(f) > 0 {
		ref := f[len(f)-1]
		a.free[n] = f[:len(f)-1]
		copy(a.At(ref), b)
		return ref
	}
	if len(a.slabs) == 0 || a.used+n*step > slabBytes {
		a.slabs = append(a.slabs, make([]byte, slabBytes))
		a.used = 0
	}
	ref := uint32((len(a.slabs)-1)*(slabBytes/step) + a.used/step) //nolint:gosec // 32 GiB at most
	a.used += n * step
	copy(a.At(ref), b)
	return ref
}

// At returns the bytes from ref to the end of its slab.
func (a *Bytes) At(ref uint32) []byte {
	const per = slabBytes / step
	return a.slabs[ref/per][(ref%per)*step:]
}

// Release gives back n bytes at ref.
func (a *Bytes) Release(ref uint32, n int) {
	if a.free == nil {
		a.free = map[int][]uint32{}
	}
	a.free[steps(n)] = append(a.free[steps(n)], ref)
}

// Size is the memory it takes, in bytes.
func (a *Bytes) Size() int64 {
	n := int64(len(a.slabs)) * slabBytes
	for _, f := range a.free {
		n += int64(cap(f)) * 4
	}
	return n
}
