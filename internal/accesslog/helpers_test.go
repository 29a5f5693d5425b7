package accesslog

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/seal"
)

const testOrigin = "register.example/log"

// logKey is a signer with its verifier.
type logKey struct {
	signer note.Signer
	known  note.Verifiers
}

func newLogKey(tb testing.TB) logKey {
	tb.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, testOrigin)
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		tb.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		tb.Fatal(err)
	}
	return logKey{signer, note.VerifierList(verifier)}
}

// fixture is a database with one writer.
type fixture struct {
	tb testing.TB
	d  *pgtest.Database
	db *postgres.DB
	w  *Writer
	logKey
}

func newFixture(tb testing.TB) *fixture {
	tb.Helper()
	if t, ok := tb.(*testing.T); ok {
		t.Parallel() // each has its own database
	}
	d := pgtest.New(tb)
	f := &fixture{tb: tb, d: d, logKey: newLogKey(tb)}
	f.db, f.w = f.replica(patient)
	return f
}

// patient is for tests that hold the lock, and take what time they need.
var patient = postgres.Options{LockTimeout: 15 * time.Second, StatementTimeout: 15 * time.Second}

// replica adds a writer with its own connections to the same database.
func (f *fixture) replica(o postgres.Options) (*postgres.DB, *Writer) {
	f.tb.Helper()
	o.URL = f.d.ServiceURL
	db, err := postgres.Open(f.tb.Context(), o)
	if err != nil {
		f.tb.Fatal(err)
	}
	f.tb.Cleanup(db.Close)
	w, err := NewWriter(db, Options{Origin: testOrigin, Signers: []note.Signer{f.signer}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.tb.Fatal(err)
	}
	f.tb.Cleanup(w.Close)
	return db, w
}

func (f *fixture) append(p *Pending) Receipt {
	f.tb.Helper()
	r, err := f.w.Append(f.tb.Context(), p)
	if err != nil {
		f.tb.Fatal(err)
	}
	return r
}

func (f *fixture) checkIntegrity() Audit {
	f.tb.Helper()
	a, err := CheckIntegrity(f.tb.Context(), f.db, testOrigin, f.known)
	if err != nil {
		f.tb.Fatal(err)
	}
	return a
}

// read is an entry as a search would make it.
func read() *Pending {
	return &Pending{Entry: Metadata{
		Actor: Actor{Sub: "0f8fad5b-d9cb-469f-a165-70867728950e", Force: "33", Collar: "1234", Assurance: Verified, Kind: Person},
		Roles: []string{"investigator"}, ACR: "mfa", Client: "console", Addr: "192.0.2.7",
		Method: "/register.v1.SearchService/CreateSearch", Operation: "CONSULTATION", Reason: "CRIME",
		Decision: Decision{Effect: Allow, Line: "p, investigator, search, create, any_force", Policy: "5f3a"},
		Outcome:  "OK", Trace: "4bf92f3577b34da6a3ce929d0e0e4736",
	}}
}

// searched is read with a sealed body.
func searched(sealed string) *Pending {
	p := read()
	p.Body = &postgres.Body{
		SearchID: uuid.NullUUID{UUID: uuid.Must(uuid.NewV7()), Valid: true},
		Wrapped:  []byte("wrapped"), Sealed: []byte(sealed),
	}
	return p
}

// newRecord is a change that registers a record.
func newRecord(force string) Change {
	id := uuid.Must(uuid.NewV7())
	source := sha256.Sum256(id[:])
	c := Change{
		Record:  postgres.Record{ID: id, Kind: postgres.KindNominal, Force: force, SourceHMAC: source[:], SourceKeyVersion: 1},
		Version: postgres.Version{Record: id, N: 1, Revision: 1, Salt: seal.NewSalt(), Sealed: []byte("sealed content")},
		Wrapped: []byte("wrapped key"),
	}
	return digested(c)
}

// after is a change of the record that c left behind.
func after(c Change) Change {
	c.Expected, c.Wrapped = c.Version.N, nil
	c.Version.N++
	c.Version.Revision++
	c.Version.Salt = seal.NewSalt()
	return digested(c)
}

// erasing is a change that erases the record that c left behind.
func erasing(c Change) Change {
	c = after(c)
	c.DeleteKey, c.Version.Erased, c.Version.Sealed = true, true, nil
	return digested(c)
}

func digested(c Change) Change {
	c.Version.Digest = seal.Digest(c.Version.Salt, versionFields(c.Record, c.Version))
	return c
}

// write is an entry with changes.
func write(changes ...Change) *Pending {
	p := read()
	p.Entry.Method, p.Entry.Operation = "/register.v1.NominalService/UpsertNominal", "COLLECTION"
	p.Changes = changes
	return p
}

const testWait = 30 * time.Second

func (f *fixture) signers() []note.Signer { return []note.Signer{f.signer} }

// holdLock takes the log's lock in a session of its own until release.
func (f *fixture) holdLock() (release func()) {
	f.tb.Helper()
	conn, err := pgx.Connect(f.tb.Context(), f.d.SuperURL)
	if err != nil {
		f.tb.Fatal(err)
	}
	if _, err := conn.Exec(f.tb.Context(), "SELECT pg_advisory_lock(7214683101)"); err != nil {
		f.tb.Fatal(err)
	}
	var once sync.Once
	release = func() { once.Do(func() { _ = conn.Close(context.Background()) }) }
	f.tb.Cleanup(release)
	return release
}

// waitForWaiter waits until a session waits for the log's lock.
func (f *fixture) waitForWaiter() {
	f.tb.Helper()
	f.await("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))")
}

// await waits until a condition holds in the database.
func (f *fixture) await(condition string) {
	f.tb.Helper()
	conn, err := pgx.Connect(f.tb.Context(), f.d.SuperURL)
	if err != nil {
		f.tb.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for end := time.Now().Add(testWait); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		var ok bool
		if err := conn.QueryRow(f.tb.Context(), condition).Scan(&ok); err != nil {
			f.tb.Fatal(err)
		}
		if ok {
			return
		}
	}
	f.tb.Fatalf("in vain: %s", condition)
}

// super runs a statement as superuser.
func (f *fixture) super(sql string) {
	f.tb.Helper()
	conn, err := pgx.Connect(f.tb.Context(), f.d.SuperURL)
	if err != nil {
		f.tb.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(f.tb.Context(), sql); err != nil {
		f.tb.Fatal(err)
	}
}
