package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"gopkg.in/yaml.v3"

	"github.com/perpetrator-register/register/internal/console"
	"github.com/perpetrator-register/register/internal/devstack"
	"github.com/perpetrator-register/register/internal/devstack/idp"
	"github.com/perpetrator-register/register/internal/devstack/pgserver"
	"github.com/perpetrator-register/register/internal/devstack/pki"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/server"
)

const (
	origin = "register.example/bench"
	system = "crime" // name of the force systems in their certificates
)

// site is what the servers under measure stand on.
type site struct {
	dir      string
	postgres *pgserver.Server
	idp      *idp.Provider
	console  *console.Config
	pki      *pki.Folder
	keys     string
	owner    string // passwords of the database's roles
	service  string
	stopIDP  context.CancelFunc
	keep     bool
	// starting, unless nil, is told of each server before it starts.
	starting func(*replica)
}

func newSite(ctx context.Context, o *options) (s *site, err error) {
	if !o.Keep || !o.loaded() {
		if err := os.RemoveAll(o.Dir); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil { //nolint:gosec // the database's account must reach its own folder below
		return nil, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	s = &site{dir: dir, keep: o.Keep, keys: filepath.Join(dir, "keys"), owner: rand.Text(), service: rand.Text()}
	for name, tags := range map[string]string{"register": "", "register-bench": "bench", "registerctl": ""} {
		program := "./cmd/" + strings.TrimSuffix(name, "-bench")
		build := exec.CommandContext(ctx, "go", "build", "-tags", tags, "-o", filepath.Join(dir, name), program) //nolint:gosec // our own programs
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w: %s", program, err, out)
		}
	}
	if _, err := os.Stat(s.keys); errors.Is(err, fs.ErrNotExist) {
		if err := seal.Generate(ctx, seal.DirProvider(s.keys), origin); err != nil {
			return nil, err
		}
	}
	ref, err := refdata.Load(nil)
	if err != nil {
		return nil, err
	}
	var systems []pki.System
	for _, f := range ref.Forces() {
		systems = append(systems, pki.System{Force: f.Code, Name: system})
	}
	if s.pki, err = pki.Ensure(filepath.Join(dir, "pki"), systems...); err != nil {
		return nil, err
	}
	err = behind(func() error {
		s.postgres, err = pgserver.Start(ctx, pgserver.Options{Dir: filepath.Join(dir, "postgres"), Log: quiet()})
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := s.fillSegments(ctx); err != nil {
		return nil, errors.Join(err, s.postgres.Stop(ctx))
	}
	idpCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stopIDP = stop
	if s.idp, err = idp.Start(idpCtx, idp.Options{Logger: quiet()}); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	s.console = devstack.ConsoleConfig(s.idp, ref)
	return s, nil
}

// segments is how many files of the write-ahead log, of 16 MiB each, there are before
// anything is measured.
const segments = 64

// fillSegments makes the files that the write-ahead log is written into, as a database
// that has run for a day has them. A new one has none: every 16 MiB a commit, and whoever
// waits behind it, waited until one was made.
func (s *site) fillSegments(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.postgres.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // nothing is under way
	var there int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM pg_ls_waldir()").Scan(&there); err != nil {
		return err
	}
	for range segments - there {
		// A switch does nothing in a segment that holds nothing.
		if _, err := conn.Exec(ctx, "SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()"); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, "CHECKPOINT") // those used are free to be used again
	return err
}

// close stops everything and, unless the register is kept, gives back the space.
func (s *site) close(ctx context.Context) error {
	s.stopIDP()
	err := s.postgres.Stop(ctx)
	if s.keep {
		return err
	}
	return errors.Join(err, os.RemoveAll(filepath.Join(s.dir, "postgres")))
}

// database makes an empty database of the register, and returns the
// connection strings of its owner and its service.
func (s *site) database(ctx context.Context, name string) (owner, service string, err error) {
	err = postgres.Bootstrap(ctx, s.postgres.URL("postgres"), postgres.BootstrapOptions{
		Database: name, OwnerPassword: s.owner, ServicePassword: s.service,
	})
	return s.postgres.UserURL(postgres.OwnerRole, s.owner, name), s.postgres.UserURL(postgres.ServiceRole, s.service, name), err
}

// replica is a server under measure: a process of its own.
type replica struct {
	site    *site
	command *exec.Cmd
	ended   chan struct{}
	// address is its gRPC port, profiler its profiling port if it has one.
	address, profiler string
	// rest is the address of its pages.
	rest string
	// profiling is closed when profiler is known.
	profiling chan struct{}
	// started is how long it took from the start of the process to serving.
	started time.Duration
	// loaded is what it said when it had read the register.
	loaded struct {
		Nominals int   `json:"nominals"`
		Bytes    int64 `json:"index_bytes"`
	}
}

// start starts a server on a database. program is "register" or, with
// REGISTER_BENCH_… in env, "register-bench".
func (s *site) start(ctx context.Context, program, database string, env ...string) (*replica, error) {
	owner, service, err := s.database(ctx, database)
	if err != nil {
		return nil, err
	}
	policies, err := filepath.Abs("policies")
	if err != nil {
		return nil, err
	}
	config, err := yaml.Marshal(&server.Config{
		GRPC:     server.Listener{Listen: "127.0.0.1:0", Cert: s.pki.ServerCert, Key: s.pki.ServerKey, ClientCA: s.pki.RootFile, CRLDir: s.pki.CRLDir},
		REST:     server.Listener{Listen: "127.0.0.1:0"},
		Admin:    "127.0.0.1:0",
		Database: server.Database{URL: service, OwnerURL: owner},
		Keys:     server.Keys{Dir: s.keys},
		Issuers:  s.idp.Issuers(), PolicyDir: policies, Origin: origin,
		Console: s.console, Limits: server.Limits{PerSecond: 1e6, Burst: 1e6, PersonPerSecond: 1e6, PersonBurst: 1e6},
	})
	if err != nil {
		return nil, err
	}
	path := filepath.Join(s.dir, program+"-"+database+".yaml")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		return nil, err
	}
	r := &replica{site: s, ended: make(chan struct{}), profiling: make(chan struct{})}
	if s.starting != nil {
		s.starting(r)
	}
	r.command = exec.Command(filepath.Join(s.dir, program), "serve", "--development", path) //nolint:gosec,noctx // our own program; stop ends it
	r.command.Env = append(os.Environ(), append(env, "REGISTER_LOG_FORMAT=json")...)
	journal, err := r.command.StderrPipe()
	if err != nil {
		return nil, err
	}
	file, err := os.Create(path + ".log")
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := behind(r.command.Start); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	serving := make(chan struct{})
	go func() {
		defer close(r.ended)
		r.read(io.TeeReader(journal, file), serving)
		if err := r.command.Wait(); err != nil {
			say("%s: %v", program, err) // its journal may say why
		}
		_ = file.Close() // only for reading afterwards
	}()
	select {
	case <-serving:
		r.started = time.Since(began)
		return r, r.settle(ctx)
	case <-r.ended:
		return nil, fmt.Errorf("%s ended at once: see %s.log", program, path)
	case <-time.After(20 * time.Minute): // millions take their time
		return nil, errors.Join(fmt.Errorf("%s does not serve: see %s.log", program, path), r.stop())
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), r.stop())
	}
}

// settle waits until a server has read again what it watches of the log, and the database
// has come to rest: it does so beside its first calls, and that is no part of what they
// cost.
func (r *replica) settle(ctx context.Context) error {
	const look, idle, rests = 500 * time.Millisecond, 25 * time.Millisecond, 3
	before, rested := r.site.effort(r), 0
	for range 1200 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
		now := r.site.effort(r)
		used := now.minus(before)
		if rested++; used.server+used.database >= idle {
			rested = 0
		}
		if rested == rests {
			return nil
		}
		before = now
	}
	return errors.New("the server does not come to rest")
}

// read reads the server's journal for what it says of itself.
func (r *replica) read(journal io.Reader, serving chan<- struct{}) {
	lines := bufio.NewScanner(journal)
	for lines.Scan() {
		var line struct {
			Msg     string `json:"msg"`
			GRPC    string `json:"grpc"`
			REST    string `json:"rest"`
			Address string `json:"address"`
		}
		if json.Unmarshal(lines.Bytes(), &line) != nil {
			continue
		}
		switch line.Msg {
		case "register loaded":
			_ = json.Unmarshal(lines.Bytes(), &r.loaded) // it has just been read
		case "profiling":
			r.profiler = line.Address
			close(r.profiling)
		case "serving":
			r.address, r.rest = line.GRPC, "http://"+line.REST
			close(serving)
		}
	}
}

// stop ends the server in order.
func (r *replica) stop() error {
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-r.ended:
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("the server does not stop"), r.command.Process.Kill())
	}
}

// resident is the memory of the server in bytes, 0 where it cannot be told.
func (r *replica) resident() int64 { return r.status("VmRSS:") }

// peak is the most memory that the server has had.
func (r *replica) peak() int64 { return r.status("VmHWM:") }

func (r *replica) status(line string) int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), line)
	var kb int64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		return 0
	}
	return kb << 10
}

// dial connects: as the system of a force, or without a certificate.
func (r *replica) dial(force string) (*grpc.ClientConn, error) {
	var as *pki.System
	if force != "" {
		as = &pki.System{Force: force, Name: system}
	}
	config, err := r.site.pki.ClientConfig(as)
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(r.address, grpc.WithTransportCredentials(credentials.NewTLS(config)))
}

// usersOfClient is how many investigators call over one connection, one after the other,
// and callsOfUser how many calls each makes before the next does. Nobody makes hundreds
// of searches a second himself: who does is flagged as misuse, again and again, and to
// write the flags is no part of what a search costs.
const usersOfClient, callsOfUser = 2000, 5

// investigators connects clients, each with the contexts of so many users, who have never
// called before.
func (r *replica) investigators(ctx context.Context, clients, usersOfEach int) (conns []*grpc.ClientConn, contexts [][]context.Context, err error) {
	accounts, group := []string{"investigator-10", "investigator-33", "investigator-43"}, rand.Text()
	for i := range clients {
		conn, err := r.dial("")
		if err != nil {
			return nil, nil, err
		}
		conns = append(conns, conn)
		users := make([]context.Context, usersOfEach)
		for j := range users {
			token, err := r.site.idp.MintForTest(accounts[i%len(accounts)], map[string]any{"sub": fmt.Sprintf("bench-%s-%d-%d", group, i, j)})
			if err != nil {
				return nil, nil, err
			}
			users[j] = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
		}
		contexts = append(contexts, users)
	}
	return conns, contexts, nil
}

func closeAll(conns []*grpc.ClientConn) {
	for _, c := range conns {
		_ = c.Close() // nothing is under way
	}
}
