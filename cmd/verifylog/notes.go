package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// noteQueue reads the checkpoints of an export in the order of their size.
type noteQueue struct {
	f    *os.File
	r    *tlogfile.NoteReader
	keys *tlogfile.Keys
	head *tlogfile.Checkpoint
	last int64 // size of the one read last
	done bool
}

func openNotes(d folder, keys *tlogfile.Keys, from int64) (*noteQueue, error) {
	f, err := d.open(tlogfile.CheckpointsFile)
	if err != nil {
		return nil, err
	}
	return &noteQueue{f: f, r: tlogfile.NewNoteReader(f), keys: keys, last: from}, nil
}

func (q *noteQueue) close() { _ = q.f.Close() }

// next returns the next checkpoint if it is that of the tree of a size, else nil;
// or what is wrong with it.
func (q *noteQueue) next(size int64) (*tlogfile.Checkpoint, *Fault) {
	if q.head == nil {
		if f := q.read(); f != nil {
			return nil, f
		}
	}
	if q.head == nil || q.head.Tree.N != size {
		return nil, nil
	}
	c := q.head
	q.head = nil
	return c, nil
}

// read reads one ahead. Checkpoints of one size may follow each other: one
// signed by the log alone, and one co-signed.
func (q *noteQueue) read() *Fault {
	if q.done {
		return nil
	}
	signed, err := q.r.Next()
	if errors.Is(err, io.EOF) {
		q.done = true
		return nil
	}
	if err != nil {
		q.done = true
		return at(q.last, tlogfile.CheckpointsFile, fmt.Sprintf("what follows the checkpoint of size %d is no signed note", q.last))
	}
	c, err := q.keys.OpenCheckpoint(signed)
	if err != nil {
		index, name := q.last, fmt.Sprintf("after that of size %d", q.last)
		if claimed, bad := tlogfile.ParseCheckpoint(textOf(signed)); bad == nil {
			index, name = claimed.Tree.N-1, fmt.Sprintf("that says it is of size %d", claimed.Tree.N)
		}
		return at(index, tlogfile.CheckpointsFile, fmt.Sprintf("the checkpoint %s: %s", name, err))
	}
	if c.Tree.N < q.last {
		return at(c.Tree.N-1, tlogfile.CheckpointsFile, fmt.Sprintf("the checkpoint of size %d follows that of size %d", c.Tree.N, q.last))
	}
	q.last, q.head = c.Tree.N, &c
	return nil
}

// rest is the fault that a checkpoint stands beyond the last entry.
func (q *noteQueue) rest() *Fault {
	if q.head == nil {
		if f := q.read(); f != nil {
			return f
		}
	}
	if q.head == nil {
		return nil
	}
	return at(q.head.Tree.N-1, tlogfile.CheckpointsFile, fmt.Sprintf("there is a checkpoint of size %d, and no such entry", q.head.Tree.N))
}

// textOf is what a note signs.
func textOf(signed []byte) string {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	return text + "\n"
}
