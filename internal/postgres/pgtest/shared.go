package pgtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/devstack/pgserver"
	"github.com/perpetrator-register/register/internal/postgres"
)

// baseDir is the folder of this user's test servers.
func baseDir() (string, error) {
	base := filepath.Join(os.TempDir(), "register-pgtest-"+strconv.Itoa(os.Getuid()))
	if err := pgserver.Reachable(base); err != nil {
		if base, err = pgserver.DefaultDir("test"); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(base, 0o711); err != nil {
		return "", err
	}
	st, err := os.Lstat(base)
	if err != nil {
		return "", err
	}
	// The name can be guessed: another user must not have made it before us.
	if sys, ok := st.Sys().(*syscall.Stat_t); !st.IsDir() || !ok || int(sys.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s belongs to somebody else", base)
	}
	return base, nil
}

// join takes a share in the common server, starting it if nobody has.
func join(ctx context.Context) error {
	base, err := baseDir()
	if err != nil {
		return err
	}
	// The lock file says who uses the server: users hold it shared, starting
	// and stopping need it exclusively. It is kept until this program ends.
	users, err := os.OpenFile(filepath.Join(base, "users"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	shared.users = users
	dir := filepath.Join(base, "shared")
	for range 10 {
		if err := lock(users, syscall.LOCK_SH); err != nil {
			return err
		}
		s, err := pgserver.Attach(ctx, dir)
		if err == nil {
			shared.server = s
			return useTemplate(ctx, base, s)
		}
		// Whoever gets the lock alone starts the server; the others then find it.
		if err := lock(users, syscall.LOCK_UN); err != nil {
			return err
		}
		if err := lock(users, syscall.LOCK_EX); err != nil {
			return err
		}
		if err := ensureServer(ctx, dir, users.Name()); err != nil {
			return errors.Join(err, users.Close())
		}
	}
	return errors.New("the common server vanishes as soon as it starts")
}

// lock waits for a lock on a file; asking for a shared one gives up an
// exclusive one.
func lock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func ensureServer(ctx context.Context, dir, users string) error {
	if _, err := pgserver.Attach(ctx, dir); err == nil {
		return nil
	}
	options := pgserver.Options{
		Dir: dir, Fast: true, Detached: true,
		Settings: map[string]string{"max_connections": "400", "shared_buffers": "128MB"},
	}
	s, err := pgserver.Start(ctx, options)
	if err != nil {
		// Without durability a crash may have spoilt the data: begin again.
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		if s, err = pgserver.Start(ctx, options); err != nil {
			return err
		}
	}
	if err := dropLeftovers(ctx, s.URL("postgres")); err != nil {
		return err
	}
	return watch(users, s.PID())
}

// watch leaves a watchman behind, who stops the server once nobody has used it
// for some seconds: a program that is killed cannot tidy up.
func watch(users string, pid int) error {
	const script = `exec 9<>"$1"; while kill -0 "$2" 2>/dev/null; do sleep 5; flock -n -x 9 && { kill -INT "$2"; sleep 1; exit; }; done`
	cmd := exec.Command("/bin/sh", "-c", script, "watch", users, strconv.Itoa(pid))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// useTemplate makes the migrated template database of this schema once.
func useTemplate(ctx context.Context, base string, s *pgserver.Server) error {
	fingerprint, err := schemaFingerprint()
	if err != nil {
		return err
	}
	shared.template = "template_" + fingerprint
	once, err := os.OpenFile(filepath.Join(base, "template"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = once.Close() }() // gives up the lock
	if err := lock(once, syscall.LOCK_EX); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // it only read
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)", shared.template).Scan(&exists)
	if err != nil || exists {
		return err
	}
	if err := execute(ctx, s.URL("postgres"), "DROP DATABASE IF EXISTS "+shared.template+" WITH (FORCE)"); err != nil {
		return err
	}
	if _, err := Prepare(ctx, s, shared.template); err != nil {
		return err
	}
	return execute(ctx, s.URL("postgres"), "ALTER DATABASE "+shared.template+" IS_TEMPLATE true")
}

func schemaFingerprint() (string, error) {
	h := sha256.New()
	migrations := postgres.Migrations()
	err := fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(migrations, path)
		_, _ = fmt.Fprintf(h, "%s %d\n", path, len(raw)) // a hash never fails
		_, _ = h.Write(raw)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)[:8]), err
}

// dropLeftovers drops the databases of tests that were killed.
func dropLeftovers(ctx context.Context, super string) error {
	conn, err := pgx.Connect(ctx, super)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // it only read
	rows, err := conn.Query(ctx, `SELECT datname FROM pg_database WHERE datname ~ '^t_\d+_\d+$'`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := execute(ctx, super, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}
