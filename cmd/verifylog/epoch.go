package main

import (
	"fmt"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// names follows the names of a log that has begun new epochs. The keys that are
// given say which names are the log's, and in which order.
type names struct {
	left  []string // the first is the log's name now
	known bool     // false as long as a part of a log has not shown which it is
}

// now is the log's name; seen is that of a checkpoint, which a part of a log
// begins with.
func (n *names) now(seen string) string {
	for !n.known && n.left[0] != seen && len(n.left) > 1 {
		n.left = n.left[1:]
	}
	n.known = true
	return n.left[0]
}

// epoch checks the entry of a new epoch against the tree before it, and goes on
// under its name.
func (v *verifier) epoch(index int64, e *tlogfile.Entry, name string) *Fault {
	s, err := tlogfile.ParseEpoch(e)
	switch {
	case err != nil:
		return at(index, name, err.Error())
	case s.PreviousOrigin != v.names.now(s.PreviousOrigin):
		return at(index, name, "an epoch begins after another name than the log's").differ(v.names.left[0], s.PreviousOrigin)
	case index == 0 || s.Kept.N != index || s.Previous.N < index:
		return at(index, name, "an epoch begins that does not go on from here").differ(fmt.Sprint(index), fmt.Sprint(s.Kept.N))
	case s.Kept.Hash != v.tree.Root():
		return at(index, name, "an epoch begins that goes on from another tree").hashes(v.tree.Root(), s.Kept.Hash)
	case len(v.names.left) < 2 || v.names.left[1] != s.Origin:
		return at(index, name, fmt.Sprintf("an epoch begins under the name %q, of which no key was given next", s.Origin))
	}
	v.names.left = v.names.left[1:]
	return nil
}

// named checks that a checkpoint bears the name that the log has at its size.
func (v *verifier) named(c *tlogfile.Checkpoint, file string) *Fault {
	if now := v.names.now(c.Origin); c.Origin != now {
		return at(c.Tree.N-1, file, fmt.Sprintf("the checkpoint of size %d bears a name that the log does not have there", c.Tree.N)).differ(now, c.Origin)
	}
	return nil
}
