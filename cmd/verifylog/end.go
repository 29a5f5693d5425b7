package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// end checks what changes with each checkpoint, and what lies beyond the last.
func (v *verifier) end() error {
	v.report.Root = v.tree.Root().String()
	for level := 1; level < v.tree.Levels(); level++ {
		if row := v.tree.Partial(level); len(row) > 0 {
			start, _ := tlogfile.PartialWidth(v.m.Size, level)
			if err := v.compare(level, start/tlogfile.TileWidth, row); err != nil {
				return err
			}
		}
	}
	signed, err := v.dir.read(tlogfile.CheckpointFile)
	if errors.Is(err, os.ErrNotExist) {
		return v.stop(at(v.m.Size-1, tlogfile.CheckpointFile, "the newest checkpoint is missing"))
	}
	if err != nil {
		return err
	}
	newest, err := v.keys.OpenCheckpoint(signed)
	switch {
	case err != nil:
		v.note(at(v.m.Size-1, tlogfile.CheckpointFile, "the newest checkpoint: "+err.Error()))
	case newest.Tree.N != v.m.Size:
		v.note(at(v.m.Size-1, tlogfile.CheckpointFile, "the newest checkpoint is of another size").
			differ(fmt.Sprint(v.m.Size), fmt.Sprint(newest.Tree.N)))
	default:
		v.note(v.named(&newest, tlogfile.CheckpointFile))
		if f := v.judge(&newest); f != nil {
			return f
		}
	}
	if v.contested != nil {
		return v.stop(v.rewritten())
	}
	return v.beyond()
}

// beyond looks for what no checkpoint covers.
func (v *verifier) beyond() error {
	if err := v.noteFault(v.rows.rest()); err != nil {
		return err
	}
	if v.noted == nil && v.contested == nil {
		v.note(v.rows.disposal())
	}
	v.note(v.notes.rest())
	if v.m.StoredEntries > v.m.Size {
		v.note(&Fault{Index: v.m.Size, Through: v.m.StoredEntries - 1, File: tlogfile.ManifestFile, What: "the database held entries that no checkpoint covers"})
	}
	if v.m.StoredVersions > v.m.Size {
		v.note(at(v.m.StoredVersions-1, tlogfile.ManifestFile, "the database held a version of an entry that no checkpoint covers"))
	}
	if v.quorum > 0 && v.report.Witnessed == 0 {
		v.note(tooFew(v.m.Size-1, v.keys, v.quorum, v.most))
	}
	if v.noted != nil {
		return v.noted
	}
	return nil
}
