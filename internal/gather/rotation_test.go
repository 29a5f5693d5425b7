package gather_test

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/servertest"
	"github.com/perpetrator-register/register/internal/witness"
)

// The log changes its signer, step by step, and is witnessed all the while.
func TestSignerRotates(t *testing.T) {
	w := newWorld(t)
	one := w.StartWitness("witness.example/1")
	r := w.Start(w.config(1, one.Config))
	size := w.witnessed(r, 0).GetTreeSize()
	provider := seal.DirProvider(w.KeyDir)
	must(t, seal.AddLogSigner(t.Context(), provider, servertest.Origin))
	keys, err := seal.Open(t.Context(), provider)
	must(t, err)
	old, fresh := keys.LogVerifiers()[0], keys.LogVerifiers()[1]
	one.Stop()
	one.Settings.Logs[0].Keys = []witness.KeyConfig{{Verifier: old, Until: "2026-01-01"}, {Verifier: fresh}}
	one.Start()
	// Signed by the old key alone, it is signed by nobody now.
	w.await("the old key to be refused", func() bool { return w.journal.has("does not believe the log's key") })
	r.Stop()
	r = w.Start(w.config(1, one.Config))
	got := w.witnessed(r, size)
	if n := signatures(t, got.GetNote(), old, fresh); n != 2 {
		t.Errorf("%d signatures of the log", n)
	}
	must(t, seal.RetireLogSigner(t.Context(), provider, old))
	r.Stop()
	r = w.Start(w.config(1, one.Config))
	got = w.witnessed(r, got.GetTreeSize())
	if n := signatures(t, got.GetNote(), old, fresh); n != 1 {
		t.Errorf("%d signatures of the log", n)
	}
	if strings.Contains(w.journal.String(), "DOES NOT ACCEPT") {
		t.Errorf("journal:\n%s", w.journal)
	}
}

// signatures counts those of a note by the keys given.
func signatures(t *testing.T, signed string, keys ...string) int {
	t.Helper()
	var known []note.Verifier
	for _, key := range keys {
		v, err := note.NewVerifier(key)
		must(t, err)
		known = append(known, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(known...))
	must(t, err)
	return len(n.Sigs)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
