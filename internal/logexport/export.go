// Package logexport writes the access log, and the register as far as the log
// speaks of it, into a folder that stands by itself: see package tlogfile for
// its form, and cmd/verifylog for what can be proved with it.
//
// The exporter judges nothing. What is missing in the database is left out, or
// stands as an entry of no length, so that the verifier finds it.
package logexport

import (
	"context"
	"errors"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// Options say what to export.
type Options struct {
	// Dir is the folder. One that holds an export of the same log, finished or
	// interrupted, is continued to the newest checkpoint.
	Dir string
	// From is the index of the first entry wanted; what is exported begins at
	// the multiple of 256 before it. 0 means the whole log.
	From int64
	// Until, if not 0, is one more than the last index wanted; what is exported
	// ends with the first checkpoint that covers it.
	Until int64
	// WithContent adds the sealed content of versions and bodies. Without the
	// keys it discloses nothing.
	WithContent bool
	// CheckpointStep thins out checkpoints to one for each so many entries; 0
	// or 1 keeps all.
	CheckpointStep int64
	// Part is how many entries are written before the manifest says so, a multiple
	// of 256; 0 means 16,384. What was written since then is written again when an
	// interrupted export is continued.
	Part int64
	// Progress, if not nil, is called after each part with the next entry.
	Progress func(next, size int64)
}

// Result says what was exported.
type Result struct {
	From, Size       int64
	Versions, Bodies int64 // written by this run
	Missing          int64 // entries that the database does not hold
	FirstMissing     int64 // the first of them, -1 if none
	Beyond           bool  // the database holds rows that no checkpoint covers
}

// Errors of Run.
var (
	// ErrEmpty says that there is nothing to export.
	ErrEmpty = errors.New("the log has no checkpoint that covers what is wanted")
	// ErrOther says that the folder holds something else.
	ErrOther = errors.New("the folder holds another export: choose an empty one")
	// ErrDisposed says that sealed bodies were dropped while the export was written.
	ErrDisposed = errors.New("sealed bodies were dropped while the export was written, and it does not hold the entry that tells so: run it again")
	// ErrRewritten says that the log is not the one that was exported before.
	ErrRewritten = errors.New("the log does not extend the export in the folder: keep that, and export into an empty one")
)

// Run exports. Memory is bounded by one bundle of 256 entries and one row. An
// export that was interrupted is continued by running it again.
func Run(ctx context.Context, db *postgres.DB, o Options) (Result, error) {
	e := exporter{ctx: ctx, db: db, o: o, out: folder(o.Dir)}
	e.result.FirstMissing = -1
	if e.o.Part < tlogfile.TileWidth {
		e.o.Part = 64 * tlogfile.TileWidth
	}
	e.o.Part &^= tlogfile.TileWidth - 1
	if err := e.begin(); err != nil {
		return e.result, err
	}
	err := e.run()
	return e.result, errors.Join(err, e.close())
}

type exporter struct {
	ctx    context.Context //nolint:containedctx // one run, one context
	db     *postgres.DB
	o      Options
	out    folder
	result Result

	head                          postgres.Checkpoint
	m                             tlogfile.Manifest
	checkpoints, versions, bodies *lines
	lastSize                      int64 // of the checkpoint read last
	lastWritten                   int64 // of the checkpoint written last
}

// begin chooses the checkpoint and finds where to go on.
func (e *exporter) begin() error {
	head, err := e.db.ExportHead(e.ctx)
	switch {
	case errors.Is(err, postgres.ErrNotFound):
		return ErrEmpty
	case err != nil:
		return err
	}
	e.head = head.Checkpoint
	stored := []int64{head.Entries, head.Versions}
	if e.o.Until > 0 {
		if e.head, err = e.db.CheckpointAt(e.ctx, e.o.Until); errors.Is(err, postgres.ErrNotFound) {
			return ErrEmpty
		} else if err != nil {
			return err
		}
		// What lies beyond is not asked for.
		stored = []int64{min(stored[0], e.head.Size), min(stored[1], e.head.Size)}
	}
	from := e.o.From &^ (tlogfile.TileWidth - 1)
	if from < 0 || from >= e.head.Size {
		return ErrEmpty
	}
	old, err := e.out.manifest()
	if err != nil {
		return err
	}
	e.m = tlogfile.Manifest{Format: tlogfile.ExportFormat, From: from, Next: from}
	if old != nil {
		if old.From != from || old.WithContent != e.o.WithContent || old.CheckpointStep != max(1, e.o.CheckpointStep) {
			return ErrOther
		}
		if err := e.extends(); err != nil {
			return err
		}
		e.m = *old
	}
	e.m.Size, e.m.StoredEntries, e.m.StoredVersions = e.head.Size, stored[0], stored[1]
	e.m.Cut = e.o.Until > 0
	e.m.WithContent, e.m.CheckpointStep, e.m.Complete = e.o.WithContent, max(1, e.o.CheckpointStep), false
	e.result.From, e.result.Size = from, e.head.Size
	e.result.Beyond = max(stored[0], stored[1]) > e.head.Size
	e.lastSize, e.lastWritten = e.m.Next, -1
	return e.open()
}

func (e *exporter) open() (err error) {
	if err := e.out.writeJSON(tlogfile.ManifestFile, &e.m); err != nil {
		return err
	}
	for _, f := range []struct {
		to     **lines
		name   string
		length int64
	}{
		{&e.checkpoints, tlogfile.CheckpointsFile, e.m.Checkpoints},
		{&e.versions, tlogfile.VersionsFile, e.m.Versions},
		{&e.bodies, tlogfile.BodiesFile, e.m.Bodies},
	} {
		if *f.to, err = e.out.lines(f.name, f.length); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporter) close() (err error) {
	for _, l := range []*lines{e.checkpoints, e.versions, e.bodies} {
		if l != nil {
			err = errors.Join(err, l.close())
		}
	}
	return err
}

func (e *exporter) run() error {
	if err := e.earlierTiles(); err != nil {
		return err
	}
	for e.m.Next+e.o.Part <= e.m.Size {
		if err := e.part(e.m.Next + e.o.Part); err != nil {
			return err
		}
		e.m.Next += e.o.Part
		if err := e.commit(); err != nil {
			return err
		}
	}
	if err := e.part(e.m.Size); err != nil {
		return err
	}
	return e.finish()
}

// commit makes what was written so far the place to go on from.
func (e *exporter) commit() (err error) {
	for _, l := range []struct {
		of     *lines
		length *int64
	}{{e.checkpoints, &e.m.Checkpoints}, {e.versions, &e.m.Versions}, {e.bodies, &e.m.Bodies}} {
		if *l.length, err = l.of.sync(); err != nil {
			return err
		}
	}
	if e.o.Progress != nil {
		e.o.Progress(e.m.Next, e.m.Size)
	}
	return e.out.writeJSON(tlogfile.ManifestFile, &e.m)
}

// finish writes what changes with each checkpoint.
func (e *exporter) finish() error {
	for level := 0; e.m.Size>>(tlogfile.TileHeight*level) > 0; level++ {
		start, width := tlogfile.PartialWidth(e.m.Size, level)
		if width == 0 {
			continue
		}
		if err := e.tile(level, start/tlogfile.TileWidth, width); err != nil {
			return err
		}
	}
	if e.lastWritten != e.head.Size {
		if err := e.checkpoints.note(e.head.Note); err != nil {
			return err
		}
	}
	if err := e.out.write(tlogfile.CheckpointFile, e.head.Note); err != nil {
		return err
	}
	for _, l := range []*lines{e.checkpoints, e.versions, e.bodies} {
		if _, err := l.sync(); err != nil {
			return err
		}
	}
	e.m.Complete = true
	if err := e.out.writeJSON(tlogfile.ManifestFile, &e.m); err != nil {
		return err
	}
	return e.disposed()
}

// disposed looks whether a disposal began after the newest checkpoint exported: bodies
// may be missing here of which nothing here tells.
func (e *exporter) disposed() error {
	if e.m.Cut {
		return nil
	}
	last := e.head.Size - 1
	later, err := e.db.ListEntries(e.ctx, postgres.EntryFilter{Method: tlogfile.DisposalMethod, After: &last, Limit: 1})
	if err == nil && len(later) > 0 {
		err = ErrDisposed
	}
	return err
}

// part writes all that lies from the manifest's Next up to an index.
func (e *exporter) part(until int64) error {
	for from := e.m.Next; from < until; from += tlogfile.TileWidth {
		n := from / tlogfile.TileWidth
		width := tlogfile.Width(until, 0, n)
		for _, step := range []func() error{
			func() error { return e.out.removeAll(tlogfile.BundlePath(n, 1)) },
			func() error { return e.out.removeAll(tlogfile.LargeBundlePath(n, 1)) },
			func() error { return e.bundle(n, width) },
			func() error { return e.rows(from, from+int64(width)) },
			func() error { return e.fullTiles(n) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
	}
	return e.signed(until)
}

// bundle writes the entries of a bundle; one that is missing has no length.
func (e *exporter) bundle(n int64, width int) error {
	from := n * tlogfile.TileWidth
	list, err := e.db.Entries(e.ctx, from, from+int64(width), width)
	if err != nil {
		return err
	}
	entries := make([][]byte, width)
	for i := range list {
		entries[list[i].Index-from] = list[i].Meta
	}
	for i, meta := range entries {
		if len(meta) == 0 {
			e.result.Missing++
			if e.result.FirstMissing < 0 {
				e.result.FirstMissing = from + int64(i)
			}
		}
	}
	data, large := tlogfile.AppendBundle(nil, entries)
	if large {
		return e.out.write(tlogfile.LargeBundlePath(n, width), data)
	}
	return e.out.write(tlogfile.BundlePath(n, width), data)
}

// rows writes the versions and bodies of a range of entries.
func (e *exporter) rows(from, until int64) error {
	err := e.db.ExportVersions(e.ctx, from, until, e.o.WithContent, func(v *postgres.ExportedVersion) error {
		e.result.Versions++
		return e.versions.json(&tlogfile.VersionRow{
			Record: v.Record.ID.String(), N: v.Version.N, Kind: string(v.Record.Kind), Force: v.Record.Force,
			Revision: v.Version.Revision, Erased: v.Version.Erased, LogIndex: v.Version.LogIndex, Salt: v.Version.Salt,
			SealedHash: v.SealedHash, Digest: v.Version.Digest, Sealed: v.Version.Sealed,
		})
	})
	if err != nil {
		return err
	}
	return e.db.ExportBodies(e.ctx, from, until, e.o.WithContent, func(b *postgres.ExportedBody) error {
		e.result.Bodies++
		return e.bodies.json(&tlogfile.BodyRow{Index: b.Index, SealedHash: b.SealedHash, Sealed: b.Sealed})
	})
}
