package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/logexport"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// No byte of an export can be changed without being noticed, but where the change
// says the same: white space and capitals in JSON, and the last bits of base64.
func TestEveryByteCounts(t *testing.T) {
	r := newRegistry(t)
	r.fill()
	dir := r.export(func(o *logexport.Options) { o.CheckpointStep = 50 })
	r.whole(dir)
	var names []string
	must(t, filepath.WalkDir(string(dir), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, tlogfile.ManifestFile) {
			names = append(names, path)
		}
		return err
	}))
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for range 300 {
		name := names[random.IntN(len(names))]
		whole, err := os.ReadFile(name)
		must(t, err)
		spoilt := bytes.Clone(whole)
		place := random.IntN(len(spoilt))
		switch random.IntN(4) {
		case 0: // cut off
			spoilt = spoilt[:place]
		case 1: // lose a byte
			spoilt = append(spoilt[:place], spoilt[place+1:]...)
		default:
			spoilt[place] ^= byte(1 + random.IntN(255))
		}
		must(t, os.WriteFile(name, spoilt, 0o600))
		_, err = verify(dir, r.keys(), 0)
		must(t, os.WriteFile(name, whole, 0o600))
		if err == nil && !saysTheSame(t, name, whole, spoilt) {
			t.Fatalf("seed %d: %s, byte %d: not noticed", seed, name, place)
		}
	}
	r.whole(dir)
}

func saysTheSame(t *testing.T, name string, a, b []byte) bool {
	t.Helper()
	switch filepath.Base(name) {
	case filepath.Base(tlogfile.VersionsFile):
		return reflect.DeepEqual(decoded[tlogfile.VersionRow](a), decoded[tlogfile.VersionRow](b))
	case filepath.Base(tlogfile.BodiesFile):
		// A body may have been dropped.
		rows, left := decoded[tlogfile.BodyRow](a), decoded[tlogfile.BodyRow](b)
		return len(left) <= len(rows) && reflect.DeepEqual(rows[:len(left)], left)
	case tlogfile.CheckpointFile, tlogfile.CheckpointsFile:
		// Fewer checkpoints are none that are false.
		return texts(b) == texts(a) || strings.HasPrefix(texts(a), texts(b))
	}
	return false
}

func decoded[T any](data []byte) (out []T) {
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		var v T
		if err := d.Decode(&v); err != nil {
			if !errors.Is(err, io.EOF) {
				return nil
			}
			return out
		}
		out = append(out, v)
	}
}

// texts are what the notes of a file sign.
func texts(data []byte) string {
	var all strings.Builder
	r := tlogfile.NewNoteReader(bytes.NewReader(data))
	for signed, err := r.Next(); err == nil; signed, err = r.Next() {
		all.WriteString(textOf(signed))
	}
	return all.String()
}
