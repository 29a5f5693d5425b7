package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// rowChecker checks what the entries say: their form, order and ids, and the
// versions and bodies that belong to them.
type rowChecker struct {
	dir      folder
	m        tlogfile.Manifest
	report   *Report
	versions *rows[tlogfile.VersionRow]
	bodies   *rows[tlogfile.BodyRow]
	last     time.Time
	ids      *table
	records  *histories
	disposed disposals
}

func openChecker(d folder, m tlogfile.Manifest, report *Report) (*rowChecker, error) {
	c := &rowChecker{dir: d, m: m, report: report, ids: newTable(m.Size-m.From, false), records: newHistories(d, m.From > 0)}
	var err error
	if c.versions, err = openRows[tlogfile.VersionRow](d, tlogfile.VersionsFile); err != nil {
		return nil, d.missing(err, tlogfile.VersionsFile, fileMissing, m.From, m.Size-1)
	}
	if c.bodies, err = openRows[tlogfile.BodyRow](d, tlogfile.BodiesFile); err != nil {
		c.versions.close()
		return nil, d.missing(err, tlogfile.BodiesFile, fileMissing, m.From, m.Size-1)
	}
	return c, nil
}

func (c *rowChecker) close() {
	c.versions.close()
	c.bodies.close()
}

// entry checks one entry and its rows; the error is a Fault, or that of reading.
func (c *rowChecker) entry(index int64, read *loadedEntry, name string) error {
	if read.err != nil {
		return at(index, name, read.err.Error())
	}
	e, when := read.parsed, read.when
	if when.Before(c.last) {
		f := at(index, name, "the time goes backwards")
		return f.differ("no earlier than "+c.last.Format(tlogfile.EntryTime), e.Time)
	}
	c.last = when
	if c.report.First.IsZero() {
		c.report.First = when
	}
	c.report.Last = when
	if !c.ids.put(e.ID, 0) {
		other, found, err := c.findID(e.ID, index)
		if err != nil {
			return err
		}
		if found {
			return at(index, name, fmt.Sprintf("it has the id of entry %d", other))
		}
	}
	if f := c.disposed.entry(index, e); f != nil {
		return f
	}
	if err := c.body(index, e); err != nil {
		return err
	}
	return c.version(index, e)
}

// findID looks for an entry with an id before an index.
func (c *rowChecker) findID(id string, before int64) (int64, bool, error) {
	for n := c.m.From / tlogfile.TileWidth; n*tlogfile.TileWidth < before; n++ {
		r, _, closeFile, err := c.dir.bundle(c.m.Size, n)
		if err != nil {
			return 0, false, err
		}
		for index := n * tlogfile.TileWidth; index < min(before, (n+1)*tlogfile.TileWidth); index++ {
			meta, err := r.Next()
			if err != nil {
				return 0, false, errors.Join(err, closeFile())
			}
			if e, _, err := tlogfile.ParseEntry(meta); err == nil && e.ID == id {
				return index, true, closeFile()
			}
		}
		if err := closeFile(); err != nil {
			return 0, false, err
		}
	}
	return 0, false, nil
}

// body checks the sealed body of an entry, if it is still there.
func (c *rowChecker) body(index int64, e *tlogfile.Entry) error {
	b, err := c.bodies.peek()
	if err != nil {
		return at(index, tlogfile.BodiesFile, err.Error())
	}
	if b == nil || b.Index > index {
		if len(e.BodyHash) > 0 {
			c.report.Dropped++
			c.disposed.missing(index)
		}
		return nil
	}
	c.bodies.skip()
	switch {
	case b.Index < index:
		return at(b.Index, tlogfile.BodiesFile, "it has two bodies, or they are out of order")
	case (c.m.WithContent || len(b.Sealed) > 0) && !hashOf(b.Sealed, b.SealedHash):
		return at(index, tlogfile.BodiesFile, "the body does not have the hash beside it")
	case !bytes.Equal(b.SealedHash, e.BodyHash):
		return at(index, tlogfile.BodiesFile, "the body is not the one that was logged").differ(base64Of(e.BodyHash), base64Of(b.SealedHash))
	}
	c.report.Bodies++
	c.disposed.there()
	return nil
}

func hashOf(content, hash []byte) bool {
	sum := sha256.Sum256(content)
	return bytes.Equal(sum[:], hash)
}

// version checks that exactly the versions that an entry names are there.
func (c *rowChecker) version(index int64, e *tlogfile.Entry) error {
	type key struct {
		record string
		n      int32
	}
	told := make(map[key][]byte, len(e.Versions))
	for _, v := range e.Versions {
		told[key{v.Record, v.N}] = v.Digest
	}
	if len(told) != len(e.Versions) {
		return at(index, "", "it names a version twice")
	}
	for {
		v, err := c.versions.peek()
		if err != nil {
			return at(index, tlogfile.VersionsFile, err.Error())
		}
		if v == nil || v.LogIndex > index {
			break
		}
		c.versions.skip()
		name := fmt.Sprintf("version %d of record %s", v.N, v.Record)
		if v.LogIndex < index {
			return at(v.LogIndex, tlogfile.VersionsFile, name+" is out of order")
		}
		digest, named := told[key{v.Record, v.N}]
		if !named {
			return at(index, tlogfile.VersionsFile, name+" is there, and the entry does not name it")
		}
		delete(told, key{v.Record, v.N})
		if err := c.checkVersion(index, name, v, digest); err != nil {
			return err
		}
		if err := c.records.add(index, name, v, c.versions.read); err != nil {
			return err
		}
		c.report.Versions++
		if v.Erased {
			c.report.Erasures++
		}
	}
	for _, v := range e.Versions {
		if _, missing := told[key{v.Record, v.N}]; missing {
			return at(index, tlogfile.VersionsFile, fmt.Sprintf("it names version %d of record %s, which is not there", v.N, v.Record))
		}
	}
	return nil
}

// checkVersion compares a version with the digest that its entry holds.
func (c *rowChecker) checkVersion(index int64, name string, v *tlogfile.VersionRow, digest []byte) error {
	if (c.m.WithContent || len(v.Sealed) > 0) && !hashOf(v.Sealed, v.SealedHash) {
		return at(index, tlogfile.VersionsFile, "the content of "+name+" does not have the hash beside it")
	}
	found, err := v.ExpectedDigest()
	if err != nil {
		return at(index, tlogfile.VersionsFile, name+" is malformed")
	}
	if !bytes.Equal(found, digest) {
		return at(index, tlogfile.VersionsFile, name+" is not the one that was logged").differ(base64Of(digest), base64Of(found))
	}
	if !bytes.Equal(v.Digest, digest) {
		return at(index, tlogfile.VersionsFile, "the digest stored beside "+name+" is not the one that was logged").
			differ(base64Of(digest), base64Of(v.Digest))
	}
	return nil
}

// disposal looks for bodies that are gone though no disposal tells of them. Of a part
// that was cut off before the end of its log, a later disposal may.
func (c *rowChecker) disposal() *Fault {
	if f := c.disposed.flush(); f != nil {
		return f
	}
	n, first := c.disposed.end()
	c.report.Unaccounted = n
	if n == 0 || c.m.Cut {
		return nil
	}
	return at(first, tlogfile.BodiesFile, "its body is missing, and no disposal that the log tells of has dropped it")
}

// rest looks for rows of entries that are not there.
func (c *rowChecker) rest() error {
	v, err := c.versions.peek()
	if err != nil {
		return at(c.m.Size, tlogfile.VersionsFile, err.Error())
	}
	if v != nil {
		return at(v.LogIndex, tlogfile.VersionsFile, fmt.Sprintf("version %d of record %s is of an entry that is not there", v.N, v.Record))
	}
	b, err := c.bodies.peek()
	if err != nil {
		return at(c.m.Size, tlogfile.BodiesFile, err.Error())
	}
	if b != nil {
		return at(b.Index, tlogfile.BodiesFile, "it has a body, and is not there")
	}
	return nil
}
