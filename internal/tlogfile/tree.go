package tlogfile

import (
	"errors"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Tree grows a Merkle tree (RFC 6962) leaf by leaf. It keeps the right edge
// alone: the last tile of each level, at most 8 KiB a level. The zero Tree is
// the empty tree.
type Tree struct {
	size   int64
	levels [][]tlog.Hash // the tile of each level that is not full yet
}

// FullTile is a tile that has just become full.
type FullTile struct {
	Level  int
	N      int64
	Hashes []tlog.Hash // TileWidth of them
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Append adds a leaf and returns the tiles that it has made full, lowest level
// first: seldom more than none.
func (t *Tree) Append(leaf tlog.Hash) []FullTile {
	var full []FullTile
	t.size++
	for level, h := 0, leaf; ; level++ {
		if level == len(t.levels) {
			t.levels = append(t.levels, nil)
		}
		if t.levels[level] == nil {
			t.levels[level] = make([]tlog.Hash, 0, TileWidth)
		}
		t.levels[level] = append(t.levels[level], h)
		row := t.levels[level]
		if len(row) < TileWidth {
			return full
		}
		full = append(full, FullTile{Level: level, N: t.size>>(TileHeight*(level+1)) - 1, Hashes: row})
		h = perfect(row)
		t.levels[level] = nil
	}
}

// Root is the hash of the tree, which must not be empty.
func (t *Tree) Root() tlog.Hash {
	var root tlog.Hash
	first := true
	// The smallest subtrees stand last; each larger one takes what is right of
	// it as its right half.
	for _, row := range t.levels {
		for end := len(row); end > 0; {
			n := end & -end
			h := perfect(row[end-n : end])
			if first {
				root, first = h, false
			} else {
				root = tlog.NodeHash(h, root)
			}
			end -= n
		}
	}
	return root
}

// Partial returns the hashes of a level's last tile; none if it is full.
func (t *Tree) Partial(level int) []tlog.Hash {
	if level >= len(t.levels) {
		return nil
	}
	return t.levels[level]
}

// Levels is how many levels of tiles the tree has.
func (t *Tree) Levels() int { return len(t.levels) }

var errEdge = errors.New("a tree's edge of another width")

// LoadTree makes the tree of a size out of the hashes at its edge: read returns
// the first width hashes of the tile n of a level. What was read is proved only
// when the root is compared with a signed one.
func LoadTree(size int64, read func(level int, n int64, width int) ([]tlog.Hash, error)) (*Tree, error) {
	t := &Tree{size: size}
	for level := 0; level < (bits.Len64(uint64(size))+TileHeight-1)/TileHeight; level++ { // #nosec G115 -- not negative
		start, width := PartialWidth(size, level)
		var row []tlog.Hash
		if width > 0 {
			var err error
			if row, err = read(level, start/TileWidth, width); err != nil {
				return nil, err
			}
			if len(row) != width {
				return nil, errEdge
			}
		}
		t.levels = append(t.levels, append(make([]tlog.Hash, 0, TileWidth), row...))
	}
	return t, nil
}

// perfect hashes a row whose length is a power of two.
func perfect(row []tlog.Hash) tlog.Hash {
	if len(row) == 1 {
		return row[0]
	}
	half := len(row) / 2
	return tlog.NodeHash(perfect(row[:half]), perfect(row[half:]))
}

// SplitHashes reads the content of a tile.
func SplitHashes(data []byte) ([]tlog.Hash, error) {
	if len(data)%tlog.HashSize != 0 {
		return nil, errors.New("not a tile: its length is no multiple of 32")
	}
	out := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range out {
		out[i] = tlog.Hash(data[i*tlog.HashSize:])
	}
	return out, nil
}
