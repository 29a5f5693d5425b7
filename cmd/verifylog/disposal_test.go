package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/logexport"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/retention"
)

// After retention has dropped bodies, and a subject was erased, all proofs are as they
// were, the report says what went, and whatever else is changed is found as before.
func TestAfterDisposalAndErasure(t *testing.T) {
	r := newRegistry(t)
	r.fill() // bodies at 2 and 3, the erasure of a record at 4
	for range 8 {
		r.append(searched("sealed again"))
	}
	for range 512 - logSize - 8 {
		r.append(read())
	}
	r.append(searched("of the third tile"))
	before := r.whole(r.export(nil))

	by, err := postgres.OpenDisposer(t.Context(), r.d.SuperURL)
	must(t, err)
	defer func() { _ = by.Close(context.Background()) }()
	d := retention.Disposal{DB: r.db, Log: r.w, Operator: "tester"}
	plan, err := d.Plan(t.Context(), time.Now().Add(time.Hour))
	must(t, err)
	cut := func(o *logexport.Options) { o.Until = 513 }
	dropped, err := d.Apply(t.Context(), plan, by)
	if err != nil || dropped != 10 {
		t.Fatalf("dropped %d, %v", dropped, err)
	}
	for _, content := range []bool{false, true} {
		got := r.whole(r.export(func(o *logexport.Options) { o.WithContent = content }))
		if got.Bodies != 1 || got.Dropped != 10 || got.Unaccounted != 0 || got.Erasures != 1 || got.Versions != before.Versions || got.Size != before.Size+1 {
			t.Errorf("content %v: %+v", content, got)
		}
		if text := got.String(); !strings.Contains(text, "by a disposal that the log tells of") || !strings.Contains(text, "the record's key is gone") {
			t.Errorf("said as: %s", text)
		}
	}
	// What was signed before is still what stands: the root of the old tree too.
	part := r.whole(r.export(cut))
	if part.Root != before.Root || part.Unaccounted != 10 || !strings.Contains(part.String(), "no disposal tells in this part") {
		t.Errorf("up to where the log ended before: %+v", part)
	}

	const third = `convert_to(replace(convert_from(meta, 'UTF8'), 'tiles:0-1', 'tiles:0-2'), 'UTF8')`
	for name, c := range map[string]tampering{
		"entry whose body was dropped changed":    {changeEntry(3), 3, 3, "not the entry that was logged"},
		"erased record's content changed":         {"UPDATE register.version SET sealed = 'x' WHERE n = 1 AND record_id IN (SELECT record_id FROM register.version WHERE erased)", 0, 0, "not the one that was logged"},
		"erasure taken back":                      {"UPDATE register.version SET erased = false WHERE erased", 4, 4, "not the one that was logged"},
		"body of the tile that is not disposed":   {"DELETE FROM register.entry_body WHERE idx = 512", 512, 512, "no disposal"},
		"a body put back, another":                {"INSERT INTO register.entry_body SELECT 3, NULL, wrapped, sealed FROM register.entry_body WHERE idx = 512", 3, 3, "body is not the one"},
		"disposal's entry made to name the third": {"UPDATE register.entry SET meta = " + third + ", leaf_hash = sha256('\\x00' || " + third + ") WHERE idx = 513; DELETE FROM register.entry_body", 513, 513, "not what stands here"},
	} {
		t.Run(name, func(t *testing.T) {
			r.super("CREATE TABLE public.kept AS TABLE register.entry; CREATE TABLE public.kept_body AS TABLE register.entry_body; CREATE TABLE public.kept_version AS TABLE register.version; " + c.sql)
			defer r.super("DELETE FROM register.entry; INSERT INTO register.entry TABLE public.kept; DELETE FROM register.entry_body; INSERT INTO register.entry_body TABLE public.kept_body; " +
				"DELETE FROM register.version; INSERT INTO register.version TABLE public.kept_version; DROP TABLE public.kept, public.kept_body, public.kept_version")
			if f := r.fault(t, r.export(nil)); f.Index != c.index || f.Through != c.through || !strings.Contains(f.What, c.what) {
				t.Errorf("found as: %v", f)
			}
		})
	}
}

// An export during which bodies are dropped says so, and is mended by running it again.
func TestDisposalDuringAnExport(t *testing.T) {
	r := newRegistry(t)
	r.fillUp(1100)
	by, err := postgres.OpenDisposer(t.Context(), r.d.SuperURL)
	must(t, err)
	defer func() { _ = by.Close(context.Background()) }()
	o := logexport.Options{Dir: t.TempDir(), Part: 256}
	o.Progress = func(next, _ int64) {
		if next == 256 {
			d := retention.Disposal{DB: r.db, Log: r.w, Operator: "tester"}
			plan, err := d.Plan(t.Context(), time.Now().Add(time.Hour))
			must(t, err)
			if n, err := d.Apply(t.Context(), plan, by); n != 1024 || err != nil {
				t.Errorf("dropped %d, %v", n, err)
			}
		}
	}
	if _, err := logexport.Run(t.Context(), r.db, o); !errors.Is(err, logexport.ErrDisposed) {
		t.Fatalf("not noticed: %v", err)
	}
	o.Progress = nil
	_, err = logexport.Run(t.Context(), r.db, o)
	must(t, err)
	if got := r.whole(folder(o.Dir)); got.Dropped != 768 || got.Bodies != 256+76 || got.Unaccounted != 0 {
		t.Errorf("%+v", got)
	}
}
