// Package servertest runs real registers for tests: a database of its own on a
// real PostgreSQL, a real OpenID provider, real TLS, and as many replicas as a
// test wants.
package servertest

import (
	"context"
	"crypto/tls"
	"log/slog"
	"path/filepath"
	"runtime"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"

	"github.com/perpetrator-register/register/internal/devstack/idp"
	"github.com/perpetrator-register/register/internal/devstack/pki"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/server"
)

// Origin is the log's name in tests.
const Origin = "register.example/test"

// System is the name of the force systems in test certificates.
const System = "crime"

// Forces have a client certificate and accounts, one for each role.
var Forces = []string{"10", "33", "43"}

// Site is what the replicas of a test share.
type Site struct {
	// DB is the database.
	DB *pgtest.Database
	// IDP is the OpenID provider.
	IDP *idp.Provider
	// PKI is the certificate authority.
	PKI *pki.Folder
	// Keys are the register's keys, to look into sealed content.
	Keys *seal.KeyRing
	// KeyDir is where they are stored.
	KeyDir string
	// Log is the journal of every replica.
	Log *slog.Logger

	tb testing.TB
}

// NewSite prepares a site; everything is given back when the test ends. The
// journal goes to log, or, when it is nil, to the test's own.
func NewSite(tb testing.TB, log *slog.Logger) *Site {
	tb.Helper()
	if log == nil {
		log = slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	return NewSiteOn(tb, pgtest.New(tb), log)
}

// NewSiteOn is NewSite on a database that the test has made.
func NewSiteOn(tb testing.TB, db *pgtest.Database, log *slog.Logger) *Site {
	tb.Helper()
	s := &Site{DB: db, Log: log, KeyDir: filepath.Join(tb.TempDir(), "keys"), tb: tb}
	ctx := context.WithoutCancel(tb.Context())
	provider := seal.DirProvider(s.KeyDir)
	must(tb, seal.Generate(ctx, provider, Origin))
	var err error
	s.Keys, err = seal.Open(ctx, provider)
	must(tb, err)
	var systems []pki.System
	for _, f := range Forces {
		systems = append(systems, pki.System{Force: f, Name: System})
	}
	s.PKI, err = pki.Ensure(filepath.Join(tb.TempDir(), "pki"), systems...)
	must(tb, err)
	idpCtx, stop := context.WithCancel(ctx)
	tb.Cleanup(stop)
	s.IDP, err = idp.Start(idpCtx, idp.Options{Logger: slog.New(slog.DiscardHandler)})
	must(tb, err)
	return s
}

// Config is the configuration of one replica of the site, on free ports.
func (s *Site) Config() *server.Config {
	return &server.Config{
		GRPC: server.Listener{
			Listen: "127.0.0.1:0", Cert: s.PKI.ServerCert, Key: s.PKI.ServerKey, ClientCA: s.PKI.RootFile, CRLDir: s.PKI.CRLDir,
		},
		REST:  server.Listener{Listen: "127.0.0.1:0", Cert: s.PKI.ServerCert, Key: s.PKI.ServerKey},
		Admin: "127.0.0.1:0", Database: server.Database{URL: s.DB.ServiceURL}, Keys: server.Keys{Dir: s.KeyDir},
		Issuers: s.IDP.Issuers(), PolicyDir: PolicyDir(), Origin: Origin, Development: true,
		Limits: server.Limits{PerSecond: 1e6, Burst: 1e6, PersonPerSecond: 1e6, PersonBurst: 1e6},
	}
}

// PolicyDir is the folder of the shipped policy.
func PolicyDir() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "policies")
}

// Replica is one running server of a site.
type Replica struct {
	// Server is the server.
	Server *server.Server

	site *Site
	stop context.CancelFunc
	done chan error
}

// Start starts a replica; nil means the site's standard configuration. It is
// stopped when the test ends, if not before.
func (s *Site) Start(c *server.Config) *Replica {
	s.tb.Helper()
	if c == nil {
		c = s.Config()
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(s.tb.Context()))
	srv, err := server.New(ctx, c, s.Log)
	if err != nil {
		stop()
		s.tb.Fatalf("start a replica: %v", err)
	}
	r := &Replica{Server: srv, site: s, stop: stop, done: make(chan error, 1)}
	go func() { r.done <- srv.Run(ctx) }()
	s.tb.Cleanup(r.Stop)
	return r
}

// Stop stops the replica in order, once.
func (r *Replica) Stop() {
	if r.done == nil {
		return
	}
	r.stop()
	if err := <-r.done; err != nil {
		r.site.tb.Errorf("replica: %v", err)
	}
	r.done = nil
}

// Token is an access token of a demonstration account, such as
// "investigator-33" or "auditor", with claims changed as given.
func (s *Site) Token(account string, changes map[string]any) string {
	s.tb.Helper()
	token, err := s.IDP.MintForTest(account, changes)
	must(s.tb, err)
	return token
}

// As returns a context whose gRPC calls carry a token.
func (s *Site) As(ctx context.Context, account string) context.Context {
	return WithToken(ctx, s.Token(account, nil))
}

// WithToken returns a context whose gRPC calls carry the token.
func WithToken(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// Dial connects to the gRPC port over TLS: as the system of a force, or, with
// an empty force, without a client certificate.
func (r *Replica) Dial(force string) *grpc.ClientConn {
	r.site.tb.Helper()
	conn, err := grpc.NewClient(r.Server.GRPCAddr(), grpc.WithTransportCredentials(credentials.NewTLS(r.site.ClientTLS(force))))
	must(r.site.tb, err)
	r.site.tb.Cleanup(func() { _ = conn.Close() }) // the test is over
	return conn
}

// ClientTLS is the client's side of TLS: as the system of a force, or, with an
// empty force, without a client certificate.
func (s *Site) ClientTLS(force string) *tls.Config {
	s.tb.Helper()
	var system *pki.System
	if force != "" {
		system = &pki.System{Force: force, Name: System}
	}
	config, err := s.PKI.ClientConfig(system)
	must(s.tb, err)
	return config
}

// REST is the base URL of the REST gateway.
func (r *Replica) REST() string { return "https://" + r.Server.RESTAddr() }

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
