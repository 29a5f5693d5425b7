package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// ErrMoved says that the log does not stand where a batch was made for: another
// replica has written, or a sanction has changed. Nothing was written.
var ErrMoved = errors.New("the log has moved on")

// LogGuard says where the log must stand under the lock for a batch that was made
// before the lock was taken.
type LogGuard struct {
	Size     int64  // of the newest checkpoint
	Root     []byte // of the newest checkpoint
	Sanction int64  // log index of the newest change of a sanction that is known, -1 for none
}

// invalidText is what guard_log.sql fails with.
const invalidText = "22P02"

// WriteLog takes the lock, makes sure that the log stands where the batch was made
// for, writes the batch and commits, all in one round trip. It fails with ErrMoved,
// and else as LogTx.Commit does: with ErrMaybeCommitted also when the connection
// was broken before.
func (db *DB) WriteLog(ctx context.Context, guard LogGuard, batch *LogBatch) error {
	conn, err := db.log.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoConnection, describe(err))
	}
	tx := &LogTx{db: db, conn: conn}
	b := &pgx.Batch{}
	b.Queue(beginLog)
	b.Queue(qLockLog, logLock)
	// Statements after the lock see all that earlier holders committed.
	at := b.Len()
	b.Queue(qGuardLog, guard.Size, guard.Root, guard.Sanction)
	return tx.commit(ctx, b, batch, at)
}

// moved tells whether a batch failed at its guard.
func moved(err error, done, guard int) bool {
	var pg *pgconn.PgError
	return done == guard && errors.As(err, &pg) && pg.Code == invalidText
}
