package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/accesslog"
	makes "github.com/perpetrator-register/register/internal/evidence"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// cosigned stores the checkpoint of a size with the cosignatures of witnesses.
func (r *registry) cosigned(size int64, witnesses ...note.Signer) string {
	r.t.Helper()
	c, err := r.db.CheckpointAt(r.t.Context(), size)
	must(r.t, err)
	signed := resign(r.t, textOf(c.Note), append([]note.Signer{r.signer}, witnesses...)...)
	w := postgres.WitnessedCheckpoint{Size: size, Time: time.Now(), Witnesses: []string{"some"}, Note: []byte(signed)}
	must(r.t, r.db.InsertWitnessed(r.t.Context(), w))
	return signed
}

// A quorum is asked of receipts, proofs and consistency as it is of a whole export.
func TestQuorumOfEveryProof(t *testing.T) {
	r := newRegistry(t)
	var all []accesslog.Receipt
	for range 20 {
		all = append(all, r.append(read()))
	}
	one, oneKey := newCosigner(t, "witness.example/iopc")
	_, twoKey := newCosigner(t, "witness.example/force33")
	seen := r.cosigned(15, one)
	dir := string(r.export(nil))
	folder := t.TempDir()
	put := func(name, text string) string {
		file := filepath.Join(folder, name)
		must(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	proof := func(name string, size int64, signed string) string {
		hashes, err := accesslog.NewReader(r.db).Inclusion(t.Context(), 7, size)
		must(t, err)
		p := tlogfile.Proof{Index: 7, Hashes: hashes, Note: []byte(signed), Leaf: all[7].Leaf}
		return put(name, string(p.Marshal()))
	}
	at := func(size int64) string {
		c, err := r.db.CheckpointAt(t.Context(), size)
		must(t, err)
		return string(c.Note)
	}
	logAlone, cosigned := proof("alone", 20, at(20)), proof("cosigned", 15, seen)
	covered, beyond := put("covered", all[7].String()), put("beyond", all[17].String())
	kept, newer := put("kept", at(10)), put("newer", at(18))
	for _, tt := range []struct {
		args   []string
		quorum string
		code   int
		what   string
	}{
		{[]string{"receipt", logAlone}, "1", exitFault, "0 of 2 known witnesses have co-signed the checkpoint, 1 must have"},
		{[]string{"receipt", cosigned}, "1", exitProved, `"witnessed_size":15,"witnesses":["witness.example/iopc"]`},
		{[]string{"receipt", cosigned}, "2", exitFault, "1 of 2 known witnesses have co-signed the checkpoint, 2 must have"},
		{[]string{"receipt", cosigned, dir}, "1", exitProved, `"witnessed_size":15`},
		// The export's trees count, where one is named.
		{[]string{"receipt", logAlone, dir}, "1", exitProved, `"witnessed_size":15`},
		{[]string{"receipt", logAlone, dir}, "2", exitFault, "co-signed by 2 known witnesses; expected 2 of 2; found 1 of 2"},
		{[]string{"receipt", covered, dir}, "1", exitProved, `"witnessed_size":15`},
		{[]string{"receipt", covered, dir}, "2", exitFault, "found 1 of 2"},
		{[]string{"receipt", beyond, dir}, "1", exitFault, "does not cover it: it is of size 15"},
		{[]string{"consistency", kept, dir}, "1", exitProved, `"witnessed_size":15`},
		{[]string{"consistency", kept, dir}, "2", exitFault, "found 1 of 2"},
		{[]string{"consistency", newer, dir}, "1", exitFault, "does not cover it: it is of size 15"},
		{[]string{dir}, "1", exitProved, `"witnessed_size":15`},
		{[]string{dir}, "2", exitFault, "co-signed by 2 known witnesses; expected 2 of 2; found 1 of 2"},
	} {
		code, a := r.program(slices.Concat([]string{"--witness", oneKey, "--witness", twoKey, "--quorum", tt.quorum}, tt.args)...)
		said := strings.Join(strings.Fields(string(a.Result)), "")
		if a.Fault != nil {
			said = a.Fault.Error()
		}
		if code != tt.code || !strings.Contains(said, tt.what) {
			t.Errorf("%v, quorum %s: exit %d, %s%s", tt.args, tt.quorum, code, said, a.errors)
		}
	}
	for _, args := range [][]string{{"receipt", logAlone}, {"receipt", covered, dir}, {"consistency", kept, dir}, {dir}} {
		var out, errOut strings.Builder
		if code := run(append(args, "--key", r.key), &out, &errOut); code != exitProved || !strings.Contains(out.String(), "No witness's signature was checked") {
			t.Errorf("%v: exit %d, %s%s", args, code, out.String(), errOut.String())
		}
	}
}

// A witness's key that is given asks for more than half of the witnesses, as
// registerctl does; who wants no witness says so.
func TestWitnessKeysImplyAQuorum(t *testing.T) {
	r := newRegistry(t)
	for range 20 {
		r.append(read())
	}
	signers := make([]note.Signer, 3)
	keys := make([]string, 3)
	for i := range signers {
		signers[i], keys[i] = newCosigner(t, fmt.Sprint("witness.example/", i))
	}
	_, another := newCosigner(t, "witness.example/0") // the first witness's next key
	r.cosigned(10, signers[0], signers[1])
	r.cosigned(15, signers[0])
	dir := string(r.export(nil))
	kept, empty := filepath.Join(t.TempDir(), "kept"), filepath.Join(t.TempDir(), "empty")
	first, err := r.db.CheckpointAt(t.Context(), 5)
	must(t, err)
	must(t, os.WriteFile(kept, first.Note, 0o600))
	must(t, os.WriteFile(empty, nil, 0o600))
	const unchecked, needs = "No witness's signature was checked", "needs their keys"
	for _, tt := range []struct {
		keys  []string
		flags []string
		code  int
		says  string
	}{
		{nil, nil, exitProved, unchecked},
		{nil, []string{"--quorum", "0"}, exitProved, unchecked},
		{nil, []string{"--quorum", "1"}, exitUsage, needs},
		{keys[:1], nil, exitProved, "co-signed up to entry 14 by witness.example/0"},
		{keys[:2], nil, exitProved, "co-signed up to entry 9 by witness.example/0, witness.example/1"},
		{keys, nil, exitProved, "co-signed up to entry 9 by witness.example/0, witness.example/1"},
		{keys, []string{"--quorum", "3"}, exitFault, "expected 3 of 3; found 2 of 3"},
		{keys, []string{"--quorum", "1"}, exitProved, "co-signed up to entry 14"},
		{keys, []string{"--quorum", "0"}, exitProved, unchecked},
		{keys[1:], nil, exitFault, "expected 2 of 2; found 1 of 2"},
		{keys[2:], nil, exitFault, "expected 1 of 1; found 0 of 1"},
		{keys[2:], []string{"--quorum", "0"}, exitProved, unchecked},
		{keys[:1], []string{"--quorum", "2"}, exitUsage, needs},
		{[]string{keys[0], another}, nil, exitProved, "co-signed up to entry 14"},
		{[]string{keys[0], another}, []string{"--quorum", "2"}, exitUsage, needs},
		{keys, []string{"--quorum", "-1"}, exitUsage, "not a number of witnesses"},
		{[]string{"@" + empty}, nil, exitUsage, "holds no key"},
	} {
		for _, args := range [][]string{{dir}, {"consistency", kept, dir}} {
			args = append(args, "--key", r.key)
			for _, k := range tt.keys {
				args = append(args, "--witness", k)
			}
			var out, errOut strings.Builder
			code := run(append(args, tt.flags...), &out, &errOut)
			if said := out.String() + errOut.String(); code != tt.code || !strings.Contains(said, tt.says) || strings.Contains(said, unchecked) != (tt.says == unchecked) {
				t.Errorf("%s, %d keys, %v: exit %d, %s", args[0], len(tt.keys), tt.flags, code, said)
			}
		}
	}
}

// A tree that witnesses have co-signed and the newest does not extend is a fault.
func TestCosignedTreeOfAnother(t *testing.T) {
	r := newRegistry(t)
	for range 10 {
		r.append(read())
	}
	one, key := newCosigner(t, "witness.example/iopc")
	kept := string(r.export(nil))
	text := origin + "\n8\n" + tlogfile.Checkpoint{}.Tree.Hash.String() + "\n"
	w := postgres.WitnessedCheckpoint{Size: 8, Time: time.Now(), Witnesses: []string{"some"}, Note: []byte(resign(t, text, r.signer, one))}
	must(t, r.db.InsertWitnessed(t.Context(), w))
	args := []string{"consistency", filepath.Join(kept, tlogfile.CheckpointFile), string(r.export(nil)), "--witness", key, "--quorum", "1"}
	if code, a := r.program(args...); code != exitFault || !strings.Contains(a.Fault.What, "of size 8, which witnesses have co-signed") {
		t.Errorf("exit %d, %v %s", code, a.Fault, a.errors)
	}
}

// A bundle's proofs are believed by a quorum's cosignatures of their tree alone.
func TestQuorumOfEvidence(t *testing.T) {
	r := newRegistry(t)
	maker := r.withKeys()
	for range 5 {
		r.append(read())
	}
	dir := filepath.Join(t.TempDir(), "bundle")
	_, err := maker.Make(t.Context(), makes.Request{Dir: dir, Force: "33", From: time.Now().Add(-time.Hour), Reference: "PSD/4/26", Recipient: "iopc", Operator: "operator#one"})
	must(t, err)
	one, oneKey := newCosigner(t, "witness.example/iopc")
	_, twoKey := newCosigner(t, "witness.example/force33")
	evidence := func(quorum string) (int, answer) {
		return r.program("evidence", dir, "--witness", oneKey, "--witness", twoKey, "--quorum", quorum)
	}
	if code, a := evidence("1"); code != exitFault || a.Fault.Index != 0 || !strings.Contains(a.Fault.What, "0 of 2 known witnesses") {
		t.Errorf("signed by the log alone: exit %d, %v %s", code, a.Fault, a.errors)
	}

	file := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	manifest, err := os.ReadFile(file(tlogfile.EvidenceFile))
	must(t, err)
	var m tlogfile.EvidenceManifest
	must(t, json.Unmarshal(manifest, &m))
	for _, index := range append(slices.Clone(m.Entries), m.Disclosure) {
		name := tlogfile.EvidenceProofPath(index)
		data, err := os.ReadFile(file(name))
		must(t, err)
		p, err := tlogfile.ParseProof(data)
		must(t, err)
		p.Note = []byte(resign(t, textOf(p.Note), r.signer, one))
		must(t, os.WriteFile(file(name), p.Marshal(), 0o600))
		sum := sha256.Sum256(p.Marshal())
		m.Files[name] = hex.EncodeToString(sum[:])
	}
	manifest, err = json.Marshal(m)
	must(t, err)
	must(t, os.WriteFile(file(tlogfile.EvidenceFile), manifest, 0o600))
	must(t, os.WriteFile(file(tlogfile.EvidenceNoteFile), []byte(resign(t, tlogfile.EvidenceText(m.Origin, manifest), r.signer)), 0o600))
	if code, a := evidence("1"); code != exitProved || !strings.Contains(string(a.Result), "witness.example/iopc") {
		t.Errorf("co-signed by one: exit %d, %v %s", code, a.Fault, a.errors)
	}
	if code, a := evidence("2"); code != exitFault || !strings.Contains(a.Fault.What, "1 of 2 known witnesses") {
		t.Errorf("co-signed by one of two: exit %d, %v %s", code, a.Fault, a.errors)
	}
}
