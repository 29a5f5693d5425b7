package witness

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

// What a crash leaves behind is no harm; damage stops the witness, and so does a
// memory that has gone.
func TestMemory(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(30, "entry")
	w := newTestWitness(t, watching(t, l))
	_, err := w.w.Add(t.Context(), l.request(0, 20))
	must(t, err)
	if _, err := New(w.o); err == nil || !strings.Contains(err.Error(), "another witness") {
		t.Errorf("two use one memory: %v", err)
	}
	must(t, w.w.Close())
	dir := w.w.store.logDir(origin)
	half := filepath.Join(dir, ".checkpoint-12345")
	must(t, os.WriteFile(half, l.signed(29)[:50], 0o600))
	w.start()
	if c, err := checkpoint.Peek(w.w.Last(origin)); err != nil || c.Tree.N != 20 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("the half-written file stays")
	}
	must(t, w.w.Close())
	file := filepath.Join(dir, "checkpoint")
	whole, err := os.ReadFile(file)
	must(t, err)
	for name, damaged := range map[string][]byte{
		"empty": {}, "torn": whole[:len(whole)-20], "without our signature": l.signed(20), "rolled back": []byte(strings.Replace(string(whole), "\n20\n", "\n10\n", 1)),
	} {
		must(t, os.WriteFile(file, damaged, 0o600))
		if _, err := New(w.o); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Put back from what others hold, with their signatures beside ours.
	other := newTestWitness(t, watching(t, l))
	lines, err := other.w.Add(t.Context(), l.request(0, 20))
	must(t, err)
	must(t, os.WriteFile(file, append(whole, lines...), 0o600))
	w.start()
	_, err = w.w.Add(t.Context(), l.request(20, 30))
	must(t, err)
	gone := w.o
	gone.State = t.TempDir()
	if _, err := New(gone); err == nil {
		t.Error("an empty folder is taken for a memory")
	}
	if err := initStore(w.o.State); err == nil {
		t.Error("a memory is made afresh")
	}
}

// When the memory cannot be written nothing is signed.
func TestNothingIsSignedThatIsNotRemembered(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(30, "entry")
	w := newTestWitness(t, watching(t, l))
	// A file stands where the folder of the log should be.
	must(t, os.WriteFile(filepath.Join(w.o.State, "logs"), nil, 0o600))
	got := post(t, w.w.Handler(1000), l.request(0, 20).Marshal())
	if got.status != http.StatusInternalServerError || strings.Contains(got.body, "—") || strings.Contains(got.body, w.o.State) {
		t.Errorf("%+v", got)
	}
	if w.w.Last(origin) != nil {
		t.Error("it is remembered in memory")
	}
}

// A log changes its key, and the old one is believed until a day; a witness
// changes its own.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(50, "entry")
	log := watching(t, l)
	signer, verifier := newLogKey(t, origin)
	fresh := l.fork()
	fresh.signer = signer
	v, err := note.NewVerifier(verifier)
	must(t, err)
	at := &clock{time.Date(2026, 6, 29, 12, 0, 0, 0, time.UTC)}
	log.Keys[0].Until = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	log.Keys = append(log.Keys, LogKey{Verifier: v})
	w := newTestWitness(t, log)
	w.o.Now = at.now
	w.restart()
	_, err = w.w.Add(t.Context(), l.request(0, 10))
	must(t, err)
	_, err = w.w.Add(t.Context(), fresh.request(10, 20))
	must(t, err)
	at.at = at.at.Add(12 * time.Hour)
	refused(t, w, l.request(20, 30), http.StatusForbidden)

	old := w.o.Cosigners[0]
	secret, _, err := checkpoint.GenerateCosigner("witness.example/w1")
	must(t, err)
	next, err := checkpoint.NewCosigner(secret, nil)
	must(t, err)
	w.o.Cosigners = append(w.o.Cosigners, next)
	w.restart()
	lines, err := w.w.Add(t.Context(), fresh.request(20, 30))
	must(t, err)
	if n := strings.Count(string(lines), "\n"); n != 2 {
		t.Errorf("%d signatures with two keys", n)
	}
	for _, c := range []*checkpoint.Cosigner{old, next} {
		_, err := note.Open(append([]byte(noteText(fresh.signed(30))+"\n"), lines...), note.VerifierList(c.Verifier()))
		must(t, err)
	}
	// Its memory bears both signatures: the old key may go.
	w.o.Cosigners = []*checkpoint.Cosigner{next}
	w.restart()
	// Changed at once, the memory is of a key that signs no longer: it is named.
	w.o.Cosigners = []*checkpoint.Cosigner{old}
	w.restart()
	_, err = w.w.Add(t.Context(), fresh.request(30, 40))
	must(t, err)
	must(t, w.w.Close())
	w.o.Cosigners = []*checkpoint.Cosigner{next}
	if _, err := New(w.o); err == nil {
		t.Error("a memory without a signature of ours is believed")
	}
	w.o.Former = []note.Verifier{old.Verifier()}
	w.start()
}
