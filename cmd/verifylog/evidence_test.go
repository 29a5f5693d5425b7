package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	makes "github.com/perpetrator-register/register/internal/evidence"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// withKeys gives the registry keys as a server has them.
func (r *registry) withKeys() *makes.Maker {
	r.t.Helper()
	provider := seal.DirProvider(filepath.Join(r.t.TempDir(), "keys"))
	must(r.t, seal.Generate(r.t.Context(), provider, origin))
	keys, err := seal.Open(r.t.Context(), provider)
	must(r.t, err)
	r.signer, r.key = keys.LogSigners()[0], keys.LogVerifiers()[0]
	r.w = r.writer()
	return &makes.Maker{DB: r.db, Log: r.w, Keys: keys, Origin: origin}
}

// A bundle of evidence stands by itself, is recorded before it is made, and shows
// any change.
func TestEvidence(t *testing.T) {
	r := newRegistry(t)
	maker := r.withKeys()
	of := func(sub, reference string) *accesslog.Pending {
		p := read()
		p.Entry.Actor.Sub = sub
		if reference != "" {
			p.Entry.ReferenceHMAC = maker.Keys.ReferenceHMAC("33", reference)
		}
		return p
	}
	hostile := `<script>alert("x")</script>`
	for i := range 40 {
		reference := ""
		if i%4 == 0 {
			reference = "33/77/26"
		}
		r.append(of(hostile, reference))
		r.append(of("somebody else", reference))
	}
	dir := filepath.Join(t.TempDir(), "bundle")
	request := makes.Request{
		Dir: dir, Force: "33", Case: "33/77/26", Subject: hostile, From: time.Now().Add(-time.Hour),
		Reference: "PSD/4/26, J. Example", Recipient: "iopc", Operator: "operator#one",
	}
	made, err := maker.Make(t.Context(), request)
	must(t, err)
	if made.Entries != 10 || made.Disclosure != 80 {
		t.Errorf("%+v", made)
	}
	code, a := r.program("evidence", dir)
	var bundle Bundle
	must(t, json.Unmarshal(a.Result, &bundle))
	if code != exitProved || bundle.Entries != 10 || bundle.Size != 81 || bundle.Recipient != "iopc" {
		t.Errorf("%d %+v %+v %s", code, a.Fault, bundle, a.errors)
	}
	r.disclosed(maker.Keys, made.Disclosure)

	page, err := os.ReadFile(filepath.Join(dir, tlogfile.ReportFile))
	must(t, err)
	if strings.Contains(string(page), "<script") || strings.Count(string(page), "<tr><th scope=\"row\">") != 10 || !strings.Contains(string(page), "&lt;script&gt;") {
		t.Errorf("the report:\n%s", page)
	}
	r.spoiledEvidence(t, dir)
}

// disclosed checks the entry that records a disclosure: for whom in clear, why
// under seal.
func (r *registry) disclosed(keys *seal.KeyRing, index int64) {
	r.t.Helper()
	stored, err := r.db.BodyByIndex(r.t.Context(), index)
	must(r.t, err)
	m, err := accesslog.ParseMetadata(stored.Entry.Meta)
	must(r.t, err)
	if m.Operation != "DISCLOSURE" || len(m.Recipients) != 1 || m.Recipients[0] != "iopc" || m.ResultCount != 10 || m.Actor.Sub != "operator#one" {
		r.t.Errorf("recorded as %s", stored.Entry.Meta)
	}
	if strings.Contains(string(stored.Entry.Meta), "PSD/4") || strings.Contains(string(stored.Entry.Meta), "script") {
		r.t.Errorf("what may name a person stands in clear: %s", stored.Entry.Meta)
	}
	key, err := keys.Unwrap(stored.Wrapped, m.ID[:])
	must(r.t, err)
	plain, err := key.Open(stored.Sealed, seal.BodyAD(m.ID))
	must(r.t, err)
	var why storev1.StoredReason
	must(r.t, proto.Unmarshal(plain, &why))
	if why.GetReference() != "PSD/4/26, J. Example" || !strings.Contains(why.GetExplanation(), "10 entries") {
		r.t.Errorf("sealed: %v", &why)
	}
}

func (r *registry) spoiledEvidence(t *testing.T, dir string) {
	t.Helper()
	entry, proof := tlogfile.EvidenceEntryPath(8), tlogfile.EvidenceProofPath(8)
	for name, spoil := range map[string]func(read func(string) string, put func(string, string)){
		"entry changed": func(read func(string) string, put func(string, string)) {
			put(entry, strings.Replace(read(entry), `"33"`, `"43"`, 1))
		},
		"proof changed":  func(read func(string) string, put func(string, string)) { put(proof, read(proof)+"\n") },
		"report changed": func(_ func(string) string, put func(string, string)) { put(tlogfile.ReportFile, "nothing to see") },
		"file added":     func(_ func(string) string, put func(string, string)) { put("entries/000000000009.json", "{}") },
		"manifest changed": func(read func(string) string, put func(string, string)) {
			put(tlogfile.EvidenceFile, read(tlogfile.EvidenceFile)+" ")
		},
		"signature of other": func(read func(string) string, put func(string, string)) {
			put(tlogfile.EvidenceNoteFile, read(tlogfile.CheckpointFile))
		},
	} {
		spoiled := filepath.Join(t.TempDir(), "bundle")
		must(t, os.CopyFS(spoiled, os.DirFS(dir)))
		spoil(func(file string) string {
			data, err := os.ReadFile(filepath.Join(spoiled, file))
			must(t, err)
			return string(data)
		}, func(file, data string) { must(t, os.WriteFile(filepath.Join(spoiled, file), []byte(data), 0o600)) })
		if code, a := r.program("evidence", spoiled); code != exitFault {
			t.Errorf("%s: %d %+v", name, code, a)
		}
	}
	for _, name := range []string{entry, proof, tlogfile.ReportFile, tlogfile.CheckpointFile, tlogfile.EvidenceFile, tlogfile.EvidenceNoteFile} {
		spoiled := filepath.Join(t.TempDir(), "bundle")
		must(t, os.CopyFS(spoiled, os.DirFS(dir)))
		must(t, os.Remove(filepath.Join(spoiled, name)))
		if code, a := r.program("evidence", spoiled); code != exitFault || a.Fault.File != name {
			t.Errorf("%s is missing: %d %+v %s", name, code, a.Fault, a.errors)
		}
	}
	if code, a := r.program("evidence", t.TempDir()); code != exitUsage || !strings.Contains(a.errors, "is no bundle") {
		t.Errorf("no bundle: %d %+v %s", code, a.Fault, a.errors)
	}
}

// Without its entry in the log, nothing is disclosed.
func TestEvidenceFailsClosed(t *testing.T) {
	r := newRegistry(t)
	maker := r.withKeys()
	r.append(read())
	dir := filepath.Join(t.TempDir(), "bundle")
	sound := makes.Request{Dir: dir, Force: "33", From: time.Now().Add(-time.Hour), Reference: "r", Recipient: "forces/33", Operator: "o"}
	for name, change := range map[string]func(*makes.Request){
		"a person as recipient": func(q *makes.Request) { q.Recipient = "John Example" },
		"no recipient":          func(q *makes.Request) { q.Recipient = "" },
		"no reference":          func(q *makes.Request) { q.Reference = " " },
		"a case without force":  func(q *makes.Request) { q.Force, q.Case = "", "1" },
		"nothing selected":      func(q *makes.Request) { q.From = time.Time{} },
		"an empty range":        func(q *makes.Request) { q.Until = q.From },
		"a folder in use":       func(q *makes.Request) { q.Dir = filepath.Dir(os.Args[0]) },
		"no such entry":         func(q *makes.Request) { q.Force = "43" },
	} {
		q := sound
		change(&q)
		if _, err := maker.Make(t.Context(), q); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	small := *maker
	small.Limit = 1
	r.append(read())
	if _, err := small.Make(t.Context(), sound); !errors.Is(err, makes.ErrTooMany) {
		t.Errorf("too many: %v", err)
	}
	if head, err := r.db.Head(t.Context()); err != nil || head.Size != 2 {
		t.Errorf("a refusal was recorded as a disclosure: %v", err)
	}
	broken := *maker
	r.super("REVOKE INSERT ON register.entry FROM " + postgres.ServiceRole)
	if _, err := broken.Make(t.Context(), sound); !errors.Is(err, accesslog.ErrUnavailable) {
		t.Errorf("without a log: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
}
