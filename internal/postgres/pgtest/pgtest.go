// Package pgtest gives each test a database of its own on a private server.
//
// Test programs that run at the same time share one server, which gives up
// durability for speed and is stopped soon after the last of them has ended,
// however it ended. Tests that crash the server start one of their own with
// package pgserver and prepare it by Prepare.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/devstack/pgserver"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Database is a fresh, migrated database.
type Database struct {
	Name       string
	SuperURL   string // superuser
	OwnerURL   string // register_owner
	ServiceURL string // register_service
}

// rolePassword is that of the test server's roles; it listens on loopback only.
const rolePassword = "test-only"

var (
	shared struct {
		once     sync.Once
		server   *pgserver.Server
		template string
		users    *os.File // kept open, for the lock on it
		err      error
	}
	serial atomic.Int64
)

// New makes a database for one test; it is dropped when the test ends.
func New(tb testing.TB) *Database {
	tb.Helper()
	ctx := tb.Context()
	shared.once.Do(func() { shared.err = join(context.WithoutCancel(ctx)) })
	if shared.err != nil {
		tb.Fatalf("test database: %v", shared.err)
	}
	return create(tb, shared.template)
}

func create(tb testing.TB, template string) *Database {
	tb.Helper()
	ctx := tb.Context()
	name := fmt.Sprintf("t_%d_%d", os.Getpid(), serial.Add(1))
	super := shared.server.URL("postgres")
	statements := []string{
		"CREATE DATABASE " + name + " OWNER " + postgres.OwnerRole + " TEMPLATE " + template,
		"REVOKE ALL ON DATABASE " + name + " FROM PUBLIC",
		"GRANT CONNECT ON DATABASE " + name + " TO " + postgres.ServiceRole + ", " + postgres.RetentionRole,
	}
	if err := execute(ctx, super, statements...); err != nil {
		tb.Fatalf("test database: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute(context.Background(), super, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("drop test database: %v", err)
		}
	})
	return database(shared.server, name)
}

// Copy makes a database for one test that is as another is now: its backup.
// Nobody may be connected to that one.
func Copy(tb testing.TB, from *Database) *Database {
	tb.Helper()
	return create(tb, from.Name)
}

// Open is New, and the service's connections to it, closed when the test ends.
func Open(tb testing.TB) (*Database, *postgres.DB) {
	tb.Helper()
	d := New(tb)
	return d, Connect(tb, d)
}

// Connect opens the service's connections, closed when the test ends.
func Connect(tb testing.TB, d *Database) *postgres.DB {
	tb.Helper()
	db, err := postgres.Open(tb.Context(), postgres.Options{URL: d.ServiceURL})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(db.Close)
	return db
}

func database(s *pgserver.Server, name string) *Database {
	return &Database{
		Name:       name,
		SuperURL:   s.URL(name),
		OwnerURL:   s.UserURL(postgres.OwnerRole, rolePassword, name),
		ServiceURL: s.UserURL(postgres.ServiceRole, rolePassword, name),
	}
}

// Prepare makes roles and a migrated database on a server of the test's own.
func Prepare(ctx context.Context, s *pgserver.Server, name string) (*Database, error) {
	d := database(s, name)
	err := postgres.Bootstrap(ctx, s.URL("postgres"), postgres.BootstrapOptions{
		Database: name, OwnerPassword: rolePassword, ServicePassword: rolePassword,
	})
	if err != nil {
		return nil, err
	}
	return d, postgres.Migrate(ctx, d.OwnerURL)
}

// Dir is a folder for a server of the test's own, removed when the test ends.
// Unlike tb.TempDir it can be reached by the account that PostgreSQL runs
// under when the test is run by root.
func Dir(tb testing.TB) string {
	tb.Helper()
	base, err := baseDir()
	if err != nil {
		tb.Fatal(err)
	}
	dir, err := os.MkdirTemp(base, "own-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		tb.Fatal(err)
	}
	return filepath.Join(dir, "server")
}

// execute runs statements that take no transaction, over a connection of their own.
func execute(ctx context.Context, connURL string, statements ...string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, connURL)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return errors.Join(err, conn.Close(ctx))
		}
	}
	return conn.Close(ctx)
}
