package servertest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"gopkg.in/yaml.v3"

	"github.com/perpetrator-register/register/internal/server"
)

// programWait bounds the start of a program; nothing is asserted about time.
const programWait = time.Minute

var built struct {
	once sync.Once
	dir  string
	err  error
}

// RemoveBinary removes what StartProgram has built; call it at the end of TestMain.
func RemoveBinary() {
	if built.dir != "" {
		_ = os.RemoveAll(built.dir) // the system clears its folder of temporary files
	}
}

// binary builds the server once for all tests.
func binary(tb testing.TB) string {
	tb.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "register-bin-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "register"), filepath.Join(PolicyDir(), "..", "cmd", "register")).CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("build: %w: %s", err, out)
		}
	})
	if built.err != nil {
		tb.Fatal(built.err)
	}
	return filepath.Join(built.dir, "register")
}

// Program is a `register serve` that runs as a process of its own, to be
// killed and stopped.
type Program struct {
	// GRPC, REST and Admin are the addresses that it listens on.
	GRPC, REST, Admin string

	tb   testing.TB
	site *Site
	cmd  *exec.Cmd
	done chan struct{}

	mu    sync.Mutex
	lines []string
	conns []*grpc.ClientConn
}

// StartProgram runs the server as configured, with further flags of the
// program, and waits until it serves. It is killed when the test ends.
func (s *Site) StartProgram(c *server.Config, flags ...string) *Program {
	s.tb.Helper()
	raw, err := yaml.Marshal(c)
	must(s.tb, err)
	file := filepath.Join(s.tb.TempDir(), "register.yaml")
	must(s.tb, os.WriteFile(file, raw, 0o600))
	p := &Program{tb: s.tb, site: s, done: make(chan struct{})}
	p.cmd = exec.Command(binary(s.tb), append(flags, "--log-format=json", "serve", "--development", file)...)
	journal, write, err := os.Pipe()
	must(s.tb, err)
	p.cmd.Stdout, p.cmd.Stderr = write, write
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(s.tb, p.launch())
	_ = write.Close() // the program has its own
	serving := make(chan struct{})
	go p.read(journal, serving)
	s.tb.Cleanup(p.Kill)
	select {
	case <-serving:
	case <-p.done:
		s.tb.Fatalf("the server stopped at once:\n%s", p.Journal())
	case <-time.After(programWait):
		s.tb.Fatalf("the server does not serve:\n%s", p.Journal())
	}
	return p
}

// launch starts the process from a thread that lives as long as it does: when
// that thread ends, as it does with the test program, the process is killed.
func (p *Program) launch() error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			<-p.done
		}
	}()
	return <-started
}

// read follows the journal until the program has ended.
func (p *Program) read(journal io.ReadCloser, serving chan<- struct{}) {
	defer close(p.done)
	defer func() { _ = journal.Close() }() // only read
	scanner := bufio.NewScanner(journal)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		var line struct{ Msg, GRPC, REST, Admin string }
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line.Msg == "serving" {
			p.GRPC, p.REST, p.Admin = line.GRPC, line.REST, line.Admin
			close(serving)
		}
		p.mu.Lock()
		p.lines = append(p.lines, scanner.Text())
		p.mu.Unlock()
	}
	_ = p.cmd.Wait() // it is killed more often than not
}

// Journal is all that the program has written so far.
func (p *Program) Journal() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// Signal sends a signal to the program.
func (p *Program) Signal(s syscall.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.tb.Errorf("signal: %v", err)
	}
}

// Kill ends the program as a crash would, and waits until it has gone.
func (p *Program) Kill() { p.end(syscall.SIGKILL) }

// Stop ends the program in order, and waits until it has gone.
func (p *Program) Stop() { p.end(syscall.SIGTERM) }

func (p *Program) end(s syscall.Signal) {
	p.Signal(s)
	<-p.done
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close() // the server has gone
	}
	p.conns = nil
}

// Dial connects to the gRPC port over TLS: as the system of a force, or, with
// an empty force, without a client certificate.
func (p *Program) Dial(force string) *grpc.ClientConn {
	p.tb.Helper()
	conn, err := grpc.NewClient(p.GRPC, grpc.WithTransportCredentials(credentials.NewTLS(p.site.ClientTLS(force))))
	must(p.tb, err)
	p.mu.Lock()
	p.conns = append(p.conns, conn)
	p.mu.Unlock()
	return conn
}
