package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// watchLock is the key of the advisory lock that lets one replica at a time write
// flags of misuse.
const watchLock int64 = 7214683151

var (
	qBodiesBetween     = statement("bodies_between")
	qFeedOfKind        = statement("feed_of_kind")
	qInsertWatched     = statement("insert_watched")
	qListRecordsNewest = statement("list_records_newest")
	qWatched           = statement("watched")
)

// Watched says how far the rules that look for misuse have read the log.
type Watched struct {
	Size     int64     // entries read: flags of these are written
	Time     time.Time // of the last of them
	Settings string    // version of the thresholds
}

// Watched reads how far the rules have read the log, or ErrNotFound before they have
// begun.
func (db *DB) Watched(ctx context.Context) (Watched, error) {
	var w Watched
	err := db.pool.QueryRow(ctx, qWatched).Scan(&w.Size, &w.Time, &w.Settings)
	w.Time = w.Time.UTC()
	return w, readError(err)
}

// InsertWatched notes how far the rules have read the log; that it is noted already
// is no error.
func (db *DB) InsertWatched(ctx context.Context, w Watched) error {
	if _, err := db.pool.Exec(ctx, qInsertWatched, w.Size, w.Time, w.Settings); err != nil {
		return fmt.Errorf("insert watched: %w", describe(err))
	}
	return nil
}

// AsOnlyWatcher runs f while no other replica does; it returns false when another is
// at it.
func (db *DB) AsOnlyWatcher(ctx context.Context, f func(context.Context) error) (ran bool, err error) {
	return db.asOnly(ctx, watchLock, f)
}

// FeedOfKind reads versions of records of a kind with from ≤ log index < until, in
// log order. The versions of one entry are never split, so it may return more than
// limit; fewer are the end.
func (db *DB) FeedOfKind(ctx context.Context, kind Kind, from, until int64, limit int) ([]FeedRow, error) {
	list, err := db.collectCurrent(ctx, qFeedOfKind, from, until, string(kind), limit)
	out := make([]FeedRow, len(list))
	for i := range list {
		out[i] = FeedRow(list[i])
	}
	return out, err
}

// ListRecordsNewest pages through a force's records of a kind, the newest first;
// before is the last id of the page before, uuid.Max for the first page.
func (db *DB) ListRecordsNewest(ctx context.Context, force string, kind Kind, before uuid.UUID, limit int) ([]Current, error) {
	return db.collectCurrent(ctx, qListRecordsNewest, force, string(kind), [16]byte(before), limit)
}

// BodiesBetween reads the sealed bodies with from ≤ index < until, by index.
func (db *DB) BodiesBetween(ctx context.Context, from, until int64) (map[int64]Body, error) {
	rows, err := db.pool.Query(ctx, qBodiesBetween, from, until)
	if err != nil {
		return nil, readError(err)
	}
	out := map[int64]Body{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var index int64
		var b Body
		err := row.Scan(&index, &b.Wrapped, &b.Sealed)
		out[index] = b
		return struct{}{}, err
	})
	return out, readError(err)
}
