package main

import (
	"cmp"
	"slices"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// disposals holds the sealed bodies that are missing against what the log says was
// dropped: a disposal names whole tiles before it drops them. A body that is gone
// without one was taken away.
type disposals struct {
	tile   bareTile // the tile being read
	stands bool     // it has a body
	bare   []bareTile
	told   [][2]int64 // runs of tiles that disposals have named
}

// bareTile is a tile with missing bodies.
type bareTile struct {
	n, first, missing int64 // its number, the first entry without its body, how many
}

// entry begins an entry. The fault is that of the tile before.
func (d *disposals) entry(index int64, e *tlogfile.Entry) *Fault {
	var f *Fault
	if n := index / tlogfile.TileWidth; n != d.tile.n {
		f = d.flush()
		d.tile.n = n
	}
	if e.Method == tlogfile.DisposalMethod && e.Outcome == "OK" {
		runs, err := e.Disposed()
		if err != nil {
			return at(index, "", err.Error())
		}
		d.told = append(d.told, runs...)
	}
	return f
}

func (d *disposals) there() { d.stands = true }

func (d *disposals) missing(index int64) {
	if d.tile.missing == 0 {
		d.tile.first = index
	}
	d.tile.missing++
}

// flush ends a tile.
func (d *disposals) flush() (f *Fault) {
	switch {
	case d.tile.missing > 0 && d.stands:
		f = at(d.tile.first, tlogfile.BodiesFile, "its body is missing, while others of its tile stand: a disposal drops whole tiles")
	case d.tile.missing > 0:
		d.bare = append(d.bare, d.tile)
	}
	d.tile, d.stands = bareTile{n: d.tile.n}, false
	return f
}

// end says of how many bodies no disposal tells, with the first of them.
func (d *disposals) end() (unaccounted, first int64) {
	slices.SortFunc(d.told, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	next, last := 0, int64(-1)
	for _, t := range d.bare {
		for next < len(d.told) && d.told[next][0] <= t.n {
			last = max(last, d.told[next][1])
			next++
		}
		if t.n > last {
			if unaccounted == 0 {
				first = t.first
			}
			unaccounted += t.missing
		}
	}
	return unaccounted, first
}
