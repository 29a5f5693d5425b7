package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/logexport"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// A restored backup verifies as a whole; a checkpoint kept from before shows what
// was lost, and what was written instead.
func rollbackIsFound(t *testing.T) {
	r := newRegistry(t)
	r.fillTo(200)
	backup := r.backup()
	var receipts []accesslog.Receipt
	for range 100 {
		receipts = append(receipts, r.append(read()))
	}
	before := r.export(nil)
	newestKept := filepath.Join(string(before), tlogfile.CheckpointFile)
	allKept := filepath.Join(string(before), tlogfile.CheckpointsFile)
	lost := filepath.Join(t.TempDir(), "receipt")
	must(t, os.WriteFile(lost, []byte(receipts[70].String()+"\n"), 0o600))

	for range 3 {
		r.append(read())
	}
	if code, a := r.program("consistency", allKept, string(r.export(nil))); code != exitProved || !a.Proved {
		t.Errorf("a log that grew: %d %+v", code, a)
	}

	r.use(backup)
	rolledBack := r.export(nil)
	r.whole(rolledBack)
	code, a := r.program("consistency", newestKept, string(rolledBack))
	if code != exitFault || a.Fault.Index != 200 || a.Fault.Through != 299 || !strings.Contains(a.Fault.What, "rolled back") {
		t.Errorf("rolled back: %d %+v", code, a.Fault)
	}

	for range 150 {
		r.append(read())
	}
	rewritten := r.export(nil)
	r.whole(rewritten)
	code, a = r.program("consistency", newestKept, string(rewritten))
	if code != exitFault || a.Fault.Index != 0 || a.Fault.Through != 299 || !strings.Contains(a.Fault.What, "written anew") {
		t.Errorf("written anew: %d %+v", code, a.Fault)
	}
	// All the checkpoints kept tell where.
	code, a = r.program("consistency", allKept, string(rewritten))
	if code != exitFault || a.Fault.Index != 200 || a.Fault.Through != 200 {
		t.Errorf("written anew, all checkpoints kept: %d %+v", code, a.Fault)
	}
	// So does one receipt.
	code, a = r.program("receipt", lost, string(rewritten))
	if code != exitFault || a.Fault.Through != 270 {
		t.Errorf("a receipt of what was lost: %d %+v", code, a.Fault)
	}
	// An export made before is not continued over the break.
	if _, err := logexport.Run(t.Context(), r.db, logexport.Options{Dir: string(before)}); !errors.Is(err, logexport.ErrRewritten) {
		t.Errorf("continued over the break: %v", err)
	}
	r.whole(before)
}

func TestReceipts(t *testing.T) {
	r := newRegistry(t)
	receipts := r.fill()
	dir := r.export(nil)
	file := filepath.Join(t.TempDir(), "receipts")
	var lines strings.Builder
	for _, receipt := range receipts {
		lines.WriteString(receipt.String() + "\n")
	}
	must(t, os.WriteFile(file, []byte(lines.String()), 0o600))
	if code, a := r.program("receipt", file, string(dir)); code != exitProved || !a.Proved {
		t.Errorf("sound receipts: %d %+v %s", code, a.Fault, a.errors)
	}
	if code, a := r.program("receipt", file); code != exitUsage || !strings.Contains(a.errors, "no proof of its own") {
		t.Errorf("receipts without an export: %d %s", code, a.errors)
	}
	false1 := receipts[7]
	false1.Leaf = receipts[8].Leaf
	must(t, os.WriteFile(file, []byte(false1.String()+"\n"), 0o600))
	if code, a := r.program("receipt", file, string(dir)); code != exitFault || a.Fault.Index != 7 {
		t.Errorf("a receipt of another entry: %d %+v", code, a.Fault)
	}

	// A .tlog-proof needs no export.
	reader := accesslog.NewReader(r.db)
	proof, err := reader.Inclusion(t.Context(), 7, logSize)
	must(t, err)
	head, err := r.db.Head(t.Context())
	must(t, err)
	p := tlogfile.Proof{Index: 7, Hashes: proof, Note: head.Note, Leaf: receipts[7].Leaf}
	saved := filepath.Join(t.TempDir(), "entry.tlog-proof")
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   int
	}{
		"sound":         {func(b []byte) []byte { return b }, exitProved},
		"another index": {func(b []byte) []byte { return bytes.Replace(b, []byte("index 7"), []byte("index 6"), 1) }, exitFault},
		"another leaf": {func(b []byte) []byte {
			return bytes.Replace(b, []byte(p.Leaf.String()), []byte(receipts[8].Leaf.String()), 1)
		}, exitFault},
		"beyond the tree": {func(b []byte) []byte { return bytes.Replace(b, []byte("index 7"), []byte("index 7000"), 1) }, exitFault},
		"another tree":    {func(b []byte) []byte { return bytes.Replace(b, []byte("\n300\n"), []byte("\n301\n"), 1) }, exitFault},
		"no proof":        {func([]byte) []byte { return []byte("c2sp.org/tlog-proof@v1\nindex 7\n\n") }, exitUsage},
	} {
		must(t, os.WriteFile(saved, c.change(p.Marshal()), 0o600))
		for _, args := range [][]string{{"receipt", saved}, {"receipt", saved, string(dir)}} {
			if code, a := r.program(args...); code != c.want {
				t.Errorf("%s: %d %+v %s", name, code, a.Fault, a.errors)
			}
		}
	}
}

// Cosignatures count when they are of known witnesses, and a false one is a fault.
func TestWitnesses(t *testing.T) {
	r := newRegistry(t)
	for range 20 {
		r.append(read())
	}
	one, oneKey := newCosigner(t, "witness.example/iopc")
	two, twoKey := newCosigner(t, "witness.example/force33")
	impostor, _ := newCosigner(t, "witness.example/iopc")
	impostor.hash = one.hash
	text := func(size int64) string {
		c, err := r.db.CheckpointAt(t.Context(), size)
		must(t, err)
		return textOf(c.Note)
	}
	cosign := func(size int64, signers ...note.Signer) {
		signed := resign(t, text(size), append([]note.Signer{r.signer}, signers...)...)
		must(t, r.db.InsertWitnessed(t.Context(), postgres.WitnessedCheckpoint{Size: size, Time: time.Now(), Witnesses: []string{"some"}, Note: []byte(signed)}))
	}
	cosign(10, one, two)
	cosign(15, one)
	dir := r.export(nil)
	witnesses := []string{"--witness", oneKey, "--witness", twoKey}
	for quorum, size := range map[string]string{"1": `"witnessed_size":15`, "2": `"witnessed_size":10`} {
		code, a := r.program(append(witnesses, "--quorum", quorum, string(dir))...)
		if flat := strings.Join(strings.Fields(string(a.Result)), ""); code != exitProved || !strings.Contains(flat, size) {
			t.Errorf("quorum %s: %d %+v %s", quorum, code, a.Fault, flat)
		}
	}
	if code, _ := r.program("--witness", oneKey, "--quorum", "2", string(dir)); code != exitUsage {
		t.Errorf("a quorum that cannot be: %d", code)
	}
	// Nobody's witnesses are asked for: their signatures say nothing, and do no harm.
	if got := r.whole(dir); got.Witnessed != 0 {
		t.Errorf("without witnesses' keys: %+v", got)
	}
	cosign(17, impostor)
	code, a := r.program(append(witnesses, string(r.export(nil)))...)
	if code != exitFault || a.Fault.Index != 16 || !strings.Contains(a.Fault.What, "witness.example/iopc is false") {
		t.Errorf("a false cosignature: %d %+v", code, a.Fault)
	}
	r.super("DELETE FROM register.witnessed_checkpoint")
	cosign(17, two)
	cosign(10, one)
	if code, a := r.program(append(witnesses, "--quorum", "2", string(r.export(nil)))...); code != exitFault || !strings.Contains(a.Fault.What, "co-signed by 2") {
		t.Errorf("no quorum: %d %+v", code, a.Fault)
	}
}
