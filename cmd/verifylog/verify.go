package main

import (
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// Report says what was verified.
type Report struct {
	Origin   string `json:"origin"`
	From     int64  `json:"from"` // index of the first entry
	Size     int64  `json:"size"` // of the tree: one more than the last index
	Root     string `json:"root"`
	Entries  int64  `json:"entries"`
	Versions int64  `json:"versions"`
	Erasures int64  `json:"erasures"`
	Bodies   int64  `json:"bodies"`
	Dropped  int64  `json:"dropped_bodies"` // told of, and dropped since
	// Unaccounted is how many of the dropped no disposal tells of that stands in
	// this part of the log; of a log exported to its end that is a fault.
	Unaccounted int64     `json:"unaccounted_bodies"`
	Tiles       int64     `json:"tiles"`
	Checkpoints int64     `json:"checkpoints"`
	First       time.Time `json:"first_time"`
	Last        time.Time `json:"last_time"`
	// Witnessed is the size of the newest tree that the quorum has co-signed,
	// Witnesses who has; 0 without.
	Witnessed int64    `json:"witnessed_size"`
	Witnesses []string `json:"witnesses,omitempty"`
}

// verifier goes through an export once, entry by entry. Exact faults are noted,
// and judged at the next checkpoint, which proves what the hashes before it are.
type verifier struct {
	dir    folder
	keys   *tlogfile.Keys
	quorum int
	m      tlogfile.Manifest

	tree  *tlogfile.Tree
	notes *noteQueue
	rows  *rowChecker
	names names

	good      int64      // size of the last tree that a checkpoint has proved
	noted     *Fault     // the earliest exact fault since then
	contested *contested // a checkpoint that the entries contradict
	most      int        // how many witnesses have co-signed one checkpoint
	report    Report
}

// contested is a signed checkpoint whose tree the entries do not give: either
// they are not what was signed, or it is not of this log.
type contested struct {
	size        int64
	root, found tlog.Hash
}

// verify checks an export. A Fault is returned as an error; every other error
// means that the export could not be read.
func verify(dir folder, keys *tlogfile.Keys, quorum int) (Report, error) {
	v := &verifier{dir: dir, keys: keys, quorum: quorum, names: names{left: keys.Origins()}}
	err := v.run()
	v.report.Origin = v.names.left[0]
	return v.report, err
}

func (v *verifier) run() (err error) {
	if v.m, err = v.dir.manifest(); err != nil {
		return err
	}
	v.report.From, v.report.Size = v.m.From, v.m.Size
	v.names.known = v.m.From == 0
	if v.rows, err = openChecker(v.dir, v.m, &v.report); err != nil {
		return err
	}
	defer v.rows.close()
	if v.notes, err = openNotes(v.dir, v.keys, v.m.From); err != nil {
		return v.dir.missing(err, tlogfile.CheckpointsFile, fileMissing, v.m.From, v.m.Size-1)
	}
	defer v.notes.close()
	if v.tree, err = v.start(); err != nil {
		return err
	}
	v.good = v.m.From
	done := make(chan struct{})
	defer close(done)
	for next := range loadAll(v.dir, v.m, done) {
		l := <-next
		if err := v.bundle(&l); err != nil {
			return err
		}
	}
	return v.end()
}

// start makes the tree before the first entry, which is empty for a whole log.
func (v *verifier) start() (*tlogfile.Tree, error) {
	return tlogfile.LoadTree(v.m.From, func(level int, n int64, width int) ([]tlog.Hash, error) {
		hashes, name, err := v.dir.tile(v.m.Size, level, n)
		if err == nil && len(hashes) < width {
			err = &Fault{Index: 0, Through: v.m.From - 1, File: name, What: "the tile is missing"}
		}
		return hashes[:min(width, len(hashes))], err
	})
}

// note keeps the earliest fault.
func (v *verifier) note(f *Fault) { v.noted = earlier(v.noted, f) }

// noteFault notes a fault, and returns every other error.
func (v *verifier) noteFault(err error) error {
	f, isFault := asFault(err)
	if isFault {
		v.note(f)
		return nil
	}
	return err
}

// stop ends the verification with the earliest fault.
func (v *verifier) stop(f *Fault) error { return earlier(v.noted, f) }

// bundle goes through the entries of a bundle.
func (v *verifier) bundle(l *loaded) error {
	if l.err != nil {
		return l.err
	}
	first := l.n * tlogfile.TileWidth
	last := first + int64(tlogfile.Width(v.m.Size, 0, l.n)) - 1
	if l.tile == nil {
		v.note(&Fault{Index: first, Through: last, File: l.tileName, What: "the tile is missing"})
	}
	v.report.Tiles++
	if l.missing {
		return v.stop(&Fault{Index: first, Through: last, File: l.name, What: "the bundle of entries is missing"})
	}
	for i := range l.entries {
		var want *tlog.Hash
		if l.tile != nil {
			want = &l.tile[i]
		}
		if err := v.entry(first+int64(i), &l.entries[i], l.name, want); err != nil {
			return err
		}
	}
	if next := first + int64(len(l.entries)); next <= last {
		return v.stop(at(next, l.name, "the bundle has no such entry"))
	}
	if l.over {
		return v.stop(at(last+1, l.name, "the bundle goes on after its last entry"))
	}
	return nil
}

// entry checks one entry and what hangs on it; want is its hash in the tile.
func (v *verifier) entry(index int64, e *loadedEntry, name string, want *tlog.Hash) error {
	switch {
	case e.empty:
		v.note(at(index, name, "the entry is missing"))
	case want != nil && *want != e.leaf:
		f := at(index, name, "it is not the entry that was logged: its hash is another").hashes(*want, e.leaf)
		f.leaf = true
		v.note(f)
	}
	v.report.Entries++
	// After a fault only the hashes matter, to say where it lies.
	if !v.noted.precedes(index) && v.contested == nil {
		if err := v.noteFault(v.rows.entry(index, e, name)); err != nil {
			return err
		}
	}
	if e.parsed != nil && e.parsed.Method == tlogfile.EpochMethod {
		v.note(v.epoch(index, e.parsed, name))
	}
	for _, full := range v.tree.Append(e.leaf) {
		if full.Level > 0 {
			if err := v.compare(full.Level, full.N, full.Hashes); err != nil {
				return err
			}
		}
	}
	return v.checkpoints()
}

// compare checks a tile of a level above 0 against what the entries give.
func (v *verifier) compare(level int, n int64, want []tlog.Hash) error {
	v.report.Tiles++
	got, name, err := v.dir.tile(v.m.Size, level, n)
	if err != nil {
		return err
	}
	span := int64(1) << (tlogfile.TileHeight * level) // entries under one hash
	first := n * tlogfile.TileWidth * span
	if got == nil {
		v.note(&Fault{Index: first, Through: first + int64(len(want))*span - 1, File: name, What: "the tile is missing"})
		return nil
	}
	for i := range want {
		if got[i] != want[i] {
			from := first + int64(i)*span
			f := &Fault{Index: from, Through: from + span - 1, File: name, What: fmt.Sprintf("hash %d of the tile is not that of the entries", i)}
			v.note(f.hashes(want[i], got[i]))
			break
		}
	}
	return nil
}

// checkpoints judges the checkpoints of the tree as it is now.
func (v *verifier) checkpoints() error {
	for {
		c, f := v.notes.next(v.tree.Size())
		if f != nil {
			v.note(f)
			continue
		}
		if c == nil {
			return nil
		}
		v.report.Checkpoints++
		v.note(v.named(c, tlogfile.CheckpointsFile))
		if f := v.judge(c); f != nil {
			return f
		}
	}
}

// judge compares a checkpoint with the tree, and says which of the faults seen
// since the last one that was right is the first.
func (v *verifier) judge(c *tlogfile.Checkpoint) *Fault {
	root := v.tree.Root()
	if root != c.Tree.Hash {
		if v.noted != nil && v.noted.exact() && v.contested == nil {
			return v.noted
		}
		if v.contested == nil {
			// If the next one is right, this one is of another history.
			v.contested = &contested{c.Tree.N, c.Tree.Hash, root}
			return nil
		}
		return earlier(v.rewritten(), v.noted)
	}
	if v.noted != nil && v.noted.leaf {
		// The entries are what was signed, so the tile is wrong.
		v.noted.What = "the tile does not hold the hash of the entry"
		v.noted.Expected, v.noted.Found = v.noted.Found, v.noted.Expected
		v.noted.File = tlogfile.TilePath(0, v.noted.Index/tlogfile.TileWidth, tlogfile.Width(v.m.Size, 0, v.noted.Index/tlogfile.TileWidth))
	}
	if v.contested != nil {
		f := at(v.contested.size-1, tlogfile.CheckpointsFile, fmt.Sprintf(
			"the checkpoint of size %d is signed by the log and contradicts a later one: two histories were signed", v.contested.size))
		return earlier(v.noted, f.hashes(v.contested.found, v.contested.root))
	}
	if v.noted != nil && v.noted.Through < c.Tree.N { // else more may be told within its range
		return v.noted
	}
	v.good = c.Tree.N
	v.most = max(v.most, len(c.Witnesses))
	if len(c.Witnesses) >= max(1, v.quorum) {
		v.report.Witnessed, v.report.Witnesses = c.Tree.N, c.Witnesses
	}
	return nil
}

// rewritten is the fault that a checkpoint proves without telling the entry.
func (v *verifier) rewritten() *Fault {
	f := &Fault{Index: v.good, Through: v.contested.size - 1, File: tlogfile.CheckpointsFile}
	f.What = fmt.Sprintf("the checkpoint of size %d does not have the tree of the entries: what was logged is not what stands here", v.contested.size)
	return f.hashes(v.contested.root, v.contested.found)
}
