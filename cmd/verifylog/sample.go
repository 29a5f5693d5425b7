package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// Redrawn says that a dip sample is the one that its nonces and the log give.
type Redrawn struct {
	ID         string   `json:"id"`
	Force      string   `json:"force"`
	From       int64    `json:"from"`
	Until      int64    `json:"until"` // one more than the last index
	Population int      `json:"population"`
	Tree       int64    `json:"tree_size"`
	Entries    []int64  `json:"entries"` // those drawn
	Missing    []string `json:"missing,omitempty"`
	Witnesses  []string `json:"witnesses,omitempty"`
}

// redraw verifies a whole export, reads from its entries what a sample was bound to,
// and draws it again. The sample must be the force's, if one is given.
func redraw(dir folder, force, id string, keys *tlogfile.Keys, quorum int) (Redrawn, error) {
	report, err := verify(dir, keys, quorum)
	if err != nil {
		return Redrawn{}, err
	}
	if report.From > 0 {
		return Redrawn{}, usageError{errors.New("a sample is drawn again from a whole export")}
	}
	s := tlogfile.Sample{ID: id}
	if err := entries(dir, report, func(index int64, e *loadedEntry) error {
		if e.parsed.Outcome != "OK" {
			return nil
		}
		if err := s.Note(index, e.parsed.Marks); err != nil {
			return at(index, "", err.Error())
		}
		return nil
	}); err != nil {
		return Redrawn{}, err
	}
	if s.Tree == 0 {
		return Redrawn{}, at(s.Begun, "", "the log does not say that the sample "+id+" was drawn")
	}
	if force != "" && force != s.Force {
		return Redrawn{}, at(s.Begun, "", "the sample "+id+" is of another force's entries").differ("force "+force, "force "+s.Force)
	}
	out := Redrawn{ID: id, Force: s.Force, From: s.From, Until: s.Until, Tree: s.Tree, Missing: s.Missing()}
	var population []int64
	var tree tlogfile.Tree
	if err := entries(dir, report, func(index int64, e *loadedEntry) error {
		if index < s.Tree {
			tree.Append(e.leaf)
		}
		if s.Of(index, e.parsed) {
			population = append(population, index)
		}
		return nil
	}); err != nil {
		return out, err
	}
	out.Population = len(population)
	if out.Witnesses, err = cosigned(dir, keys, s.Committed, s.Tree, quorum); err != nil {
		return out, err
	}
	origin := report.Origin
	if out.Entries, err = s.Redo(population, fmt.Sprintf("%s\n%d\n%s\n", origin, s.Tree, tree.Root())); err != nil {
		return out, at(s.DrawnAt, "", err.Error())
	}
	return out, nil
}

// entries hands over the entries of an export that was verified, in turn.
func entries(dir folder, r Report, each func(index int64, e *loadedEntry) error) error {
	done := make(chan struct{})
	defer close(done)
	for next := range loadAll(dir, tlogfile.Manifest{From: r.From, Size: r.Size}, done) {
		l := <-next
		if l.err != nil {
			return l.err
		}
		for i := range l.entries {
			if err := each(l.n*tlogfile.TileWidth+int64(i), &l.entries[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// cosigned checks that the tree of a draw is the first after the second commitment
// that witnesses have co-signed: nobody has chosen it.
func cosigned(dir folder, keys *tlogfile.Keys, committed, tree int64, quorum int) ([]string, error) {
	if quorum == 0 {
		return nil, nil
	}
	f, err := dir.open(tlogfile.CheckpointsFile)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	notes := tlogfile.NewNoteReader(f)
	for {
		signed, err := notes.Next()
		if err != nil {
			return nil, at(tree-1, tlogfile.CheckpointsFile, "the tree that the draw rests on is not co-signed")
		}
		c, err := keys.OpenCheckpoint(signed)
		if err != nil {
			return nil, err
		}
		if c.Tree.N <= committed || len(c.Witnesses) < quorum {
			continue
		}
		if c.Tree.N != tree {
			return nil, at(tree-1, tlogfile.CheckpointsFile, fmt.Sprintf("the draw rests on the tree of %d entries; the first that was co-signed after both were bound has %d", tree, c.Tree.N))
		}
		slices.Sort(c.Witnesses)
		return c.Witnesses, nil
	}
}

// String is what was drawn.
func (r Redrawn) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "PROVED. The sample %s is the one that its nonces and the log give.\n", r.ID)
	fmt.Fprintf(&b, "%d of %d entries of force %s among entries %d to %d, by the tree of %d entries", len(r.Entries), r.Population, r.Force, r.From, r.Until-1, r.Tree)
	if len(r.Witnesses) > 0 {
		fmt.Fprintf(&b, ", co-signed by %s", strings.Join(r.Witnesses, ", "))
	}
	b.WriteString("\n")
	if len(r.Missing) > 0 {
		fmt.Fprintf(&b, "NOT REVEALED: the nonce of %s; its commitment stood in its place.\n", strings.Join(r.Missing, " and "))
	}
	if len(r.Witnesses) == 0 {
		b.WriteString(unwitnessed + ": nothing shows that nobody has chosen the tree.\n")
	}
	fmt.Fprintf(&b, "entries %s\n", strings.Trim(fmt.Sprint(r.Entries), "[]"))
	return b.String()
}
