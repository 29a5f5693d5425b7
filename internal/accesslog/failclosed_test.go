package accesslog

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/postgres"
)

// While the log cannot be written, each call fails with ErrUnavailable and
// leaves nothing behind; afterwards the writer recovers by itself.
func TestFailsClosedAndRecovers(t *testing.T) {
	for name, c := range map[string]struct{ spoil, mend string }{
		"permission gone": {
			"REVOKE INSERT ON register.entry FROM register_service",
			"GRANT INSERT ON register.entry TO register_service",
		},
		"permission to read gone": {
			"REVOKE SELECT ON register.checkpoint FROM register_service",
			"GRANT SELECT ON register.checkpoint TO register_service",
		},
		"disk full": {
			`CREATE FUNCTION register.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;
			 CREATE TRIGGER full_disk BEFORE INSERT ON register.checkpoint EXECUTE FUNCTION register.full()`,
			"DROP TRIGGER full_disk ON register.checkpoint",
		},
		"disk full at commit": {
			`CREATE FUNCTION register.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;
			 CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON register.entry DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register.full()`,
			"DROP TRIGGER full_disk ON register.entry",
		},
		"table gone": {
			"ALTER TABLE register.entry_projection RENAME TO gone",
			"ALTER TABLE register.gone RENAME TO entry_projection",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			c1 := newRecord("33")
			f.append(write(c1))
			f.super(c.spoil)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					r, err := f.w.Append(t.Context(), write(newRecord("33")))
					if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrUnknownOutcome) || len(r.Checkpoint) > 0 {
						t.Errorf("got %v, %v", r, err)
					}
				})
			}
			wg.Wait()
			f.super(c.mend)
			f.append(write(after(c1)))
			if a := f.checkIntegrity(); a.Entries != 2 || a.Versions != 2 {
				t.Errorf("integrity: %+v", a)
			}
			if f.w.Stats().Failures == 0 {
				t.Error("no failure was counted")
			}
		})
	}
}

func TestLockHeldByAnother(t *testing.T) {
	f := newFixture(t)
	f.append(read())
	_, w := f.replica(postgres.Options{LockTimeout: 50 * time.Millisecond})
	release := f.holdLock()
	if _, err := w.Append(t.Context(), read()); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "55P03") {
		t.Errorf("got %v", err)
	}
	release()
	if _, err := w.Append(t.Context(), read()); err != nil {
		t.Error(err)
	}
	if a := f.checkIntegrity(); a.Entries != 2 {
		t.Errorf("integrity: %+v", a)
	}
}

// A holder that stops in the middle of its transaction is cut off, so that it
// cannot stop all others.
func TestStuckHolderIsCutOff(t *testing.T) {
	f := newFixture(t)
	stuck := f.connection("idle_in_transaction_session_timeout=100")
	for _, sql := range []string{"BEGIN", "SELECT pg_advisory_xact_lock(7214683101)"} {
		if _, err := stuck.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	f.append(read()) // waits for the lock until the server ends that session
}

func (f *fixture) connection(setting string) *pgx.Conn {
	f.tb.Helper()
	config, err := pgx.ParseConfig(f.d.ServiceURL)
	if err != nil {
		f.tb.Fatal(err)
	}
	name, value, _ := strings.Cut(setting, "=")
	config.RuntimeParams[name] = value
	conn, err := pgx.ConnectConfig(f.tb.Context(), config)
	if err != nil {
		f.tb.Fatal(err)
	}
	f.tb.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

const killLogSessions = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
	WHERE datname = current_database() AND usename = 'register_service'`

// Sessions that die while idle are replaced without a word.
func TestIdleSessionsKilled(t *testing.T) {
	f := newFixture(t)
	for range 5 {
		f.append(read())
		f.super(killLogSessions)
		f.await("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'register_service')")
	}
	f.append(read())
	f.checkIntegrity()
}

// Sessions that die while they write: each acknowledged entry is there, and
// each refused one is not.
func TestSessionsKilledUnderLoad(t *testing.T) {
	f := newFixture(t)
	l := f.startLoad(f.w)
	for round := range 20 {
		l.awaitMore(t, round+1)
		f.super(killLogSessions)
	}
	l.stop()
	l.check(t, f)
	f.append(read())
}

// load appends from several clients until stopped, and keeps account.
type load struct {
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	mu      sync.Mutex
	written map[int64]Receipt
	changes []Change // acknowledged
	refused []Change // surely not written
	unknown int
	bad     []error
}

func (f *fixture) startLoad(writers ...*Writer) *load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{cancel: cancel, written: make(map[int64]Receipt)}
	for i := range 8 {
		w := writers[i%len(writers)]
		l.wg.Go(func() {
			for ctx.Err() == nil {
				c := newRecord("33")
				r, err := w.Append(context.Background(), write(c))
				l.note(c, r, err)
				if err != nil {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	f.tb.Cleanup(l.stop)
	return l
}

func (l *load) note(c Change, r Receipt, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		if _, twice := l.written[r.Index]; twice {
			l.bad = append(l.bad, errors.New("one index twice"))
		}
		l.written[r.Index] = r
		l.changes = append(l.changes, c)
	case errors.Is(err, ErrUnknownOutcome):
		l.unknown++
	case errors.Is(err, ErrUnavailable):
		l.refused = append(l.refused, c)
	default:
		l.bad = append(l.bad, err)
	}
}

func (l *load) stop() {
	l.cancel()
	l.wg.Wait()
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.written)
}

// awaitMore waits until some more entries were written.
func (l *load) awaitMore(t *testing.T, more int) {
	t.Helper()
	start := l.count()
	for end := time.Now().Add(testWait); l.count() < start+more; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing is written any more")
		}
	}
}

func (l *load) check(t *testing.T, f *fixture) {
	t.Helper()
	for _, err := range l.bad {
		t.Error(err)
	}
	audit := f.checkIntegrity()
	if n := int64(len(l.written)); audit.Entries < n || audit.Entries > n+int64(l.unknown) {
		t.Errorf("%d acknowledged, %d unknown, %d written", n, l.unknown, audit.Entries)
	}
	entries, err := f.db.Entries(t.Context(), 0, audit.Tree.N, int(audit.Tree.N))
	if err != nil {
		t.Fatal(err)
	}
	for index, r := range l.written {
		if index >= int64(len(entries)) || string(entries[index].LeafHash) != string(r.Leaf[:]) {
			t.Fatalf("entry %d was acknowledged and is not there", index)
		}
	}
	for _, c := range l.changes {
		if !f.exists(t, c) {
			t.Fatal("a change was acknowledged and is not there")
		}
	}
	for _, c := range l.refused {
		if f.exists(t, c) {
			t.Fatal("a change was refused and is there")
		}
	}
	t.Logf("%d written, %d refused, %d unknown", len(l.written), len(l.refused), l.unknown)
}

func (f *fixture) exists(t *testing.T, c Change) bool {
	t.Helper()
	current, err := f.db.CurrentBySource(t.Context(), [][]byte{c.Record.SourceHMAC})
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil && current.Version.N == c.Version.N
}
