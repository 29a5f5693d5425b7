package client_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/client"
)

// watchedLog is a log that also hands out a co-signed checkpoint.
type watchedLog struct {
	provingLog
	witnessed *registerv1.WitnessedCheckpoint
}

func (l watchedLog) GetCheckpoint(ctx context.Context, r *registerv1.GetCheckpointRequest, o ...grpc.CallOption) (*registerv1.Checkpoint, error) {
	c, err := l.provingLog.GetCheckpoint(ctx, r, o...)
	c.Witnessed = l.witnessed
	return c, err
}

func newCosigner(t *testing.T, name string) (*checkpoint.Cosigner, string) {
	t.Helper()
	secret, verifier, err := checkpoint.GenerateCosigner(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.NewCosigner(secret, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, verifier
}

// cosigned is a checkpoint with the witnesses' signatures.
func cosigned(t *testing.T, signed string, by ...*checkpoint.Cosigner) *registerv1.WitnessedCheckpoint {
	t.Helper()
	text, _, _ := strings.Cut(signed, "\n\n")
	out := &registerv1.WitnessedCheckpoint{Note: signed}
	for _, c := range by {
		one, err := note.Sign(&note.Note{Text: text + "\n"}, c)
		if err != nil {
			t.Fatal(err)
		}
		_, line, _ := strings.Cut(string(one), "\n\n")
		out.Note += line
	}
	return out
}

// Proofs go through a checkpoint that a quorum of the known witnesses has
// co-signed, and through no other.
func TestProofsWithWitnesses(t *testing.T) {
	t.Parallel()
	fake, key := newLog(t)
	log := &watchedLog{provingLog: fake}
	for i := range 11 {
		fake.add(t, fmt.Sprint("entry ", i))
	}
	a, keyA := newCosigner(t, "a.example")
	b, keyB := newCosigner(t, "b.example")
	_, keyC := newCosigner(t, "c.example")
	aAgain, keyA2 := newCosigner(t, "a.example")
	at11 := fake.note(t)
	for i := range 20 {
		fake.add(t, fmt.Sprint("later ", i))
	}
	prover := func(quorum int, keys ...string) *client.Prover {
		w, err := client.NewWitnesses(keys, quorum)
		if err != nil {
			t.Fatal(err)
		}
		return &client.Prover{Log: log, Key: key, Witnesses: w}
	}
	if _, err := prover(2, keyA, keyB).Entry(t.Context(), 4); !errors.Is(err, client.ErrNotWitnessed) {
		t.Errorf("no co-signed checkpoint: %v", err)
	}
	log.witnessed = cosigned(t, at11, a, b)
	for _, index := range []int64{4, 20} {
		p, err := prover(0, keyA, keyB, keyC).Entry(t.Context(), index)
		if err != nil || p.Witnessed.Checkpoint.Tree.N != 11 || len(p.Witnessed.By) != 2 {
			t.Errorf("entry %d: %+v, %v", index, p, err)
		}
	}
	if _, err := prover(3, keyA, keyB, keyC).Witnessed(t.Context()); err == nil {
		t.Error("two are three")
	}
	if _, err := prover(1, keyC).Witnessed(t.Context()); err == nil {
		t.Error("signatures of others suffice")
	}
	if w, err := (&client.Prover{Log: log}).Witnessed(t.Context()); err != nil || len(w.By) != 0 || w.Checkpoint.Signed {
		t.Errorf("without keys: %+v, %v", w, err)
	}
	log.witnessed = cosigned(t, at11, a, aAgain)
	if _, err := prover(2, keyA, keyA2, keyB).Witnessed(t.Context()); err == nil {
		t.Error("one witness with two keys is two")
	}

	// What is co-signed is not of the log that is shown.
	other, _ := newLog(t)
	other.signer = fake.signer
	for i := range 11 {
		other.add(t, fmt.Sprint("another ", i))
	}
	log.witnessed = cosigned(t, other.note(t), a, b)
	if _, err := prover(2, keyA, keyB).Entry(t.Context(), 4); err == nil || !strings.Contains(err.Error(), "FAILED") {
		t.Errorf("a fork: %v", err)
	}
	for i := range 30 {
		other.add(t, fmt.Sprint("another ", i))
	}
	log.witnessed = cosigned(t, other.note(t), a, b)
	if _, err := prover(2, keyA, keyB).Entry(t.Context(), 4); err == nil || !strings.Contains(err.Error(), "FAILED") {
		t.Errorf("a larger tree than the newest: %v", err)
	}
	stranger, _ := newLog(t)
	stranger.add(t, "entry")
	log.witnessed = cosigned(t, stranger.note(t), a, b)
	if _, err := prover(2, keyA, keyB).Entry(t.Context(), 4); err == nil {
		t.Error("a co-signed checkpoint without the log's signature is believed")
	}
}

func TestWitnessesAreReadStrictly(t *testing.T) {
	t.Parallel()
	_, key := newCosigner(t, "a.example")
	if w, err := client.NewWitnesses(nil, 0); w != nil || err != nil {
		t.Errorf("%v, %v", w, err)
	}
	for quorum, keys := range map[int][]string{1: nil, 2: {key}, -1: {key}, 0: {"x"}} {
		if _, err := client.NewWitnesses(keys, quorum); err == nil {
			t.Errorf("a quorum of %d of %d is accepted", quorum, len(keys))
		}
	}
}

// A log that has changed its key is verified by all the keys that it has had.
func TestSeveralLogKeys(t *testing.T) {
	t.Parallel()
	log, old := newLog(t)
	log.add(t, "entry")
	before := log.note(t)
	other, fresh := newLog(t)
	log.signer = other.signer
	after := log.note(t)
	for _, signed := range []string{before, after} {
		if c, err := client.OpenCheckpoint(signed, old+" "+fresh); err != nil || !c.Signed {
			t.Errorf("%+v, %v", c, err)
		}
	}
	if _, err := client.OpenCheckpoint(after, old); err == nil {
		t.Error("another's signature is the log's")
	}
}

// A receipt of an earlier epoch is proved by who holds the keys of both, if its
// tree is a part of the newest.
func TestReceiptOfAnEarlierEpoch(t *testing.T) {
	t.Parallel()
	log, old := newLog(t)
	log.add(t, "zero")
	receipt := &client.Receipt{Index: 0, Leaf: log.leaves[0], Note: log.note(t)}
	log.add(t, "lost")
	lost := &client.Receipt{Index: 1, Leaf: log.leaves[1], Note: log.note(t)}
	secret, fresh, err := note.GenerateKey(rand.Reader, origin+"/2")
	if err != nil {
		t.Fatal(err)
	}
	next, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	renamed := provingLog{&fakeLog{signer: next, origin: origin + "/2"}, t}
	for _, entry := range []string{"zero", "epoch", "more"} {
		renamed.add(t, entry)
	}
	prove := func(r *client.Receipt, key string) error {
		_, err := (&client.Prover{Log: renamed, Key: key}).Receipt(t.Context(), r)
		return err
	}
	if err := prove(receipt, old+" "+fresh); err != nil {
		t.Error(err)
	}
	if err := prove(lost, old+" "+fresh); err == nil {
		t.Error("a receipt of what was lost is proved")
	}
	for _, key := range []string{"", fresh, old} {
		if err := prove(receipt, key); err == nil {
			t.Errorf("proved with the keys %q", key)
		}
	}
}
