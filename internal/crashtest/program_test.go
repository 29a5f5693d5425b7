package crashtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"gopkg.in/yaml.v3"

	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
)

// wait bounds whatever a test waits for; nothing is asserted about time.
const wait = 60 * time.Second

var built struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// binary builds the server once for all tests.
func binary(tb testing.TB) string {
	tb.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "register-bin-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "register"), "../../cmd/register").CombinedOutput() //nolint:noctx,gosec // our own program
		if err != nil {
			built.err = fmt.Errorf("build: %w: %s", err, out)
		}
	})
	if built.err != nil {
		tb.Fatal(built.err)
	}
	return filepath.Join(built.dir, "register")
}

// program is one running `register serve`.
type program struct {
	tb   testing.TB
	site *servertest.Site
	cmd  *exec.Cmd
	done chan struct{}
	addr struct{ grpc, rest, admin string }

	mu    sync.Mutex
	lines []string
	conns []*grpc.ClientConn
}

// start runs the server and waits until it serves.
func start(tb testing.TB, site *servertest.Site, c *server.Config) *program {
	tb.Helper()
	raw, err := yaml.Marshal(c)
	if err != nil {
		tb.Fatal(err)
	}
	file := filepath.Join(tb.TempDir(), "register.yaml")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		tb.Fatal(err)
	}
	p := &program{tb: tb, site: site, done: make(chan struct{})}
	p.cmd = exec.Command(binary(tb), "--log-format=json", "serve", "--development", file) //nolint:noctx,gosec // killed by the test itself
	journal, err := p.cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	serving := make(chan struct{})
	go p.read(journal, serving)
	tb.Cleanup(p.kill)
	select {
	case <-serving:
	case <-p.done:
		tb.Fatalf("the server stopped at once:\n%s", p.journal())
	case <-time.After(wait):
		tb.Fatalf("the server does not serve:\n%s", p.journal())
	}
	return p
}

// read follows the journal until the program has ended.
func (p *program) read(journal io.Reader, serving chan<- struct{}) {
	defer close(p.done)
	scanner := bufio.NewScanner(journal)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var line struct{ Msg, GRPC, REST, Admin string }
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line.Msg == "serving" {
			p.addr.grpc, p.addr.rest, p.addr.admin = line.GRPC, line.REST, line.Admin
			close(serving)
		}
		p.mu.Lock()
		p.lines = append(p.lines, scanner.Text())
		p.mu.Unlock()
	}
	_ = p.cmd.Wait() // it is killed more often than not
}

func (p *program) journal() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines[max(0, len(p.lines)-15):], "\n")
}

// signal sends a signal to the program.
func (p *program) signal(s syscall.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.tb.Errorf("signal: %v", err)
	}
}

// kill ends the program as a crash would, and waits until it has gone.
func (p *program) kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// dial connects as the system of a force, or with an empty one as nobody.
func (p *program) dial(force string) *grpc.ClientConn {
	p.tb.Helper()
	conn, err := grpc.NewClient(p.addr.grpc, grpc.WithTransportCredentials(credentials.NewTLS(p.site.ClientTLS(force))))
	if err != nil {
		p.tb.Fatal(err)
	}
	p.mu.Lock()
	p.conns = append(p.conns, conn)
	p.mu.Unlock()
	return conn
}

// eventually repeats a check until it succeeds.
func eventually(tb testing.TB, what string, check func(ctx context.Context) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), wait)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			tb.Fatalf("%s: %v", what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
