package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrMoved says that the log does not stand where a batch was made for, because another
// replica has written or a sanction has changed, or that the connection to it had ended.
// Nothing was written.
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
	err = tx.commit(ctx, []call{
		{sql: beginLog},
		{sql: qLockLog, args: []any{logLock}},
		// Statements after the lock see all that earlier holders committed.
		{sql: qGuardLog, args: []any{guard.Size, guard.Root, guard.Sanction}},
	}, batch)
	if err != nil && connectionEnded(err) {
		return fmt.Errorf("%w: %w", ErrMoved, err)
	}
	return err
}

// connectionEnded is true when the server said that it had ended a session, before
// it took up anything that was asked on it.
func connectionEnded(err error) bool {
	var server *ServerError
	return errors.As(err, &server) && !errors.Is(err, ErrMaybeCommitted) && connectionLost(err)
}

// moved tells whether a batch failed at its guard, the last of so many statements
// before it.
func moved(err error, done, before int) bool {
	var pg *pgconn.PgError
	return before > 0 && done == before-1 && errors.As(err, &pg) && pg.Code == invalidText
}
