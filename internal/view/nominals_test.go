package view

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/seal"
)

// What is packed is what was put in, through any order of changes.
func TestNominalsKeepWhatIsPut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		packed, plain := newNominals(), map[identity.ID]*Nominal{}
		for range rapid.IntRange(1, 200).Draw(t, "changes") {
			id := identity.ID{rapid.Byte().Draw(t, "id") % 40}
			if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
				packed.remove(id)
				delete(plain, id)
				continue
			}
			n := &Nominal{
				ID: id, Force: rapid.SampledFrom([]string{"33", "10", "01"}).Draw(t, "force"),
				Version:     rapid.Int64Range(1, 9).Draw(t, "version"),
				Restriction: registerv1.Restriction(rapid.Int32Range(0, 3).Draw(t, "restriction")),
				Name:        rapid.StringN(0, 60, -1).Draw(t, "name"), Key: seal.NewDataKey(),
			}
			if rapid.Bool().Draw(t, "dated") {
				n.Birth = &registerv1.PartialDate{Year: rapid.Int32Range(1950, 1955).Draw(t, "year")}
			}
			for i := range rapid.IntRange(0, 2).Draw(t, "warnings") {
				n.Warnings = append(n.Warnings, fmt.Sprint("W", i))
			}
			packed.put(n)
			plain[id] = n
		}
		if len(packed.at) != len(plain) {
			t.Fatalf("%d kept, %d put", len(packed.at), len(plain))
		}
		for i := range 40 {
			id := identity.ID{byte(i)}
			got, ok := packed.get(id)
			want, there := plain[id]
			if ok != there || packed.shows(id) != (there && !want.Silent()) {
				t.Fatalf("%d: there %v, want %v", i, ok, there)
			}
			if diff := cmp.Diff(want, got, protocmp.Transform(), cmp.AllowUnexported(seal.DataKey{})); there && diff != "" {
				t.Fatal(diff)
			}
		}
	})
}
