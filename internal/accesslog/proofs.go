package accesslog

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/postgres"
)

// Reader reads proofs from the stored log. Safe for concurrent use.
type Reader struct{ db *postgres.DB }

// NewReader makes a reader.
func NewReader(db *postgres.DB) *Reader { return &Reader{db: db} }

// ErrOutOfRange says that the log does not hold what is to be proved.
var ErrOutOfRange = errors.New("outside the log")

// Inclusion proves that the tree of size entries holds entry index. Verify by
// tlog.CheckRecord.
func (r *Reader) Inclusion(ctx context.Context, index, size int64) (tlog.RecordProof, error) {
	if index < 0 || index >= size {
		return nil, ErrOutOfRange
	}
	if err := r.covers(ctx, size); err != nil {
		return nil, err
	}
	return tlog.ProveRecord(size, index, r.hashes(ctx, size))
}

// Consistency proves that the tree of newer entries extends that of older.
// Verify by tlog.CheckTree.
func (r *Reader) Consistency(ctx context.Context, older, newer int64) (tlog.TreeProof, error) {
	if older < 1 || older > newer {
		return nil, ErrOutOfRange
	}
	if err := r.covers(ctx, newer); err != nil {
		return nil, err
	}
	return tlog.ProveTree(newer, older, r.hashes(ctx, newer))
}

// Root computes the root of the tree of the first size entries.
func (r *Reader) Root(ctx context.Context, size int64) (tlog.Hash, error) {
	if size < 1 {
		return tlog.Hash{}, ErrOutOfRange
	}
	if err := r.covers(ctx, size); err != nil {
		return tlog.Hash{}, err
	}
	return tlog.TreeHash(size, r.hashes(ctx, size))
}

func (r *Reader) covers(ctx context.Context, size int64) error {
	_, err := r.db.CheckpointAt(ctx, size)
	if errors.Is(err, postgres.ErrNotFound) {
		return ErrOutOfRange
	}
	return err
}

// hashes reads stored hashes out of the tiles of the tree of a size.
func (r *Reader) hashes(ctx context.Context, size int64) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		tiles, err := r.tiles(ctx, size, indexes)
		if err != nil {
			return nil, err
		}
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			t := tlog.TileForIndex(tileHeight, index)
			if out[i], err = tlog.HashFromTile(t, tiles[tileID(t)], index); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
			}
		}
		return out, nil
	})
}

func tileID(t tlog.Tile) postgres.TileID { return postgres.TileID{Level: t.L, N: t.N} }

// tiles reads the tiles that hold some hashes: full ones as they are stored,
// those at the edge of the tree put together from the hashes below.
func (r *Reader) tiles(ctx context.Context, size int64, indexes []int64) (map[postgres.TileID][]byte, error) {
	found := make(map[postgres.TileID][]byte)
	var full, edge []postgres.TileID
	for _, index := range indexes {
		id := tileID(tlog.TileForIndex(tileHeight, index))
		if _, ok := found[id]; ok {
			continue
		}
		found[id] = nil
		if id.N < size>>(tileHeight*(id.Level+1)) {
			full = append(full, id)
		} else {
			edge = append(edge, id)
		}
	}
	if len(full) > 0 {
		stored, err := r.db.Tiles(ctx, full)
		if err != nil {
			return nil, err
		}
		if len(stored) != len(full) {
			return nil, fmt.Errorf("%w: a tile is missing", ErrCorrupt)
		}
		for _, t := range stored {
			found[postgres.TileID{Level: t.Level, N: t.N}] = t.Data
		}
	}
	for _, id := range edge {
		start, width := partialWidth(size, id.Level)
		if start != id.N*tileWidth {
			return nil, fmt.Errorf("%w: tile %d of level %d", ErrOutOfRange, id.N, id.Level)
		}
		hashes, err := r.db.EdgeHashes(ctx, id.Level, start, width)
		if err != nil {
			return nil, err
		}
		for _, h := range hashes {
			found[id] = append(found[id], h...)
		}
	}
	return found, nil
}
