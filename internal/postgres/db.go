// Package postgres keeps the register's tables: the connection pool, the
// migrations, and every SQL statement of the program.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options say how the service connects. Zero values mean the defaults named.
type Options struct {
	URL              string        // connection string of the service role
	MaxConns         int32         // for reading; 16. The log has two of its own.
	StatementTimeout time.Duration // 10 s
	LockTimeout      time.Duration // longest wait for the log's lock; 2 s
	IdleInTx         time.Duration // longest pause inside a transaction; 2 s
	ApplicationName  string        // shown in pg_stat_activity; "register"
}

// Names of sessions in pg_stat_activity.
const (
	standardName = "register"
	logSuffix    = " log"
)

// DB is the service's connections. Safe for concurrent use.
type DB struct {
	pool *pgxpool.Pool // reads
	// log is apart, so that readers cannot keep the log's writer waiting.
	log *pgxpool.Pool
	// warnings counts warnings the server sent on the log's connections.
	warnings atomic.Int64
}

// Open prepares the connections. It does not fail when the database is away:
// use Ping. Close must be called.
func Open(ctx context.Context, o Options) (*DB, error) {
	orDefault(&o.MaxConns, 16)
	orDefault(&o.StatementTimeout, 10*time.Second)
	orDefault(&o.LockTimeout, 2*time.Second)
	orDefault(&o.IdleInTx, 2*time.Second)
	orDefault(&o.ApplicationName, standardName)
	db := &DB{}
	var err error
	if db.pool, err = db.open(ctx, o, o.MaxConns, ""); err != nil {
		return nil, err
	}
	if db.log, err = db.open(ctx, o, 2, logSuffix); err != nil {
		db.pool.Close()
		return nil, err
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, o Options, conns int32, suffix string) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("database connection string: %w", err) // pgx leaves the password out
	}
	c.MaxConns = conns
	c.MaxConnLifetimeJitter = time.Minute
	c.ConnConfig.ConnectTimeout = 3 * time.Second
	for name, value := range map[string]string{
		"application_name":                    o.ApplicationName + suffix,
		"statement_timeout":                   milliseconds(o.StatementTimeout),
		"lock_timeout":                        milliseconds(o.LockTimeout),
		"idle_in_transaction_session_timeout": milliseconds(o.IdleInTx),
		"timezone":                            "UTC",
		"search_path":                         "register",
		// Every statement is short. Where few rows were taken for many, to compile a
		// statement took 30 ms and to run it one.
		"jit": "off",
	} {
		c.ConnConfig.RuntimeParams[name] = value
	}
	if suffix != "" {
		c.ConnConfig.OnNotice = db.notice
		// All the log's statements go by a primary key, whatever the values:
		// plan them once, and never by reading a whole table under the lock.
		c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
		c.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
		c.ConnConfig.RuntimeParams["enable_bitmapscan"] = "off"
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("database pool: %w", err)
	}
	return pool, nil
}

// notice counts warnings: a commit that was not replicated as configured
// succeeds with nothing but a warning.
func (db *DB) notice(_ *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" {
		db.warnings.Add(1)
	}
}

func orDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// Close waits for the connections in use, and closes all.
func (db *DB) Close() {
	db.log.Close()
	db.pool.Close()
}

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

// Stat tells of the reading connections, for metrics.
func (db *DB) Stat() *pgxpool.Stat { return db.pool.Stat() }

// Durable tells whether the server's settings keep a commit over a crash; an
// error names the setting that does not.
func (db *DB) Durable(ctx context.Context) error {
	var fsync, commit, pages string
	if err := db.log.QueryRow(ctx, qDurability).Scan(&fsync, &commit, &pages); err != nil {
		return err
	}
	switch {
	case fsync != "on":
		return fmt.Errorf("fsync is %s", fsync)
	case commit != "on" && commit != "remote_apply":
		return fmt.Errorf("synchronous_commit is %s", commit)
	case pages != "on":
		return fmt.Errorf("full_page_writes is %s", pages)
	}
	return nil
}

// Restrained tells whether the account may do what the migrations grant the service and no
// more; an error says what it may do too much.
func (db *DB) Restrained(ctx context.Context) error {
	var super, rewrites bool
	if err := db.pool.QueryRow(ctx, qPrivileges).Scan(&super, &rewrites); err != nil {
		return describe(err)
	}
	switch {
	case super:
		return errors.New("the service's account is a superuser")
	case rewrites:
		return errors.New("the service's account may do more than the migrations grant it: change or remove what stands, or become the owner or retention")
	}
	return nil
}
