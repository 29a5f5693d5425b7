package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// VersionsAsOf reads the versions of records that stood at a log index. Records
// that were not there then are left out, and the order is unspecified. Of a record
// that has been erased since, the key is gone.
func (db *DB) VersionsAsOf(ctx context.Context, ids []uuid.UUID, index int64) ([]Current, error) {
	return db.collectCurrent(ctx, qVersionsAsOf, raw(ids), index)
}

// Check is a search that was answered.
type Check struct {
	Index int64
	Time  time.Time
	Force string
	// ReferenceHMAC is the keyed hash of the reference it was made for; may be empty.
	ReferenceHMAC string
}

// CheckRow is an entry that Checks found.
type CheckRow struct {
	// Record is the record that was asked for; not valid for one found by its reference.
	Record uuid.NullUUID
	Check
	// Search says that it is a search that showed the record; the last entry of a
	// record is there too if it is none.
	Search bool
}

// Checks reads from the log the last two searches by each force that showed one of the
// records or were made for one of the references, up to a log index, in no order. after
// has for each record the index behind which to look; its last entry comes with them.
func (db *DB) Checks(ctx context.Context, records []uuid.UUID, after []int64, references []string, until int64) ([]CheckRow, error) {
	rows, err := db.pool.Query(ctx, qChecks, raw(records), after, references, until)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c CheckRow, err error) {
		return c, row.Scan(&c.Record, &c.Index, &c.Time, &c.Force, &c.ReferenceHMAC, &c.Search)
	})
	return list, readError(err)
}

// CheckedSince says which of the records were shown by a search after a log index.
func (db *DB) CheckedSince(ctx context.Context, records []uuid.UUID, after int64) ([]uuid.UUID, error) {
	rows, err := db.pool.Query(ctx, qCheckedSince, raw(records), after)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return list, readError(err)
}
