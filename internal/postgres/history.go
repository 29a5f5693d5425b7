package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
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

// checking are the methods of registrations that may ask what is known of the suspect.
// Such an entry has a reason, which no other registration has, and counts as a search.
var checking = []string{"ConductService.RegisterCourse", "MeasureService.RegisterBreach", "RegistrationService.RegisterRecords"}

// CheckRow is a search that Checks found.
type CheckRow struct {
	// Record is the record that was asked for; not valid for one found by its reference.
	Record uuid.NullUUID
	Check
}

// Checks reads from the log the last two searches by each force that showed one of the
// records or were made for one of the references, up to a log index, in no order. after
// has for each record the index behind which to look.
func (db *DB) Checks(ctx context.Context, records []uuid.UUID, after []int64, references []string, until int64) ([]CheckRow, error) {
	rows, err := db.pool.Query(ctx, qChecks, raw(records), after, references, until, checking)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c CheckRow, err error) {
		return c, row.Scan(&c.Record, &c.Index, &c.Time, &c.Force, &c.ReferenceHMAC)
	})
	return list, readError(err)
}

// Search is an entry of a search that was answered.
type Search struct {
	Check
	// Meta is the metadata of its entry.
	Meta []byte
}

// LogHeads are how far the log has got: -1 when there is nothing.
type LogHeads struct {
	// Entry is the newest index, Version that of the newest version of a record.
	Entry, Version int64
}

// SearchesAfter reads the searches that were answered after a log index, in no order,
// and how far the log has got. When more than most entries have come since, it reads none.
func (db *DB) SearchesAfter(ctx context.Context, index, most int64) (all []Search, heads LogHeads, err error) {
	rows, err := db.pool.Query(ctx, qSearchesAfter, index, most, checking)
	if err != nil {
		return nil, heads, readError(err)
	}
	var at pgtype.Int8
	var force, reference pgtype.Text
	var when pgtype.Timestamptz
	var meta []byte
	_, err = pgx.ForEachRow(rows, []any{&heads.Entry, &heads.Version, &at, &when, &force, &reference, &meta}, func() error {
		if at.Valid {
			all = append(all, Search{Check{at.Int64, when.Time, force.String, reference.String}, meta})
			meta = nil
		}
		return nil
	})
	return all, heads, readError(err)
}

// CheckedSince says which of the records were shown by a search after a log index.
func (db *DB) CheckedSince(ctx context.Context, records []uuid.UUID, after int64) ([]uuid.UUID, error) {
	rows, err := db.pool.Query(ctx, qCheckedSince, raw(records), after, checking)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return list, readError(err)
}
