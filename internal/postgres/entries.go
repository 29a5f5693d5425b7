package postgres

import (
	"context"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

func scanEntry(row pgx.CollectableRow) (Entry, error) {
	var e Entry
	err := row.Scan(&e.Index, &e.Time, &e.Versions, &e.Meta, &e.LeafHash, &e.BodyHash)
	e.Time = e.Time.UTC()
	return e, err
}

// Entries reads entries with from ≤ index < until, at most limit of them.
func (db *DB) Entries(ctx context.Context, from, until int64, limit int) ([]Entry, error) {
	rows, err := db.pool.Query(ctx, qEntries, from, until, limit)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, scanEntry)
	return list, readError(err)
}

// EntriesListed reads the entries with these indices that are of a force's callers,
// or of any if force is empty; the newest first.
func (db *DB) EntriesListed(ctx context.Context, indices []int64, force string) ([]Entry, error) {
	rows, err := db.pool.Query(ctx, qEntriesListed, indices, force)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, scanEntry)
	return list, readError(err)
}

// ListEntries reads the entries that a filter selects, oldest first unless the
// filter says otherwise.
func (db *DB) ListEntries(ctx context.Context, f EntryFilter) ([]Entry, error) {
	after, before := int64(-1), int64(math.MaxInt64)
	if f.After != nil {
		after = *f.After
	}
	if f.Before != nil {
		before = *f.Before
	}
	if !f.From.IsZero() || !f.Until.IsZero() {
		from, until, err := db.IndexBounds(ctx, f.From, f.Until)
		if err != nil {
			return nil, err
		}
		after, before = max(after, from-1), min(before, until)
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	if f.Record != uuid.Nil {
		rows, err := db.pool.Query(ctx, qListEntriesRecord, f.Record, f.RecordForce, after, before,
			f.Actor, f.Method, f.Outcome, orNull(f.From), orNull(f.Until), min(limit, 1000), f.ReferenceHMACs, f.Refused)
		if err != nil {
			return nil, readError(err)
		}
		list, err := pgx.CollectRows(rows, scanEntry)
		return list, readError(err)
	}
	sql := qListEntriesAsc
	if f.NewestFirst {
		sql = qListEntriesDesc
	}
	// Planned for these values: which index serves best depends on the filter.
	rows, err := db.pool.Query(ctx, sql, pgx.QueryExecModeCacheDescribe, after, before,
		f.Force, f.Actor, f.Method, f.Operation, f.Outcome, f.ReferenceHMACs,
		orNull(f.From), orNull(f.Until), min(limit, 1000), f.Refused, f.Methods, f.National)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, scanEntry)
	return list, readError(err)
}

func orNull(t time.Time) pgtype.Timestamptz {
	return pgtype.Timestamptz{Time: t, Valid: !t.IsZero()}
}

// IndexBounds turns a range of times (zero means open) into a range of indices,
// from ≤ index < until, that holds all entries of those times, and at most a
// batch more at either end.
func (db *DB) IndexBounds(ctx context.Context, from, until time.Time) (int64, int64, error) {
	var lo, hi int64
	err := db.pool.QueryRow(ctx, qIndexBounds, orNull(from), orNull(until)).Scan(&lo, &hi)
	return lo, hi, readError(err)
}

func (db *DB) body(ctx context.Context, sql string, arg any) (StoredBody, error) {
	var b StoredBody
	var search pgtype.UUID
	e := &b.Entry
	err := db.pool.QueryRow(ctx, sql, arg).Scan(&search, &b.Wrapped, &b.Sealed,
		&e.Index, &e.Time, &e.Versions, &e.Meta, &e.LeafHash, &e.BodyHash)
	b.SearchID = uuid.NullUUID{UUID: search.Bytes, Valid: search.Valid}
	e.Time = e.Time.UTC()
	return b, readError(err)
}

// BodyBySearch reads the sealed body of a search, or ErrNotFound.
func (db *DB) BodyBySearch(ctx context.Context, search uuid.UUID) (StoredBody, error) {
	return db.body(ctx, qBodyBySearch, [16]byte(search))
}

// BodyByIndex reads the sealed body of an entry, or ErrNotFound.
func (db *DB) BodyByIndex(ctx context.Context, index int64) (StoredBody, error) {
	return db.body(ctx, qBodyByIndex, index)
}

// BodyHashes gives the SHA-256 of the sealed bodies with from ≤ index < until,
// by index.
func (db *DB) BodyHashes(ctx context.Context, from, until int64) (map[int64][]byte, error) {
	rows, err := db.pool.Query(ctx, qBodiesByIndex, from, until)
	if err != nil {
		return nil, readError(err)
	}
	hashes := make(map[int64][]byte)
	var index int64
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&index, &hash}, func() error {
		hashes[index] = hash
		hash = nil
		return nil
	})
	return hashes, readError(err)
}

func scanCheckpoint(row pgx.CollectableRow) (Checkpoint, error) {
	var c Checkpoint
	err := row.Scan(&c.Size, &c.Time, &c.Root, &c.Note)
	c.Time = c.Time.UTC()
	return c, err
}

func (db *DB) checkpoint(ctx context.Context, sql string, args ...any) (Checkpoint, error) {
	rows, err := db.pool.Query(ctx, sql, args...)
	if err != nil {
		return Checkpoint{}, readError(err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanCheckpoint)
	return c, readError(err)
}

// Head reads the newest checkpoint, or ErrNotFound while the log is empty.
func (db *DB) Head(ctx context.Context) (Checkpoint, error) { return db.checkpoint(ctx, qHead) }

// CheckpointAt reads the oldest checkpoint that covers size entries or more,
// or ErrNotFound.
func (db *DB) CheckpointAt(ctx context.Context, size int64) (Checkpoint, error) {
	return db.checkpoint(ctx, qCheckpointAt, size)
}

// Checkpoints pages through the checkpoints by ascending size, after a size.
func (db *DB) Checkpoints(ctx context.Context, after int64, limit int) ([]Checkpoint, error) {
	rows, err := db.pool.Query(ctx, qCheckpoints, after, limit)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, scanCheckpoint)
	return list, readError(err)
}

// TileID names a tile.
type TileID struct {
	Level int
	N     int64
}

// Tiles reads full tiles; those that are not full (yet) are left out.
func (db *DB) Tiles(ctx context.Context, ids []TileID) ([]Tile, error) {
	levels, numbers := make([]int16, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		levels[i], numbers[i] = int16(id.Level), id.N //nolint:gosec // levels go up to 7
	}
	rows, err := db.pool.Query(ctx, qTiles, levels, numbers)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Tile, error) {
		var t Tile
		err := row.Scan(&t.Level, &t.N, &t.Root, &t.Data)
		return t, err
	})
	return list, readError(err)
}

// EdgeHashes reads up to limit hashes of a tile level from number n on: leaf
// hashes for level 0, else the roots of the full tiles one level below.
func (db *DB) EdgeHashes(ctx context.Context, level int, n int64, limit int) ([][]byte, error) {
	return edgeHashes(ctx, db.pool, level, n, limit)
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func edgeHashes(ctx context.Context, q querier, level int, n int64, limit int) ([][]byte, error) {
	sql, args := qLeaves, []any{n, limit}
	if level > 0 {
		sql, args = qTileRoots, []any{level - 1, n, limit}
	}
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	return list, readError(err)
}
