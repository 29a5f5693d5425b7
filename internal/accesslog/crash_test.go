package accesslog

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/devstack/pgserver"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

// ownServer starts a durable server for one test.
func ownServer(t *testing.T, dir string) *pgserver.Server {
	t.Helper()
	s, err := pgserver.Start(t.Context(), pgserver.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s
}

func onOwnServer(t *testing.T, s *pgserver.Server, o postgres.Options) *fixture {
	t.Helper()
	d, err := pgtest.Prepare(t.Context(), s, "register")
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{tb: t, d: d, logKey: newLogKey(t)}
	f.db, f.w = f.replica(o)
	return f
}

// The server is killed again and again while two replicas write. Nothing that
// was acknowledged is lost, and nothing that was refused is there.
func TestServerKilledUnderLoad(t *testing.T) {
	t.Parallel()
	dir := pgtest.Dir(t)
	s := ownServer(t, dir)
	f := onOwnServer(t, s, postgres.Options{})
	if err := f.db.Durable(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, second := f.replica(postgres.Options{})
	l := f.startLoad(f.w, second)
	for range 3 {
		l.awaitMore(t, 20)
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		s = ownServer(t, dir)
	}
	l.awaitMore(t, 20)
	l.stop()
	l.check(t, f)
	f.append(read())
}

// A commit that did not reach the standby it should have reached must not be
// acknowledged: it would be lost by a fail-over. The server tells of it by a
// warning at most.
func TestStandbyAway(t *testing.T) {
	t.Parallel()
	s := ownServer(t, pgtest.Dir(t))
	f := onOwnServer(t, s, postgres.Options{})
	const waiting = "FROM pg_stat_activity WHERE usename = 'register_service' AND wait_event = 'SyncRep'"
	for name, c := range map[string]struct {
		timeout   time.Duration
		interrupt string
	}{
		"wait cancelled":    {testWait, "SELECT count(pg_cancel_backend(pid)) " + waiting},
		"session ended":     {testWait, "SELECT count(pg_terminate_backend(pid)) " + waiting},
		"we wait no longer": {200 * time.Millisecond, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := NewWriter(f.db, Options{
				Origin: testOrigin, Signers: f.signers(), Log: slog.New(slog.DiscardHandler),
				Timeout: c.timeout, Settle: 100 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			if _, err := w.Append(t.Context(), read()); err != nil {
				t.Fatal(err)
			}
			f.standbys("standby")
			failed := make(chan error, 1)
			go func() { _, err := w.Append(t.Context(), read()); failed <- err }()
			if c.interrupt != "" {
				f.await("SELECT EXISTS (SELECT " + waiting + ")")
				f.super(c.interrupt)
			}
			if err := <-failed; !errors.Is(err, ErrUnavailable) || !errors.Is(err, ErrUnknownOutcome) {
				t.Errorf("got %v", err)
			}
			f.standbys("")
			if _, err := w.Append(t.Context(), read()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
	f.checkIntegrity()
}

// standbys sets the standbys that commits wait for.
func (f *fixture) standbys(names string) {
	f.tb.Helper()
	f.super("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'")
	f.super("SELECT pg_reload_conf()")
	f.await("SELECT current_setting('synchronous_standby_names') = '" + names + "'")
}

func TestNotDurableIsSaid(t *testing.T) {
	_, db := pgtest.Open(t) // the common test server gives up durability
	if err := db.Durable(t.Context()); err == nil {
		t.Error("passes for durable")
	}
}
