package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// witnessLock is the key of the advisory lock that lets one replica at a time
// ask the witnesses, tickLock of that which lets one act on what time brings about.
const (
	witnessLock int64 = 7214683150
	tickLock    int64 = 7214683158
)

var (
	qInsertWitnessed = statement("insert_witnessed")
	qSessionUnlock   = statement("session_unlock")
	qTrySessionLock  = statement("try_session_lock")
	qPopulation      = statement("population")
	qWitnessed       = statement("witnessed")
	qWitnessedAfter  = statement("witnessed_after")
	qWriters         = statement("writers")
)

// WitnessedCheckpoint is a checkpoint that a quorum of witnesses has co-signed.
type WitnessedCheckpoint struct {
	Size      int64
	Time      time.Time // when the quorum was gathered
	Witnesses []string  // names, as in the signature lines
	Note      []byte    // with the signatures and cosignatures
}

// Witnessed reads the newest co-signed checkpoint, or ErrNotFound.
func (db *DB) Witnessed(ctx context.Context) (WitnessedCheckpoint, error) {
	var c WitnessedCheckpoint
	err := db.pool.QueryRow(ctx, qWitnessed).Scan(&c.Size, &c.Time, &c.Witnesses, &c.Note)
	c.Time = c.Time.UTC()
	return c, readError(err)
}

// WitnessedAfter reads the first co-signed checkpoint that covers an index, or
// ErrNotFound.
func (db *DB) WitnessedAfter(ctx context.Context, index int64) (WitnessedCheckpoint, error) {
	var c WitnessedCheckpoint
	err := db.pool.QueryRow(ctx, qWitnessedAfter, index).Scan(&c.Size, &c.Time, &c.Witnesses, &c.Note)
	c.Time = c.Time.UTC()
	return c, readError(err)
}

// Population reads the indices with from ≤ index < until of a force's entries by
// which personal data were processed, in order.
func (db *DB) Population(ctx context.Context, force string, from, until int64) ([]int64, error) {
	rows, err := db.pool.Query(ctx, qPopulation, force, from, until)
	if err != nil {
		return nil, readError(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	return list, readError(err)
}

// InsertWitnessed adds a co-signed checkpoint; that it is there already is no
// error.
func (db *DB) InsertWitnessed(ctx context.Context, c WitnessedCheckpoint) error {
	if _, err := db.pool.Exec(ctx, qInsertWitnessed, c.Size, c.Time, c.Witnesses, string(c.Note)); err != nil {
		return fmt.Errorf("insert witnessed checkpoint: %w", describe(err))
	}
	return nil
}

// AsOnlyGatherer runs f while no other replica does; it returns false when
// another is at it. A replica that dies gives up its turn at once.
func (db *DB) AsOnlyGatherer(ctx context.Context, f func(context.Context) error) (ran bool, err error) {
	return db.asOnly(ctx, witnessLock, f)
}

// AsOnlyTicker is AsOnlyGatherer for what time brings about.
func (db *DB) AsOnlyTicker(ctx context.Context, f func(context.Context) error) (ran bool, err error) {
	return db.asOnly(ctx, tickLock, f)
}

// asOnly runs f while no other session holds the advisory lock of that key.
func (db *DB) asOnly(ctx context.Context, lock int64, f func(context.Context) error) (ran bool, err error) {
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return false, readError(err)
	}
	defer conn.Release()
	if err := conn.QueryRow(ctx, qTrySessionLock, lock).Scan(&ran); err != nil || !ran {
		return false, readError(err)
	}
	defer func() {
		// The lock must not stay with a connection that others use.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		var held bool
		if err := conn.QueryRow(ctx, qSessionUnlock, lock).Scan(&held); err != nil || !held {
			_ = conn.Conn().Close(ctx) // the session ends, and with it the lock
		}
	}()
	return true, f(ctx)
}

// Writers counts the sessions that replicas have open to write to the log;
// only those under the standard application name are seen.
func (db *DB) Writers(ctx context.Context) (n int, err error) {
	err = db.pool.QueryRow(ctx, qWriters, standardName+logSuffix).Scan(&n)
	return n, readError(err)
}
