package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// asked is what must be found, in the words in which it was asked for: by these of the
// tamperings, or by a test of its own.
var asked = []struct {
	words  string
	by     []string
	itself func(*testing.T)
}{
	{"an entry changed", []string{"entry changed", "entry changed, and its tile", "entry changed beyond the last tile", "entry of other form"}, nil},
	{"an entry deleted", []string{"entry deleted", "entry deleted beyond the last tile", "last entries deleted"}, nil},
	{"an entry reordered", []string{"entries reordered", "entries reordered beyond the last tile"}, nil},
	{"an entry inserted", []string{"entry inserted", "entry inserted beyond the last tile", "entry added at the end"}, nil},
	{"a version row's content changed", []string{
		"version's content changed", "version's content and digest", "version's digest changed", "version's revision changed",
		"version's erasure taken back", "record given to another force", "versions of two entries swapped",
	}, nil},
	{"a version row removed", []string{"version removed", "erasure removed", "record removed", "version moved to another entry"}, nil},
	{"a version row added", []string{"version added", "version added beyond the end"}, nil},
	{"a tile changed", []string{"tile changed", "tile removed"}, nil},
	{"a checkpoint changed", []string{"checkpoint changed", "checkpoint of another", "checkpoint garbled", "newest checkpoint gone"}, nil},
	{"a peak changed", []string{"tile's root changed"}, nil},
	{"a signature changed", []string{"signature changed", "newest signature changed"}, nil},
	{"a body changed, removed or added", []string{"body changed", "body removed", "all bodies of a tile gone", "body added", "bodies swapped"}, nil},
	{"a fork shown to two witnesses", nil, forkIsFound},
	{"rollback after restore of an old backup", nil, rollbackIsFound},
	{"clock set back", nil, clockSetBackIsFound},
}

// Each way of tampering that was asked for is found by the program itself, with the
// right index; TestTamperingIsFound does those that are named here.
func TestAllThatWasAsked(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, a := range asked {
		t.Run(a.words, func(t *testing.T) {
			for _, name := range a.by {
				if _, ok := tamperings[name]; !ok || named[name] {
					t.Errorf("%q is none of the tamperings, or stands twice", name)
				}
				named[name] = true
			}
			if a.itself != nil {
				a.itself(t)
			}
		})
	}
	for name := range tamperings {
		if !named[name] {
			t.Errorf("%q stands under none of the words", name)
		}
	}
}

// A log that shows one history to one witness and another to the other is whole in
// the eyes of each; whoever holds a checkpoint of the one against an export of the
// other sees from which entry on they differ.
func forkIsFound(t *testing.T) {
	r := newRegistry(t)
	r.fillUp(200)
	other := r.backup()
	one, oneKey := newCosigner(t, "witness.example/iopc")
	two, twoKey := newCosigner(t, "witness.example/force33")
	show := func(to note.Signer) folder {
		for range 20 {
			r.append(read())
		}
		head, err := r.db.Head(t.Context())
		must(t, err)
		signed := resign(t, textOf(head.Note), r.signer, to)
		must(t, r.db.InsertWitnessed(t.Context(), postgres.WitnessedCheckpoint{Size: head.Size, Time: time.Now(), Witnesses: []string{to.Name()}, Note: []byte(signed)}))
		return r.export(nil)
	}
	first := show(one)
	r.use(other)
	second := show(two)
	both := []string{"--witness", oneKey, "--witness", twoKey, "--quorum"}
	for _, dir := range []folder{first, second} {
		if code, a := r.program(slices.Concat(both, []string{"1", string(dir)})...); code != exitProved {
			t.Errorf("to one witness all is well: %d %+v", code, a.Fault)
		}
		if code, a := r.program(slices.Concat(both, []string{"2", string(dir)})...); code != exitFault || !strings.Contains(a.Fault.What, "co-signed by 2") {
			t.Errorf("both have not seen it: %d %+v", code, a.Fault)
		}
	}
	for kept, dir := range map[folder]folder{first: second, second: first} {
		code, a := r.program("consistency", filepath.Join(string(kept), tlogfile.CheckpointFile), string(dir))
		if code != exitFault || a.Fault.Through != 219 || !strings.Contains(a.Fault.What, "written anew") {
			t.Errorf("one witness's checkpoint against the other's: %d %+v", code, a.Fault)
		}
		// All the checkpoints that were kept tell the entry.
		code, a = r.program("consistency", filepath.Join(string(kept), tlogfile.CheckpointsFile), string(dir))
		if code != exitFault || a.Fault.Index != 200 || a.Fault.Through != 200 {
			t.Errorf("all checkpoints against the other's export: %d %+v", code, a.Fault)
		}
	}
}
