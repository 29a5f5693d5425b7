// Package devstack runs a whole register on one machine: a private
// PostgreSQL, a development OpenID provider, certificates, keys and invented
// data, all in one folder. It is for development, demonstration and tests.
package devstack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/perpetrator-register/register/internal/devstack/demo"
	"github.com/perpetrator-register/register/internal/devstack/idp"
	"github.com/perpetrator-register/register/internal/devstack/pgserver"
	"github.com/perpetrator-register/register/internal/devstack/pki"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/server"
)

// Options say where the stack lives and listens. Empty addresses mean free
// ports of 127.0.0.1.
type Options struct {
	// Dir holds all data; it survives restarts.
	Dir string
	// GRPC, REST, Admin and IDP are the addresses to listen on.
	GRPC, REST, Admin, IDP string
	// PolicyDir holds the policy.
	PolicyDir string
	// Empty leaves out the demonstration data.
	Empty bool
	// Log is the journal.
	Log *slog.Logger
}

// Stack is a running stack.
type Stack struct {
	// Server is the register.
	Server *server.Server
	// IDP is the OpenID provider.
	IDP *idp.Provider
	// PKI is the certificate authority with its files.
	PKI *pki.Folder
	// Postgres is the database server.
	Postgres *pgserver.Server
	// Config is the server's configuration.
	Config *server.Config
	// WitnessKey is the verifier key of the log's witness.
	WitnessKey string

	options Options
	forces  []refdata.Force
	group   *errgroup.Group
	ctx     context.Context //nolint:containedctx // of the group that serves
	stop    context.CancelFunc
}

// System is the name of the force system in demonstration certificates.
const System = "crime"

// Origin is the log's name in development.
const Origin = "register.example/development"

// Start starts everything but serving; Serve begins that. Stop undoes it.
func Start(ctx context.Context, o Options) (*Stack, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil { //nolint:gosec // the database's account must reach its own folder below
		return nil, err
	}
	ref, err := refdata.Load(nil)
	if err != nil {
		return nil, err
	}
	s := &Stack{options: o, forces: ref.Forces()}
	data, err := databaseDir(o)
	if err != nil {
		return nil, err
	}
	if s.Postgres, err = pgserver.Start(ctx, pgserver.Options{Dir: data, Log: o.Log}); err != nil {
		return nil, err
	}
	if err := s.assemble(ctx, ref); err != nil {
		return nil, errors.Join(err, s.Stop(ctx))
	}
	return s, nil
}

// databaseDir is where the database lives: below the stack's folder or, when
// the account that PostgreSQL runs under cannot reach that (root's home is
// closed to it), in a folder of its own for this stack.
func databaseDir(o Options) (string, error) {
	dir, err := filepath.Abs(filepath.Join(o.Dir, "postgres"))
	if err != nil || pgserver.Reachable(dir) == nil {
		return dir, err
	}
	// A stack that is deleted and begun afresh gets a database of its own.
	id, err := secretFile(o.Dir, "stack-id")
	if err != nil {
		return "", err
	}
	elsewhere, err := pgserver.DefaultDir(strings.ToLower(id[:12]))
	if err != nil {
		return "", err
	}
	parent := filepath.Dir(elsewhere)
	// The account must pass through, whatever the umask.
	if err := errors.Join(os.MkdirAll(parent, 0o711), os.Chmod(parent, 0o711)); err != nil { //nolint:gosec // nothing can be listed
		return "", err
	}
	o.Log.Info("the database's account cannot reach the folder: the database lives elsewhere", "folder", elsewhere)
	return elsewhere, nil
}

func (s *Stack) assemble(ctx context.Context, ref *refdata.Set) error {
	o := s.options
	owner, service, err := s.database(ctx)
	if err != nil {
		return err
	}
	keys := filepath.Join(o.Dir, "keys")
	if _, err := os.Stat(keys); errors.Is(err, fs.ErrNotExist) {
		if err := seal.Generate(ctx, seal.DirProvider(keys), Origin); err != nil {
			return err
		}
	}
	var systems []pki.System
	for _, f := range ref.Forces() {
		systems = append(systems, pki.System{Force: f.Code, Name: System})
	}
	if s.PKI, err = pki.Ensure(filepath.Join(o.Dir, "pki"), systems...); err != nil {
		return err
	}
	group, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.group, s.ctx = errgroup.WithContext(group)
	if s.IDP, err = idp.Start(group, idp.Options{Addr: o.IDP, DataDir: filepath.Join(o.Dir, "idp"), Logger: o.Log}); err != nil {
		return err
	}
	free := func(addr string) string {
		if addr == "" {
			return "127.0.0.1:0"
		}
		return addr
	}
	s.Config = &server.Config{
		GRPC: server.Listener{
			Listen: free(o.GRPC), Cert: s.PKI.ServerCert, Key: s.PKI.ServerKey, ClientCA: s.PKI.RootFile, CRLDir: s.PKI.CRLDir,
		},
		REST: server.Listener{Listen: free(o.REST)}, Admin: free(o.Admin),
		Database:  server.Database{URL: service, OwnerURL: owner},
		Keys:      server.Keys{Dir: keys},
		Issuers:   s.IDP.Issuers(),
		PolicyDir: o.PolicyDir, Origin: Origin, Development: true, Console: ConsoleConfig(s.IDP, ref),
	}
	if err := s.startWitness(ctx, keys); err != nil {
		return err
	}
	s.Server, err = server.New(ctx, s.Config, o.Log)
	return err
}

// secretFile reads a random text of the stack, and makes it the first time.
func secretFile(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		raw = []byte(rand.Text())
		err = os.WriteFile(path, raw, 0o600)
	}
	return strings.TrimSpace(string(raw)), err
}

// database makes roles and database, with passwords that stay the same.
func (s *Stack) database(ctx context.Context) (owner, service string, err error) {
	password := func(name string) (string, error) { return secretFile(s.options.Dir, name+".password") }
	b := postgres.BootstrapOptions{Database: "register"}
	if b.OwnerPassword, err = password("owner"); err != nil {
		return "", "", err
	}
	if b.ServicePassword, err = password("service"); err != nil {
		return "", "", err
	}
	if err := postgres.Bootstrap(ctx, s.Postgres.URL("postgres"), b); err != nil {
		return "", "", err
	}
	return s.Postgres.UserURL(postgres.OwnerRole, b.OwnerPassword, b.Database),
		s.Postgres.UserURL(postgres.ServiceRole, b.ServicePassword, b.Database), nil
}

// Serve begins to serve and, the first time, registers the demonstration data
// through the register's own interface. It returns when that is done; Wait
// tells when serving has ended.
func (s *Stack) Serve(ctx context.Context) error {
	s.group.Go(func() error { return s.Server.Run(s.ctx) })
	if s.options.Empty {
		return nil
	}
	done := filepath.Join(s.options.Dir, "demonstration-data")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	began := time.Now()
	nominals := demo.Generate(demo.Options{Seed: 1, Nominals: 1000})
	if err := errors.Join(s.contacts(ctx, s.forces), s.seed(ctx, nominals), s.misuse(ctx)); err != nil {
		return fmt.Errorf("demonstration data: %w", err)
	}
	s.options.Log.InfoContext(ctx, "demonstration data registered", "nominals", len(nominals), "took", time.Since(began).Round(time.Millisecond).String())
	return os.WriteFile(done, []byte("registered; delete the whole folder to begin afresh\n"), 0o600)
}

// Wait returns when serving has ended.
func (s *Stack) Wait() error { return s.group.Wait() }

// Stop ends serving and stops what Start started.
func (s *Stack) Stop(ctx context.Context) error {
	var errs []error
	if s.stop != nil {
		s.stop()
		errs = append(errs, s.group.Wait())
	}
	if s.Postgres != nil {
		errs = append(errs, s.Postgres.Stop(context.WithoutCancel(ctx)))
	}
	return errors.Join(errs...)
}
