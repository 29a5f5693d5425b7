package witness

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

// Each case of the protocol has its status.
func TestProtocol(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(40, "entry")
	other := l.fork()
	other.grow(1, "else")
	l.grow(10, "entry")
	stranger := l.fork()
	stranger.signer, _ = newLogKey(t, origin)
	elsewhere, _ := newLogKey(t, "register.example/elsewhere")
	w := newTestWitness(t, watching(t, l))
	_, err := w.w.Add(t.Context(), l.request(0, 30))
	must(t, err)

	wrong := l.request(30, 45)
	wrong.Proof[0][3] ^= 1
	superfluous := l.request(30, 30)
	superfluous.Proof = l.request(30, 45).Proof
	unknown := l.request(0, 30)
	unknown.Checkpoint, err = note.Sign(&note.Note{Text: strings.Replace(noteText(unknown.Checkpoint), origin, "register.example/elsewhere", 1)}, elsewhere)
	must(t, err)
	for _, tt := range []struct {
		name   string
		body   []byte
		status int
		answer string
	}{
		{"malformed", []byte("old\n\n"), http.StatusBadRequest, ""},
		{"no checkpoint", []byte("old 30\n\n"), http.StatusBadRequest, ""},
		{"old above the checkpoint", l.request(45, 40).Marshal(), http.StatusBadRequest, ""},
		{"unknown log", unknown.Marshal(), http.StatusNotFound, ""},
		{"another's key", stranger.request(30, 45).Marshal(), http.StatusForbidden, ""},
		{"old size below", l.request(20, 45).Marshal(), http.StatusConflict, "30\n"},
		{"old size unknown", l.request(0, 45).Marshal(), http.StatusConflict, "30\n"},
		{"old size above", l.request(40, 45).Marshal(), http.StatusConflict, "30\n"},
		{"a smaller tree", l.request(0, 20).Marshal(), http.StatusConflict, "30\n"},
		{"a false proof", wrong.Marshal(), http.StatusUnprocessableEntity, ""},
		{"no proof", Request{Old: 30, Checkpoint: l.signed(45)}.Marshal(), http.StatusUnprocessableEntity, ""},
		{"a superfluous proof", superfluous.Marshal(), http.StatusUnprocessableEntity, ""},
		{"too large", bytes.Repeat([]byte("x"), MaxRequest+1), http.StatusRequestEntityTooLarge, ""},
		{"the same again", l.request(30, 30).Marshal(), http.StatusOK, "— witness.example/w1 "},
		{"the next", l.request(30, 45).Marshal(), http.StatusOK, "— witness.example/w1 "},
	} {
		got := post(t, w.w.Handler(1000), tt.body)
		if got.status != tt.status || !strings.HasPrefix(got.body, tt.answer) {
			t.Errorf("%s: %d %q, want %d %q", tt.name, got.status, got.body, tt.status, tt.answer)
		}
		if isSize := got.header.Get("Content-Type") == sizeType; isSize != (tt.status == http.StatusConflict) {
			t.Errorf("%s: content type %s", tt.name, got.header.Get("Content-Type"))
		}
	}
}

func noteText(signed []byte) string {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	return text + "\n"
}

// Who asks too often is told so.
func TestRate(t *testing.T) {
	t.Parallel()
	s := newTestWitness(t, watching(t, newTestLog(t)))
	h := s.w.Handler(0.001)
	if got := post(t, h, nil); got.status != http.StatusBadRequest {
		t.Errorf("first: %d", got.status)
	}
	if got := post(t, h, nil); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("second: %d", got.status)
	}
	if networkOf("[2001:db8::1]:1") != networkOf("[2001:db8::2]:9") || networkOf("192.0.2.1:1") == networkOf("192.0.2.2:1") {
		t.Error("networks")
	}
}

// A fork shown to two witnesses: each goes with the history that it saw first,
// refuses the other, and keeps the two notes.
func TestForkIsRefusedAndKept(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(20, "entry")
	f := l.fork()
	l.grow(10, "true")
	f.grow(10, "false")
	first, second := newTestWitness(t, watching(t, l)), newTestWitness(t, watching(t, l))
	for _, w := range []*testWitness{first, second} {
		_, err := w.w.Add(t.Context(), l.request(0, 20))
		must(t, err)
	}
	_, err := first.w.Add(t.Context(), l.request(20, 30))
	must(t, err)
	_, err = second.w.Add(t.Context(), f.request(20, 30))
	must(t, err)
	for w, shown := range map[*testWitness]*testLog{first: f, second: l} {
		refused(t, w, shown.request(30, 30), http.StatusConflict)
		shown.grow(5, "more")
		refused(t, w, shown.request(30, 35), http.StatusUnprocessableEntity)
		found := map[Fault]Evidence{}
		for _, e := range w.evidence() {
			found[e.Fault] = e
		}
		if len(found) != 2 || !strings.Contains(w.journal.String(), "level=ERROR") || !strings.Contains(w.journal.String(), "FORKED") {
			t.Errorf("evidence %v, journal %s", found, &w.journal)
		}
		known := note.VerifierList(w.o.Logs[0].Keys[0].Verifier)
		remembered, err := checkpoint.Open([]byte(found[Fork].Remembered), origin, known)
		must(t, err)
		other, err := checkpoint.Open([]byte(found[Fork].Refused), origin, known)
		must(t, err)
		if remembered.Tree.N != other.Tree.N || remembered.Tree.Hash == other.Tree.Hash {
			t.Error("the two notes prove nothing")
		}
		// The true history may go on.
		w.restart()
	}
	l.grow(1, "true")
	_, err = first.w.Add(t.Context(), l.request(30, l.n))
	must(t, err)
}

func refused(t *testing.T, w *testWitness, r Request, status int) {
	t.Helper()
	_, err := w.w.Add(t.Context(), r)
	var refusal *RefusalError
	if !errors.As(err, &refusal) || refusal.Status != status {
		t.Errorf("%v, want a refusal with %d", err, status)
	}
}

// A log restored from an old backup is refused, be it smaller or grown again.
func TestRollbackIsRefused(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(20, "entry")
	backup := l.fork()
	l.grow(10, "lost")
	w := newTestWitness(t, watching(t, l))
	_, err := w.w.Add(t.Context(), l.request(0, 30))
	must(t, err)
	w.restart()
	refused(t, w, backup.request(20, 20), http.StatusConflict)
	backup.grow(20, "after")
	refused(t, w, backup.request(20, 40), http.StatusConflict)
	refused(t, w, backup.request(30, 40), http.StatusUnprocessableEntity)
	if e := w.evidence(); len(e) != 2 {
		t.Errorf("evidence %+v", e)
	}
}

// Repeated faults that a caller can bring about do not fill the disk; forks are
// kept all the same.
func TestEvidenceIsBounded(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(maxEvidence+50, "entry")
	w := newTestWitness(t, watching(t, l))
	_, err := w.w.Add(t.Context(), l.request(0, l.n))
	must(t, err)
	for range 2 {
		for size := int64(1); size < l.n; size++ {
			refused(t, w, l.request(0, size), http.StatusConflict)
		}
	}
	if n := len(w.evidence()); n != maxEvidence {
		t.Errorf("%d pieces of evidence", n)
	}
	f := newTestLog(t)
	f.signer = l.signer
	f.grow(int(l.n), "else")
	refused(t, w, f.request(0, f.n), http.StatusConflict)
	if n := len(w.evidence()); n != maxEvidence+1 {
		t.Errorf("the fork is not kept: %d", n)
	}
}

// A closed log is signed no more, and whoever tries leaves evidence.
func TestClosedLog(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(20, "entry")
	log := watching(t, l)
	w := newTestWitness(t, log)
	_, err := w.w.Add(t.Context(), l.request(0, 10))
	must(t, err)
	w.o.Logs[0].Closed = true
	w.restart()
	refused(t, w, l.request(10, 20), http.StatusForbidden)
	if e := w.evidence(); len(e) != 1 || e[0].Fault != Closed {
		t.Errorf("%+v", e)
	}
}

// However requests of a log come together, what is remembered only grows, and
// each answer is of a tree that was the largest.
func TestRequestsAtTheSameTime(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(200, "entry")
	w := newTestWitness(t, watching(t, l))
	requests := make([]Request, 0, 400)
	for old := int64(0); old < 20; old++ {
		for size := old + 1; size <= 20; size++ {
			requests = append(requests, l.request(old*10, size*10))
		}
	}
	var group sync.WaitGroup
	for _, r := range requests {
		group.Go(func() {
			for range 3 {
				before, _ := checkpoint.Peek(w.w.Last(origin))
				_, err := w.w.Add(t.Context(), r)
				after, _ := checkpoint.Peek(w.w.Last(origin))
				if after.Tree.N < before.Tree.N {
					t.Errorf("rolled back from %d to %d", before.Tree.N, after.Tree.N)
				}
				var refusal *RefusalError
				if err != nil && !errors.As(err, &refusal) {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
