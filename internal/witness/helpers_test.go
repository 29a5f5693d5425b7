package witness

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

const origin = "register.example/log"

// testLog is a log in memory.
type testLog struct {
	tb       testing.TB
	signer   note.Signer
	verifier string
	hashes   []tlog.Hash
	n        int64
}

func newTestLog(tb testing.TB) *testLog {
	tb.Helper()
	l := &testLog{tb: tb}
	l.signer, l.verifier = newLogKey(tb, origin)
	return l
}

func newLogKey(tb testing.TB, name string) (note.Signer, string) {
	tb.Helper()
	secret, verifier, err := note.GenerateKey(rand.Reader, name)
	must(tb, err)
	signer, err := note.NewSigner(secret)
	must(tb, err)
	return signer, verifier
}

func (l *testLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = l.hashes[x]
	}
	return out, nil
}

// grow adds entries that hold a text.
func (l *testLog) grow(n int, text string) {
	for range n {
		more, err := tlog.StoredHashes(l.n, []byte(text), l)
		must(l.tb, err)
		l.hashes = append(l.hashes, more...)
		l.n++
	}
}

// fork is a copy that grows apart, with the same key.
func (l *testLog) fork() *testLog {
	c := *l
	c.hashes = append([]tlog.Hash(nil), l.hashes...)
	return &c
}

func (l *testLog) signed(size int64) []byte {
	root, err := tlog.TreeHash(size, l)
	must(l.tb, err)
	signed, err := checkpoint.Sign(origin, tlog.Tree{N: size, Hash: root}, []note.Signer{l.signer})
	must(l.tb, err)
	return signed
}

// request asks to co-sign the tree of a size after one of an old size.
func (l *testLog) request(old, size int64) Request {
	r := Request{Old: old, Checkpoint: l.signed(size)}
	if old > 0 && old < size {
		proof, err := tlog.ProveTree(size, old, l)
		must(l.tb, err)
		r.Proof = proof
	}
	return r
}

// testWitness is a witness whose process can be ended and begun again.
type testWitness struct {
	tb      testing.TB
	o       Options
	w       *Witness
	journal bytes.Buffer
}

func newTestWitness(tb testing.TB, logs ...Log) *testWitness {
	tb.Helper()
	t := &testWitness{tb: tb}
	secret, _, err := checkpoint.GenerateCosigner("witness.example/w1")
	must(tb, err)
	cosigner, err := checkpoint.NewCosigner(secret, nil)
	must(tb, err)
	t.o = Options{State: filepath.Join(tb.TempDir(), "state"), Cosigners: []*checkpoint.Cosigner{cosigner}, Logs: logs}
	t.o.Log = slog.New(slog.NewTextHandler(&t.journal, nil))
	must(tb, initStore(t.o.State))
	t.start()
	tb.Cleanup(func() { _ = t.w.Close() })
	return t
}

func (t *testWitness) start() {
	t.tb.Helper()
	var err error
	t.w, err = New(t.o)
	must(t.tb, err)
}

func (t *testWitness) restart() {
	t.tb.Helper()
	must(t.tb, t.w.Close())
	t.start()
}

// watching is a log as a witness is told of it.
func watching(tb testing.TB, l *testLog) Log {
	tb.Helper()
	v, err := note.NewVerifier(l.verifier)
	must(tb, err)
	return Log{Origin: origin, Keys: []LogKey{{Verifier: v}}}
}

// answer is what a witness answered.
type answer struct {
	status int
	header http.Header
	body   string
}

// post sends a body to a witness.
func post(tb testing.TB, h http.Handler, body []byte) answer {
	tb.Helper()
	r := httptest.NewRequest(http.MethodPost, "/add-checkpoint", bytes.NewReader(body))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func (t *testWitness) evidence() []Evidence {
	t.tb.Helper()
	all, err := ReadEvidence(t.o.State, origin)
	must(t.tb, err)
	return all
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }
