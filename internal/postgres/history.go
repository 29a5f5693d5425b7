package postgres

import (
	"cmp"
	"context"
	"slices"
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

// MaxChecks is how many searches Checks reads at most.
const MaxChecks = 300

// Checks reads from the log the last searches that showed one of the records, or that
// were made for one of the references, after a log index (-1 for all) and up to another,
// the newest first. head is the newest index of the log: of what it covers, no search
// was missed.
func (db *DB) Checks(ctx context.Context, records []uuid.UUID, references []string, after, until int64) (checks []Check, head int64, err error) {
	rows, err := db.pool.Query(ctx, qChecks, raw(records), references, after, until)
	if err != nil {
		return nil, 0, readError(err)
	}
	var index *int64
	var at *time.Time
	var force, reference *string
	_, err = pgx.ForEachRow(rows, []any{&head, &index, &at, &force, &reference}, func() error {
		if index != nil {
			checks = append(checks, Check{*index, *at, *force, *reference})
		}
		return nil
	})
	slices.SortFunc(checks, func(a, b Check) int { return cmp.Compare(b.Index, a.Index) })
	return checks, head, readError(err)
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
