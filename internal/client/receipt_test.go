package client_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/client"
)

const origin = "register.example/log"

// fakeLog is a log of entries in memory. It implements the calls of a Prover.
type fakeLog struct {
	registerv1.AccessLogServiceClient
	signer note.Signer
	origin string // the standard one if empty
	hashes []tlog.Hash
	leaves []tlog.Hash
	spoil  func(hashes [][]byte)
}

func (l *fakeLog) read(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = l.hashes[x]
	}
	return out, nil
}

func (l *fakeLog) add(t *testing.T, entry string) {
	t.Helper()
	hashes, err := tlog.StoredHashes(int64(len(l.leaves)), []byte(entry), tlog.HashReaderFunc(l.read))
	if err != nil {
		t.Fatal(err)
	}
	l.hashes = append(l.hashes, hashes...)
	l.leaves = append(l.leaves, tlog.RecordHash([]byte(entry)))
}

func (l *fakeLog) note(t *testing.T) string {
	t.Helper()
	n := int64(len(l.leaves))
	root, err := tlog.TreeHash(n, tlog.HashReaderFunc(l.read))
	if err != nil {
		t.Fatal(err)
	}
	name := origin
	if l.origin != "" {
		name = l.origin
	}
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", name, n, root)}, l.signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

type provingLog struct {
	*fakeLog
	t *testing.T
}

func (l provingLog) GetCheckpoint(context.Context, *registerv1.GetCheckpointRequest, ...grpc.CallOption) (*registerv1.Checkpoint, error) {
	return &registerv1.Checkpoint{Note: l.note(l.t)}, nil
}

func (l provingLog) GetInclusionProof(_ context.Context, r *registerv1.GetInclusionProofRequest, _ ...grpc.CallOption) (*registerv1.InclusionProof, error) {
	p, err := tlog.ProveRecord(r.GetTreeSize(), r.GetIndex(), tlog.HashReaderFunc(l.read))
	out := &registerv1.InclusionProof{LeafHash: l.leaves[r.GetIndex()][:]}
	for _, h := range p {
		out.Hashes = append(out.Hashes, append([]byte(nil), h[:]...))
	}
	if l.spoil != nil {
		l.spoil(out.GetHashes())
	}
	return out, err
}

func (l provingLog) GetConsistencyProof(_ context.Context, r *registerv1.GetConsistencyProofRequest, _ ...grpc.CallOption) (*registerv1.ConsistencyProof, error) {
	p, err := tlog.ProveTree(r.GetSecondTreeSize(), r.GetFirstTreeSize(), tlog.HashReaderFunc(l.read))
	out := &registerv1.ConsistencyProof{}
	for _, h := range p {
		out.Hashes = append(out.Hashes, append([]byte(nil), h[:]...))
	}
	return out, err
}

func newLog(t *testing.T) (log provingLog, key string) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return provingLog{&fakeLog{signer: signer}, t}, vkey
}

func TestReceiptIsReadAsTheLogWritesIt(t *testing.T) {
	want := accesslog.Receipt{Index: 7, Leaf: tlog.RecordHash([]byte("x")), Checkpoint: []byte("a note\n")}
	got, err := client.ParseReceipt(want.String())
	if err != nil || got.Index != 7 || got.Leaf != want.Leaf || got.Note != "a note\n" || got.String() != want.String() {
		t.Fatalf("%+v, %v", got, err)
	}
	if client.ReceiptKey != accesslog.ReceiptKey || client.EntryKey != accesslog.EntryKey {
		t.Error("the trailer's keys differ from the log's")
	}
	short, err := client.ParseReceipt(strings.Join(strings.Split(want.String(), ";")[:2], ";"))
	if err != nil || short.Note != "" || short.Index != 7 {
		t.Errorf("a short receipt: %+v, %v", short, err)
	}
	for _, bad := range []string{"", "x", "index=1", "index=-1;leaf=" + want.Leaf.String(), "index=1;leaf=x", "leaf=x;index=1", want.String() + ";x=1", "index=1;leaf=" + want.Leaf.String() + ";checkpoint=*"} {
		if _, err := client.ParseReceipt(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func FuzzParseReceipt(f *testing.F) {
	f.Add(accesslog.Receipt{Index: 7, Checkpoint: []byte("n\n")}.String())
	f.Fuzz(func(t *testing.T, s string) {
		r, err := client.ParseReceipt(s)
		if err != nil {
			return
		}
		again, err := client.ParseReceipt(r.String())
		if err != nil || *again != *r {
			t.Fatalf("%q: %+v, then %+v, %v", s, r, again, err)
		}
		_, _ = r.Offline("")
	})
}

func TestProofs(t *testing.T) {
	log, key := newLog(t)
	for i := range 11 {
		log.add(t, fmt.Sprint("entry ", i))
	}
	receipt := &client.Receipt{Index: 4, Leaf: log.leaves[4], Note: log.note(t)}
	for i := range 20 {
		log.add(t, fmt.Sprint("later ", i))
	}
	prover := &client.Prover{Log: log, Key: key}
	for _, i := range []int64{0, 4, 30} {
		p, err := prover.Entry(t.Context(), i)
		if err != nil || p.Leaf != log.leaves[i] || p.Newest.Tree.N != 31 || !p.Newest.Signed {
			t.Errorf("entry %d: %+v, %v", i, p, err)
		}
	}
	if _, err := prover.Entry(t.Context(), 31); err == nil {
		t.Error("an entry beyond the log must be an error")
	}
	if p, err := prover.Receipt(t.Context(), receipt); err != nil || p.Checkpoint.Tree.N != 11 || p.Newest.Tree.N != 31 {
		t.Errorf("receipt: %+v, %v", p, err)
	}
	if p, err := prover.Receipt(t.Context(), &client.Receipt{Index: 4, Leaf: log.leaves[4]}); err != nil || p.Checkpoint.Tree.N != 31 {
		t.Errorf("short receipt: %+v, %v", p, err)
	}
	if _, err := prover.Receipt(t.Context(), &client.Receipt{Index: 5, Leaf: log.leaves[4], Note: receipt.Note}); err == nil {
		t.Error("a receipt with another entry's leaf was proved")
	}
	if _, err := prover.Receipt(t.Context(), &client.Receipt{Index: 12, Leaf: log.leaves[12], Note: receipt.Note}); err == nil {
		t.Error("a receipt whose checkpoint does not cover it was proved")
	}
	other, otherKey := newLog(t)
	for i := range 11 {
		other.add(t, fmt.Sprint("entry ", i))
	}
	for i := range 25 {
		other.add(t, fmt.Sprint("rewritten ", i))
	}
	forked := &client.Prover{Log: other}
	if p, err := forked.Receipt(t.Context(), receipt); err != nil || p.Newest.Signed {
		t.Errorf("the same first entries are the same tree: %+v, %v", p, err)
	}
	other.leaves, other.hashes = nil, nil
	for i := range 40 {
		other.add(t, fmt.Sprint("another history ", i))
	}
	if _, err := forked.Receipt(t.Context(), receipt); err == nil {
		t.Error("a receipt was proved by a log with another history")
	}
	if _, err := (&client.Prover{Log: log, Key: otherKey}).Entry(t.Context(), 1); err == nil {
		t.Error("a checkpoint signed by another key was believed")
	}
	log.spoil = func(h [][]byte) { h[0][0] ^= 1 }
	if _, err := prover.Entry(t.Context(), 4); err == nil {
		t.Error("a spoilt proof was believed")
	}
}
