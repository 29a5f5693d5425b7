package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/service"
)

// GRPCAddr is the address of gRPC.
func (s *Server) GRPCAddr() string { return s.listeners.grpc.Addr().String() }

// LogVerifiers are the public keys of the log's signers.
func (s *Server) LogVerifiers() []string { return s.keys.LogVerifiers() }

// RESTAddr is the address of the REST gateway.
func (s *Server) RESTAddr() string { return s.listeners.rest.Addr().String() }

// AdminAddr is the address of metrics and health.
func (s *Server) AdminAddr() string { return s.listeners.admin.Addr().String() }

// Run serves until ctx ends, then stops in order: not ready, no new calls,
// calls under way finished, entries written.
func (s *Server) Run(ctx context.Context) error {
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	stopAsking := beside(background, true, func(ctx context.Context) {
		var g sync.WaitGroup
		g.Go(func() { s.view.KeepLevel(ctx, feedEvery) })
		g.Go(func() { s.ready.watch(ctx, s.db, s.log) })
		g.Go(func() { s.countEntries(ctx) })
		g.Wait()
	})
	defer stopAsking()
	go s.warm(background)
	go s.policies.Watch(background, filesEvery, s.policyChanged)
	for _, t := range []*access.TLS{s.tls, s.restTLS} {
		if t != nil {
			go t.Watch(background, filesEvery, s.filesChanged)
		}
	}
	if err := s.logActivation(ctx, access.Activation{NewHash: s.policies.Current().Hash()}); err != nil {
		return fmt.Errorf("the start cannot be logged: %w", err)
	}
	stopGathering := beside(background, s.gatherer != nil, s.gatherer.Run)
	defer stopGathering()
	stopTicking := beside(background, true, s.ticker.Run)
	defer stopTicking()
	if _, err := s.watcher.Start(ctx); err != nil {
		return fmt.Errorf("the log cannot be watched: %w", err)
	}
	stopWatching := beside(background, watching(), s.watcher.Run)
	defer stopWatching()
	var g errgroup.Group
	g.Go(func() error { return s.grpc.Serve(s.listeners.grpc) })
	g.Go(func() error { return ignoreClosed(s.serveREST()) })
	g.Go(func() error { return ignoreClosed(s.admin.Serve(s.listeners.admin)) })
	s.log.InfoContext(ctx, "serving", "grpc", s.GRPCAddr(), "rest", s.RESTAddr(), "admin", s.AdminAddr())
	failed := make(chan error, 1)
	go func() { failed <- g.Wait() }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.log.InfoContext(ctx, "stopping: not ready, calls under way are finished")
	s.ready.draining.Store(true)
	s.watches.Stop() // they would not end by themselves
	s.stopServing(context.WithoutCancel(ctx))
	// Before the database is closed, or whoever asks it alarms the operator.
	stopWatching()
	stopTicking()
	stopGathering()
	stopAsking()
	err = errors.Join(err, s.Close())
	s.log.InfoContext(ctx, "stopped")
	return err
}

// countEntries counts the log's blocks as they become complete, so that questions
// about years of use are answered from counts. It is in no hurry, and leaves the calls
// as much time as it takes.
func (s *Server) countEntries(ctx context.Context) {
	tick := time.NewTicker(countEvery)
	defer tick.Stop()
	rest := func(ctx context.Context, worked time.Duration) { service.Pause(ctx, worked, nil) }
	for {
		more, err := s.db.CountBlock(ctx, rest)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "entries cannot be counted", "err", err)
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// beside runs something, if it is wanted, until the function that it returns is
// called, which may be repeated.
func beside(ctx context.Context, wanted bool, run func(context.Context)) (stop func()) {
	if !wanted {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// serveREST serves REST, over TLS unless it is plain HTTP on loopback.
func (s *Server) serveREST() error {
	if s.restTLS == nil {
		return s.rest.Serve(s.listeners.rest)
	}
	s.rest.TLSConfig = s.restTLS.ServerConfig()
	return s.rest.ServeTLS(s.listeners.rest, "", "")
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *Server) stopServing(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	if err := s.rest.Shutdown(ctx); err != nil {
		s.log.WarnContext(ctx, "REST calls cut off", "err", err)
	}
	stopped := make(chan struct{})
	go func() { s.grpc.GracefulStop(); close(stopped) }()
	select {
	case <-stopped:
	case <-ctx.Done():
		s.grpc.Stop()
	}
	if err := s.admin.Shutdown(ctx); err != nil {
		s.log.WarnContext(ctx, "admin calls cut off", "err", err)
	}
}

// Close gives back what New opened; Run calls it.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	var errs []error
	for _, l := range []net.Listener{s.listeners.grpc, s.listeners.rest, s.listeners.admin} {
		if l != nil {
			if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	if s.refusals != nil {
		errs = append(errs, s.refusals.Close(ctx))
	}
	if s.writer != nil {
		s.writer.Close()
	}
	if s.db != nil {
		s.db.Close()
	}
	if s.otel != nil {
		errs = append(errs, s.otel.close(ctx))
	}
	return errors.Join(errs...)
}

// warm reaches the OpenID providers before the first call does, and says which
// cannot be reached. Serving does not depend on it.
func (s *Server) warm(ctx context.Context) {
	if err := s.authn.Warm(ctx); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "an OpenID provider cannot be reached; its tokens are refused until it can", "err", err)
	}
}

// Reload reads the record, HMAC and token keys and the policy afresh, for a
// rotation without a restart. New log signers need a restart.
func (s *Server) Reload(ctx context.Context) {
	if err := errors.Join(s.keys.Reload(ctx), s.view.Lift()); err != nil {
		s.log.ErrorContext(ctx, "the new keys are refused; those in use stay", "err", err)
	} else {
		s.log.InfoContext(ctx, "keys read afresh")
	}
	if a, changed, err := s.policies.Reload(); changed || err != nil {
		s.policyChanged(a, err)
	}
}

// policyChanged reports and logs the activation of a policy.
func (s *Server) policyChanged(a access.Activation, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), logTimeout)
	defer cancel()
	if err != nil {
		s.log.ErrorContext(ctx, "the new policy is refused; the one in force stays", "err", err)
		return
	}
	if err := s.logActivation(ctx, a); err != nil {
		s.log.ErrorContext(ctx, "policy activation not logged", "err", err)
	}
}

// logActivation writes the entry that a policy came into force.
func (s *Server) logActivation(ctx context.Context, a access.Activation) error {
	m := accesslog.Metadata{
		Actor:    accesslog.Actor{Sub: "register", Kind: accesslog.System},
		Method:   "policy.activate",
		Decision: accesslog.Decision{Effect: accesslog.Allow, Policy: a.NewHash},
		Outcome:  "OK",
	}
	if a.OldHash != "" {
		m.Marks = []string{"replaces:" + a.OldHash}
	}
	_, err := s.chain.log.Appender.Append(ctx, &accesslog.Pending{Entry: m})
	s.log.InfoContext(ctx, "policy in force", "hash", a.NewHash)
	return err
}

func (s *Server) filesChanged(changed bool, err error) {
	if err != nil {
		s.log.Error("certificates or revocation lists cannot be read; the last good ones stay in use", "err", err)
	} else if changed {
		s.log.Info("certificates or revocation lists read afresh")
	}
}
