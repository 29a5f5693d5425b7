package logexport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// extends tells whether the database still has the checkpoint that the folder
// ends with: what proves a rollback must not be overwritten.
func (e *exporter) extends() error {
	data, err := os.ReadFile(e.out.path(tlogfile.CheckpointFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil // the first export was interrupted
	}
	if err != nil {
		return err
	}
	text, _, _ := strings.Cut(string(data), "\n\n")
	old, err := tlogfile.ParseCheckpoint(text + "\n")
	if err != nil {
		return ErrOther
	}
	now, err := e.db.CheckpointAt(e.ctx, old.Tree.N)
	if err != nil && !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	if now.Size != old.Tree.N || !bytes.Equal(now.Root, old.Tree.Hash[:]) || e.head.Size < old.Tree.N {
		return ErrRewritten
	}
	return nil
}

// SizeOf tells how many entries the log had when the export in a folder was made:
// where the next one may begin.
func SizeOf(dir string) (int64, error) {
	m, err := folder(dir).manifest()
	switch {
	case err != nil:
		return 0, err
	case m == nil || !m.Complete:
		return 0, fmt.Errorf("%s holds no finished export", dir)
	}
	return m.Size, nil
}

// manifest reads the manifest of an export made before; nil if there is none.
func (d folder) manifest() (*tlogfile.Manifest, error) {
	data, err := os.ReadFile(d.path(tlogfile.ManifestFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, d.empty()
	}
	if err != nil {
		return nil, err
	}
	var m tlogfile.Manifest
	if err := json.Unmarshal(data, &m); err != nil || m.Format != tlogfile.ExportFormat || m.Next%tlogfile.TileWidth != 0 {
		return nil, ErrOther
	}
	return &m, nil
}
