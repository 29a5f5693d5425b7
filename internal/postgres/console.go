package postgres

import (
	"context"
	"fmt"
	"time"
)

var (
	qConsoleSession       = statement("console_session")
	qInsertConsoleSession = statement("insert_console_session")
	qUpdateConsoleSession = statement("update_console_session")
	qTouchConsoleSession  = statement("touch_console_session")
	qDeleteConsoleSession = statement("delete_console_session")
	qExpireConsoleSession = statement("expire_console_sessions")
)

// ConsoleSession is a session of the console as stored.
type ConsoleSession struct {
	ID         [32]byte  // a hash of the browser's secret
	CreateTime time.Time // of the sign-in
	UseTime    time.Time // of the last use
	Revision   int64     // from 1
	Sealed     []byte    // under a key that only the browser's cookie gives
}

// ConsoleSession reads a session, or ErrNotFound.
func (db *DB) ConsoleSession(ctx context.Context, id [32]byte) (ConsoleSession, error) {
	s := ConsoleSession{ID: id}
	err := db.pool.QueryRow(ctx, qConsoleSession, id[:]).Scan(&s.CreateTime, &s.UseTime, &s.Revision, &s.Sealed)
	return s, readError(err)
}

// InsertConsoleSession stores a new session; its revision is 1.
func (db *DB) InsertConsoleSession(ctx context.Context, s ConsoleSession) error {
	return db.console(ctx, qInsertConsoleSession, s.ID[:], s.CreateTime, s.Sealed)
}

// UpdateConsoleSession replaces what a session holds if its revision is still
// that of s, and reports whether it was.
func (db *DB) UpdateConsoleSession(ctx context.Context, s ConsoleSession) (bool, error) {
	tag, err := db.pool.Exec(ctx, qUpdateConsoleSession, s.ID[:], s.Revision, s.Sealed)
	if err != nil {
		return false, fmt.Errorf("update console session: %w", readError(err))
	}
	return tag.RowsAffected() == 1, nil
}

// TouchConsoleSession notes that a session is in use.
func (db *DB) TouchConsoleSession(ctx context.Context, id [32]byte, now time.Time) error {
	return db.console(ctx, qTouchConsoleSession, id[:], now)
}

// DeleteConsoleSession signs a browser out. That there is no such session is
// no error.
func (db *DB) DeleteConsoleSession(ctx context.Context, id [32]byte) error {
	return db.console(ctx, qDeleteConsoleSession, id[:])
}

// ExpireConsoleSessions deletes the sessions last used before a time.
func (db *DB) ExpireConsoleSessions(ctx context.Context, before time.Time) error {
	return db.console(ctx, qExpireConsoleSession, before)
}

func (db *DB) console(ctx context.Context, sql string, args ...any) error {
	if _, err := db.pool.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("console session: %w", readError(err))
	}
	return nil
}
