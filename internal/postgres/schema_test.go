package postgres_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

func connect(t *testing.T, connURL string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), connURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

// Each query file must suit the schema as migrated, and the service's rights.
func TestQueriesPrepare(t *testing.T) {
	conn := connect(t, pgtest.New(t).ServiceURL)
	files, err := filepath.Glob("queries/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no queries: %v", err)
	}
	for _, file := range files {
		sql, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		if _, err := conn.Prepare(t.Context(), name, string(sql)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if !strings.HasPrefix(string(sql), "-- ") {
			t.Errorf("%s does not begin with a comment", file)
		}
	}
}

// The service may add to the log and to the versions, and never change them.
func TestServiceHasLeastPrivilege(t *testing.T) {
	d := pgtest.New(t)
	service := connect(t, d.ServiceURL)
	var refused []string
	for _, table := range []string{
		"entry", "entry_projection", "entry_body", "tile", "checkpoint", "version", "record", "witnessed_checkpoint", "watched",
	} {
		column := map[string]string{"tile": "n", "checkpoint": "size", "witnessed_checkpoint": "size", "watched": "size", "version": "n", "record": "kind"}[table]
		if column == "" {
			column = "idx"
		}
		refused = append(refused,
			"UPDATE register."+table+" SET "+column+" = "+column,
			"DELETE FROM register."+table,
			"TRUNCATE register."+table+" CASCADE",
			"ALTER TABLE register."+table+" DISABLE TRIGGER ALL",
			"DROP TABLE register."+table,
		)
	}
	refused = append(refused,
		"TRUNCATE register.record_key",
		"UPDATE register.record_key SET record_id = record_id",
		"CREATE TABLE register.mine (x int)",
		"CREATE TABLE public.mine (x int)",
		"CREATE TEMPORARY TABLE mine (x int)",
		"CREATE SCHEMA mine",
		"CREATE FUNCTION register.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"CREATE OR REPLACE FUNCTION register.check_versions() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
		"DROP FUNCTION register.check_versions() CASCADE",
		"SET session_replication_role = replica",
		"SET ROLE register_owner",
		"SET ROLE register_retention",
		"ALTER ROLE register_service SUPERUSER",
		"SELECT * FROM register.schema_migration",
		"SELECT pg_read_file('PG_VERSION')",
	)
	for _, sql := range refused {
		_, err := service.Exec(t.Context(), sql)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "42501" {
			t.Errorf("%s: %v, want insufficient privilege", sql, err)
		}
	}
	for _, sql := range []string{
		"SELECT * FROM register.version",
		"DELETE FROM register.record_key",
		"UPDATE register.record_key SET wrapped = wrapped",
	} {
		if _, err := service.Exec(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestRetentionDropsBodiesOnly(t *testing.T) {
	conn := connect(t, pgtest.New(t).SuperURL)
	for sql, allowed := range map[string]bool{
		"DELETE FROM register.entry_body": true,
		"DELETE FROM register.entry":      false,
		"DELETE FROM register.version":    false,
		"DELETE FROM register.record_key": false,
		"SELECT * FROM register.version":  false,
	} {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "SET LOCAL ROLE "+postgres.RetentionRole); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), sql); (err == nil) != allowed {
			t.Errorf("%s: %v", sql, err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Replicas that start together migrate one after the other, and again is no harm.
func TestMigrateTogether(t *testing.T) {
	d := pgtest.New(t)
	owner := connect(t, d.OwnerURL)
	if _, err := owner.Exec(t.Context(), "DROP SCHEMA register CASCADE"); err != nil {
		t.Fatal(err)
	}
	results := make(chan error, 3)
	for range cap(results) {
		go func() { results <- postgres.Migrate(t.Context(), d.OwnerURL) }()
	}
	for range cap(results) {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	var n int
	if err := owner.QueryRow(t.Context(), "SELECT count(*) FROM register.entry").Scan(&n); err != nil {
		t.Error(err)
	}
}

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	files, err := fs.Glob(postgres.Migrations(), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range files {
		if want := "0000" + string(rune('1'+i)); i < 9 && !strings.HasPrefix(name, want+"_") {
			t.Errorf("migration %d is %s", i+1, name)
		}
	}
}

// The server starts with the service's account alone: one that could rewrite
// the log is refused.
func TestRestrained(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for url, sound := range map[string]bool{d.ServiceURL: true, d.OwnerURL: false, d.SuperURL: false} {
		db, err := postgres.Open(t.Context(), postgres.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Restrained(t.Context()); (err == nil) != sound {
			t.Errorf("restrained: %v, want sound %v", err, sound)
		}
		db.Close()
	}
}

// So is one that was granted but one thing too much, anywhere in the schema, or that may
// take on the role of somebody who has it.
func TestRestrainedEverywhere(t *testing.T) {
	t.Parallel()
	d, db := pgtest.Open(t)
	owner, super := connect(t, d.OwnerURL), connect(t, d.SuperURL)
	execute := func(conn *pgx.Conn, sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	var tables []string
	if err := owner.QueryRow(t.Context(), `SELECT array_agg(relname::text) FROM pg_class
		WHERE relnamespace = 'register'::regnamespace AND relkind = 'r'`).Scan(&tables); err != nil || len(tables) < 15 {
		t.Fatal(tables, err)
	}
	for _, table := range tables {
		for _, what := range []string{"UPDATE", "DELETE", "TRUNCATE"} {
			if what == "DELETE" && (table == "record_key" || table == "console_session") {
				continue
			}
			execute(owner, "GRANT "+what+" ON register."+table+" TO register_service")
			if db.Restrained(t.Context()) == nil {
				t.Errorf("restrained with %s on %s", what, table)
			}
			execute(owner, "REVOKE "+what+" ON register."+table+" FROM register_service")
		}
	}
	execute(owner, "GRANT UPDATE (wrapped) ON register.record_key, register.entry_body TO register_service")
	if err := db.Restrained(t.Context()); err != nil {
		t.Errorf("as migrated: %v", err)
	}
	// Roles are the whole server's: these are the test's own.
	for role, sound := range map[string]bool{"register_service": true, "register_owner": false, "register_retention": false} {
		between, login := d.Name+"_may_become", d.Name+"_login"
		execute(super, "CREATE ROLE "+between+" NOINHERIT IN ROLE "+role)
		execute(super, "CREATE ROLE "+login+" LOGIN PASSWORD 'test-only' IN ROLE register_service, "+between)
		other, err := postgres.Open(t.Context(), postgres.Options{URL: strings.Replace(d.ServiceURL, "register_service:", login+":", 1)})
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Restrained(t.Context()); (err == nil) != sound {
			t.Errorf("an account that may become %s: %v", role, err)
		}
		other.Close()
		execute(super, "DROP ROLE "+login+", "+between)
	}
}
