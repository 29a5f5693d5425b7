package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// A file that is missing from an export is a fault that names it, whichever it is;
// what is no export cannot be read.
func TestMissingFiles(t *testing.T) {
	r := newRegistry(t)
	receipts := r.fill()
	sound := string(r.export(nil))
	r.whole(folder(sound))
	kept, receipt := filepath.Join(t.TempDir(), "kept"), filepath.Join(t.TempDir(), "receipt")
	first, err := r.db.CheckpointAt(t.Context(), 40)
	must(t, err)
	must(t, os.WriteFile(kept, first.Note, 0o600))
	must(t, os.WriteFile(receipt, []byte(receipts[7].String()), 0o600))
	_, key := newCosigner(t, "witness.example/iopc")
	without := func(names ...string) string {
		dir := filepath.Join(t.TempDir(), "export")
		must(t, os.CopyFS(dir, os.DirFS(sound)))
		for _, name := range names {
			must(t, os.RemoveAll(filepath.Join(dir, filepath.FromSlash(name))))
		}
		return dir
	}
	whole := []string(nil)
	consistency, held := []string{"consistency", kept}, []string{"receipt", receipt}
	tile := tlogfile.TilePath(0, 0, tlogfile.TileWidth)
	for _, tt := range []struct {
		command        []string
		file           string
		index, through int64
	}{
		{whole, tlogfile.ManifestFile, 0, 0},
		{whole, tlogfile.VersionsFile, 0, 299},
		{whole, tlogfile.BodiesFile, 0, 299},
		{whole, tlogfile.CheckpointsFile, 0, 299},
		{whole, tlogfile.CheckpointFile, 299, 299},
		{whole, tile, 0, 255},
		{whole, tlogfile.TilePath(1, 0, 1), 0, 255},
		{whole, tlogfile.BundlePath(1, 44), 256, 299},
		{[]string{"sample", "01980000-0000-7000-8000-0123456789ab"}, tlogfile.VersionsFile, 0, 299},
		{consistency, tlogfile.CheckpointFile, 0, 0},
		{consistency, tile, 0, 255},
		{[]string{"consistency", kept, "--witness", key}, tlogfile.CheckpointsFile, 0, 299},
		{held, tlogfile.CheckpointFile, 0, 0},
		{held, tile, 0, 255},
	} {
		code, a := r.program(append(tt.command, without(tt.file))...)
		if code != exitFault || a.Fault.File != tt.file || a.Fault.Index != tt.index || a.Fault.Through != tt.through ||
			!strings.Contains(a.Fault.What, "missing") || strings.Contains(a.Fault.Error(), "no such file") {
			t.Errorf("%v without %s: exit %d, %v %s", tt.command, tt.file, code, a.Fault, a.errors)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for name, dir := range map[string]string{
		"nothing": filepath.Join(t.TempDir(), "none"), "an empty folder": t.TempDir(), "a file": file,
		"a checkpoint alone": without("checkpoints", "register", "tile"),
	} {
		for _, command := range [][]string{whole, consistency, held} {
			if name == "a checkpoint alone" && command != nil {
				continue // it is what they read first
			}
			if code, a := r.program(append(command, dir)...); code != exitUsage || a.errors == "" {
				t.Errorf("%v of %s: exit %d, %v %s", command, name, code, a.Fault, a.errors)
			}
		}
	}
}
