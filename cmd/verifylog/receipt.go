package main

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// Held is an entry that the log was proved to hold.
type Held struct {
	Index int64  `json:"index"`
	Leaf  string `json:"leaf"`
	Size  int64  `json:"size"` // of the signed tree that holds it
	// Witnessed is the size of a tree that holds it and that the quorum has co-signed,
	// Witnesses who has; 0 without a quorum.
	Witnessed int64    `json:"witnessed_size,omitempty"`
	Witnesses []string `json:"witnesses,omitempty"`
}

var errNeedsExport = errors.New("a receipt holds no proof of its own: name an export too, or save a .tlog-proof with registerctl")

// receipts verifies a .tlog-proof file, or each line of a file of receipts, those
// against an export. The quorum must have co-signed the proof's tree, or one of the
// export that holds the entry.
func receipts(data []byte, dir folder, keys *tlogfile.Keys, quorum int) (HeldList, error) {
	if tlogfile.IsProof(data) {
		return proven(data, dir, keys, quorum)
	}
	if dir == "" {
		return nil, usageError{errNeedsExport}
	}
	now, err := newest(dir, keys)
	if err != nil {
		return nil, err
	}
	seen, err := newestCosigned(dir, now, keys, quorum)
	if err != nil {
		return nil, err
	}
	var held HeldList
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		r, err := tlogfile.ParseReceipt(line)
		if err != nil {
			return held, err
		}
		if f := holds(r, now, dir, keys); f != nil {
			return held, f
		}
		if f := covers(seen, r.Index, quorum); f != nil {
			return held, f
		}
		held = append(held, Held{Index: r.Index, Leaf: r.Leaf.String(), Size: now.Tree.N, Witnessed: seen.Tree.N, Witnesses: seen.Witnesses})
	}
	if len(held) == 0 {
		return nil, errors.New("the file holds no receipt")
	}
	return held, nil
}

// proven verifies a .tlog-proof file, and that an export extends its tree if one is named.
func proven(data []byte, dir folder, keys *tlogfile.Keys, quorum int) (HeldList, error) {
	p, err := tlogfile.ParseProof(data)
	if err != nil {
		return nil, err
	}
	c, err := p.Verify(keys)
	if err != nil {
		return nil, at(p.Index, "", err.Error())
	}
	short := keys.Quorum(c, quorum)
	if short != nil && dir == "" {
		return nil, at(p.Index, "", short.Error())
	}
	seen := c
	if dir != "" {
		now, err := newest(dir, keys)
		if err != nil {
			return nil, err
		}
		if f := extends(c, now, 0, dir); f != nil {
			return nil, f
		}
		if short != nil {
			if seen, err = newestCosigned(dir, now, keys, quorum); err != nil {
				return nil, err
			}
			if f := covers(seen, p.Index, quorum); f != nil {
				return nil, f
			}
		}
	}
	held := Held{Index: p.Index, Leaf: p.Leaf.String(), Size: c.Tree.N}
	if quorum > 0 {
		held.Witnessed, held.Witnesses = seen.Tree.N, seen.Witnesses
	}
	return HeldList{held}, nil
}

// holds proves that an export holds what a receipt says, in the place it says,
// and that the tree that the receipt's checkpoint signs has only grown since.
func holds(r tlogfile.Receipt, now tlogfile.Checkpoint, dir folder, keys *tlogfile.Keys) *Fault {
	if len(r.Note) > 0 {
		old, err := keys.OpenCheckpoint(r.Note)
		if err != nil {
			return at(r.Index, "", "the receipt's checkpoint: "+err.Error())
		}
		if r.Index >= old.Tree.N {
			return at(r.Index, "", "the receipt's checkpoint does not cover its entry")
		}
		if f := extends(old, now, 0, dir); f != nil {
			return f
		}
	}
	if r.Index >= now.Tree.N {
		return at(r.Index, tlogfile.CheckpointFile, fmt.Sprintf("the entry is gone: the log has %d entries", now.Tree.N))
	}
	proof, err := tlog.ProveRecord(now.Tree.N, r.Index, dir.hashReader(now.Tree.N))
	if err != nil {
		return faultOf(r.Index, err)
	}
	if tlog.CheckRecord(proof, now.Tree.N, now.Tree.Hash, r.Index, r.Leaf) != nil {
		return at(r.Index, "", "the log does not hold the entry of the receipt: another stands in its place").
			differ(r.Leaf.String(), "another leaf hash")
	}
	return nil
}
