package accesslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// Audit says what CheckIntegrity went through.
type Audit struct {
	Entries, Versions, Bodies, Tiles, Checkpoints int64
	Tree                                          tlog.Tree
}

// CheckIntegrity reads the whole log and all versions, and names the first
// fault: entries without gaps and in order of time, leaf hashes, the tree at
// each checkpoint and its signature, full tiles, no version without entry nor
// entry without its versions, digests, bodies. A dropped body is no fault. It
// is meant for a database at rest, and uses memory for a page only. A log that
// has begun new epochs bears the later names too, in their order.
func CheckIntegrity(ctx context.Context, db *postgres.DB, origin string, known note.Verifiers, later ...string) (Audit, error) {
	c := checker{db: db, origin: origin, later: later, known: known}
	err := c.run(ctx)
	c.audit.Tree.N = c.edge.size
	if c.edge.size > 0 {
		c.audit.Tree.Hash = c.edge.root()
	}
	return c.audit, err
}

type checker struct {
	db     *postgres.DB
	origin string
	later  []string // names of the epochs to come
	known  note.Verifiers

	audit       Audit
	edge        edge
	last        time.Time
	checkpoints []postgres.Checkpoint // read ahead
	lastSize    int64                 // size of the last checkpoint read
}

const checkPage = 1000

func (c *checker) run(ctx context.Context) error {
	for {
		from := c.edge.size
		entries, err := c.db.Entries(ctx, from, from+checkPage, checkPage)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			fault := c.end(ctx)
			if fault == nil {
				return nil
			}
			// Not one statement reads it all: the log may have grown meanwhile.
			if grown, err := c.db.Entries(ctx, from, from+1, 1); err != nil || len(grown) == 0 {
				return fault
			}
			continue
		}
		versions, err := c.db.VersionsByIndex(ctx, from, from+int64(len(entries)))
		if err != nil {
			return err
		}
		bodies, err := c.db.BodyHashes(ctx, from, from+int64(len(entries)))
		if err != nil {
			return err
		}
		for i := range entries {
			e := &entries[i]
			if e.Index != c.edge.size {
				return fault(c.edge.size, "the entry is missing")
			}
			n := 0
			for n < len(versions) && versions[n].Version.LogIndex == e.Index {
				n++
			}
			if err := c.entry(ctx, e, versions[:n], bodies[e.Index]); err != nil {
				return err
			}
			versions = versions[n:]
		}
	}
}

func fault(index int64, what string) error {
	return fmt.Errorf("%w: entry %d: %s", ErrCorrupt, index, what)
}

func (c *checker) entry(ctx context.Context, e *postgres.Entry, versions []postgres.Current, body []byte) error {
	leaf := tlog.RecordHash(e.Meta)
	if !bytes.Equal(leaf[:], e.LeafHash) {
		return fault(e.Index, "the leaf hash is not that of the metadata")
	}
	m, err := ParseMetadata(e.Meta)
	if err != nil {
		return fault(e.Index, err.Error())
	}
	switch {
	case !m.Time.Equal(e.Time):
		return fault(e.Index, "the time is not that of the metadata")
	case e.Time.Before(c.last):
		return fault(e.Index, "the time goes backwards")
	case !bytes.Equal(m.BodyHash, e.BodyHash):
		return fault(e.Index, "the body's hash is not that of the metadata")
	case body != nil && !bytes.Equal(body, e.BodyHash):
		return fault(e.Index, "the body is not the one that was logged")
	case len(m.Versions) != e.Versions || len(m.Versions) != len(versions):
		return fault(e.Index, fmt.Sprintf("it tells of %d versions, and %d are there", len(m.Versions), len(versions)))
	}
	c.last = e.Time
	c.audit.Entries++
	if body != nil {
		c.audit.Bodies++
	}
	if err := c.versions(e, m, versions); err != nil {
		return err
	}
	if m.Method == EpochMethod {
		if err := c.epoch(e.Index, m); err != nil {
			return err
		}
	}
	next, full := c.edge.append([]tlog.Hash{leaf})
	c.edge = next
	if err := c.tiles(ctx, full); err != nil {
		return err
	}
	return c.checkpoint(ctx)
}

// epoch checks the entry of a new epoch, and goes on under its name.
func (c *checker) epoch(index int64, m Metadata) error {
	s, err := ReadEpoch(m)
	switch {
	case err != nil:
		return fault(index, err.Error())
	case s.PreviousOrigin != c.origin:
		return fault(index, "an epoch begins after another name than the log's")
	case index == 0 || s.Kept != tlog.Tree{N: index, Hash: c.edge.root()} || s.Previous.N < index:
		return fault(index, "an epoch begins that goes on from another tree")
	case len(c.later) == 0 || c.later[0] != s.Origin:
		return fault(index, "an epoch begins under a name that was not expected: "+s.Origin)
	}
	c.origin, c.later = s.Origin, c.later[1:]
	return nil
}

func (c *checker) versions(e *postgres.Entry, m Metadata, versions []postgres.Current) error {
	told := make(map[string][]byte, len(m.Versions))
	for _, v := range m.Versions {
		told[fmt.Sprint(v.Record, v.N)] = v.Digest
	}
	for i := range versions {
		v := &versions[i]
		digest := told[fmt.Sprint(v.Record.ID, v.Version.N)]
		if !bytes.Equal(digest, v.Version.Digest) || !seal.DigestEqual(digest, v.Version.Salt, versionFields(v.Record, v.Version)) {
			return fault(e.Index, fmt.Sprintf("version %d of record %s is not the one that was logged", v.Version.N, v.Record.ID))
		}
		c.audit.Versions++
	}
	return nil
}

func (c *checker) tiles(ctx context.Context, full []postgres.Tile) error {
	for _, want := range full {
		stored, err := c.db.Tiles(ctx, []postgres.TileID{{Level: want.Level, N: want.N}})
		if err != nil {
			return err
		}
		if len(stored) != 1 || !bytes.Equal(stored[0].Data, want.Data) || !bytes.Equal(stored[0].Root, want.Root) {
			return fmt.Errorf("%w: tile %d of level %d is missing or changed", ErrCorrupt, want.N, want.Level)
		}
		c.audit.Tiles++
	}
	return nil
}

// checkpoint checks the checkpoint of the tree so far, if there is one.
func (c *checker) checkpoint(ctx context.Context) error {
	if len(c.checkpoints) == 0 {
		page, err := c.db.Checkpoints(ctx, c.lastSize, checkPage)
		if err != nil {
			return err
		}
		c.checkpoints = page
	}
	if len(c.checkpoints) == 0 {
		return fault(c.edge.size-1, "no checkpoint covers it")
	}
	cp := c.checkpoints[0]
	if cp.Size > c.edge.size {
		return nil
	}
	c.checkpoints = c.checkpoints[1:]
	c.lastSize = cp.Size
	root := c.edge.root()
	signed, err := OpenCheckpoint(cp.Note, c.origin, c.known)
	switch {
	case err != nil:
		return fmt.Errorf("%w: checkpoint of size %d: %w", ErrCorrupt, cp.Size, err)
	case !bytes.Equal(cp.Root, root[:]) || signed.Tree != tlog.Tree{N: cp.Size, Hash: root}:
		return fmt.Errorf("%w: checkpoint of size %d does not have the tree's root", ErrCorrupt, cp.Size)
	case !cp.Time.Equal(c.last):
		return fmt.Errorf("%w: checkpoint of size %d does not have the time of its last entry", ErrCorrupt, cp.Size)
	}
	c.audit.Checkpoints++
	return nil
}

// end looks for what lies beyond the last entry.
func (c *checker) end(ctx context.Context) error {
	size := c.edge.size
	if len(c.later) > 0 {
		return fmt.Errorf("%w: no epoch begins under the name %s", ErrCorrupt, c.later[0])
	}
	versions, err := c.db.VersionsByIndex(ctx, size, 1<<62)
	if err != nil {
		return err
	}
	if len(versions) > 0 {
		return fault(versions[0].Version.LogIndex, "there is a version of it, and no entry")
	}
	later, err := c.db.Entries(ctx, size, 1<<62, 1)
	if err != nil {
		return err
	}
	if len(later) > 0 {
		return fault(size, "the entry is missing")
	}
	head, err := c.db.Head(ctx)
	if errors.Is(err, postgres.ErrNotFound) && size == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if head.Size != size {
		return fmt.Errorf("%w: the last checkpoint has size %d, and there are %d entries", ErrCorrupt, head.Size, size)
	}
	return nil
}
