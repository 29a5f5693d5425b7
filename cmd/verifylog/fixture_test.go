package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/logexport"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

const origin = "register.example/log"

// registry is a log in a real database, with the keys of whoever runs it.
type registry struct {
	t      *testing.T
	d      *pgtest.Database
	db     *postgres.DB
	w      *accesslog.Writer
	signer note.Signer
	key    string
	now    func() time.Time
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	t.Parallel() // each has its own database
	return newRegistryOf(t)
}

// newRegistryOf is one more registry of a test.
func newRegistryOf(t *testing.T) *registry {
	t.Helper()
	d, db := pgtest.Open(t)
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	must(t, err)
	signer, err := note.NewSigner(secret)
	must(t, err)
	r := &registry{t: t, d: d, db: db, signer: signer, key: public, now: time.Now}
	r.w = r.writer()
	return r
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// writer starts a server's writer, as after a restart.
func (r *registry) writer() *accesslog.Writer {
	r.t.Helper()
	w, err := accesslog.NewWriter(r.db, accesslog.Options{
		Origin: origin, Signers: []note.Signer{r.signer}, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return r.now() },
	})
	must(r.t, err)
	r.t.Cleanup(w.Close)
	return w
}

// append writes one entry, with a checkpoint of its own.
func (r *registry) append(p *accesslog.Pending) accesslog.Receipt {
	r.t.Helper()
	receipt, err := r.w.Append(r.t.Context(), p)
	must(r.t, err)
	return receipt
}

func read() *accesslog.Pending {
	return &accesslog.Pending{Entry: accesslog.Metadata{
		Actor:  accesslog.Actor{Sub: "0f8fad5b-d9cb-469f-a165-70867728950e", Force: "33", Collar: "1234", Assurance: accesslog.Verified, Kind: accesslog.Person},
		Method: "/register.v1.SearchService/CreateSearch", Operation: "CONSULTATION", Reason: "CRIME", Outcome: "OK",
		Decision: accesslog.Decision{Effect: accesslog.Allow, Line: "p, investigator, search, create, any_force", Policy: "5f3a"},
	}}
}

func searched(sealed string) *accesslog.Pending {
	p := read()
	p.Body = &postgres.Body{SearchID: uuid.NullUUID{UUID: uuid.New(), Valid: true}, Wrapped: []byte("wrapped"), Sealed: []byte(sealed)}
	return p
}

func write(changes ...accesslog.Change) *accesslog.Pending {
	p := read()
	p.Entry.Method, p.Entry.Operation = "/register.v1.NominalService/UpsertNominal", "COLLECTION"
	p.Changes = changes
	return p
}

func newRecord(kind postgres.Kind) accesslog.Change {
	id := uuid.New()
	source := sha256.Sum256(id[:])
	return digested(accesslog.Change{
		Record:  postgres.Record{ID: id, Kind: kind, Force: "33", SourceHMAC: source[:], SourceKeyVersion: 1},
		Version: postgres.Version{Record: id, N: 1, Revision: 1, Salt: seal.NewSalt(), Sealed: []byte("sealed content")},
		Wrapped: []byte("wrapped key"),
	})
}

func after(c accesslog.Change) accesslog.Change {
	c.Expected, c.Wrapped = c.Version.N, nil
	c.Version.N++
	c.Version.Revision++
	c.Version.Salt = seal.NewSalt()
	return digested(c)
}

func erasing(c accesslog.Change) accesslog.Change {
	c = after(c)
	c.DeleteKey, c.Version.Erased, c.Version.Sealed = true, true, nil
	return digested(c)
}

func digested(c accesslog.Change) accesslog.Change {
	c.Version.Digest = seal.Digest(c.Version.Salt, seal.VersionFields{
		Record: c.Record.ID, N: c.Version.N, Kind: string(c.Record.Kind), Force: c.Record.Force,
		Revision: c.Version.Revision, Erased: c.Version.Erased, Sealed: c.Version.Sealed,
	})
	return c
}

// The log of the tests: entries of each sort first, then reads up to a full tile
// and part of another.
const logSize = 300

func (r *registry) fill() []accesslog.Receipt { return r.fillTo(logSize) }

func (r *registry) fillTo(size int) []accesslog.Receipt {
	r.t.Helper()
	first, second := newRecord(postgres.KindNominal), newRecord(postgres.KindCourse)
	receipts := []accesslog.Receipt{
		r.append(write(first, second)), r.append(write(after(first))), r.append(searched("sealed 2")),
		r.append(searched("sealed 3")), r.append(write(erasing(second))),
	}
	for len(receipts) < size {
		receipts = append(receipts, r.append(read()))
	}
	return receipts
}

// backup copies the database as it is, and goes on.
func (r *registry) backup() *pgtest.Database {
	r.t.Helper()
	r.w.Close()
	r.db.Close()
	copied := pgtest.Copy(r.t, r.d)
	r.use(r.d)
	return copied
}

// use goes on with a database, as after the restore of a backup.
func (r *registry) use(d *pgtest.Database) {
	r.t.Helper()
	r.w.Close()
	r.d, r.db = d, pgtest.Connect(r.t, d)
	r.w = r.writer()
}

// export exports the database as it is into a fresh folder.
func (r *registry) export(change func(*logexport.Options)) folder {
	r.t.Helper()
	o := logexport.Options{Dir: r.t.TempDir()}
	if change != nil {
		change(&o)
	}
	_, err := logexport.Run(r.t.Context(), r.db, o)
	must(r.t, err)
	return folder(o.Dir)
}

// super runs statements as superuser, without triggers and keys in the way.
func (r *registry) super(sql string, args ...any) {
	r.t.Helper()
	conn, err := pgx.Connect(r.t.Context(), r.d.SuperURL)
	must(r.t, err)
	defer func() { _ = conn.Close(r.t.Context()) }()
	_, err = conn.Exec(r.t.Context(), "SET session_replication_role = replica")
	must(r.t, err)
	_, err = conn.Exec(r.t.Context(), sql, args...)
	must(r.t, err)
}

// program runs verifylog with the log's key and reads its answer.
func (r *registry) program(args ...string) (code int, answer answer) {
	r.t.Helper()
	var out, errOut strings.Builder
	code = run(append(args, "--json", "--key", r.key), &out, &errOut)
	if out.Len() > 0 {
		must(r.t, json.Unmarshal([]byte(out.String()), &answer))
	}
	answer.errors = errOut.String()
	return code, answer
}

type answer struct {
	Proved bool            `json:"proved"`
	Fault  *Fault          `json:"fault"`
	Result json.RawMessage `json:"result"`
	errors string
}

func (r *registry) keys(witnesses ...string) *tlogfile.Keys {
	r.t.Helper()
	keys, err := tlogfile.NewKeys([]string{r.key}, witnesses)
	must(r.t, err)
	return keys
}

func (r *registry) whole(dir folder) Report {
	r.t.Helper()
	report, err := verify(dir, r.keys(), 0)
	if err != nil {
		r.t.Fatalf("a sound log: %v", err)
	}
	return report
}

// fault verifies an export that must have one.
func (r *registry) fault(t *testing.T, dir folder, flags ...string) *Fault {
	t.Helper()
	code, answer := r.program(append(flags, string(dir))...)
	if code != exitFault || answer.Fault == nil || answer.Proved {
		t.Fatalf("code %d, %+v %s", code, answer, answer.errors)
	}
	return answer.Fault
}

// cosigner co-signs as a witness does (C2SP tlog-cosignature).
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
}

func newCosigner(t *testing.T, name string) (c *cosigner, verifier string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	typed := append([]byte{4}, public...)
	sum := sha256.Sum256(append([]byte(name+"\n"), typed...))
	hash := binary.BigEndian.Uint32(sum[:])
	return &cosigner{name, hash, private}, fmt.Sprintf("%s+%08x+%s", name, hash, base64.StdEncoding.EncodeToString(typed))
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Sign(msg []byte) ([]byte, error) {
	at := uint64(1763764000)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, msg)
	return append(binary.BigEndian.AppendUint64(nil, at), ed25519.Sign(c.key, []byte(signed))...), nil
}

// resign signs the text of a note by whom one likes.
func resign(t *testing.T, text string, signers ...note.Signer) string {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, signers...)
	must(t, err)
	return string(signed)
}
