package postgres

import (
	"context"
	"errors"
	"fmt"
)

// ErrMoved says that a batch is to be made again: the log does not stand where it was
// made for, because another replica has written or a sanction has changed; or the
// connection had ended; or a constraint refused it, perhaps for the same reason.
// Nothing was written.
var ErrMoved = errors.New("the log has moved on")

// LogGuard says where the log must stand under the lock for a batch that was made
// before the lock was taken.
type LogGuard struct {
	Size     int64  // of the newest checkpoint
	Root     []byte // of the newest checkpoint
	Sanction int64  // log index of the newest change of a sanction that is known, -1 for none
}

// WriteLog takes the lock, makes sure that the log stands where the batch was made
// for, writes the batch and commits, all in one round trip. It fails with ErrMoved,
// and else as LogTx.Commit does: with ErrMaybeCommitted also when the connection was
// broken before.
func (db *DB) WriteLog(ctx context.Context, guard LogGuard, batch *LogBatch) error {
	conn, err := db.log.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoConnection, describe(err))
	}
	tx := &LogTx{db: db, conn: conn}
	err = tx.write(ctx, []call{
		{sql: beginLog},
		{sql: qLockLog, args: []any{logLock}},
		// Statements after the lock see all that earlier holders committed.
		{sql: qGuardLog, args: []any{guard.Size, guard.Root, guard.Sanction}},
	}, batch)
	if errors.Is(err, ErrConstraint) || err != nil && connectionEnded(err) {
		return fmt.Errorf("%w: %w", ErrMoved, err)
	}
	return err
}

// connectionEnded is true when the server said that it had ended a session, and
// nothing was committed on it.
func connectionEnded(err error) bool {
	var server *ServerError
	return errors.As(err, &server) && !errors.Is(err, ErrMaybeCommitted) && connectionLost(err)
}
