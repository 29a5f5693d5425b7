package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

var (
	qBodyTiles  = statement("body_tiles")
	qDropBodies = statement("drop_bodies")
	qHeldTiles  = statement("held_tiles")
	qOldestBody = statement("oldest_body")
)

// OldestBody reads the oldest entry whose sealed body is kept, or ErrNotFound when
// there is none.
func (db *DB) OldestBody(ctx context.Context) (Entry, error) {
	var e Entry
	err := db.pool.QueryRow(ctx, qOldestBody).Scan(&e.Index, &e.Time)
	return e, readError(err)
}

// BodyTile says how many sealed bodies the entries of a tile have.
type BodyTile struct {
	N             int64 // entries 256·N to 256·N+255
	Bodies, Bytes int64
}

// BodyTiles reads the tiles with sealed bodies of entries with from ≤ index < until.
func (db *DB) BodyTiles(ctx context.Context, from, until int64) ([]BodyTile, error) {
	rows, err := db.pool.Query(ctx, qBodyTiles, from, until)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BodyTile])
	return list, readError(err)
}

// Held is what is not to be dropped.
type Held struct {
	Forces, Actors []string // callers, each with his force
	ReferenceHMACs []string
	Records        []uuid.UUID
}

// HeldTiles reads which tiles with from ≤ index < until hold an entry that is held.
func (db *DB) HeldTiles(ctx context.Context, from, until int64, h Held) (map[int64]bool, error) {
	rows, err := db.pool.Query(ctx, qHeldTiles, from, until, h.Forces, h.Actors, h.ReferenceHMACs, raw(h.Records))
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	held := make(map[int64]bool, len(list))
	for _, n := range list {
		held[n] = true
	}
	return held, readError(err)
}

// Disposer drops sealed bodies, by an account that may do that and little else.
type Disposer struct{ conn *pgx.Conn }

// OpenDisposer connects by an account in the role of retention, and takes on that
// role alone. Close must be called.
func OpenDisposer(ctx context.Context, url string) (*Disposer, error) {
	c, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database connection string: %w", err) // pgx leaves the password out
	}
	c.RuntimeParams["role"], c.RuntimeParams["application_name"] = RetentionRole, "register retention"
	c.RuntimeParams["lock_timeout"], c.RuntimeParams["statement_timeout"] = "30s", "60s"
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, describe(err)
	}
	return &Disposer{conn}, nil
}

// Close ends the connection.
func (d *Disposer) Close(ctx context.Context) error { return d.conn.Close(ctx) }

// Drop drops the bodies of the tiles that choose returns, and says how many. It is
// asked under the log's lock: nothing that is placed meanwhile is overlooked.
func (d *Disposer) Drop(ctx context.Context, choose func() ([]int64, error)) (dropped int64, err error) {
	tx, err := d.conn.Begin(ctx)
	if err != nil {
		return 0, describe(err)
	}
	defer func() {
		if rollback := tx.Rollback(context.WithoutCancel(ctx)); rollback != nil && !errors.Is(rollback, pgx.ErrTxClosed) {
			err = errors.Join(err, describe(rollback))
		}
	}()
	if _, err := tx.Exec(ctx, qLockLog, logLock); err != nil {
		return 0, describe(err)
	}
	tiles, err := choose()
	if err != nil || len(tiles) == 0 {
		return 0, err
	}
	tag, err := tx.Exec(ctx, qDropBodies, tiles)
	if err != nil {
		return 0, fmt.Errorf("drop bodies: %w", describe(err))
	}
	if err := tx.Commit(ctx); err != nil {
		return 0, describe(err)
	}
	return tag.RowsAffected(), nil
}
