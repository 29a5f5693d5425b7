package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// memoryLog is an access log in memory.
type memoryLog struct {
	signer         note.Signer
	key            string
	hashes, leaves []tlog.Hash
}

func newMemoryLog(t *testing.T) *memoryLog {
	t.Helper()
	secret, key, err := note.GenerateKey(rand.Reader, "register.example/log")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	return &memoryLog{signer: signer, key: key}
}

func (l *memoryLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = l.hashes[x]
	}
	return out, nil
}

func (l *memoryLog) add(t *testing.T, entries ...string) {
	t.Helper()
	for _, e := range entries {
		hashes, err := tlog.StoredHashes(int64(len(l.leaves)), []byte(e), l)
		if err != nil {
			t.Fatal(err)
		}
		l.hashes, l.leaves = append(l.hashes, hashes...), append(l.leaves, tlog.RecordHash([]byte(e)))
	}
}

func (l *memoryLog) note() (string, error) {
	n := int64(len(l.leaves))
	root, err := tlog.TreeHash(n, l)
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), n, root)}, l.signer)
	return string(signed), err
}

func (l *memoryLog) receipt(t *testing.T, index int64) *client.Receipt {
	t.Helper()
	signed, err := l.note()
	if err != nil {
		t.Fatal(err)
	}
	return &client.Receipt{Index: index, Leaf: l.leaves[index], Note: signed}
}

func (f *fake) GetCheckpoint(context.Context, *registerv1.GetCheckpointRequest) (*registerv1.Checkpoint, error) {
	signed, err := f.log.note()
	return &registerv1.Checkpoint{Note: signed, Witnessed: f.witnessed}, err
}

func (f *fake) GetInclusionProof(_ context.Context, r *registerv1.GetInclusionProofRequest) (*registerv1.InclusionProof, error) {
	p, err := tlog.ProveRecord(r.GetTreeSize(), r.GetIndex(), f.log)
	return &registerv1.InclusionProof{LeafHash: f.log.leaves[r.GetIndex()][:], Hashes: raw(p)}, err
}

func (f *fake) GetConsistencyProof(_ context.Context, r *registerv1.GetConsistencyProofRequest) (*registerv1.ConsistencyProof, error) {
	p, err := tlog.ProveTree(r.GetSecondTreeSize(), r.GetFirstTreeSize(), f.log)
	return &registerv1.ConsistencyProof{Hashes: raw(p)}, err
}

func raw(hashes []tlog.Hash) (out [][]byte) {
	for _, h := range hashes {
		out = append(out, append([]byte(nil), h[:]...))
	}
	return out
}

// A saved receipt proves later that the log holds the entry, and so does the
// proof kept from it, without the log.
func TestReceipts(t *testing.T) {
	b := newBench(t)
	log := newMemoryLog(t)
	b.fake.log = log
	log.add(t, "zero", "one", "two", "three", "four")
	first, second := log.receipt(t, 2), log.receipt(t, 4)
	log.add(t, "five", "six")
	saved, kept := filepath.Join(b.dir, "receipts"), filepath.Join(b.dir, "entry.tlog-proof")
	save := func(receipts ...*client.Receipt) {
		var text strings.Builder
		for _, r := range receipts {
			text.WriteString(r.String() + "\n")
		}
		if err := os.WriteFile(saved, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(want int, says string, args ...string) {
		t.Helper()
		code, out, errOut := b.run("", append([]string{"--log-key", log.key}, args...)...)
		if code != want || !strings.Contains(out+errOut, says) {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errOut)
		}
	}
	save(second, first)
	for _, entry := range []string{"holds entry 2", "holds entry 4", "2 of 2 proved"} {
		expect(exitOK, entry, "receipt", "verify", saved)
	}
	expect(exitOK, "2 of 2 proved", "receipt", "verify", "--all", saved)
	expect(exitOK, "2 of 2 well formed, none proved", "receipt", "verify", "--offline", saved)
	expect(exitOK, "well formed: entry 2", "receipt", "verify", "--offline", saved)
	expect(exitOK, "holds entry 2", "log", "verify-receipt", "@"+saved)
	expect(exitOK, "holds entry 2", "log", "verify-receipt", first.String())
	expect(exitOK, "proof of entry 2", "receipt", "keep", saved, "--out", kept)
	expect(exitOK, "holds entry 2 in its tree of 7", "receipt", "verify", "--offline", kept)
	log.add(t, "seven")
	expect(exitOK, "newest tree, of 8 entries, extends", "receipt", "verify", kept)
	if code, _, errOut := b.run("", "receipt", "verify", kept); code != exitUsage || !strings.Contains(errOut, "log's key") {
		t.Errorf("without the log's key: exit %d, %s", code, errOut)
	}

	// Another log in the place of this one, and one that was rolled back.
	whole := *log
	log.leaves, log.hashes = nil, nil
	log.add(t, "zero", "one", "another", "three", "four", "five", "six", "seven")
	expect(exitFault, "FAILED", "receipt", "verify", saved)
	expect(exitFault, "FAILED", "receipt", "verify", kept)
	expect(exitFault, "FAILED", "receipt", "keep", saved, "--out", kept+"2")
	expect(exitOK, "holds entry 2 in its tree of 7", "receipt", "verify", "--offline", kept)
	log.leaves, log.hashes = whole.leaves[:2], whole.hashes[:tlog.StoredHashCount(2)]
	expect(exitFault, "no longer holds", "receipt", "verify", saved)
	expect(exitFault, "rolled back", "receipt", "verify", kept)
	if _, err := os.Stat(kept + "2"); err == nil {
		t.Error("a proof was kept that proves nothing")
	}
	save()
	expect(exitFault, "holds no receipt", "receipt", "verify", saved)
}

// Each receipt of a file is proved, and the first that does not hold is named.
func TestReceiptsOfAFile(t *testing.T) {
	b := newBench(t)
	log := newMemoryLog(t)
	b.fake.log = log
	log.add(t, "zero", "one", "two", "three", "four")
	line := func(index int64) string { return log.receipt(t, index).String() + "\n" }
	spoilt := log.receipt(t, 3)
	spoilt.Leaf = log.leaves[1]
	missing := &client.Receipt{Index: 40, Leaf: log.leaves[1]}
	for name, tt := range map[string]struct {
		text string
		code int
		says string
	}{
		"one":                 {line(2), exitOK, "1 of 1 proved"},
		"three":               {line(2) + line(0) + line(4), exitOK, "3 of 3 proved"},
		"with empty lines":    {"\n" + line(2) + "\r\n" + line(4) + "\n\n", exitOK, "2 of 2 proved"},
		"the first is false":  {spoilt.String() + "\n" + line(2) + line(4), exitFault, "line 1: "},
		"one between":         {line(2) + "\n" + spoilt.String() + "\n" + line(4), exitFault, "line 3: "},
		"the first of two":    {line(2) + spoilt.String() + "\nnone\n", exitFault, "line 2: "},
		"one is garbled":      {line(2) + "none\n" + line(4), exitFault, "line 2: not a receipt"},
		"one beyond the log":  {line(2) + missing.String() + "\n", exitFault, "line 2"},
		"nothing":             {"\n\n", exitFault, "holds no receipt"},
		"nothing but garbage": {"none", exitFault, "line 1: not a receipt"},
	} {
		code, out, errOut := b.run(tt.text, "--log-key", log.key, "receipt", "verify", "-")
		if code != tt.code || !strings.Contains(out+errOut, tt.says) || (code == exitOK) != strings.Contains(out, "Receipts of the file") {
			t.Errorf("%s: exit %d\n%s%s", name, code, out, errOut)
		}
	}
	if code, _, errOut := b.run(line(2), "--profile", "nobody", "receipt", "verify", "-"); code != exitUsage || strings.Contains(errOut, "line 1") {
		t.Errorf("by nobody: exit %d, %s", code, errOut)
	}
	if _, help, _ := b.run("", "receipt", "verify", "--help"); strings.Contains(help, "--all") {
		t.Errorf("a flag without effect is shown:\n%s", help)
	}
}

// cosigned is a signed note with the cosignature of the first of two witnesses, and both
// their keys.
func (l *memoryLog) cosigned(t *testing.T, signed string) (cosigned []byte, first, second string) {
	t.Helper()
	private, first, err := checkpoint.GenerateCosigner("witness.example/1")
	if err != nil {
		t.Fatal(err)
	}
	if _, second, err = checkpoint.GenerateCosigner("witness.example/2"); err != nil {
		t.Fatal(err)
	}
	cosigner, err := checkpoint.NewCosigner(private, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(signed, "\n\n")
	if cosigned, err = note.Sign(&note.Note{Text: text + "\n"}, l.signer, cosigner); err != nil {
		t.Fatal(err)
	}
	return cosigned, first, second
}

// A kept proof is of a tree that the quorum has co-signed, or it fails, offline too.
func TestOfflineProofNeedsItsWitnesses(t *testing.T) {
	b := newBench(t)
	log := newMemoryLog(t)
	b.fake.log = log
	log.add(t, "zero", "one", "two")
	signed, err := log.note()
	if err != nil {
		t.Fatal(err)
	}
	cosigned, oneKey, twoKey := log.cosigned(t, signed)
	hashes, err := tlog.ProveRecord(3, 1, log)
	if err != nil {
		t.Fatal(err)
	}
	kept := func(name, note string) string {
		p := tlogfile.Proof{Index: 1, Hashes: hashes, Leaf: log.leaves[1], Note: []byte(note)}
		file := filepath.Join(b.dir, name)
		if err := os.WriteFile(file, p.Marshal(), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	alone, seen := kept("alone", signed), kept("seen", string(cosigned))
	for _, tt := range []struct {
		file  string
		flags []string
		code  int
		says  string
	}{
		{alone, nil, exitOK, "holds entry 1"},
		{alone, []string{"--witness-key", oneKey}, exitFault, "FAILED: 0 of 1 known witnesses"},
		{seen, []string{"--witness-key", oneKey}, exitOK, "co-signed by witness.example/1"},
		{seen, []string{"--witness-key", oneKey, "--witness-key", twoKey}, exitFault, "FAILED: 1 of 2 known witnesses"},
		{seen, []string{"--witness-key", oneKey, "--witness-key", twoKey, "--witness-quorum", "1"}, exitOK, "co-signed by witness.example/1"},
		{seen, []string{"--witness-key", oneKey, "--witness-quorum", "2"}, exitUsage, "between 1 and the number of witnesses"},
		{seen, []string{"--witness-quorum", "1"}, exitUsage, "needs their keys"},
	} {
		code, out, errOut := b.run("", append([]string{"--log-key", log.key, "receipt", "verify", "--offline", tt.file}, tt.flags...)...)
		if code != tt.code || !strings.Contains(out+errOut, tt.says) || (code == exitOK) != strings.Contains(out, "PROVED") {
			t.Errorf("%s %v: exit %d\n%s%s", filepath.Base(tt.file), tt.flags, code, out, errOut)
		}
	}
}
