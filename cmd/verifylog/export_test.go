package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/perpetrator-register/register/internal/logexport"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// fillUp brings the log to a size, many entries at a time.
func (r *registry) fillUp(size int) {
	r.t.Helper()
	head, err := r.db.Head(r.t.Context())
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		r.t.Fatal(err)
	}
	var wg sync.WaitGroup
	missing := size - int(head.Size)
	for worker := range 64 {
		wg.Go(func() {
			for i := worker; i < missing; i += 64 {
				if _, err := r.w.Append(r.t.Context(), searched(fmt.Sprint("sealed ", i))); err != nil {
					r.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// files lists an export's files with their content, but for the manifest.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == "export.json" {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(data)
		return err
	}))
	return out
}

// An export that is interrupted, continued and brought up to date is the same as
// one made at once.
func TestExportIsResumable(t *testing.T) {
	r := newRegistry(t)
	r.append(write(newRecord(postgres.KindNominal)))
	r.fillUp(1500)
	dir := filepath.Join(t.TempDir(), "export")
	o := logexport.Options{Dir: dir, Part: 256}
	for stop := range 7 {
		ctx, cancel := context.WithCancel(t.Context())
		parts := 0
		o.Progress = func(int64, int64) {
			if parts++; parts > stop%3 {
				cancel()
			}
		}
		_, err := logexport.Run(ctx, r.db, o)
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err != nil {
			if code, a := r.program(dir); code != exitUsage || !strings.Contains(a.errors, "run `register export` again") {
				t.Errorf("an unfinished export: %d %s", code, a.errors)
			}
		}
		if stop == 5 {
			r.append(write(newRecord(postgres.KindNominal)))
			r.fillUp(1790)
		}
	}
	o.Progress = nil
	_, err := logexport.Run(t.Context(), r.db, o)
	must(t, err)
	r.whole(folder(dir))
	atOnce := files(t, string(r.export(nil)))
	if got := files(t, dir); !reflect.DeepEqual(got, atOnce) {
		for name := range got {
			if got[name] != atOnce[name] {
				t.Errorf("%s differs", name)
			}
		}
		t.Fatalf("%d files instead of %d", len(got), len(atOnce))
	}
	other := o
	other.WithContent = true
	if _, err := logexport.Run(t.Context(), r.db, other); !errors.Is(err, logexport.ErrOther) {
		t.Errorf("continued as another export: %v", err)
	}
	r.super("DELETE FROM register.checkpoint WHERE size > 1000")
	if _, err := logexport.Run(t.Context(), r.db, o); !errors.Is(err, logexport.ErrRewritten) {
		t.Errorf("continued after a rollback: %v", err)
	}
}

// A part of the log can be exported and verified alone.
func TestPartOfALog(t *testing.T) {
	r := newRegistry(t)
	first := newRecord(postgres.KindNominal)
	r.append(write(first))
	r.fillUp(700)
	second := after(first)
	r.append(write(second)) // 700: its first version is not in the part
	r.fillUp(1300)
	dir := r.export(func(o *logexport.Options) { o.From, o.Until = 600, 1200 })
	if code, a := r.program(string(dir)); code != exitUsage || !strings.Contains(a.errors, "--part") {
		t.Errorf("a part taken for the whole: %d %s", code, a.errors)
	}
	report := r.whole(dir)
	if report.From != 512 || report.Size < 1200 || report.Versions != 1 || report.Entries != report.Size-512 {
		t.Errorf("%+v", report)
	}
	r.super(changeEntry(800))
	if f := r.fault(t, r.export(func(o *logexport.Options) { o.From, o.Until = 600, 1200 }), "--part"); f.Index != 800 {
		t.Errorf("found as %v", f)
	}
	r.super("UPDATE register.tile SET root = sha256('x') WHERE level = 0 AND n = 1")
	if f := r.fault(t, r.export(func(o *logexport.Options) { o.From, o.Until = 1024, 1200 }), "--part"); f.Index > 1024 {
		t.Errorf("what lies before the part: %v", f)
	}
	if _, err := logexport.Run(t.Context(), r.db, logexport.Options{Dir: t.TempDir(), From: 1 << 40}); !errors.Is(err, logexport.ErrEmpty) {
		t.Errorf("beyond the log: %v", err)
	}
}

// Entries of any length can be exported: those that C2SP's bundles cannot hold in
// another form.
func TestLargeEntries(t *testing.T) {
	r := newRegistry(t)
	large := read()
	large.Entry.Recipients = slices.Repeat([]string{"forces/33 and a long address of a recipient"}, 3000)
	for i := range 260 {
		if i == 40 {
			r.append(large)
			continue
		}
		r.append(read())
	}
	dir := r.export(nil)
	r.whole(dir)
	for name, want := range map[string]bool{
		tlogfile.BundlePath(0, 256): false, tlogfile.LargeBundlePath(0, 256): true,
		tlogfile.BundlePath(1, 4): true, tlogfile.LargeBundlePath(1, 4): false,
	} {
		if _, err := os.Stat(filepath.Join(string(dir), name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.super(changeEntry(40))
	if f := r.fault(t, r.export(nil)); f.Index != 40 {
		t.Errorf("found as %v", f)
	}
}

// Fewer checkpoints prove as much, less exactly.
func TestThinnedCheckpoints(t *testing.T) {
	r := newRegistry(t)
	r.fill()
	thin := func(o *logexport.Options) { o.CheckpointStep = 100 }
	if report := r.whole(r.export(thin)); report.Checkpoints != 3 {
		t.Errorf("%+v", report)
	}
	r.super(changeEntry(280))
	if f := r.fault(t, r.export(thin)); f.Index != 200 || f.Through != 299 {
		t.Errorf("found as %v", f)
	}
}
