// Package pgserver runs a private PostgreSQL server for development and tests.
//
// The server listens on loopback only, asks for a password, and keeps all it
// has in one folder. It also works for root, by running the server under an
// unprivileged account.
package pgserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options configure a private server.
type Options struct {
	Dir      string            // everything the server has lives in here
	Port     int               // loopback port; 0 keeps the last one used, or finds a free one
	Fast     bool              // give up durability; for tests that do not crash the server
	Detached bool              // let the server outlive this process, and others attach to it
	Settings map[string]string // further settings, as in postgresql.conf
	Log      *slog.Logger      // nil means slog.Default
}

// Server is a running private server.
type Server struct {
	dir      string
	port     int
	password string
	pid      int
	done     chan struct{} // closed when the postmaster has gone; nil when attached
	lock     *os.File      // held while this process owns the folder; nil when detached
}

const (
	dataName     = "data"
	passwordName = "password"
	portName     = "port"
	logName      = "postgres.log"
	startLimit   = 60 * time.Second // recovery after a crash included
	stopLimit    = 20 * time.Second
)

// Start starts the server on its folder, making both if need be. A server left
// over from a process that died is stopped first. A folder in use by another
// living process is refused.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	s := &Server{dir: dir}
	if err := s.start(ctx, o); err != nil {
		s.unlock()
		return nil, fmt.Errorf("private PostgreSQL in %s: %w", dir, err)
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	acc, err := serverAccount()
	if err != nil {
		return err
	}
	bin, err := binaries(ctx, filepath.Join(s.dir, dataName), o.Log)
	if err != nil {
		return err
	}
	if acc == nil { // installing may have brought the account
		if acc, err = serverAccount(); err != nil {
			return err
		}
	}
	if err := acc.own(s.dir); err != nil {
		return err
	}
	if !o.Detached {
		if err := s.takeLock(); err != nil {
			return err
		}
	}
	if err := stopLeftover(ctx, s.data()); err != nil {
		return err
	}
	if err := s.initialise(ctx, bin, acc, o); err != nil {
		return err
	}
	for attempt := 0; ; attempt++ {
		err := s.launch(ctx, bin, acc, o)
		if err == nil || attempt == 4 || ctx.Err() != nil || !retryable(err) {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (s *Server) data() string { return filepath.Join(s.dir, dataName) }

func (s *Server) takeLock() error {
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(errors.New("another process uses this folder: is the register running already?"), f.Close())
	}
	s.lock = f
	return nil
}

func (s *Server) unlock() {
	if s.lock != nil {
		_ = s.lock.Close() // closing releases the lock; nothing was written
		s.lock = nil
	}
}

// initialise makes the data folder once; an interrupted attempt leaves only a
// scratch folder that the next one removes.
func (s *Server) initialise(ctx context.Context, bin string, acc *account, o Options) error {
	if _, err := os.Stat(filepath.Join(s.data(), "PG_VERSION")); err == nil {
		raw, err := os.ReadFile(s.path(passwordName))
		if err != nil {
			return fmt.Errorf("read the server's password: %w", err)
		}
		s.password = strings.TrimSpace(string(raw))
		return nil
	}
	s.password = rand.Text()
	if err := acc.write(s.path(passwordName), s.password+"\n"); err != nil {
		return err
	}
	scratch := s.data() + ".new"
	for _, d := range []string{scratch, s.data()} {
		if err := os.RemoveAll(d); err != nil {
			return err
		}
	}
	args := []string{
		"-D", scratch, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", s.path(passwordName),
		"-E", "UTF8", "--locale", "C", "--data-checksums",
	}
	if o.Fast {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...) //nolint:gosec // our own binaries folder
	acc.apply(cmd, s.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLines(string(out), 3))
	}
	return os.Rename(scratch, s.data())
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// Attach finds the server that another process left running on a folder.
func Attach(ctx context.Context, dir string) (*Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	if s.pid = runningPID(s.data()); s.pid == 0 {
		return nil, errors.New("no server runs there")
	}
	password, err := os.ReadFile(s.path(passwordName))
	if err != nil {
		return nil, err
	}
	port, err := os.ReadFile(s.path(portName))
	if err != nil {
		return nil, err
	}
	s.password = strings.TrimSpace(string(password))
	if s.port, err = strconv.Atoi(strings.TrimSpace(string(port))); err != nil {
		return nil, fmt.Errorf("port file: %w", err)
	}
	return s, s.ping(ctx)
}

// URL is the superuser's connection string to a database. It holds the password.
func (s *Server) URL(database string) string {
	return s.UserURL("postgres", s.password, database)
}

// UserURL is a connection string for another role.
func (s *Server) UserURL(user, password, database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(user, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Port is the loopback port it listens on.
func (s *Server) Port() int { return s.port }

// PID is the process id of the postmaster.
func (s *Server) PID() int { return s.pid }

// Stop shuts the server down cleanly; clients are cut off.
func (s *Server) Stop(ctx context.Context) error {
	defer s.unlock()
	return stopProcess(ctx, s.pid, s.done)
}

// Kill kills the server and all its processes at once, as a crash would, and
// waits until they have gone. Start brings the data back.
func (s *Server) Kill() error {
	defer s.unlock()
	return killTree(s.pid, s.done)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}
