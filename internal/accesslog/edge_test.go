package accesslog

import (
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/perpetrator-register/register/internal/postgres"
)

// model is a tree kept the plain way, by tlog alone.
type model struct{ stored []tlog.Hash }

func (m *model) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = m.stored[x]
	}
	return out, nil
}

func (m *model) add(tb rapid.TB, n int64, leaf tlog.Hash) {
	hashes, err := tlog.StoredHashesForRecordHash(n, leaf, m)
	if err != nil {
		tb.Fatal(err)
	}
	m.stored = append(m.stored, hashes...)
}

func (m *model) root(tb rapid.TB, size int64) tlog.Hash {
	h, err := tlog.TreeHash(size, m)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

func leafNumber(n int64) tlog.Hash {
	return tlog.RecordHash(binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// After batches of any sizes the edge has the root that tlog reckons from
// scratch, the full tiles are tlog's, an edge loaded from the stored hashes is
// the same, and a batch that is given up leaves no trace.
func TestEdgeAgreesWithTlog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m model
		var e edge
		tiles := make(map[postgres.TileID]postgres.Tile)
		leaves := []tlog.Hash{}
		for _, n := range rapid.SliceOfN(rapid.IntRange(1, 700), 1, 12).Draw(t, "batches") {
			if rapid.Bool().Draw(t, "given up before") {
				e.append([]tlog.Hash{{1}, {2}, {3}})
			}
			batch := make([]tlog.Hash, n)
			for i := range batch {
				batch[i] = leafNumber(e.size + int64(i))
				m.add(t, e.size+int64(i), batch[i])
			}
			leaves = append(leaves, batch...)
			next, full := e.append(batch)
			for _, tile := range full {
				tiles[postgres.TileID{Level: tile.Level, N: tile.N}] = tile
			}
			e = next
			if e.root() != m.root(t, e.size) {
				t.Fatalf("size %d: another root", e.size)
			}
		}
		checkTiles(t, &m, e.size, tiles)
		loaded, err := loadEdge(e.size, func(level int, start int64, n int) ([]tlog.Hash, error) {
			if level == 0 {
				return leaves[start : start+int64(n)], nil
			}
			var roots []tlog.Hash
			for i := range n {
				roots = append(roots, tlog.Hash(tiles[postgres.TileID{Level: level - 1, N: start + int64(i)}].Root))
			}
			return roots, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		a, _ := e.append([]tlog.Hash{{9}})
		b, _ := loaded.append([]tlog.Hash{{9}})
		if loaded.root() != e.root() || a.root() != b.root() {
			t.Fatal("a loaded edge differs")
		}
	})
}

func checkTiles(t *rapid.T, m *model, size int64, tiles map[postgres.TileID]postgres.Tile) {
	want := 0
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		if tile.W != tileWidth {
			continue
		}
		want++
		data, err := tlog.ReadTileData(tile, m)
		if err != nil {
			t.Fatal(err)
		}
		if string(tiles[tileID(tile)].Data) != string(data) {
			t.Fatalf("tile %d of level %d differs", tile.N, tile.L)
		}
	}
	if len(tiles) != want {
		t.Fatalf("%d full tiles instead of %d", len(tiles), want)
	}
}

// Two levels of tiles become full with the 65,536th leaf.
func TestEdgeOverTwoLevels(t *testing.T) {
	var e edge
	var full []postgres.Tile
	for e.size < tileWidth*tileWidth+3 {
		batch := make([]tlog.Hash, 241)
		for i := range batch {
			batch[i] = leafNumber(e.size + int64(i))
		}
		var more []postgres.Tile
		e, more = e.append(batch)
		full = append(full, more...)
	}
	var second []postgres.Tile
	for _, tile := range full {
		if tile.Level == 1 {
			second = append(second, tile)
		}
	}
	if len(second) != 1 || second[0].N != 0 || string(second[0].Root) != string(e.peaks[0][:]) {
		t.Fatalf("%d full tiles of level 1", len(second))
	}
	if _, err := loadEdge(e.size, func(int, int64, int) ([]tlog.Hash, error) { return nil, nil }); !errors.Is(err, ErrCorrupt) {
		t.Errorf("hashes missing at the edge: %v", err)
	}
}
