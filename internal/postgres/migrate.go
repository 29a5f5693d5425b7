package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver that migrations run over
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// The database's roles: the owner migrates, the service runs the register, and
// retention alone may drop sealed bodies of entries.
const (
	OwnerRole     = "register_owner"
	ServiceRole   = "register_service"
	RetentionRole = "register_retention"
)

// Migrations are the numbered migrations, for a fingerprint of the schema.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}

// BootstrapOptions name what Bootstrap creates.
type BootstrapOptions struct {
	Database        string
	OwnerPassword   string
	ServicePassword string
}

// Bootstrap makes the roles and the database over a superuser's connection; it
// may be repeated, and then sets the passwords anew.
func Bootstrap(ctx context.Context, superURL string, b BootstrapOptions) error {
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return fmt.Errorf("connect as superuser: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing left to lose
	for _, role := range []struct{ name, password string }{
		{OwnerRole, b.OwnerPassword}, {ServiceRole, b.ServicePassword}, {RetentionRole, ""},
	} {
		if err := ensureRole(ctx, conn, role.name, role.password); err != nil {
			return fmt.Errorf("role %s: %w", role.name, err)
		}
	}
	var exists bool
	var name string // quoted
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1), quote_ident($1)", b.Database).Scan(&exists, &name)
	if err != nil {
		return err
	}
	var statements []string
	if !exists {
		statements = append(statements, "CREATE DATABASE "+name+" OWNER "+OwnerRole)
	}
	statements = append(statements,
		"REVOKE ALL ON DATABASE "+name+" FROM PUBLIC",
		"GRANT CONNECT ON DATABASE "+name+" TO "+ServiceRole+", "+RetentionRole)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("database %s: %w", b.Database, err)
		}
	}
	return nil
}

func ensureRole(ctx context.Context, conn *pgx.Conn, name, password string) error {
	// format quotes the password: role commands take no parameters.
	var create, alter string
	err := conn.QueryRow(ctx, `SELECT
		CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = $1) THEN '' ELSE format('CREATE ROLE %I', $1::text) END,
		CASE WHEN $2 = '' THEN '' ELSE format('ALTER ROLE %I LOGIN PASSWORD %L', $1::text, $2::text) END`,
		name, password).Scan(&create, &alter)
	if err != nil {
		return err
	}
	for _, s := range []string{create, alter} {
		if s == "" {
			continue
		}
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// Migrate brings the schema up to date over the owner's connection. A session
// lock makes replicas that start together take turns.
func Migrate(ctx context.Context, ownerURL string) (err error) {
	db, err := sql.Open("pgx", ownerURL)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := ensureSchema(ctx, db); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	// Ask for the lock each second, for five minutes at most.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, Migrations(),
		goose.WithSessionLocker(locker), goose.WithTableName("register.schema_migration"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// ensureSchema makes the schema itself, in which the list of migrations lives.
func ensureSchema(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	// IF NOT EXISTS alone does not stand two at the same moment.
	for _, s := range []string{"SELECT pg_advisory_xact_lock(7214683100)", "CREATE SCHEMA IF NOT EXISTS register"} {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return tx.Commit()
}
