package pgserver

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func query(t *testing.T, s *Server, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var out *string
	if err := conn.QueryRow(t.Context(), sql).Scan(&out); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		t.Fatal(err)
	}
	if out == nil {
		return ""
	}
	return *out
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// testDir is a folder that the server's account can reach.
func testDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "register-pgserver-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "server")
}

func TestDataSurvivesRestartCrashAndLeftover(t *testing.T) {
	dir := testDir(t)
	s := start(t, Options{Dir: dir})
	query(t, s, "CREATE TABLE kept (x text)")
	query(t, s, "INSERT INTO kept VALUES ('one')")
	if got := query(t, s, "SHOW fsync"); got != "on" {
		t.Errorf("fsync is %s: not durable", got)
	}
	port := s.Port()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}

	s = start(t, Options{Dir: dir})
	if got := query(t, s, "SELECT x FROM kept"); got != "one" {
		t.Fatalf("after a restart: %q", got)
	}
	if s.Port() != port {
		t.Errorf("port changed from %d to %d", port, s.Port())
	}
	query(t, s, "UPDATE kept SET x = 'two'")
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}

	s = start(t, Options{Dir: dir})
	if got := query(t, s, "SELECT x FROM kept"); got != "two" {
		t.Fatalf("after a crash: %q", got)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second owner of the folder: %v", err)
	}
	left := s.PID()
	s.unlock() // as if our process had died and left the server behind

	next := start(t, Options{Dir: dir})
	if alive(left) || next.PID() == left {
		t.Error("the leftover still runs")
	}
	if got := query(t, next, "SELECT x FROM kept"); got != "two" {
		t.Fatalf("after a leftover: %q", got)
	}
}

func TestWrongPasswordIsRefused(t *testing.T) {
	s := start(t, Options{Dir: testDir(t), Fast: true})
	if conn, err := pgx.Connect(t.Context(), s.UserURL("postgres", "guess", "postgres")); err == nil {
		_ = conn.Close(t.Context())
		t.Fatal("signed in with a wrong password")
	}
	if got := query(t, s, "SHOW listen_addresses"); got != "127.0.0.1" {
		t.Errorf("listens on %s", got)
	}
}

func TestAttach(t *testing.T) {
	dir := testDir(t)
	if _, err := Attach(t.Context(), dir); err == nil {
		t.Fatal("attached to nothing")
	}
	s := start(t, Options{Dir: dir, Fast: true, Detached: true})
	other, err := Attach(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if other.URL("postgres") != s.URL("postgres") {
		t.Error("attached to another server")
	}
	if err := other.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestStalePidOfAnotherProcessIsNotKilled(t *testing.T) {
	data := t.TempDir()
	pid := filepath.Join(data, "postmaster.pid")
	if err := os.WriteFile(pid, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := runningPID(data); got != 0 {
		t.Errorf("process %d taken for a server", got)
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	for _, version := range []string{"9", "15", "17", "9.6", "16"} {
		bin := filepath.Join(root, version, "bin")
		if err := os.MkdirAll(bin, 0o750); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"postgres", "initdb"} {
			if version == "17" && name == "initdb" {
				continue // client packages bring only a part
			}
			if err := os.WriteFile(filepath.Join(bin, name), nil, 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	pattern := []string{filepath.Join(root, "*", "bin")}
	for version, want := range map[int]string{0: "16", 15: "15", 14: ""} {
		got := find(pattern, version)
		if want != "" {
			want = filepath.Join(root, want, "bin")
		}
		if got != want {
			t.Errorf("find %d: got %q, want %q", version, got, want)
		}
	}
}

func TestUnreachableFolderIsExplained(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server under another account")
	}
	closed := filepath.Join(testDir(t), "closed")
	if err := os.MkdirAll(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: filepath.Join(closed, "server"), Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "cannot pass through") {
		t.Errorf("got %v", err)
	}
	if Reachable(filepath.Join(closed, "a", "b")) == nil {
		t.Error("reachable")
	}
}
