package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"github.com/perpetrator-register/register/internal/access"
)

// Server serves a witness over HTTP.
type Server struct {
	witness *Witness
	log     *slog.Logger
	tls     *access.TLS

	http, admin           *http.Server
	listener, adminListen net.Listener
}

// Bounds of the edge.
const (
	maxConnections  = 256
	requestTimeout  = 10 * time.Second
	shutdownTimeout = 10 * time.Second
	filesEvery      = 5 * time.Second
)

// NewServer opens the witness's memory and keys, and listens. Nothing is
// served before Run.
func NewServer(ctx context.Context, c *Config, log *slog.Logger) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	o.Log = log
	s := &Server{log: log}
	if s.witness, err = New(o); err != nil {
		return nil, err
	}
	if err := s.open(ctx, c); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context, c *Config) (err error) {
	if c.Cert != "" {
		if s.tls, err = access.NewTLS(access.TLSOptions{CertFile: c.Cert, KeyFile: c.Key}); err != nil {
			return err
		}
	}
	var lc net.ListenConfig
	if s.listener, err = lc.Listen(ctx, "tcp", c.Listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.listener = netutil.LimitListener(s.listener, maxConnections)
	quiet := slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)
	s.http = &http.Server{
		Handler: s.witness.Handler(c.PerSecond), ErrorLog: quiet, MaxHeaderBytes: 8 << 10,
		ReadHeaderTimeout: requestTimeout, ReadTimeout: requestTimeout, WriteTimeout: 2 * requestTimeout, IdleTimeout: 2 * time.Minute,
	}
	if c.Admin == "" {
		return nil
	}
	if s.adminListen, err = lc.Listen(ctx, "tcp", c.Admin); err != nil {
		return fmt.Errorf("admin: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.witness.counts.handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	s.admin = &http.Server{Handler: mux, ErrorLog: quiet, ReadHeaderTimeout: requestTimeout, ReadTimeout: requestTimeout}
	return nil
}

// URL is where the witness is reached: the submission prefix.
func (s *Server) URL() string {
	if s.tls == nil {
		return "http://" + s.listener.Addr().String()
	}
	return "https://" + s.listener.Addr().String()
}

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { return ignoreClosed(s.serve()) })
	if s.admin != nil {
		g.Go(func() error { return ignoreClosed(s.admin.Serve(s.adminListen)) })
	}
	if s.tls != nil {
		go s.tls.Watch(ctx, filesEvery, func(changed bool, err error) {
			if err != nil {
				s.log.ErrorContext(ctx, "the certificate cannot be read; the last good one stays in use", "err", err)
			} else if changed {
				s.log.InfoContext(ctx, "the certificate was read afresh")
			}
		})
	}
	s.log.InfoContext(ctx, "witnessing", "url", s.URL(), "logs", len(s.witness.logs))
	failed := make(chan error, 1)
	go func() { failed <- g.Wait() }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err = errors.Join(err, s.http.Shutdown(stopCtx))
	if s.admin != nil {
		err = errors.Join(err, s.admin.Shutdown(stopCtx))
	}
	return errors.Join(err, s.close())
}

func (s *Server) serve() error {
	if s.tls == nil {
		return s.http.Serve(s.listener)
	}
	s.http.TLSConfig = s.tls.ServerConfig()
	return s.http.ServeTLS(s.listener, "", "")
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// close gives back what NewServer opened.
func (s *Server) close() error {
	var errs []error
	for _, l := range []net.Listener{s.listener, s.adminListen} {
		if l != nil {
			if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(append(errs, s.witness.Close())...)
}
