package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// ShownTo says to how many people of a force a record was shown.
type ShownTo struct {
	Force  string
	Actors int32
}

// ShownTo computes from the log to whom a record was shown, by force.
func (db *DB) ShownTo(ctx context.Context, record uuid.UUID) ([]ShownTo, error) {
	rows, err := db.pool.Query(ctx, qShownTo, [16]byte(record))
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ShownTo])
	return list, readError(err)
}

// Shown is the last entry by which a record was shown to somebody.
type Shown struct {
	Record uuid.UUID
	Index  int64
	Time   time.Time
}

// ShownOf computes from the log which of the records given an actor was shown.
func (db *DB) ShownOf(ctx context.Context, records []uuid.UUID, actor string) ([]Shown, error) {
	rows, err := db.pool.Query(ctx, qShownOf, raw(records), actor)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Shown, err error) {
		return s, row.Scan((*[16]byte)(&s.Record), &s.Index, &s.Time)
	})
	return list, readError(err)
}
