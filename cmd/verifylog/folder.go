package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// folder is an export.
type folder string

func (d folder) open(name string) (*os.File, error) {
	return os.Open(filepath.Join(string(d), filepath.FromSlash(name)))
}

// export tells whether a folder is an export, whatever it lacks: one of the files that
// only an export has is there.
func (d folder) export() bool {
	for _, name := range []string{tlogfile.ManifestFile, tlogfile.CheckpointsFile, tlogfile.VersionsFile, tlogfile.BodiesFile, "tile"} {
		if _, err := os.Stat(filepath.Join(string(d), filepath.FromSlash(name))); err == nil {
			return true
		}
	}
	return false
}

// missing makes the fault of an export that lacks a file out of the error of opening it;
// every other error stays as it is. The fault is of the entries from one to another.
func (d folder) missing(err error, name, what string, from, through int64) error {
	switch {
	case !errors.Is(err, os.ErrNotExist):
		return err
	case !d.export():
		return fmt.Errorf("%s is no export of the access log: %w", d, err)
	}
	return &Fault{Index: from, Through: through, File: name, What: what}
}

const fileMissing = "the file is missing from the export"

// maxFile bounds the files that are read as a whole.
const maxFile = 1 << 20

func (d folder) read(name string) ([]byte, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is longer than %d bytes", name, maxFile)
	}
	return data, err
}

var errNotExport = errors.New("not a finished export of this program's format: run `register export` again")

func (d folder) manifest() (tlogfile.Manifest, error) {
	var m tlogfile.Manifest
	data, err := d.read(tlogfile.ManifestFile)
	if err != nil {
		return m, d.missing(err, tlogfile.ManifestFile, fileMissing, 0, 0)
	}
	err = json.Unmarshal(data, &m)
	if err != nil || m.Format != tlogfile.ExportFormat || !m.Complete || m.From < 0 || m.From%tlogfile.TileWidth != 0 || m.Size <= m.From {
		return m, errNotExport
	}
	return m, nil
}

// tile reads the tile n of a level in the tree of a size; nil if it is missing.
func (d folder) tile(size int64, level int, n int64) (hashes []tlog.Hash, name string, err error) {
	name = tlogfile.TilePath(level, n, tlogfile.Width(size, level, n))
	data, err := d.read(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, name, nil
	}
	if err != nil {
		return nil, name, err
	}
	if len(data) != tlogfile.Width(size, level, n)*tlog.HashSize {
		return nil, name, nil // of another width: as good as missing
	}
	hashes, err = tlogfile.SplitHashes(data)
	return hashes, name, err
}

// bundle opens the entries of a bundle; close must be called if err is nil.
func (d folder) bundle(size, n int64) (r *tlogfile.BundleReader, name string, closeFile func() error, err error) {
	width := tlogfile.Width(size, 0, n)
	name = tlogfile.BundlePath(n, width)
	f, err := d.open(name)
	large := errors.Is(err, os.ErrNotExist)
	if large {
		if f, err = d.open(tlogfile.LargeBundlePath(n, width)); err == nil {
			name = tlogfile.LargeBundlePath(n, width)
		}
	}
	if err != nil {
		return nil, name, nil, err
	}
	return tlogfile.NewBundleReader(bufio.NewReaderSize(f, 64<<10), large), name, f.Close, nil
}

// hashReader reads stored hashes from the tiles of the tree of a size, for
// proofs. What it reads is proved by the proof alone.
func (d folder) hashReader(size int64) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			t := tlog.TileForIndex(tlogfile.TileHeight, index)
			name := tlogfile.TilePath(t.L, t.N, tlogfile.Width(size, t.L, t.N))
			data, err := d.read(name)
			if err != nil {
				span := int64(1) << (tlogfile.TileHeight * (t.L + 1)) // entries under the tile
				err = fmt.Errorf("the tile %s cannot be read: %w", name, err)
				return nil, d.missing(err, name, "the tile is missing", t.N*span, min(size, (t.N+1)*span)-1)
			}
			if out[i], err = tlog.HashFromTile(t, data, index); err != nil {
				return nil, fmt.Errorf("%s is not a tile", name)
			}
		}
		return out, nil
	})
}

// rows reads JSON values one after the other, looking one ahead.
type rows[T any] struct {
	name string
	f    *os.File
	d    *json.Decoder
	head *T
	read int64 // values read, the one ahead included
}

func openRows[T any](d folder, name string) (*rows[T], error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	r := &rows[T]{name: name, f: f, d: json.NewDecoder(bufio.NewReaderSize(f, 256<<10))}
	r.d.DisallowUnknownFields()
	return r, nil
}

func (r *rows[T]) close() { _ = r.f.Close() }

var errRow = errors.New("malformed")

// peek returns the next value, nil at the end.
func (r *rows[T]) peek() (*T, error) {
	if r.head != nil {
		return r.head, nil
	}
	var v T
	err := r.d.Decode(&v)
	if errors.Is(err, io.EOF) {
		return nil, nil //nolint:nilnil // the end is no error
	}
	r.read++
	if err != nil {
		return nil, fmt.Errorf("row %d is %w", r.read, errRow) // the cause may quote it
	}
	r.head = &v
	return r.head, nil
}

func (r *rows[T]) skip() { r.head = nil }
