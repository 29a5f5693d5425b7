package tlogfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Paths are those of C2SP tlog-tiles, and of Go's own tiles but for their prefix.
func TestPaths(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		TilePath(0, 1234067, TileWidth): "tile/0/x001/x234/067",
		TilePath(2, 7, 17):              "tile/2/007.p/17",
		BundlePath(1000, 255):           "tile/entries/x001/000.p/255",
		LargeBundlePath(0, TileWidth):   "register/entries/000",
	} {
		if got != want {
			t.Errorf("%s instead of %s", got, want)
		}
	}
	for _, n := range []int64{0, 5, 999, 1000, 1234067, 1e9} {
		for _, w := range []int{1, 255, 256} {
			want := strings.Replace(tlog.Tile{H: 8, L: 1, N: n, W: w}.Path(), "tile/8/", "tile/", 1)
			if got := TilePath(1, n, w); got != want {
				t.Errorf("%s instead of %s", got, want)
			}
		}
	}
}

// The example of C2SP tlog-tiles: a tree of 70,000.
func TestWidths(t *testing.T) {
	t.Parallel()
	const size = 70000
	for _, c := range []struct {
		level int
		n     int64
		want  int
	}{{0, 272, 256}, {0, 273, 112}, {0, 274, 0}, {1, 0, 256}, {1, 1, 17}, {2, 0, 1}, {2, 1, 0}, {3, 0, 0}} {
		if got := Width(size, c.level, c.n); got != c.want {
			t.Errorf("level %d, tile %d: %d instead of %d", c.level, c.n, got, c.want)
		}
	}
	if start, width := PartialWidth(size, 1); start != 256 || width != 17 {
		t.Errorf("level 1: %d hashes from %d on", width, start)
	}
}

// The tree is that of golang.org/x/mod, for each size, however it was come by.
func TestTree(t *testing.T) {
	t.Parallel()
	const size = 256*256 + 700
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = stored[index]
		}
		return out, nil
	})
	tiles := map[string][]tlog.Hash{}
	var tree Tree
	check := func(tree *Tree, n int64) {
		want, err := tlog.TreeHash(n, reader)
		if err != nil || tree.Root() != want || tree.Size() != n {
			t.Fatalf("size %d: root %s instead of %s, %v", n, tree.Root(), want, err)
		}
	}
	for i := range int64(size) {
		record := fmt.Append(nil, "record ", i)
		hashes, err := tlog.StoredHashes(i, record, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		for _, full := range tree.Append(tlog.RecordHash(record)) {
			tiles[TilePath(full.Level, full.N, TileWidth)] = full.Hashes
		}
		if n := i + 1; n < 600 || n%251 == 0 || n%256 < 2 || n > size-5 {
			check(&tree, n)
		}
	}
	for level := range tree.Levels() {
		if row := tree.Partial(level); len(row) > 0 {
			start, width := PartialWidth(size, level)
			tiles[TilePath(level, start/TileWidth, width)] = row
		}
	}
	for path, got := range tiles {
		tile, err := tlog.ParseTilePath(strings.Replace(path, "tile/", "tile/8/", 1))
		if err != nil {
			t.Fatal(err)
		}
		want, err := tlog.ReadTileData(tile, reader)
		if hashes, errSplit := SplitHashes(want); err != nil || errSplit != nil || fmt.Sprint(hashes) != fmt.Sprint(got) {
			t.Errorf("%s differs: %v", path, err)
		}
	}
	for _, n := range []int64{1, 255, 256, 257, 65535, 65536, 65537, size} {
		loaded, err := LoadTree(n, func(level int, tile int64, width int) ([]tlog.Hash, error) {
			row := tiles[TilePath(level, tile, Width(size, level, tile))]
			return row[:width], nil
		})
		if err != nil {
			t.Fatal(err)
		}
		check(loaded, n)
	}
}

func TestBundles(t *testing.T) {
	t.Parallel()
	for _, long := range []int{10, maxSmall, maxSmall + 1} {
		entries := [][]byte{[]byte("one"), {}, bytes.Repeat([]byte("x"), long)}
		data, large := AppendBundle(nil, entries)
		if large != (long > maxSmall) {
			t.Errorf("%d bytes: large is %v", long, large)
		}
		r := NewBundleReader(bufio.NewReader(bytes.NewReader(data)), large)
		for _, want := range entries {
			if got, err := r.Next(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes instead of %d, %v", len(got), len(want), err)
			}
		}
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("at the end: %v", err)
		}
		torn := NewBundleReader(bufio.NewReader(bytes.NewReader(data[:len(data)-1])), large)
		var err error
		for err == nil {
			_, err = torn.Next()
		}
		if errors.Is(err, io.EOF) {
			t.Error("a torn bundle seems whole")
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	notes := []string{"log\n1\nroot\n\n— log sig\n", "log\n2\nroot\nextension\n\n— log sig\n— witness sig\n"}
	var all []byte
	for _, n := range notes {
		all = AppendNote(all, []byte(n))
	}
	r := NewNoteReader(bytes.NewReader(all))
	for _, want := range notes {
		if got, err := r.Next(); err != nil || string(got) != want {
			t.Errorf("%q instead of %q, %v", got, want, err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	for _, bad := range []string{"\n", "text", "text\n", "a\n\nb", strings.Repeat("x", maxNote+1)} {
		if got, err := NewNoteReader(strings.NewReader(bad)).Next(); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%.10q: %q, %v", bad, got, err)
		}
	}
}

// Only the one form of an entry is read.
func TestParseEntry(t *testing.T) {
	t.Parallel()
	const sound = `{"v":1,"id":"01920000-0000-7000-8000-000000000000","time":"2026-11-21T10:00:00.000000Z","actor":{"kind":"person"},"method":"m","result_count":0,"outcome":"OK"}`
	if _, _, err := ParseEntry([]byte(sound)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"space":             {`"v":1`, `"v": 1`},
		"unknown field":     {`"v":1`, `"v":1,"x":1`},
		"field twice":       {`"v":1`, `"v":1,"v":1`},
		"schema version":    {`"v":1`, `"v":2`},
		"order":             {`"result_count":0,"outcome":"OK"`, `"outcome":"OK","result_count":0`},
		"id in capitals":    {`01920000-0000-7000-8000-000000000000`, `01920000-0000-7000-8000-00000000000A`},
		"time without zone": {`00.000000Z`, `00.000000`},
		"short time":        {`00.000000Z`, `00Z`},
		"no method":         {`"m"`, `""`},
		"trailing":          {`"OK"}`, `"OK"} `},
		"two values":        {`"OK"}`, `"OK"}{}`},
		"body hash":         {`"OK"`, `"OK","body_hash":"AAAA"`},
		"version":           {`"outcome"`, `"versions":[{"record":"x","n":1,"digest":"AAAA"}],"outcome"`},
		"empty":             {sound, ``},
		"null":              {sound, `null`},
	} {
		if _, _, err := ParseEntry([]byte(strings.Replace(sound, change[0], change[1], 1))); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	_, one, err := note.GenerateKey(nil, "one")
	if err != nil {
		t.Fatal(err)
	}
	_, two, err := note.GenerateKey(nil, "two")
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string][2][]string{
		"none":                  {nil, nil},
		"two logs by turns":     {{one, two, one}, nil},
		"garbage":               {{"x"}, nil},
		"log key for a witness": {{one}, {two}},
		"witness key garbage":   {{one}, {"w+00000000+BAAA"}},
	} {
		if _, err := NewKeys(keys[0], keys[1]); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if k, err := NewKeys([]string{one, " " + one + "\n"}, nil); err != nil || k.Origin() != "one" {
		t.Errorf("%v", err)
	}
	if k, err := NewKeys([]string{one, two}, nil); err != nil || k.Origin() != "two" || !slices.Equal(k.Origins(), []string{"one", "two"}) {
		t.Errorf("two epochs: %v", err)
	}
}

// The entry of an epoch is read in its one form.
func TestEpochs(t *testing.T) {
	t.Parallel()
	want := Epoch{Origin: "b", PreviousOrigin: "a", Previous: tlog.Tree{N: 9, Hash: tlog.RecordHash(nil)}, Kept: tlog.Tree{N: 7}}
	sound := Entry{Method: EpochMethod, Marks: want.marks()}
	if got, err := ParseEpoch(&sound); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for i := range sound.Marks {
		bad := Entry{Method: EpochMethod, Marks: slices.Clone(sound.Marks)}
		bad.Marks[i] = "x" + bad.Marks[i]
		if _, err := ParseEpoch(&bad); err == nil {
			t.Errorf("%q is read", bad.Marks[i])
		}
		bad.Marks = slices.Delete(slices.Clone(sound.Marks), i, i+1)
		if _, err := ParseEpoch(&bad); err == nil {
			t.Errorf("it is read without %q", sound.Marks[i])
		}
	}
	if _, err := ParseEpoch(&Entry{Method: "m", Marks: sound.Marks}); err == nil {
		t.Error("another method's entry is read")
	}
}

// Whatever is read is written as it was, or refused.
func FuzzParse(f *testing.F) {
	f.Add([]byte("c2sp.org/tlog-proof@v1\nextra AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nindex 7\n\nlog\n8\nAAAA\n\n— log AAAA\n"))
	f.Add([]byte("index=7;leaf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;checkpoint=AAAA"))
	f.Add([]byte("log\n8\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"))
	f.Add([]byte(`{"v":1,"id":"01920000-0000-7000-8000-000000000000","time":"2026-11-21T10:00:00.000000Z","actor":{"kind":"person"},"method":"m","result_count":0,"outcome":"OK"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := ParseProof(data); err == nil {
			if again, err := ParseProof(p.Marshal()); err != nil || !bytes.Equal(again.Marshal(), p.Marshal()) {
				t.Errorf("proof: %v", err)
			}
		}
		if c, err := ParseCheckpoint(string(data)); err == nil && c.Tree.N < 1 {
			t.Error("an empty tree")
		}
		_, _ = ParseReceipt(string(data))
		_, _, _ = ParseEntry(data)
		r := NewNoteReader(bytes.NewReader(data))
		for _, err := r.Next(); err == nil; _, err = r.Next() {
		}
		for _, large := range []bool{false, true} {
			b := NewBundleReader(bufio.NewReader(bytes.NewReader(data)), large)
			for _, err := b.Next(); err == nil; _, err = b.Next() {
			}
		}
	})
}

// No two histories can both have more than half of the witnesses.
func TestMajority(t *testing.T) {
	t.Parallel()
	for witnesses, want := range []int{0, 1, 2, 2, 3, 3, 4} {
		if got := Majority(witnesses); got != want {
			t.Errorf("%d of %d", got, witnesses)
		}
	}
}
