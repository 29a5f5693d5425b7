package main

import (
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/logexport"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// rename makes the log go on under another name; lost is how many entries the
// old name is said to have signed besides.
func (r *registry) rename(name string, lost int64) (key string) {
	r.t.Helper()
	secret, key, err := note.GenerateKey(rand.Reader, name)
	must(r.t, err)
	next, err := note.NewSigner(secret)
	must(r.t, err)
	old, err := note.NewVerifier(r.key)
	must(r.t, err)
	head, err := r.db.Head(r.t.Context())
	must(r.t, err)
	before, err := checkpoint.Peek(head.Note)
	must(r.t, err)
	e := accesslog.Epoch{Origin: name, Signers: []note.Signer{next}, Known: note.VerifierList(old), Reason: accesslog.EpochRename, Log: slog.New(slog.DiscardHandler)}
	if lost > 0 {
		e.Reason = accesslog.EpochRestore
		e.Previous, err = checkpoint.Sign(before.Origin, tlog.Tree{N: head.Size + lost, Hash: tlog.RecordHash(nil)}, []note.Signer{r.signer})
		must(r.t, err)
	}
	_, _, err = accesslog.BeginEpoch(r.t.Context(), r.db, e)
	must(r.t, err)
	r.w, err = accesslog.NewWriter(r.db, accesslog.Options{Origin: name, Signers: []note.Signer{next}, Log: slog.New(slog.DiscardHandler)})
	must(r.t, err)
	r.t.Cleanup(r.w.Close)
	r.signer, r.key = next, key
	return key
}

func keysOf(t *testing.T, log ...string) *tlogfile.Keys {
	t.Helper()
	k, err := tlogfile.NewKeys(log, nil)
	must(t, err)
	return k
}

// A log that has had three names is verified by the keys of all, in their order.
func TestEpochsAreFollowed(t *testing.T) {
	r := newRegistry(t)
	first := r.key
	for range 5 {
		r.append(read())
	}
	second := r.rename(origin+"/2", 3)
	for range 300 {
		r.append(read())
	}
	third := r.rename(origin+"/3", 0)
	for range 3 {
		r.append(read())
	}
	dir := r.export(nil)
	report, err := verify(dir, keysOf(t, first, second, third), 0)
	if err != nil || report.Origin != origin+"/3" || report.Size != 310 {
		t.Errorf("%+v, %v", report, err)
	}
	for name, tt := range map[string]struct {
		keys  []string
		index int64
	}{
		"the first alone":   {[]string{first}, 5},
		"the last alone":    {[]string{third}, 0},
		"the second is out": {[]string{first, third}, 5},
		"out of order":      {[]string{first, third, second}, 5},
	} {
		_, err := verify(dir, keysOf(t, tt.keys...), 0)
		if f, ok := asFault(err); !ok || f.Index != tt.index {
			t.Errorf("%s: %v, want a fault of entry %d", name, err, tt.index)
		}
	}
	if _, err := tlogfile.NewKeys([]string{first, second, first}, nil); err == nil {
		t.Error("keys of one name that do not stand together are accepted")
	}
	// A part begins under whichever name the log has there.
	part := r.export(func(o *logexport.Options) { o.From = 256 })
	if report, err := verify(part, keysOf(t, first, second, third), 0); err != nil || report.Origin != origin+"/3" {
		t.Errorf("a part: %+v, %v", report, err)
	}
}

// What witnesses have co-signed under the newest name counts without the keys of the
// names before it.
func TestCosignedAcrossEpochs(t *testing.T) {
	r := newRegistry(t)
	for range 5 {
		r.append(read())
	}
	one, key := newCosigner(t, "witness.example/iopc")
	r.cosigned(4, one)
	r.rename(origin+"/2", 0)
	for range 5 {
		r.append(read())
	}
	kept := filepath.Join(string(r.export(nil)), tlogfile.CheckpointFile)
	for range 5 {
		r.append(read())
	}
	args := []string{"consistency", kept, "", "--witness", key}
	args[2] = string(r.export(nil))
	if code, a := r.program(args...); code != exitFault || !strings.Contains(a.Fault.Error(), "found 0 of 1") {
		t.Errorf("under the old name alone: %d, %v %s", code, a.Fault, a.errors)
	}
	r.cosigned(13, one)
	args[2] = string(r.export(nil))
	if code, a := r.program(args...); code != exitProved {
		t.Errorf("under the new name: %d, %v %s", code, a.Fault, a.errors)
	}
}

// The old name does not go on beside the new, and no epoch begins on another tree.
func TestFalseEpochsAreFound(t *testing.T) {
	r := newRegistry(t)
	first := r.key
	for range 5 {
		r.append(read())
	}
	old := r.writer()
	second := r.rename(origin+"/2", 0)
	if _, err := old.Append(t.Context(), read()); err != nil { // a replica that was left running
		t.Fatal(err)
	}
	_, err := verify(r.export(nil), keysOf(t, first, second), 0)
	if f, ok := asFault(err); !ok || f.Index != 6 || !strings.Contains(f.What, "bears a name") {
		t.Errorf("the old name goes on: %v", err)
	}

	other := newRegistryOf(t)
	for range 5 {
		other.append(read())
	}
	p := read()
	p.Entry.Method = tlogfile.EpochMethod
	zero := tlog.Hash{}.String()
	p.Entry.Marks = []string{"origin:x", "previous-origin:" + origin, "previous-size:5", "previous-root:" + zero, "kept-size:5", "kept-root:" + zero}
	other.append(p)
	_, err = verify(other.export(nil), keysOf(t, other.key), 0)
	if f, ok := asFault(err); !ok || f.Index != 5 || !strings.Contains(f.What, "another tree") {
		t.Errorf("another tree: %v", err)
	}
}
