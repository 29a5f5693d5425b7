package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
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

func (g LogGuard) call() call {
	return call{sql: qGuardLog, args: []any{g.Size, g.Root, g.Sanction}}
}

// LogWrite is a batch on its way to the database. End it by Wait or, when it was
// prepared and not confirmed, by Abandon.
type LogWrite struct {
	tx       *LogTx
	p        *pgconn.Pipeline
	sent     int // statements
	guard    int // which of them is the guard, unless it was prepared
	warnings int64
	// Of a prepared batch: what confirms it, but for the guard's values.
	ctx     context.Context //nolint:containedctx // that of both halves of one attempt
	confirm []ready

	locked chan struct{}
	// Rows and Commit are how long the database took, when Wait has returned nil, to
	// write the rows under the lock (0 for a batch that was prepared) and to commit.
	Rows, Commit time.Duration
}

// Locked is closed once the batch holds the lock and its guard has passed.
func (w *LogWrite) Locked() <-chan struct{} { return w.locked }

// StartLog sends in one message: take the lock, make sure that the log stands where
// the batch was made for, write the batch, commit. After an error nothing was written,
// unless it is ErrMaybeCommitted.
func (db *DB) StartLog(ctx context.Context, guard LogGuard, batch *LogBatch) (*LogWrite, error) {
	p := room.Get().(*parameters) //nolint:errcheck // it holds nothing else
	defer room.Put(p)
	before := []call{{sql: beginLog}, {sql: qLockLog, args: []any{logLock}}, guard.call()}
	calls := append(append(before, batch.calls(p)...), call{sql: commitLog})
	w, all, err := db.openWrite(ctx, calls)
	if err != nil {
		return nil, err
	}
	w.guard = len(before) - 1
	for i, r := range all {
		w.send(r)
		if i == w.guard || i == len(all)-2 {
			w.p.SendFlushRequest() // so that we learn how far it is
		}
	}
	return w, w.commit(w.p.Sync())
}

// PrepareLog sends the rows of a batch that is to follow one under way, in a
// transaction of its own: without the lock, to be confirmed once the other has
// committed. The other must hold the lock already: then nobody waits for a row of
// this one before that. After an error nothing was written.
func (db *DB) PrepareLog(ctx context.Context, batch *LogBatch) (*LogWrite, error) {
	p := room.Get().(*parameters) //nolint:errcheck // it holds nothing else
	defer room.Put(p)
	calls := append([]call{{sql: beginLog}}, batch.calls(p)...)
	rows := len(calls)
	calls = append(calls, call{sql: qTryLockLog, args: []any{logLock}}, LogGuard{}.call(), call{sql: commitLog})
	w, all, err := db.openWrite(ctx, calls)
	if err != nil {
		return nil, err
	}
	for _, r := range all[:rows] {
		w.send(r)
	}
	w.ctx, w.confirm = ctx, all[rows:]
	// The server then counts how long the transaction lies idle: should we stand still,
	// it ends it, and others go on.
	if err := w.p.Sync(); err != nil {
		w.tx.Rollback()
		return nil, fmt.Errorf("write to the log: %w", describe(err))
	}
	return w, nil
}

// Confirm commits a prepared batch if it gets the lock at once and the log stands
// where the batch was made for. After an error nothing was written, unless it is
// ErrMaybeCommitted.
func (w *LogWrite) Confirm(guard LogGuard) error {
	_, err := results(w.p, w.sent, false, func(int) {})
	if closeErr := w.p.Close(); err == nil {
		err = closeErr
	}
	g := guard.call()
	if err == nil {
		w.confirm[1].values, err = g.values(w.tx.conn.Conn(), w.confirm[1].statement)
	}
	if err != nil {
		w.tx.Rollback()
		return again(fmt.Errorf("write to the log: %w", describe(err)))
	}
	w.p, w.sent = w.tx.conn.Conn().PgConn().StartPipeline(w.ctx), 0
	for _, r := range w.confirm {
		w.send(r)
		if r.statement == w.confirm[1].statement {
			w.guard = w.sent - 1
			w.p.SendFlushRequest()
		}
	}
	return w.commit(w.p.Sync())
}

// Abandon gives up a prepared batch.
func (w *LogWrite) Abandon() {
	_ = w.p.Close() // what is wrong with the connection shows in the end of the transaction
	w.tx.Rollback()
}

// ready is a statement with its parameters in binary form.
type ready struct {
	statement *pgconn.StatementDescription
	values    [][]byte
}

// openWrite gets a connection that knows the statements.
func (db *DB) openWrite(ctx context.Context, calls []call) (*LogWrite, []ready, error) {
	conn, err := db.log.Acquire(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNoConnection, describe(err))
	}
	tx := &LogTx{db: db, conn: conn}
	all, err := tx.ready(ctx, calls)
	if err != nil {
		tx.Rollback()
		err = fmt.Errorf("write to the log: %w", describe(err))
		if connectionLost(err) {
			err = fmt.Errorf("%w: %w", ErrMoved, err) // it broke while it lay idle
		}
		return nil, nil, err
	}
	w := &LogWrite{tx: tx, p: conn.Conn().PgConn().StartPipeline(ctx), guard: -1, locked: make(chan struct{}), warnings: db.warnings.Load()}
	return w, all, nil
}

func (w *LogWrite) send(r ready) {
	w.p.SendQueryStatement(r.statement, r.values, binaryForm, nil)
	w.sent++
}

// commit deals with the sending of the COMMIT.
func (w *LogWrite) commit(err error) error {
	w.warnings = w.tx.db.warnings.Load()
	if err != nil {
		w.tx.Rollback()
		return fmt.Errorf("%w: %w", ErrMaybeCommitted, describe(err))
	}
	return nil
}

// Wait reads the outcome. It fails with ErrMoved, and else as LogTx.Commit does: with
// ErrMaybeCommitted also when the connection was broken before.
func (w *LogWrite) Wait() error {
	var locked, written time.Time
	done, err := results(w.p, w.sent, true, func(done int) {
		switch done {
		case w.guard + 1:
			locked = time.Now()
			close(w.locked)
		case w.sent - 1:
			written = time.Now()
		}
	})
	if closeErr := w.p.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		w.Commit = time.Since(written)
		if w.confirm == nil {
			w.Rows = written.Sub(locked)
		} else {
			w.Commit = time.Since(locked)
		}
	}
	return again(w.tx.outcome(err, done, w.sent, w.warnings))
}

// again makes ErrMoved of an error after which a batch is to be made again.
func again(err error) error {
	if errors.Is(err, ErrConstraint) || err != nil && connectionEnded(err) {
		return fmt.Errorf("%w: %w", ErrMoved, err)
	}
	return err
}

// idleTooLong ends a session whose transaction lay idle.
const idleTooLong = "25P03"

// connectionEnded is true when the server said that it had ended a session, and
// nothing was committed on it.
func connectionEnded(err error) bool {
	var server *ServerError
	return errors.As(err, &server) && !errors.Is(err, ErrMaybeCommitted) && (connectionLost(err) || server.Code == idleTooLong)
}
