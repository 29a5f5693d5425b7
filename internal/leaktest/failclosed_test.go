package leaktest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/devstack/pgserver"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/servertest"
)

// outage is one way in which the log cannot be written.
type outage struct {
	name string
	// doubt says that a batch on its way to the database when the outage begins may be
	// committed when it ends. A call that changes something is told so. One that only asks
	// is told that nothing was checked, as it was given nothing: its entry may stand.
	doubt bool
	// begin makes it so, and returns what ends it; nil skips the case.
	begin func(t *testing.T, o *outages) (end func())
}

// outages is a register on a PostgreSQL of its own.
type outages struct {
	dir        string
	pg         *pgserver.Server
	site       *servertest.Site
	methods    call.Methods
	transports map[string]transport
	system     transport // of a force's crime system
	replica    *servertest.Replica
	unknown    atomic.Int64 // calls that were told that their outcome is unknown
}

// super runs statements as superuser, and keeps the session until it is closed.
func (o *outages) super(t *testing.T, statements ...string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), o.site.DB.SuperURL)
	must(t, err)
	for _, s := range statements {
		_, err := conn.Exec(t.Context(), s)
		must(t, err)
	}
	return conn
}

func (o *outages) run(t *testing.T, statements ...string) {
	t.Helper()
	must(t, o.super(t, statements...).Close(t.Context()))
}

// rows counts what calls have stored: what they have changed, and their entries with
// what goes with those.
func (o *outages) rows(t *testing.T) (changed, logged string) {
	t.Helper()
	conn := o.super(t)
	defer func() { must(t, conn.Close(t.Context())) }()
	count := func(tables ...string) (out string) {
		var counts []string
		for _, table := range tables {
			count := fmt.Sprintf("(SELECT count(*) FROM register.%s)", table)
			if table == "entry" {
				// What the register counts by itself, such as refusals before anybody was known,
				// may have been on its way when the outage began; nobody is told of that.
				count += " - (SELECT count(*) FROM register.entry_projection WHERE actor IN ('', 'register'))"
			}
			counts = append(counts, fmt.Sprintf("'%s ' || %s", table, count))
		}
		must(t, conn.QueryRow(t.Context(), "SELECT "+strings.Join(counts, " || ', ' || ")).Scan(&out))
		return out
	}
	return count("record", "record_key", "version"), count("entry", "entry_body", "entry_record")
}

// whole makes sure that no entry stands without its projection or its checkpoint, nor
// either without it, whoever wrote it.
func (o *outages) whole(t *testing.T) {
	t.Helper()
	conn := o.super(t)
	defer func() { must(t, conn.Close(t.Context())) }()
	var entries, projections, covered int64
	must(t, conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM register.entry),
		(SELECT count(*) FROM register.entry_projection), (SELECT max(size) FROM register.checkpoint)`).Scan(&entries, &projections, &covered))
	if entries != projections || entries != covered {
		t.Errorf("half written: %d entries, %d projections, a checkpoint of %d", entries, projections, covered)
	}
}

const fullDisk = `CREATE OR REPLACE FUNCTION register.full_disk() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`

var allOutages = []outage{
	{"the lock is held by another session", false, func(t *testing.T, o *outages) func() {
		conn := o.super(t, "SELECT pg_advisory_lock(7214683101)")
		return func() { must(t, conn.Close(context.Background())) }
	}},
	{"the permission to insert is gone", false, func(t *testing.T, o *outages) func() {
		o.run(t, "REVOKE INSERT ON register.entry FROM register_service")
		return func() { o.run(t, "GRANT INSERT ON register.entry TO register_service") }
	}},
	{"all permissions are gone", false, func(t *testing.T, o *outages) func() {
		o.run(t, "REVOKE USAGE ON SCHEMA register FROM register_service")
		return func() { o.run(t, "GRANT USAGE ON SCHEMA register TO register_service") }
	}},
	{"the disk is full, as the server says", false, func(t *testing.T, o *outages) func() {
		o.run(t, fullDisk, "CREATE TRIGGER full_disk BEFORE INSERT ON register.entry EXECUTE FUNCTION register.full_disk()")
		return func() { o.run(t, "DROP TRIGGER full_disk ON register.entry") }
	}},
	{"the disk is full at commit, as the server says", false, func(t *testing.T, o *outages) func() {
		o.run(t, fullDisk, `CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON register.checkpoint
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register.full_disk()`)
		return func() { o.run(t, "DROP TRIGGER full_disk ON register.checkpoint") }
	}},
	{"the disk is full", false, smallDisk},
	{"the database hangs", true, func(_ *testing.T, o *outages) func() {
		all := append(children(o.pg.PID()), o.pg.PID())
		tell := func(s syscall.Signal) {
			for _, pid := range all {
				_ = syscall.Kill(pid, s) // it may have ended
			}
		}
		tell(syscall.SIGSTOP)
		return func() { tell(syscall.SIGCONT) }
	}},
	{"the database is killed", true, func(t *testing.T, o *outages) func() {
		must(t, o.pg.Kill())
		return func() {
			var err error
			o.pg, err = pgserver.Start(context.WithoutCancel(t.Context()), pgserver.Options{Dir: o.dir})
			must(t, err)
		}
	}},
}

// smallDisk moves the entries to a disk that is as good as full. It needs root.
func smallDisk(t *testing.T, o *outages) func() {
	if os.Geteuid() != 0 {
		return nil
	}
	mount := filepath.Join(o.dir, "small")
	must(t, os.MkdirAll(mount, 0o700))
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=8m"); err != nil {
		t.Logf("no disk can be mounted here: %v", err)
		return nil
	}
	t.Cleanup(func() { _ = syscall.Unmount(mount, syscall.MNT_DETACH) })
	data, err := os.Stat(filepath.Join(o.dir, "data"))
	must(t, err)
	space, owner := filepath.Join(mount, "space"), data.Sys().(*syscall.Stat_t) //nolint:forcetypeassert // this is Unix
	must(t, os.Mkdir(space, 0o700))
	for _, d := range []string{mount, space} {
		must(t, os.Chown(d, int(owner.Uid), int(owner.Gid)))
	}
	// What the outages before had rolled back gives its room away now, and not later.
	o.run(t, "VACUUM register.entry", "CREATE TABLESPACE small LOCATION '"+space+"'", "ALTER TABLE register.entry SET TABLESPACE small")
	filler := filepath.Join(mount, "filler")
	f, err := os.Create(filler)
	must(t, err)
	for size := 1 << 20; size >= 1; size /= 16 {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
	_ = f.Close() // it is full
	// Fill the table's last pages too, so that the next entry needs a new one: where
	// many wait to write, PostgreSQL adds pages by the hundred. The rows stay in the
	// making: what is rolled back makes room again.
	held := o.super(t, "BEGIN", `DO $$ DECLARE at bigint := 1000000; BEGIN
		LOOP
			BEGIN
				INSERT INTO register.entry SELECT at + i, now(), 0, '', sha256('\x00'::bytea), NULL FROM generate_series(1, 5) i;
			EXCEPTION WHEN disk_full THEN EXIT;
			END;
			at := at + 5;
			IF at > 2000000 THEN RAISE 'the disk is not full'; END IF;
		END LOOP; END $$`)
	return func() {
		must(t, held.Close(t.Context()))
		must(t, os.Remove(filler))
		o.run(t, "ALTER TABLE register.entry SET TABLESPACE pg_default", "DROP TABLESPACE small")
	}
}

// children are the processes that a process has started.
func children(pid int) (out []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is valid
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // gone in between
		}
		_, rest, _ := strings.Cut(string(raw), ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			if child, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				out = append(out, child)
			}
		}
	}
	return out
}

// unconfirmed begins the text of a call whose outcome is unknown.
const unconfirmed = "the register stopped answering before it could confirm"

// told are all texts with which a call may be refused meanwhile.
var told = map[string]bool{
	"the register cannot answer now: nothing was checked and nothing was stored":                                 true,
	"the register cannot answer now: the person was NOT checked":                                                 true,
	"the register stopped answering before it could confirm: send the request again, registration is idempotent": true,
}

// While the log cannot be written, every call of the contract is refused with
// UNAVAILABLE over gRPC and REST and tells nothing; when it can, all work
// again by themselves, and nothing was half written.
func TestFailsClosed(t *testing.T) {
	t.Parallel()
	o := &outages{dir: pgtest.Dir(t), methods: methods(t)}
	var err error
	o.pg, err = pgserver.Start(context.WithoutCancel(t.Context()), pgserver.Options{Dir: o.dir})
	must(t, err)
	t.Cleanup(func() { must(t, o.pg.Stop(context.Background())) })
	db, err := pgtest.Prepare(t.Context(), o.pg, "register")
	must(t, err)
	o.site = servertest.NewSiteOn(t, db, slog.New(slog.DiscardHandler))
	config := o.site.Config()
	config.Limits.CallTimeout = 3 * time.Second
	o.replica = o.site.Start(config)
	o.transports = map[string]transport{"gRPC": overGRPC(o.replica.Dial("")), "REST": overREST(o.site, o.replica.REST())}
	o.system = overGRPC(o.replica.Dial("33"))
	for _, out := range allOutages {
		t.Run(out.name, func(t *testing.T) { o.outage(t, out) })
	}
	reader := pgtest.Connect(t, db)
	var known []note.Verifier
	for _, text := range o.site.Keys.LogVerifiers() {
		v, err := note.NewVerifier(text)
		must(t, err)
		known = append(known, v)
	}
	audit, err := accesslog.CheckIntegrity(t.Context(), reader, servertest.Origin, note.VerifierList(known...))
	must(t, err)
	t.Logf("whole: %+v", audit)
}

func (o *outages) outage(t *testing.T, out outage) {
	conn := o.replica.Dial("")
	prepared := map[string]map[string]sample{}
	for name := range o.transports {
		prepared[name] = samples(t, o.site, conn)
	}
	changed, logged := o.rows(t)
	end := out.begin(t, o)
	if end == nil {
		t.Skip("cannot be done here")
	}
	began := time.Now()
	o.eachMethod(t, prepared, len(prepared)*len(o.methods), o.refused)
	end()
	t.Logf("refused within %s", time.Since(began))
	// A call that was told that its outcome is unknown may have been logged
	// after all; whether all of it was, the check of the whole log says.
	nowChanged, nowLogged := o.rows(t)
	if o.unknown.Swap(0) == 0 && (nowChanged != changed || nowLogged != logged && !out.doubt) {
		t.Errorf("half written:\n%s, %s\n%s, %s", changed, logged, nowChanged, nowLogged)
	}
	o.whole(t)
	began = time.Now()
	eventually(t, "the register does not recover", func(ctx context.Context) error {
		_, err := registerv1.NewDirectoryServiceClient(conn).GetSelf(o.site.As(ctx, "investigator-33"), &registerv1.GetSelfRequest{})
		return err
	})
	t.Logf("recovered after %s", time.Since(began))
	// A few at a time: that each works is asked here, not how many do at once.
	o.eachMethod(t, prepared, 16, func(t *testing.T, m *call.Method, a answer) {
		if a.err != nil || len(a.messages) == 0 || a.receipt == "" && !m.ServerStream {
			t.Errorf("%s afterwards: %v, receipt %q", m.Short, a.err, a.receipt)
		}
		for _, message := range a.messages {
			if r, ok := message.(*registerv1.RegisterRecordsResponse); ok && (r.GetError() != nil || r.GetReceipt() == "") {
				t.Errorf("%s afterwards: %v", m.Short, r)
			}
		}
	})
}

// eachMethod makes the prepared calls of all methods over all transports, so many at
// the same time.
func (o *outages) eachMethod(t *testing.T, prepared map[string]map[string]sample, atOnce int, check func(t *testing.T, m *call.Method, a answer)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	var wg errgroup.Group
	wg.SetLimit(atOnce)
	for name, send := range o.transports {
		for _, m := range o.methods {
			s, ok := prepared[name][m.Short]
			if !ok {
				t.Fatalf("%s has no sample", m.Short)
			}
			by, token, ok := s.over(o.site, name, send, o.system)
			if !ok {
				continue
			}
			wg.Go(func() error {
				check(t, m, by(ctx, m, token, s.requests...))
				return nil
			})
		}
	}
	_ = wg.Wait() // it tells by t
}

func (o *outages) refused(t *testing.T, m *call.Method, a answer) {
	t.Helper()
	if strings.HasPrefix(status.Convert(a.err).Message(), unconfirmed) {
		o.unknown.Add(1)
	}
	if a.code() != codes.Unavailable || !told[status.Convert(a.err).Message()] || a.receipt != "" {
		t.Errorf("%s: %v, receipt %q", m.Short, a.err, a.receipt)
	}
	if !m.ServerStream && len(a.messages) > 0 {
		t.Errorf("%s answered: %v", m.Short, a.messages)
	}
	for _, message := range a.messages {
		r, ok := message.(*registerv1.RegisterRecordsResponse)
		if strings.HasPrefix(r.GetError().GetMessage(), unconfirmed) {
			o.unknown.Add(1)
		}
		if !ok || r.GetError().GetStatus() != "UNAVAILABLE" || !told[r.GetError().GetMessage()] || r.GetReceipt() != "" {
			t.Errorf("%s answered: %v", m.Short, message)
		}
	}
}
