package main

import (
	"errors"
	"io"
	"io/fs"
	"runtime"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// loaded is a bundle of entries with their tile, read and hashed. Most of the work
// needs nothing of what came before, and is done for several bundles at a time.
type loaded struct {
	n        int64
	name     string // of the bundle's file
	missing  bool   // there is no such file
	over     bool   // it goes on after its last entry
	entries  []loadedEntry
	tile     []tlog.Hash // nil if it is missing
	tileName string
	err      error // of reading
}

// loadedEntry is one entry.
type loadedEntry struct {
	leaf   tlog.Hash
	empty  bool
	parsed *tlogfile.Entry
	when   time.Time
	err    error // why it could not be parsed
}

// load reads the bundle n of an export of a size. Fewer entries than there should
// be are no error.
func load(d folder, size, n int64) loaded {
	l := loaded{n: n}
	if l.tile, l.tileName, l.err = d.tile(size, 0, n); l.err != nil {
		return l
	}
	r, name, closeFile, err := d.bundle(size, n)
	l.name = name
	if err != nil {
		if l.missing = errors.Is(err, fs.ErrNotExist); !l.missing {
			l.err = err
		}
		return l
	}
	defer func() { _ = closeFile() }()
	width := tlogfile.Width(size, 0, n)
	l.entries = make([]loadedEntry, 0, width)
	for len(l.entries) < width {
		meta, err := r.Next()
		if err != nil {
			return l
		}
		e := loadedEntry{leaf: tlog.RecordHash(meta), empty: len(meta) == 0}
		e.parsed, e.when, e.err = tlogfile.ParseEntry(meta)
		l.entries = append(l.entries, e)
	}
	_, err = r.Next()
	l.over = !errors.Is(err, io.EOF)
	return l
}

// loadAll reads the bundles of an export in turn, as many at a time as there are
// processors, until done is closed.
func loadAll(d folder, m tlogfile.Manifest, done <-chan struct{}) <-chan chan loaded {
	queue := make(chan chan loaded, runtime.GOMAXPROCS(0))
	go func() {
		defer close(queue)
		for n := m.From / tlogfile.TileWidth; n*tlogfile.TileWidth < m.Size; n++ {
			one := make(chan loaded, 1)
			select {
			case queue <- one:
				go func() { one <- load(d, m.Size, n) }()
			case <-done:
				return
			}
		}
	}()
	return queue
}
