package crashtest

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/devstack/pgserver"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/servertest"
)

var (
	rounds = flag.Int("rounds", 21, "rounds of kill -9")
	seed   = flag.Uint64("seed", 20261121, "seed of the rounds and clients")
)

// durable starts a PostgreSQL of the test's own that keeps what it commits.
func durable(tb testing.TB, dir string) *pgserver.Server {
	tb.Helper()
	s, err := pgserver.Start(context.WithoutCancel(tb.Context()), pgserver.Options{Dir: dir, Settings: map[string]string{"shared_buffers": "64MB"}})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// The server, PostgreSQL, or both are killed again and again while clients
// register, search, withdraw and erase. Whatever was acknowledged is there
// afterwards, and the log is whole.
func TestKilledUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes most of a minute")
	}
	t.Logf("%d rounds, -seed=%d", *rounds, *seed)
	dir := pgtest.Dir(t)
	pg := durable(t, dir)
	t.Cleanup(func() {
		if err := pg.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	db, err := pgtest.Prepare(t.Context(), pg, "register")
	if err != nil {
		t.Fatal(err)
	}
	site := servertest.NewSiteOn(t, db, nil)
	p := site.StartProgram(site.Config())
	l := newLoad(site)
	l.connect(p)
	l.start(6, *seed)
	random := rand.New(rand.NewPCG(*seed, 1<<32))
	killPostgres := func() {
		if err := pg.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	pause := func(most int) { time.Sleep(time.Duration(random.IntN(most)) * time.Millisecond) }
	for round := range *rounds {
		l.await(t, 60)
		pause(300)
		what := [...]string{"server", "PostgreSQL", "server, PostgreSQL", "PostgreSQL, server"}[random.IntN(4)]
		switch what {
		case "server":
			p.Kill()
		case "PostgreSQL":
			killPostgres()
		case "server, PostgreSQL":
			p.Kill()
			pause(20)
			killPostgres()
		case "PostgreSQL, server":
			killPostgres()
			pause(20)
			p.Kill()
		}
		t.Logf("round %d: killed %s after %d acknowledgements", round+1, what, l.acks.Load())
		if what != "server" {
			pause(100)
			pg = durable(t, dir)
		}
		if what != "PostgreSQL" {
			p = site.StartProgram(site.Config())
			l.connect(p)
		}
	}
	l.await(t, 60)
	l.stop()
	l.verify(t, p)
}
