package main

import (
	"errors"
	"fmt"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// histories keeps what is known of each record: that its versions have numbers
// without gaps, one kind and owner, and end with the erasure.
type histories struct {
	dir    folder
	part   bool // what came before the first entry is not here
	states *table
	owners map[string]uint32 // kind and force, by number from 1
}

// A history is packed into 32 bits: the number of the newest version (20 bits),
// whether it is the erasure (1), the owner (11).
type history struct {
	n      int32
	erased bool
	owner  uint32
}

const (
	maxVersions = 1<<20 - 1
	maxOwners   = 1<<11 - 1
)

func (h history) pack() uint32 {
	packed := uint32(h.n)<<12 | h.owner //nolint:gosec // n is not negative
	if h.erased {
		packed |= 1 << 11
	}
	return packed
}

func unpack(p uint32) history {
	return history{n: int32(p >> 12), erased: p>>11&1 == 1, owner: p & maxOwners}
}

func newHistories(d folder, part bool) *histories {
	return &histories{dir: d, part: part, states: newTable(0, true), owners: map[string]uint32{}}
}

var errTooMany = errors.New("more versions of a record, or more forces, than this program can count")

// add takes the next version of a record, the row'th of the file.
func (h *histories) add(index int64, name string, v *tlogfile.VersionRow, row int64) error {
	next, err := h.history(v)
	if err != nil {
		return err
	}
	packed, known := h.states.get(v.Record)
	last := unpack(packed)
	fault := h.follows(index, name, last, known, next)
	if fault != nil && known {
		// Perhaps two records were taken for one: look again.
		if last, known, err = h.before(v.Record, row); err != nil {
			return err
		}
		fault = h.follows(index, name, last, known, next)
	}
	h.states.put(v.Record, next.pack())
	return fault
}

func (h *histories) history(v *tlogfile.VersionRow) (history, error) {
	owner, ok := h.owners[v.Kind+" "+v.Force]
	if !ok {
		owner = uint32(len(h.owners) + 1) //nolint:gosec // a few hundred
		h.owners[v.Kind+" "+v.Force] = owner
	}
	if v.N > maxVersions || owner > maxOwners {
		return history{}, errTooMany
	}
	return history{n: v.N, erased: v.Erased, owner: owner}, nil
}

func (h *histories) follows(index int64, name string, last history, known bool, next history) error {
	switch {
	case !known && next.n != 1 && !h.part:
		return at(index, tlogfile.VersionsFile, name+" is the first of its record").differ("version 1", fmt.Sprintf("version %d", next.n))
	case !known:
		return nil
	case last.erased:
		return at(index, tlogfile.VersionsFile, name+" follows the erasure of its record")
	case next.n != last.n+1:
		return at(index, tlogfile.VersionsFile, name+" is out of turn").
			differ(fmt.Sprintf("version %d", last.n+1), fmt.Sprintf("version %d", next.n))
	case next.owner != last.owner:
		return at(index, tlogfile.VersionsFile, name+" has another kind or owner than the version before it")
	}
	return nil
}

// before reads the newest version of a record among the rows before one.
func (h *histories) before(record string, row int64) (last history, known bool, err error) {
	r, err := openRows[tlogfile.VersionRow](h.dir, tlogfile.VersionsFile)
	if err != nil {
		return history{}, false, err
	}
	defer r.close()
	for {
		v, err := r.peek()
		if err != nil {
			return history{}, false, err
		}
		if v == nil || r.read >= row {
			return last, known, nil
		}
		if v.Record == record {
			if last, err = h.history(v); err != nil {
				return history{}, false, err
			}
			known = true
		}
		r.skip()
	}
}
