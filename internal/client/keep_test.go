package client_test

import (
	"fmt"
	"testing"

	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// A kept proof is of a tree that witnesses have co-signed, once they have come so
// far, and the independent reader finds their signatures in it.
func TestKeptProofsAreCosigned(t *testing.T) {
	t.Parallel()
	fake, key := newLog(t)
	log := &watchedLog{provingLog: fake}
	for i := range 11 {
		fake.add(t, fmt.Sprint("entry ", i))
	}
	a, keyA := newCosigner(t, "a.example")
	b, keyB := newCosigner(t, "b.example")
	early := &client.Receipt{Index: 4, Leaf: fake.leaves[4], Note: fake.note(t)}
	log.witnessed = cosigned(t, fake.note(t), a, b)
	for i := range 20 {
		fake.add(t, fmt.Sprint("later ", i))
	}
	late := &client.Receipt{Index: 20, Leaf: fake.leaves[20], Note: fake.note(t)}
	keys, err := tlogfile.NewKeys([]string{key}, []string{keyA, keyB})
	if err != nil {
		t.Fatal(err)
	}
	prover := &client.Prover{Log: log, Key: key}
	for _, tt := range []struct {
		receipt         *client.Receipt
		size, witnesses int
	}{{early, 11, 2}, {late, 31, 0}} {
		kept, err := prover.Keep(t.Context(), tt.receipt)
		if err != nil {
			t.Fatal(err)
		}
		read, err := tlogfile.ParseProof(kept.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		c, err := read.Verify(keys)
		if err != nil || read.Index != tt.receipt.Index || int(c.Tree.N) != tt.size || len(c.Witnesses) != tt.witnesses {
			t.Errorf("entry %d: tree of %d, co-signed by %v, %v", tt.receipt.Index, c.Tree.N, c.Witnesses, err)
		}
	}
	false1 := *early
	false1.Leaf = late.Leaf
	if _, err := prover.Keep(t.Context(), &false1); err == nil {
		t.Error("a proof of another entry is kept")
	}
}
