// Package server composes the register: listeners, TLS, the chain, the REST
// gateway, health and shutdown. It holds no rule of the register's own.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"golang.org/x/net/netutil"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/gather"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/sanction"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/standards"
	"github.com/perpetrator-register/register/internal/view"
	_ "github.com/perpetrator-register/register/internal/wire" // the sizes of buffers
)

// Server is one replica of the register.
type Server struct {
	config   *Config
	log      *slog.Logger
	db       *postgres.DB
	writer   *accesslog.Writer
	gate     *sanction.Set
	refusals *accesslog.Aggregator
	authn    *access.Authenticator
	policies *access.PolicyStore
	ref      *refdata.Set
	model    *identity.Model
	view     *view.View
	keys     *seal.KeyRing
	chain    *Chain
	tls      *access.TLS
	restTLS  *access.TLS
	otel     *telemetry
	gatherer *gather.Gatherer // nil without witnesses
	ticker   *service.Ticker
	watcher  *standards.Watcher

	grpc      *grpc.Server
	rest      *http.Server
	admin     *http.Server
	watches   service.Watches
	listeners struct{ grpc, rest, admin net.Listener }
	ready     readiness
}

// Timeouts of the edges.
const (
	connectionTimeout = 5 * time.Second
	shutdownTimeout   = 15 * time.Second
	feedEvery         = 500 * time.Millisecond
	filesEvery        = 5 * time.Second
	countEvery        = time.Minute
)

// worthHugePages is the size of the index, in bytes, from which on huge pages are of use: at
// some 100,000 nominals it outgrows what a processor knows of its pages.
const worthHugePages = 48 << 20

// maxConnections bounds the connections open at one port.
const maxConnections = 4096

// New builds a replica: it opens the keys, migrates the database if it may,
// reads the whole register into memory, and listens. Nothing is served before
// Run.
func New(ctx context.Context, c *Config, log *slog.Logger) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Server{config: c, log: log}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// readFiles reads what the configuration names, but for keys and database, and returns
// every fault.
func (s *Server) readFiles(methods call.Methods) error {
	c := s.config
	faults := []error{s.openTLS(), s.readData()}
	var err error
	if s.policies, err = access.OpenPolicy(os.DirFS(c.PolicyDir), methods.Permissions()); err != nil {
		faults = append(faults, fmt.Errorf("policy_dir %s: %w", c.PolicyDir, err))
	}
	if s.authn, err = access.NewAuthenticator(access.Options{Issuers: c.Issuers, Revocations: s.tls}); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// readData reads the weights and the lists of codes, and returns every fault.
func (s *Server) readData() error {
	var weights, codes error
	s.model, weights = s.config.model()
	s.ref, codes = s.config.codes()
	return errors.Join(weights, codes)
}

// openData is what a command that serves nobody needs: data, keys, database and log.
func (s *Server) openData(ctx context.Context) error {
	if err := s.readData(); err != nil {
		return err
	}
	return s.openStore(ctx)
}

// openStore opens the keys and the database, and starts the log's writer.
func (s *Server) openStore(ctx context.Context) error {
	c := s.config
	var err error
	if s.keys, err = c.Keys.Open(ctx); err != nil {
		return err
	}
	if c.Database.OwnerURL != "" {
		if err := postgres.Migrate(ctx, c.Database.OwnerURL); err != nil {
			return err
		}
	}
	if s.db, err = postgres.Open(ctx, postgres.Options{URL: c.Database.URL, MaxConns: c.Database.MaxConns, ApplicationName: "register"}); err != nil {
		return err
	}
	if err := s.db.Restrained(ctx); err != nil {
		return fmt.Errorf("database.url: %w", err)
	}
	if !c.Development {
		if err := s.db.Durable(ctx); err != nil {
			return fmt.Errorf("database: %w", err)
		}
	}
	signers, err := accesslog.SignersOf(s.keys.LogSigners(), c.Origin)
	if err != nil {
		return err
	}
	if err := accesslog.CheckOrigin(ctx, s.db, c.Origin); err != nil {
		return err
	}
	s.gate = sanction.NewSet(s.db, s.keys)
	s.writer, err = accesslog.NewWriter(s.db, accesslog.Options{Origin: c.Origin, Signers: signers, Log: s.log, Now: c.now(), Gate: s.gate})
	return err
}

// deps is what the use cases stand on, with an empty view.
func (s *Server) deps() *service.Deps {
	c := s.config
	rules := conduct.NewRules(s.ref)
	s.view = view.New(s.db, s.keys, rules, s.model, s.log)
	return &service.Deps{
		DB: s.db, Keys: s.keys, View: s.view, Ref: s.ref, Rules: rules, Proof: accesslog.NewReader(s.db),
		Origin: c.Origin, SearchTTL: c.Limits.SearchTTL, Timeout: c.Limits.CallTimeout, Now: c.now(), Log: s.log,
		Confirms: confirming(),
	}
}

func (s *Server) open(ctx context.Context) error {
	c := s.config
	methods, err := call.LoadMethods()
	if err != nil {
		return err
	}
	if err := s.readFiles(methods); err != nil {
		return err
	}
	if err := s.openStore(ctx); err != nil {
		return err
	}
	appender := appenderFor(s.writer)
	s.refusals = accesslog.NewAggregator(appender, accesslog.AggregateOptions{Log: s.log})
	check, err := service.NewChecker(s.ref, methods)
	if err != nil {
		return err
	}
	deps := s.deps()
	check.Now = deps.Now
	deps.Check = check
	if s.watcher, err = c.watcher(deps, appender); err != nil {
		return err
	}
	if err := s.view.Load(ctx); err != nil {
		return err
	}
	if s.view.Index().Bytes() >= worthHugePages {
		s.useHugePages(ctx)
	}
	s.chain = &Chain{
		methods: methods, authn: s.authn, policies: s.policies,
		log: call.Log{Appender: appender, Keys: s.keys}, gate: s.gate,
		refusals: s.refusals, check: check, limits: newLimits(&c.Limits), slog: s.log, timeout: c.Limits.CallTimeout,
	}
	s.ticker = service.NewTicker(deps, appender)
	if err := s.openGatherer(); err != nil {
		return err
	}
	if s.otel, err = newTelemetry(ctx, c.OTLPEndpoint, s); err != nil {
		return err
	}
	if err := s.compose(ctx, deps, methods); err != nil {
		return err
	}
	return s.listen(ctx)
}

// openTLS reads the certificates of both ports, and returns every fault.
func (s *Server) openTLS() error {
	open := func(name string, l Listener) (*access.TLS, error) {
		if l.Cert == "" {
			return nil, nil //nolint:nilnil // plain HTTP on loopback, in development alone
		}
		return access.NewTLS(access.TLSOptions{
			Name: name, CertFile: l.Cert, KeyFile: l.Key, ClientCAFile: l.ClientCA, CRLDir: l.CRLDir, RequireCRL: l.ClientCA != "",
		})
	}
	var faults [2]error
	s.tls, faults[0] = open("grpc.", s.config.GRPC)
	s.restTLS, faults[1] = open("rest.", s.config.REST)
	return errors.Join(faults[:]...)
}

// compose registers every service on the network's server and on the
// in-process connection, behind the same chain.
func (s *Server) compose(ctx context.Context, deps *service.Deps, methods call.Methods) error {
	options := []grpc.ServerOption{
		grpc.UnaryInterceptor(s.chain.Unary),
		grpc.StreamInterceptor(s.chain.Stream),
		grpc.StatsHandler(&transportWatch{methods: methods, refusals: s.refusals}),
		grpc.StatsHandler(otelgrpc.NewServerHandler(s.otel.grpcOptions(methods)...)),
		grpc.MaxRecvMsgSize(s.config.Limits.MaxMessage),
		grpc.MaxConcurrentStreams(256),
		grpc.ConnectionTimeout(s.config.Limits.HeaderTimeout),
		grpc.InTapHandle(boundUnary(methods, s.config.Limits.BodyTimeout)),
		grpc.UnknownServiceHandler(noSuchMethod),
		grpc.MaxHeaderListSize(32 << 10),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 15 * time.Minute, Time: time.Minute, Timeout: 10 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	}
	if s.tls != nil {
		options = append(options, grpc.Creds(&countingCredentials{TransportCredentials: credentials.NewTLS(s.tls.ServerConfig()), refusals: s.refusals}))
	}
	s.grpc = grpc.NewServer(options...)
	local := newInproc(s.otel.unary(s.chain.Unary), s.chain.Stream)
	linker := &service.Linker{Deps: deps, PerDay: s.config.Limits.ProposalsPerDay}
	nominals := &service.Nominals{Deps: deps, Linker: linker}
	courses := &service.Courses{Deps: deps, Nominals: nominals}
	directory := &service.Directory{Deps: deps, Permissions: methods.Permissions(), Trust: s.trust()}
	measures, assessments := service.NewMeasures(deps, nominals), service.NewAssessments(deps, nominals)
	for _, r := range []grpc.ServiceRegistrar{s.grpc, local} {
		registerv1.RegisterNominalServiceServer(r, nominals)
		registerv1.RegisterConductServiceServer(r, courses)
		registerv1.RegisterMeasureServiceServer(r, measures)
		registerv1.RegisterAssessmentServiceServer(r, assessments)
		registerv1.RegisterHistoryServiceServer(r, &service.Histories{Deps: deps})
		registerv1.RegisterRegistrationServiceServer(r, &service.Records{
			Deps: deps, Nominals: nominals, Courses: courses, Measures: measures, Assessments: assessments,
		})
		registerv1.RegisterSearchServiceServer(r, &service.Searches{Deps: deps})
		registerv1.RegisterLinkServiceServer(r, &service.Links{Deps: deps, Linker: linker})
		registerv1.RegisterAlertServiceServer(r, &service.Alerts{Deps: deps, Watches: &s.watches})
		registerv1.RegisterDutyServiceServer(r, &service.Duties{Deps: deps})
		registerv1.RegisterExchangeServiceServer(r, &service.Exchange{Deps: deps})
		registerv1.RegisterTransferServiceServer(r, &service.Transfers{Deps: deps, Courses: courses, Nominals: nominals})
		registerv1.RegisterAccessLogServiceServer(r, &standards.AccessLog{Deps: deps})
		registerv1.RegisterFactServiceServer(r, &standards.Facts{Deps: deps})
		registerv1.RegisterMisuseServiceServer(r, &standards.Misuse{Deps: deps})
		registerv1.RegisterStandardsServiceServer(r, &standards.Standards{Deps: deps, Strengths: s.authn.Strengths})
		registerv1.RegisterDirectoryServiceServer(r, directory)
	}
	if err := checkComplete(methods, s.grpc, local); err != nil {
		return err
	}
	pages, err := s.pages(local, deps.Ref)
	if err != nil {
		return err
	}
	gateway, err := newGateway(ctx, local, s.refusals, int64(s.config.Limits.MaxMessage), pages, s.log)
	if err != nil {
		return err
	}
	errorLog := slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)
	conns := &connWatch{refusals: s.refusals}
	s.rest = &http.Server{
		Handler: conns.handler(s.otel.httpHandler(gateway)), ConnContext: conns.context, ConnState: conns.state,
		ReadHeaderTimeout: s.config.Limits.HeaderTimeout, ReadTimeout: s.config.Limits.BodyTimeout,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: errorLog,
	}
	s.admin = &http.Server{Handler: s.adminHandler(), ReadHeaderTimeout: connectionTimeout, ReadTimeout: connectionTimeout, ErrorLog: errorLog}
	return nil
}

// checkComplete fails when a method of the contract is not served, or one that
// is served has no access rule: nothing is open by oversight.
func checkComplete(methods call.Methods, network *grpc.Server, local *inproc) error {
	var errs []error
	served := map[string]bool{}
	for name, info := range network.GetServiceInfo() {
		for _, m := range info.Methods {
			full := "/" + name + "/" + m.Name
			served[full] = true
			if methods[full] == nil {
				errs = append(errs, fmt.Errorf("%s is served without an access rule", full))
			}
		}
	}
	for full := range methods {
		if _, ok := local.methods[full]; !served[full] || !ok {
			errs = append(errs, fmt.Errorf("%s is not served", full))
		}
	}
	return errors.Join(errs...)
}

func (s *Server) listen(ctx context.Context) error {
	var lc net.ListenConfig
	var faults []error
	for _, l := range []struct {
		into          *net.Listener
		setting, addr string
	}{
		{&s.listeners.grpc, "grpc.listen", s.config.GRPC.Listen}, {&s.listeners.rest, "rest.listen", s.config.REST.Listen}, {&s.listeners.admin, "admin", s.config.Admin},
	} {
		listener, err := lc.Listen(ctx, "tcp", l.addr)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", l.setting, err))
			continue
		}
		*l.into = netutil.LimitListener(listener, maxConnections)
	}
	return errors.Join(faults...)
}
