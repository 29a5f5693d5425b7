package standards

import (
	"testing"

	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
)

// What those who look for misuse read of a search is what was stored under the same names:
// else a search that met a SILENT record, or a victim, would raise nothing.
func TestHiddenSearchIsAPartOfStoredSearch(t *testing.T) {
	whole, part := (&storev1.StoredSearch{}).ProtoReflect().Descriptor().Fields(), (&storev1.HiddenSearch{}).ProtoReflect().Descriptor().Fields()
	for i := range part.Len() {
		f := part.Get(i)
		if g := whole.ByNumber(f.Number()); g == nil || g.Name() != f.Name() || g.Kind() != f.Kind() || g.Cardinality() != f.Cardinality() {
			t.Errorf("%s is not in StoredSearch under its number %d", f.Name(), f.Number())
		}
	}
	stored, err := proto.Marshal(&storev1.StoredSearch{Subject: "somebody", Silent: [][]byte{{1}, {2}}, Victims: [][]byte{{3}}})
	if err != nil {
		t.Fatal(err)
	}
	var hidden storev1.HiddenSearch
	if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(stored, &hidden); err != nil {
		t.Fatal(err)
	}
	if want := (&storev1.HiddenSearch{Silent: [][]byte{{1}, {2}}, Victims: [][]byte{{3}}}); !proto.Equal(want, &hidden) {
		t.Errorf("read %v, stored %v", &hidden, want)
	}
}
