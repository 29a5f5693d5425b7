package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// unwitnessed is said where no quorum was asked for.
const unwitnessed = "No witness's signature was checked"

// tooFew is the fault that no checkpoint of an export has a quorum; most is how many
// have co-signed one of them.
func tooFew(index int64, keys *tlogfile.Keys, quorum, most int) *Fault {
	f := at(index, tlogfile.CheckpointsFile, fmt.Sprintf("no checkpoint here is co-signed by %d known witnesses", quorum))
	return f.differ(fmt.Sprintf("%d of %d", quorum, keys.Witnesses()), fmt.Sprintf("%d of %d", most, keys.Witnesses()))
}

// newestCosigned finds the newest checkpoint of an export that a quorum has co-signed,
// and proves that the export's newest tree extends it. Of quorum 0 it is none, of size 0.
func newestCosigned(dir folder, now tlogfile.Checkpoint, keys *tlogfile.Keys, quorum int) (best tlogfile.Checkpoint, err error) {
	if quorum == 0 {
		return best, nil
	}
	if len(now.Witnesses) >= quorum {
		return now, nil
	}
	f, err := dir.open(tlogfile.CheckpointsFile)
	if err != nil {
		return best, dir.missing(err, tlogfile.CheckpointsFile, fileMissing, 0, now.Tree.N-1)
	}
	defer func() { _ = f.Close() }() // it was only read
	most := len(now.Witnesses)
	for notes := tlogfile.NewNoteReader(f); ; {
		signed, err := notes.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return best, at(now.Tree.N-1, tlogfile.CheckpointsFile, "what stands there is no list of signed notes")
		}
		if _, signatures, _ := bytes.Cut(signed, []byte("\n\n")); bytes.Count(signatures, []byte("\n")) < 2 {
			continue // the log's own signature alone
		}
		if c, err := tlogfile.ParseCheckpoint(textOf(signed)); err == nil && !slices.Contains(keys.Origins(), c.Origin) {
			continue // of an epoch whose key was not given
		}
		c, err := keys.OpenCheckpoint(signed)
		if err != nil {
			return best, at(now.Tree.N-1, tlogfile.CheckpointsFile, "a checkpoint that is said to be co-signed: "+err.Error())
		}
		most = max(most, len(c.Witnesses))
		if len(c.Witnesses) >= quorum && c.Tree.N >= best.Tree.N {
			best = c
		}
	}
	if best.Tree.N == 0 {
		return best, tooFew(now.Tree.N-1, keys, quorum, most)
	}
	if f := extends(best, now, 0, dir); f != nil {
		if f.File == tlogfile.CheckpointFile {
			f.What = fmt.Sprintf("the newest tree does not extend that of the checkpoint of size %d, which witnesses have co-signed", best.Tree.N)
		}
		return best, f
	}
	return best, nil
}

// covers checks that what a quorum has co-signed holds an entry.
func covers(seen tlogfile.Checkpoint, index int64, quorum int) *Fault {
	if quorum == 0 || index < seen.Tree.N {
		return nil
	}
	return at(index, tlogfile.CheckpointsFile, fmt.Sprintf("the newest checkpoint that is co-signed by %d known witnesses does not cover it: it is of size %d", quorum, seen.Tree.N))
}
