package main

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// names follows the name that the log bears: another from each epoch on, as an
// entry says.
type names struct {
	known []string
	name  string // "" until the first checkpoint tells
}

func newNames(keys *tlogfile.Keys) *names { return &names{known: keys.Origins()} }

// now is the name that the log bears.
func (n *names) now() string { return n.name }

// begin checks the entry of a new epoch, before it is added to the tree, and goes
// on under the new name.
func (n *names) begin(index int64, file string, e *tlogfile.Entry, tree *tlogfile.Tree) *Fault {
	epoch, err := tlogfile.ParseEpoch(e)
	switch {
	case err != nil:
		return at(index, file, err.Error())
	case n.name != "" && epoch.PreviousOrigin != n.name:
		return at(index, file, "an epoch begins after another name than the log's").differ(n.name, epoch.PreviousOrigin)
	case index == 0 || epoch.Kept != tlog.Tree{N: index, Hash: tree.Root()} || epoch.Previous.N < index:
		return at(index, file, "an epoch begins that goes on from another tree")
	case !slices.Contains(n.known, epoch.Origin):
		return at(index, file, fmt.Sprintf("an epoch begins under the name %q, of which no key is given", epoch.Origin))
	}
	n.name = epoch.Origin
	return nil
}

// signed checks that a checkpoint bears the name of its time.
func (n *names) signed(c *tlogfile.Checkpoint) *Fault {
	if n.name == "" {
		n.name = c.Origin
	}
	if c.Origin == n.name {
		return nil
	}
	return at(c.Tree.N-1, tlogfile.CheckpointsFile, fmt.Sprintf("the checkpoint of size %d bears another name than the log at that time", c.Tree.N)).
		differ(n.name, c.Origin)
}
