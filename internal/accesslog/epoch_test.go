package accesslog

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
)

const nextOrigin = testOrigin + "/2"

// bothKeys are a signer of the next name, and the verifiers of both.
func (f *fixture) bothKeys() (note.Signer, note.Verifiers) {
	f.tb.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, nextOrigin)
	if err != nil {
		f.tb.Fatal(err)
	}
	next, err := note.NewSigner(secret)
	if err != nil {
		f.tb.Fatal(err)
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		f.tb.Fatal(err)
	}
	old, err := f.known.Verifier(testOrigin, f.signer.KeyHash())
	if err != nil {
		f.tb.Fatal(err)
	}
	return next, note.VerifierList(old, v)
}

// A backup is restored, and the log goes on under another name: the entry says
// what was lost, and the whole is one tree under two names.
func TestEpochAfterARestore(t *testing.T) {
	f := newFixture(t)
	for range 7 {
		f.append(read())
	}
	f.w.Close()
	f.db.Close()
	backup := pgtest.Copy(t, f.d)
	f.db, f.w = f.replica(postgres.Options{})
	var lost Receipt
	for range 5 {
		lost = f.append(read())
	}

	f.w.Close()
	f.d = backup
	f.db = pgtest.Connect(t, backup)
	next, known := f.bothKeys()
	e := Epoch{Origin: nextOrigin, Signers: []note.Signer{next}, Previous: lost.Checkpoint, Known: known, Reason: EpochRestore}
	said, receipt, err := BeginEpoch(t.Context(), f.db, e)
	if err != nil {
		t.Fatal(err)
	}
	if said.Lost() != 5 || said.Previous.N != 12 || said.Kept.N != 7 || receipt.Index != 7 {
		t.Errorf("%+v, %+v", said, receipt)
	}
	if _, err := checkpoint.Open(receipt.Checkpoint, nextOrigin, known); err != nil {
		t.Error(err)
	}
	if err := CheckOrigin(t.Context(), f.db, nextOrigin); err != nil {
		t.Error(err)
	}
	if err := CheckOrigin(t.Context(), f.db, testOrigin); err == nil || !strings.Contains(err.Error(), "origin") {
		t.Errorf("the old name goes on: %v", err)
	}
	w, err := NewWriter(f.db, Options{Origin: nextOrigin, Signers: []note.Signer{next}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Append(t.Context(), read()); err != nil {
		t.Fatal(err)
	}
	audit, err := CheckIntegrity(t.Context(), f.db, testOrigin, known, nextOrigin)
	if err != nil || audit.Entries != 9 {
		t.Errorf("%+v, %v", audit, err)
	}
	for name, names := range map[string][]string{
		"the new name alone": {nextOrigin}, "the old name alone": {testOrigin}, "a third": {testOrigin, nextOrigin, "x"}, "another": {testOrigin, "x"},
	} {
		if _, err := CheckIntegrity(t.Context(), f.db, names[0], known, names[1:]...); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	entries, err := f.db.Entries(t.Context(), 7, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseMetadata(entries[0].Meta)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadEpoch(m); err != nil || got != said {
		t.Errorf("%+v, %v", got, err)
	}
	// Its receipts go with what was before.
	proof, err := NewReader(f.db).Consistency(t.Context(), said.Kept.N, 9)
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckTree(proof, 9, audit.Tree.Hash, said.Kept.N, said.Kept.Hash); err != nil {
		t.Error(err)
	}
}

// An epoch is not begun by mistake.
func TestEpochIsRefused(t *testing.T) {
	f := newFixture(t)
	next, known := f.bothKeys()
	sound := Epoch{Origin: nextOrigin, Signers: []note.Signer{next}, Known: known, Reason: EpochRestore}
	if _, _, err := BeginEpoch(t.Context(), f.db, sound); err == nil {
		t.Error("of an empty log")
	}
	early := f.append(read())
	sound.Previous = f.append(read()).Checkpoint
	stranger := newLogKey(t)
	for name, change := range map[string]func(*Epoch){
		"nothing was lost":        func(*Epoch) {},
		"no checkpoint":           func(e *Epoch) { e.Previous = nil },
		"an earlier checkpoint":   func(e *Epoch) { e.Previous = early.Checkpoint },
		"another's checkpoint":    func(e *Epoch) { e.Previous = signedCheckpoint(t, stranger) },
		"the same name":           func(e *Epoch) { e.Origin, e.Signers = testOrigin, f.signers() },
		"signers of another name": func(e *Epoch) { e.Signers = f.signers(); e.Reason = EpochRename },
		"no reason":               func(e *Epoch) { e.Reason = "" },
		"unknown verifiers":       func(e *Epoch) { e.Known = stranger.known },
	} {
		e := sound
		change(&e)
		if _, _, err := BeginEpoch(t.Context(), f.db, e); err == nil {
			t.Errorf("%s: it is begun", name)
		}
	}
	if head, err := f.db.Head(t.Context()); err != nil || head.Size != 2 {
		t.Errorf("%d entries, %v", head.Size, err)
	}
	sound.Reason, sound.Previous = EpochRename, nil
	if said, _, err := BeginEpoch(t.Context(), f.db, sound); err != nil || said.Lost() != 0 {
		t.Errorf("a new name: %+v, %v", said, err)
	}
	if _, err := ReadEpoch(Metadata{Method: EpochMethod, Marks: make([]string, 6)}); err == nil {
		t.Error("an entry that says nothing is read")
	}
}
