// Package assets holds the console's styles and scripts, compiled by `make
// assets` into a folder that is not committed, and serves them.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed all:dist
var dist embed.FS

// Set is all styles and scripts, compressed once.
type Set struct {
	prefix string
	files  map[string]file
}

type file struct {
	kind              string
	plain, compressed []byte
}

// Load reads what was compiled. It may be nothing: see Built.
func Load() (*Set, error) {
	s := &Set{files: map[string]file{}}
	sum := sha256.New()
	entries, err := dist.ReadDir("dist")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		raw, err := fs.ReadFile(dist, "dist/"+e.Name())
		if err != nil {
			return nil, err
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", e.Name(), len(raw), raw) // a hash takes all
		compressed, err := compress(raw)
		if err != nil {
			return nil, err
		}
		s.files[e.Name()] = file{kind: mime.TypeByExtension(path.Ext(e.Name())), plain: raw, compressed: compressed}
	}
	s.prefix = "/assets/" + hex.EncodeToString(sum.Sum(nil))[:16] + "/"
	return s, nil
}

func compress(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Built reports whether the styles and scripts were compiled into the program.
func (s *Set) Built() bool { _, ok := s.files["console.css"]; return ok }

// Path is the address of a file. It changes with the content of any, so that
// browsers may keep files for ever.
func (s *Set) Path(name string) string { return s.prefix + name }

// Size is how many bytes all styles and scripts have, compressed.
func (s *Set) Size() int {
	n := 0
	for _, f := range s.files {
		n += len(f.compressed)
	}
	return n
}

// ServeHTTP serves the files by their addresses.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, s.prefix)
	f, known := s.files[name]
	if !ok || !known {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.compressed
	}
	_, _ = w.Write(body) // the browser may have gone
}
