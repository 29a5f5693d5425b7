package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// newest reads and verifies the newest checkpoint of an export.
func newest(dir folder, keys *tlogfile.Keys) (tlogfile.Checkpoint, error) {
	signed, err := dir.read(tlogfile.CheckpointFile)
	if err != nil {
		return tlogfile.Checkpoint{}, dir.missing(err, tlogfile.CheckpointFile, "the newest checkpoint is missing", 0, 0)
	}
	c, err := keys.OpenCheckpoint(signed)
	if err != nil {
		return c, at(0, tlogfile.CheckpointFile, "the newest checkpoint: "+err.Error())
	}
	if c.Origin != keys.Origin() {
		return c, at(c.Tree.N-1, tlogfile.CheckpointFile, "the newest checkpoint bears the name of an earlier epoch").differ(keys.Origin(), c.Origin)
	}
	return c, nil
}

// Span says what was proved by consistency: that the tree of Newest extends each
// of the older checkpoints, whose newest has size Oldest.
type Span struct {
	Checked int64  `json:"checkpoints"` // older checkpoints that were compared
	Older   int64  `json:"older_size"`
	Newer   int64  `json:"newer_size"`
	Root    string `json:"root"`
	// Witnessed is the size of the newest tree that the quorum has co-signed, which
	// covers the older checkpoints, Witnesses who has; 0 without a quorum.
	Witnessed int64    `json:"witnessed_size,omitempty"`
	Witnesses []string `json:"witnesses,omitempty"`
}

// consistent proves that an export extends the trees of checkpoints kept from
// before: that the log was neither rolled back nor written anew. It reads the
// tiles, and believes of them what the newest checkpoint proves. The quorum must have
// co-signed a tree of the export that covers all of those.
func consistent(kept []byte, dir folder, keys *tlogfile.Keys, quorum int) (Span, error) {
	now, err := newest(dir, keys)
	if err != nil {
		return Span{}, err
	}
	s := Span{Newer: now.Tree.N, Root: now.Tree.Hash.String()}
	r := tlogfile.NewNoteReader(bytes.NewReader(kept))
	for {
		signed, err := r.Next()
		if errors.Is(err, io.EOF) && s.Checked > 0 {
			break
		}
		if err != nil {
			return s, errors.New("the checkpoint kept from before is no signed note")
		}
		old, err := keys.OpenCheckpoint(signed)
		if err != nil {
			return s, fmt.Errorf("the checkpoint kept from before: %w", err)
		}
		if f := extends(old, now, s.Older, dir); f != nil {
			return s, f
		}
		s.Checked++
		s.Older = max(s.Older, old.Tree.N)
	}
	seen, err := newestCosigned(dir, now, keys, quorum)
	if err != nil {
		return s, err
	}
	if f := covers(seen, s.Older-1, quorum); f != nil {
		return s, f
	}
	s.Witnessed, s.Witnesses = seen.Tree.N, seen.Witnesses
	return s, nil
}

// extends proves that the tree of now extends that of old; good is the size of a
// tree that it is known to extend.
func extends(old, now tlogfile.Checkpoint, good int64, dir folder) *Fault {
	if old.Tree.N > now.Tree.N {
		f := &Fault{Index: now.Tree.N, Through: old.Tree.N - 1, File: tlogfile.CheckpointFile,
			What: "the log was rolled back: these entries were signed, and are gone"}
		return f.differ(fmt.Sprintf("%d entries or more", old.Tree.N), fmt.Sprintf("%d entries", now.Tree.N))
	}
	rewritten := &Fault{Index: min(good, old.Tree.N-1), Through: old.Tree.N - 1, File: tlogfile.CheckpointFile,
		What: "the log was written anew: its tree does not extend that of the checkpoint kept from before"}
	if old.Tree.N == now.Tree.N {
		if old.Tree.Hash != now.Tree.Hash {
			return rewritten.hashes(old.Tree.Hash, now.Tree.Hash)
		}
		return nil
	}
	reader := dir.hashReader(now.Tree.N)
	proof, err := tlog.ProveTree(now.Tree.N, old.Tree.N, reader)
	if err != nil {
		return faultOf(old.Tree.N-1, err)
	}
	if tlog.CheckTree(proof, now.Tree.N, now.Tree.Hash, old.Tree.N, old.Tree.Hash) == nil {
		return nil
	}
	if found, err := tlog.TreeHash(old.Tree.N, reader); err == nil && found != old.Tree.Hash {
		return rewritten.hashes(old.Tree.Hash, found)
	}
	return at(old.Tree.N-1, "tile", "the tiles do not give the tree of the newest checkpoint: verify the export first")
}
