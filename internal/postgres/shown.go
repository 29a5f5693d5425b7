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

// Fallen is a record that fell away at a log index.
type Fallen struct {
	Record uuid.UUID
	Index  int64
}

// Shown is the last entry by which a record was shown to somebody.
type Shown struct {
	Record uuid.UUID
	Index  int64
	Time   time.Time
	// Fell is when the record fell away.
	Fell time.Time
}

// ShownOf computes from the log which of the records given an actor was shown
// before they fell away, and when last; the order is unspecified.
func (db *DB) ShownOf(ctx context.Context, fallen []Fallen, actor string) ([]Shown, error) {
	ids, before := apart(fallen)
	rows, err := db.pool.Query(ctx, qShownOf, ids, before, actor)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Shown, err error) {
		return s, row.Scan((*[16]byte)(&s.Record), &s.Index, &s.Time, &s.Fell)
	})
	return list, readError(err)
}

// SearchesOf returns the searches of an actor that touched each of the records
// given before it fell away: the last ten, newest first.
func (db *DB) SearchesOf(ctx context.Context, fallen []Fallen, actor string) (map[uuid.UUID][]uuid.UUID, error) {
	ids, before := apart(fallen)
	rows, err := db.pool.Query(ctx, qSearchesOf, ids, before, actor)
	if err != nil {
		return nil, readError(err)
	}
	out := map[uuid.UUID][]uuid.UUID{}
	var record, search uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{(*[16]byte)(&record), (*[16]byte)(&search)}, func() error {
		out[record] = append(out[record], search)
		return nil
	})
	return out, readError(err)
}

func apart(fallen []Fallen) (ids [][16]byte, before []int64) {
	for _, f := range fallen {
		ids, before = append(ids, f.Record), append(before, f.Index)
	}
	return ids, before
}
