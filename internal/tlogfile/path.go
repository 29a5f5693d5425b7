package tlogfile

import (
	"fmt"
	"path"
	"strconv"
)

// The files of an export, relative to its folder, with slashes.
const (
	CheckpointFile  = "checkpoint"
	CheckpointsFile = "checkpoints"
	VersionsFile    = "register/versions.jsonl"
	BodiesFile      = "register/bodies.jsonl"
	ManifestFile    = "register/export.json"
)

// A tile holds the hashes of TileWidth subtrees; TileHeight is its logarithm.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
)

// TilePath names the tile n of a level, from 0: width hashes wide, TileWidth
// when it is full.
func TilePath(level int, n int64, width int) string {
	return path.Join("tile", strconv.Itoa(level), numbered(n, width))
}

// BundlePath names the bundle of the entries from n×256 on: width entries.
func BundlePath(n int64, width int) string { return path.Join("tile/entries", numbered(n, width)) }

// LargeBundlePath names the bundle in the form for entries of any length.
func LargeBundlePath(n int64, width int) string {
	return path.Join("register/entries", numbered(n, width))
}

// numbered writes 1234067 as x001/x234/067, and the width of a partial tile.
func numbered(n int64, width int) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	if width < TileWidth {
		s += ".p/" + strconv.Itoa(width)
	}
	return s
}

// PartialWidth is how many hashes the last, partial tile of a level has in the
// tree of a size; start is the number of its first hash within the level. Width
// 0 means that all tiles of the level are full.
func PartialWidth(size int64, level int) (start int64, width int) {
	n := size >> (TileHeight * level)
	return n &^ (TileWidth - 1), int(n & (TileWidth - 1))
}

// Width is how wide the tile n of a level is in the tree of a size; 0 if the
// tree has no such tile.
func Width(size int64, level int, n int64) int {
	hashes := size>>(TileHeight*level) - n*TileWidth
	return int(max(0, min(hashes, TileWidth)))
}
