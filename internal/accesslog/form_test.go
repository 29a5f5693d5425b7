package accesslog

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// The independent verifier knows the form of entries by itself. It must be the
// one that is written: a field added here must be added there.
func TestVerifierKnowsTheForm(t *testing.T) {
	t.Parallel()
	written, read := form(reflect.TypeFor[wire](), ""), form(reflect.TypeFor[tlogfile.Entry](), "")
	if !slices.Equal(written, read) {
		t.Errorf("the forms of entries differ:\nwritten  %v\nverified %v", written, read)
	}
	m := Metadata{V: schemaVersion, ID: uuid.New(), Time: time.Now()}
	fill(reflect.ValueOf(&m).Elem())
	m.BodyHash, m.Versions[0].Digest, m.V = make([]byte, 32), make([]byte, 32), schemaVersion
	raw, err := m.marshal(nil)
	if err != nil {
		t.Fatal(err)
	}
	e, at, err := tlogfile.ParseEntry(raw)
	if err != nil || e.ID != m.ID.String() || at.Format(timeForm) != m.Time.UTC().Format(timeForm) {
		t.Errorf("%s: %v", raw, err)
	}
}

// form lists the names of fields in the order in which they are written.
func form(typ reflect.Type, path string) (out []string) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return nil
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name := path + f.Tag.Get("json")
		out = append(append(out, name), form(f.Type, name+".")...)
	}
	return out
}

// fill sets all that is empty to something.
func fill(v reflect.Value) {
	switch {
	case !v.CanSet():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case !v.IsZero():
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case v.Kind() == reflect.String:
		v.SetString("<text> & \u2028 \"more\"")
	case v.CanInt():
		v.SetInt(7)
	case v.CanUint():
		v.SetUint(7)
	}
}
