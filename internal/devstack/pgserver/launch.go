package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// launch starts the postmaster and waits until it answers.
func (s *Server) launch(ctx context.Context, bin string, acc *account, o Options) error {
	port, err := s.choosePort(o.Port)
	if err != nil {
		return err
	}
	s.port = port
	logFile, err := s.openLog(acc)
	if err != nil {
		return err
	}
	defer func() { _ = logFile.Close() }() // the server holds its own descriptor
	// Not bound to ctx: the server lives until Stop.
	cmd := exec.Command(filepath.Join(bin, "postgres"), s.arguments(o)...) //nolint:gosec,noctx // our own binaries folder
	acc.apply(cmd, s.dir)
	cmd.SysProcAttr.Setsid = true // an interrupt at the terminal must reach us first
	cmd.Stdout, cmd.Stderr = logFile, logFile
	if err := cmd.Start(); err != nil {
		return err
	}
	s.pid = cmd.Process.Pid
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the exit status is in the log
		close(done)
	}()
	s.done = done
	if err := s.waitReady(ctx, done); err != nil {
		_ = syscall.Kill(s.pid, syscall.SIGQUIT) // it may have gone already
		<-done
		return err
	}
	return acc.write(s.path(portName), strconv.Itoa(port)+"\n")
}

func (s *Server) arguments(o Options) []string {
	settings := map[string]string{
		"listen_addresses":                 "127.0.0.1",
		"port":                             strconv.Itoa(s.port),
		"unix_socket_directories":          "",
		"max_connections":                  "200",
		"shared_buffers":                   "256MB",
		"max_wal_size":                     "2GB",
		"min_wal_size":                     "2GB", // used segments are kept for use: to make one, zeroed and flushed, takes a commit 15 ms
		"wal_compression":                  "lz4", // records are touched at random: pages are written whole after each checkpoint
		"client_connection_check_interval": "1s",
		"fsync":                            "on",
		"synchronous_commit":               "on",
		"log_min_messages":                 "warning",
		// A statement's text or values may name a person.
		"log_min_error_statement":           "panic",
		"log_parameter_max_length_on_error": "0",
		"log_error_verbosity":               "terse",
	}
	if o.Fast {
		for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
			settings[name] = "off"
		}
		settings["autovacuum"] = "off"
		settings["wal_level"], settings["max_wal_senders"] = "minimal", "0"
	}
	for k, v := range o.Settings {
		settings[k] = v
	}
	args := []string{"-D", s.data()}
	for k, v := range settings {
		args = append(args, "-c", k+"="+v)
	}
	return args
}

func (s *Server) openLog(acc *account) (*os.File, error) {
	const tooLong = 10 << 20
	flags := os.O_CREATE | os.O_APPEND | os.O_WRONLY
	if st, err := os.Stat(s.path(logName)); err == nil && st.Size() > tooLong {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(s.path(logName), flags, 0o600)
	if err != nil {
		return nil, err
	}
	return f, acc.own(s.path(logName))
}

// choosePort prefers the port asked for, then the one last used.
func (s *Server) choosePort(asked int) (int, error) {
	if asked != 0 {
		return asked, nil
	}
	want := "0"
	if raw, err := os.ReadFile(s.path(portName)); err == nil {
		want = strings.TrimSpace(string(raw))
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+want) //nolint:noctx // a moment on loopback
	if err != nil {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil { //nolint:noctx // likewise
			return 0, err
		}
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

func (s *Server) waitReady(ctx context.Context, done <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := s.ping(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-done:
			raw, _ := os.ReadFile(s.path(logName)) // best effort: it only explains
			return fmt.Errorf("%w: %s", errExited, lastLines(string(raw), 4))
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		case <-time.After(15 * time.Millisecond):
		}
	}
}

func (s *Server) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

var errExited = errors.New("the server stopped at once")

// retryable faults pass by themselves: a port taken in between, or the last
// processes of a crashed server still holding its memory.
func retryable(err error) bool {
	text := err.Error()
	return errors.Is(err, errExited) && (strings.Contains(text, "in use") || strings.Contains(text, "shared memory"))
}
