package main

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// BenchmarkVerify verifies one log of b.N entries in a process of its own, and
// reports its speed and the most memory it held. For ten million entries:
//
//	go test ./cmd/verifylog -run NONE -bench Verify -benchtime 10000000x
func BenchmarkVerify(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "verifylog")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	export := filepath.Join(dir, "export")
	key, size := generate(b, export, int64(b.N))
	b.ResetTimer()
	cmd := exec.CommandContext(b.Context(), program, "--key", key, export)
	out, err := cmd.CombinedOutput()
	b.StopTimer()
	if err != nil || !strings.HasPrefix(string(out), "PROVED. All") {
		b.Fatalf("%v\n%s", err, out)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		b.ReportMetric(float64(usage.Maxrss)/1024, "MB-held") // Linux tells kilobytes
	}
	b.ReportMetric(float64(size)/float64(b.N), "export-B/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}

// generator writes the export of an invented log: searches, of which each third
// has a body, and one registration in ten calls, of which half change a record
// that is there; a checkpoint for each 40 entries.
type generator struct {
	b      *testing.B
	dir    string
	signer note.Signer
	tree   tlogfile.Tree

	bundle                   []byte
	versions, bodies, signed *bufio.Writer
	records                  int64
	written                  int64
}

func generate(b *testing.B, dir string, n int64) (key string, size int64) {
	b.Helper()
	secret, key, err := note.GenerateKey(rand.Reader, origin)
	must(b, err)
	g := &generator{b: b, dir: dir}
	g.signer, err = note.NewSigner(secret)
	must(b, err)
	must(b, os.MkdirAll(filepath.Join(dir, "register"), 0o700))
	for name, w := range map[string]**bufio.Writer{
		tlogfile.VersionsFile: &g.versions, tlogfile.BodiesFile: &g.bodies, tlogfile.CheckpointsFile: &g.signed,
	} {
		f, err := os.Create(filepath.Join(dir, name))
		must(b, err)
		*w = bufio.NewWriterSize(f, 1<<20)
		defer func() {
			must(b, (*w).Flush())
			info, err := f.Stat()
			must(b, err)
			size += info.Size()
			must(b, f.Close())
		}()
	}
	for i := range n {
		g.entry(i, i == n-1)
	}
	manifest, err := json.Marshal(tlogfile.Manifest{Format: tlogfile.ExportFormat, Size: n, StoredEntries: n, Complete: true})
	must(b, err)
	g.file(tlogfile.ManifestFile, manifest)
	return key, g.written
}

func (g *generator) file(name string, data []byte) {
	path := filepath.Join(g.dir, name)
	must(g.b, os.MkdirAll(filepath.Dir(path), 0o700))
	must(g.b, os.WriteFile(path, data, 0o600))
	g.written += int64(len(data))
}

// id gives a different UUID to each number of each space.
func id(space byte, n int64) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte{space}, uint64(n)))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func (g *generator) entry(i int64, last bool) {
	e := tlogfile.Entry{
		V: 1, ID: id(0, i), Time: time.Unix(1790000000, i*3e6).UTC().Format(tlogfile.EntryTime),
		Actor: tlogfile.Actor{Sub: id(1, i%2000), Force: "33", Collar: "1234", Assurance: "verified", Kind: "person"},
		Roles: []string{"investigator"}, ACR: "aal2", Client: "console", Addr: "192.0.2.7",
		Method: "/register.v1.SearchService/CreateSearch", Operation: "CONSULTATION", Reason: "CRIME_INVESTIGATION",
		ReferenceHMAC: "1:" + id(2, i%50000), Terms: []string{"1:" + id(3, i%9999), "1:" + id(4, i%9999), "1:" + id(5, i)},
		Results: []string{id(6, i%7000)}, ResultCount: 1, Outcome: "OK", Trace: id(7, i),
		Decision: &tlogfile.Decision{Effect: "allow", Line: "p, investigator, search, create, any_force", Policy: id(8, 0)},
	}
	if i%3 == 0 {
		sum := sha256.Sum256([]byte(e.ID))
		e.BodyHash = sum[:]
		g.row(g.bodies, &tlogfile.BodyRow{Index: i, SealedHash: sum[:]})
	}
	if i%10 == 9 {
		v := &tlogfile.VersionRow{N: 1, Kind: "nominal", Force: "33", Revision: i, LogIndex: i, Salt: []byte("sixteen bytes of"), SealedHash: make([]byte, 32)}
		if i%20 == 9 {
			g.records++
		} else {
			v.N = 2
		}
		v.Record = id(9, g.records)
		digest, err := v.ExpectedDigest()
		must(g.b, err)
		v.Digest = digest
		e.Versions = []tlogfile.VersionRef{{Record: v.Record, N: v.N, Digest: digest}}
		g.row(g.versions, v)
	}
	meta, err := json.Marshal(&e)
	must(g.b, err)
	g.bundle, _ = tlogfile.AppendBundle(g.bundle, [][]byte{meta})
	leaf := tlog.RecordHash(meta)
	for _, full := range g.tree.Append(leaf) {
		g.tile(full.Level, full.N, full.Hashes)
	}
	width := tlogfile.Width(i+1, 0, i/tlogfile.TileWidth)
	if last || width == tlogfile.TileWidth {
		g.file(tlogfile.BundlePath(i/tlogfile.TileWidth, width), g.bundle)
		g.bundle = g.bundle[:0]
	}
	if i%40 == 39 || last {
		g.checkpoint(i, last)
	}
}

func (g *generator) row(w *bufio.Writer, v any) {
	data, err := json.Marshal(v)
	must(g.b, err)
	_, err = w.Write(append(data, '\n'))
	must(g.b, err)
	g.written += int64(len(data) + 1)
}

func (g *generator) tile(level int, n int64, hashes []tlog.Hash) {
	var data []byte
	for _, h := range hashes {
		data = append(data, h[:]...)
	}
	g.file(tlogfile.TilePath(level, n, len(hashes)), data)
}

func (g *generator) checkpoint(i int64, last bool) {
	signed, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, i+1, g.tree.Root())}, g.signer)
	must(g.b, err)
	if i >= 40 {
		_, err = g.signed.WriteString("\n")
		must(g.b, err)
	}
	_, err = g.signed.Write(signed)
	must(g.b, err)
	g.written += int64(len(signed))
	if !last {
		return
	}
	g.file(tlogfile.CheckpointFile, signed)
	for level := range g.tree.Levels() {
		if row := g.tree.Partial(level); len(row) > 0 {
			start, _ := tlogfile.PartialWidth(i+1, level)
			g.tile(level, start/tlogfile.TileWidth, row)
		}
	}
}
