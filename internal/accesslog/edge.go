package accesslog

import (
	"crypto/sha256"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/postgres"
)

const (
	tileHeight = 8 // as in C2SP tlog-tiles
	tileWidth  = 1 << tileHeight
)

// edge is the right edge of the tree: all that is needed to append. It holds
// the hashes of each level's tile that is not full yet, and the roots of the
// perfect subtrees (peaks) that the tree consists of.
//
// An edge is a value: append gives a new one and leaves the old as it was, so
// that a batch that fails can be forgotten. (The two may share memory, beyond
// the end of the older one's slices; only the newest may be appended to, or
// one that it came from after the newer was forgotten.)
type edge struct {
	size   int64
	levels [][]tlog.Hash // partial tile by level, each shorter than tileWidth
	peaks  []tlog.Hash   // largest first: one per bit set in size
}

// append adds leaves and returns the tiles that became full.
func (e edge) append(leaves []tlog.Hash) (edge, []postgres.Tile) {
	next := edge{
		size:   e.size,
		levels: append(make([][]tlog.Hash, 0, len(e.levels)+1), e.levels...),
		peaks:  append(make([]tlog.Hash, 0, len(e.peaks)+8), e.peaks...),
	}
	var full []postgres.Tile
	for _, leaf := range leaves {
		full = next.add(leaf, full)
	}
	return next, full
}

func (e *edge) add(leaf tlog.Hash, full []postgres.Tile) []postgres.Tile {
	e.push(0, leaf)
	// Like a binary counter: each carry joins the two smallest peaks.
	h := leaf
	height := 0
	for n := e.size; n&1 == 1; n >>= 1 {
		h = tlog.NodeHash(e.peaks[len(e.peaks)-1], h)
		e.peaks = e.peaks[:len(e.peaks)-1]
		height++
		if height%tileHeight == 0 {
			level := height/tileHeight - 1
			full = append(full, e.take(level, h))
			e.push(level+1, h)
		}
	}
	e.peaks = append(e.peaks, h)
	e.size++
	return full
}

func (e *edge) push(level int, h tlog.Hash) {
	if level == len(e.levels) {
		e.levels = append(e.levels, nil)
	}
	if e.levels[level] == nil {
		e.levels[level] = make([]tlog.Hash, 0, tileWidth)
	}
	e.levels[level] = append(e.levels[level], h)
}

// take removes a level's tile, which the leaf being added has made full.
func (e *edge) take(level int, root tlog.Hash) postgres.Tile {
	data := make([]byte, 0, tileWidth*tlog.HashSize)
	for _, h := range e.levels[level] {
		data = append(data, h[:]...)
	}
	e.levels[level] = nil
	return postgres.Tile{Level: level, N: e.size >> (tileHeight * (level + 1)), Root: append([]byte(nil), root[:]...), Data: data}
}

// root is the hash of the whole tree, which must not be empty.
func (e *edge) root() tlog.Hash {
	h := e.peaks[len(e.peaks)-1]
	for i := len(e.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(e.peaks[i], h)
	}
	return h
}

// partialWidth is the number of hashes in the partial tile of a level, start
// the number of the first of them within the level.
func partialWidth(size int64, level int) (start int64, width int) {
	n := size >> (tileHeight * level)
	return n &^ (tileWidth - 1), int(n & (tileWidth - 1))
}

// loadEdge builds the edge of a tree of a given size, reading hashes by level,
// at most tileWidth of each level.
func loadEdge(size int64, read func(level int, start int64, n int) ([]tlog.Hash, error)) (edge, error) {
	e := edge{size: size}
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		start, width := partialWidth(size, level)
		var hashes []tlog.Hash
		if width > 0 {
			var err error
			if hashes, err = read(level, start, width); err != nil {
				return edge{}, err
			}
			if len(hashes) != width {
				return edge{}, fmt.Errorf("%w: level %d has %d hashes at its edge instead of %d", ErrCorrupt, level, len(hashes), width)
			}
		}
		e.levels = append(e.levels, append(make([]tlog.Hash, 0, tileWidth), hashes...))
	}
	for level := len(e.levels) - 1; level >= 0; level-- {
		e.peaks = append(e.peaks, peaksOf(e.levels[level])...)
	}
	return e, nil
}

// peaksOf joins a row of hashes into as few perfect subtrees as possible,
// largest first.
func peaksOf(row []tlog.Hash) []tlog.Hash {
	var peaks []tlog.Hash
	for len(row) > 0 {
		n := 1 << (bits.Len(uint(len(row))) - 1)
		peaks = append(peaks, perfect(row[:n]))
		row = row[n:]
	}
	return peaks
}

func perfect(row []tlog.Hash) tlog.Hash {
	if len(row) == 1 {
		return row[0]
	}
	half := len(row) / 2
	return tlog.NodeHash(perfect(row[:half]), perfect(row[half:]))
}

// leafHash is tlog.RecordHash, without garbage.
func (w *Writer) leafHash(meta []byte) tlog.Hash {
	w.leaf = append(append(w.leaf[:0], 0), meta...)
	return sha256.Sum256(w.leaf)
}

func toHashes(raw [][]byte) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(raw))
	for i, r := range raw {
		if len(r) != tlog.HashSize {
			return nil, fmt.Errorf("%w: a hash of %d bytes", ErrCorrupt, len(r))
		}
		hashes[i] = tlog.Hash(r)
	}
	return hashes, nil
}
