package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// System is a force's system that has called in its own name.
type System struct {
	// Name is that of its certificate, "register://forces/33/systems/crime".
	Name string
	// First and Last are when its first and its last call was logged, refused or not.
	First, Last time.Time
}

// Systems tells which systems have called, by name: those whose names begin with the
// prefix, "register://forces/" or more, at most limit of them.
func (db *DB) Systems(ctx context.Context, prefix string, limit int) ([]System, error) {
	rows, err := db.pool.Query(ctx, qSystems, prefix, limit)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[System])
	return list, readError(err)
}
