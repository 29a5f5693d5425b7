package siem

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

const origin = "register.example/log"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// An entry has all that OCSF requires of API Activity, and nothing is lost.
func TestEvent(t *testing.T) {
	t.Parallel()
	m := accesslog.Metadata{
		ID: uuid.MustParse("01920000-0000-7000-8000-000000000000"), Time: time.UnixMicro(1790000000123456).UTC(),
		Actor: accesslog.Actor{Sub: "issuer#1", Force: "33", Collar: "1234", Assurance: accesslog.Verified, Kind: accesslog.Person},
		Roles: []string{"investigator"}, ACR: "aal2", Client: "console", Addr: "192.0.2.7", Method: "SearchService.CreateSearch",
		Operation: "CONSULTATION", Reason: "CRIME_INVESTIGATION", ReferenceHMAC: "1:ab", Terms: []string{"1:cd"},
		Results: []uuid.UUID{uuid.MustParse("01920000-0000-7000-8000-000000000001")}, ResultCount: 1,
		Decision: accesslog.Decision{Effect: accesslog.Allow, Line: "4: p, …", Policy: "5f"}, Outcome: "OK", Trace: "4bf9",
	}
	leaf := tlog.RecordHash([]byte("entry"))
	got, err := json.Marshal(NewEvent(origin, 7, leaf, &m))
	must(t, err)
	want := `{"activity_id":2,"activity_name":"Read","category_uid":6,"class_uid":6003,"type_uid":600302,"severity_id":1,"status_id":1,"status_code":"OK","time":1790000000123,` +
		`"metadata":{"version":"1.3.0","product":{"name":"Serial-perpetrator register","vendor_name":"perpetrator-register"},"uid":"01920000-0000-7000-8000-000000000000","sequence":7,"log_name":"register.example/log","original_time":"2026-09-21T14:13:20.123456Z","correlation_uid":"4bf9"},` +
		`"actor":{"user":{"uid":"issuer#1","type_id":1,"groups":[{"name":"investigator","type":"role"}],"org":{"uid":"33"}},"app_name":"console","authorizations":[{"decision":"allow","policy":{"uid":"5f","desc":"4: p, …"}}]},` +
		`"api":{"operation":"SearchService.CreateSearch","service":{"name":"SearchService"},"response":{"message":"OK"}},"src_endpoint":{"ip":"192.0.2.7"},"resources":[{"uid":"01920000-0000-7000-8000-000000000001","type":"record"}],` +
		`"unmapped":{"leaf_hash":"` + leaf.String() + `","statutory_operation":"CONSULTATION","collar":"1234","assurance":"verified","acr":"aal2","reason":"CRIME_INVESTIGATION","reference_hmac":"1:ab","terms":["1:cd"],"result_count":1}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	refused := NewEvent(origin, 8, leaf, &accesslog.Metadata{
		Actor: accesslog.Actor{Kind: accesslog.Anonymous}, Method: "transport", Outcome: "UNAUTHENTICATED", Addr: "192.0.2.0/24", Count: 9,
	})
	if refused.StatusID != statusFailure || refused.ActivityID != activityOther || refused.Actor.User.Name == "" || refused.Src.Name == "" || refused.Count != 9 {
		t.Errorf("%+v", refused)
	}
}

// testLog is a log in a real database.
type testLog struct {
	t  *testing.T
	d  *pgtest.Database
	db *postgres.DB
	w  *accesslog.Writer
}

func newLog(t *testing.T) *testLog {
	t.Helper()
	t.Parallel()
	d, db := pgtest.Open(t)
	secret, _, err := note.GenerateKey(rand.Reader, origin)
	must(t, err)
	signer, err := note.NewSigner(secret)
	must(t, err)
	w, err := accesslog.NewWriter(db, accesslog.Options{Origin: origin, Signers: []note.Signer{signer}})
	must(t, err)
	t.Cleanup(w.Close)
	return &testLog{t, d, db, w}
}

func (l *testLog) add(n int, force string) {
	l.t.Helper()
	for range n {
		_, err := l.w.Append(l.t.Context(), &accesslog.Pending{Entry: accesslog.Metadata{
			Actor: accesslog.Actor{Sub: "s", Force: force, Kind: accesslog.Person}, Method: "m", Outcome: "OK",
		}})
		must(l.t, err)
	}
}

func (l *testLog) super(sql string) {
	l.t.Helper()
	conn, err := pgx.Connect(l.t.Context(), l.d.SuperURL)
	must(l.t, err)
	defer func() { _ = conn.Close(l.t.Context()) }()
	_, err = conn.Exec(l.t.Context(), "SET session_replication_role = replica; "+sql)
	must(l.t, err)
}

// sequences reads the indices in a file of events.
func sequences(t *testing.T, data []byte) (out []int64) {
	t.Helper()
	for line := range bytes.Lines(data) {
		var e Event
		must(t, json.Unmarshal(line, &e))
		out = append(out, e.Metadata.Sequence)
	}
	return out
}

// A file goes on where it ended, even within a line, and holds each entry once.
func TestFileIsContinued(t *testing.T) {
	l := newLog(t)
	l.add(5, "33")
	name := filepath.Join(t.TempDir(), "log.jsonl")
	for round := range 3 {
		f, next, err := Open(name, "", nil)
		must(t, err)
		next, err = Write(t.Context(), l.db, Options{Next: next}, f)
		must(t, err)
		if next != int64(5+round*3) {
			t.Errorf("round %d ended at %d", round, next)
		}
		_, err = f.WriteString(`{"metadata":{"sequence":99`) // the power fails
		must(t, errors.Join(err, f.Close()))
		l.add(3, "43")
	}
	f, next, err := Open(name, "", nil)
	must(t, errors.Join(err, f.Close()))
	data, err := os.ReadFile(name)
	must(t, err)
	if got := fmt.Sprint(sequences(t, data)); got != "[0 1 2 3 4 5 6 7 8 9 10]" || next != 11 {
		t.Errorf("%s, next %d", got, next)
	}
	var out bytes.Buffer
	if _, err := Write(t.Context(), l.db, Options{Force: "33"}, &out); err != nil || len(sequences(t, out.Bytes())) != 5 {
		t.Errorf("one force: %v, %v", sequences(t, out.Bytes()), err)
	}
}

// A file of something else is refused in one sentence, and stays as it is.
func TestForeignFileIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3*maxLine)
	for _, text := range []string{
		"one line without end", "something else\n", "something else\nand more", "\n", "{}\n", long, long + "\n",
		`{"metadata":{"sequence":7}}` + "\n" + `{"metadata":`,
	} {
		name := filepath.Join(t.TempDir(), "other")
		must(t, os.WriteFile(name, []byte(text), 0o600))
		_, _, err := Open(name, "", nil)
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "invalid") {
			t.Errorf("%.40q: %v", text, err)
		}
		if now, err := os.ReadFile(name); err != nil || string(now) != text {
			t.Errorf("%.40q became %.40q, %v", text, now, err)
		}
	}
}

// A file goes on with the selection that it has, from where it ends, or not at all: else
// it would lack lines that it says it has.
func TestFileKeepsItsSelection(t *testing.T) {
	l := newLog(t)
	l.add(2, "33")
	l.add(2, "10")
	for _, force := range []string{"", "33", "10"} {
		name := filepath.Join(t.TempDir(), "log.jsonl")
		first := int64(1)
		f, next, err := Open(name, force, &first)
		must(t, err)
		if next != first {
			t.Errorf("a fresh file begins at %d", next)
		}
		_, err = Write(t.Context(), l.db, Options{Next: next, Force: force}, f)
		must(t, errors.Join(err, f.Close()))
		was, err := os.ReadFile(name)
		must(t, err)
		lines := sequences(t, was)
		end := lines[len(lines)-1] + 1
		for _, other := range []string{"", "33", "10"} {
			f, next, err := Open(name, other, nil)
			switch {
			case other == force && (err != nil || next != end):
				t.Errorf("%q goes on at %d, want %d: %v", force, next, end, err)
			case other != force && (err == nil || strings.Contains(err.Error(), "\n")):
				t.Errorf("%q goes on with %q: %v", force, other, err)
			}
			if err == nil {
				must(t, f.Close())
			}
		}
		for _, at := range []int64{0, end - 1, end + 1} {
			if _, _, err := Open(name, force, &at); err == nil || !strings.Contains(err.Error(), "--next") {
				t.Errorf("%q goes on at %d, and ends at %d: %v", force, at, end, err)
			}
		}
		f, _, err = Open(name, force, &end)
		must(t, err)
		must(t, f.Close())
		if now, err := os.ReadFile(name); err != nil || !bytes.Equal(now, was) {
			t.Errorf("%q was changed: %v", force, err)
		}
	}
}

// A disk that is full is told of once.
func TestFullDiskIsToldOnce(t *testing.T) {
	l := newLog(t)
	l.add(20, "33")
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no full disk here: ", err)
	}
	defer full.Close() //nolint:errcheck // nothing was written
	if _, err := Write(t.Context(), l.db, Options{}, full); err == nil || strings.Count(err.Error(), "no space left") != 1 {
		t.Errorf("%v", err)
	}
}

// Followed, the log is handed on as it grows, until it is told to stop.
func TestFollow(t *testing.T) {
	l := newLog(t)
	ctx, stop := context.WithCancel(t.Context())
	lines := &counter{seen: make(chan int, 100)}
	done := make(chan error, 1)
	go func() {
		_, err := Write(ctx, l.db, Options{Every: time.Millisecond}, lines)
		done <- err
	}()
	for n := 2; n < 7; n += 2 {
		l.add(2, "33")
		for got := range lines.seen {
			if got == n {
				break
			}
		}
	}
	stop()
	must(t, <-done)
}

type counter struct {
	n    int
	seen chan int
}

// Write counts lines.
func (c *counter) Write(p []byte) (int, error) {
	c.n += bytes.Count(p, []byte{'\n'})
	c.seen <- c.n
	return len(p), nil
}

// What is missing, garbled or rolled back is an error, and never left out.
func TestGapsAreErrors(t *testing.T) {
	for name, c := range map[string]struct {
		sql, want string
		next      int64
	}{
		"missing":     {"DELETE FROM register.entry WHERE idx = 3", "entry 3 is missing", 0},
		"garbled":     {`UPDATE register.entry SET meta = '{}', leaf_hash = sha256('\x00'::bytea || '{}'::bytea) WHERE idx = 3`, "entry 3", 0},
		"rolled back": {"", "rolled back", 7},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t)
			l.add(5, "33")
			l.super("SELECT 1; " + c.sql)
			var out bytes.Buffer
			_, err := Write(t.Context(), l.db, Options{Next: c.next}, &out)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
			if c.next == 0 && len(sequences(t, out.Bytes())) != 3 {
				t.Errorf("%s", out.String())
			}
		})
	}
}
