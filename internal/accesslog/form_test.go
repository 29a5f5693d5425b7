package accesslog

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/perpetrator-register/register/internal/tlogfile"
)

// The independent verifier knows the form of entries by itself. It must be the
// one that is written: a field added here must be added there.
func TestVerifierKnowsTheForm(t *testing.T) {
	t.Parallel()
	written, read := fieldNames(reflect.TypeFor[wire](), ""), fieldNames(reflect.TypeFor[tlogfile.Entry](), "")
	if !slices.Equal(written, read) {
		t.Errorf("the forms of entries differ:\nwritten  %v\nverified %v", written, read)
	}
	m := Metadata{V: schemaVersion, ID: uuid.New(), Time: time.Now()}
	fill(reflect.ValueOf(&m).Elem())
	m.BodyHash, m.Versions[0].Digest, m.V = make([]byte, 32), make([]byte, 32), schemaVersion
	raw, err := m.marshal()
	if err != nil {
		t.Fatal(err)
	}
	e, at, err := tlogfile.ParseEntry(raw)
	if err != nil || e.ID != m.ID.String() || at.Format(timeForm) != m.Time.UTC().Format(timeForm) {
		t.Errorf("%s: %v", raw, err)
	}
}

// What is written is what encoding/json writes, and is read back.
func TestFormIsJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,20}`), rapid.SampledFrom([]string{"", "<&>", "\u2028\ufffd", "é\"\\"}))
		texts := rapid.SliceOfN(text, 0, 3)
		id := rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) uuid.UUID { return uuid.UUID(b) })
		m := Metadata{
			V: 1, ID: id.Draw(t, "id"), Time: time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(t, "time")).UTC(),
			Actor: Actor{text.Draw(t, "sub"), text.Draw(t, "force"), text.Draw(t, "collar"), Verified, Person},
			Roles: texts.Draw(t, "roles"), ACR: text.Draw(t, "acr"), Client: text.Draw(t, "client"), Addr: text.Draw(t, "addr"),
			Method: text.Draw(t, "method"), Operation: text.Draw(t, "operation"), Reason: text.Draw(t, "reason"),
			ReferenceHMAC: text.Draw(t, "reference"), OnBehalfOf: text.Draw(t, "behalf"), Terms: texts.Draw(t, "terms"),
			Results: rapid.SliceOfN(id, 0, 3).Draw(t, "results"), ResultCount: rapid.Int().Draw(t, "count"), Marks: texts.Draw(t, "marks"),
			Decision: Decision{Effect(text.Draw(t, "effect")), text.Draw(t, "line"), text.Draw(t, "policy")},
			Outcome:  text.Draw(t, "outcome"), Recipients: texts.Draw(t, "recipients"), Trace: text.Draw(t, "trace"),
			BodyHash: rapid.SliceOfN(rapid.Byte(), 0, 33).Draw(t, "body"), Count: rapid.Int64().Draw(t, "calls"), Source: text.Draw(t, "source"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "versions") {
			m.Versions = append(m.Versions, VersionRef{id.Draw(t, "record"), rapid.Int32().Draw(t, "n"), rapid.SliceOfN(rapid.Byte(), 1, 33).Draw(t, "digest")})
		}
		want, err := json.Marshal(wired(m))
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.marshal()
		if err != nil || string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s\n%v", got, want, err)
		}
		back, err := ParseMetadata(got)
		if err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		if diff := cmp.Diff(m, back, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

// Nothing but the one form is read, whatever comes.
func FuzzParseMetadata(f *testing.F) {
	m := Metadata{V: 1, Time: time.Now(), Actor: Actor{Sub: "a", Kind: Person}, Method: "m", Outcome: "OK", Results: make([]uuid.UUID, 2)}
	raw, err := m.marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(strings.Replace(string(raw), ",", ", ", 1)))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMetadata(b)
		if err != nil {
			return
		}
		if again, err := m.marshal(); err != nil || string(again) != string(b) {
			t.Errorf("%s is read as %s: %v", b, again, err)
		}
		if plain, err := json.Marshal(wired(m)); err != nil || string(plain) != string(b) {
			t.Errorf("%s is no entry: encoding/json writes %s, %v", b, plain, err)
		}
	})
}

// wire is Metadata as encoding/json would write it.
type wire struct {
	V             int          `json:"v"`
	ID            string       `json:"id"`
	Time          string       `json:"time"`
	Actor         Actor        `json:"actor"`
	Roles         []string     `json:"roles,omitempty"`
	ACR           string       `json:"acr,omitempty"`
	Client        string       `json:"client,omitempty"`
	Addr          string       `json:"addr,omitempty"`
	Method        string       `json:"method"`
	Operation     string       `json:"operation,omitempty"`
	Reason        string       `json:"reason,omitempty"`
	ReferenceHMAC string       `json:"reference_hmac,omitempty"`
	OnBehalfOf    string       `json:"on_behalf_of,omitempty"`
	Terms         []string     `json:"terms,omitempty"`
	Results       []uuid.UUID  `json:"results,omitempty"`
	ResultCount   int          `json:"result_count"`
	Marks         []string     `json:"marks,omitempty"`
	Versions      []VersionRef `json:"versions,omitempty"`
	Decision      *Decision    `json:"decision,omitempty"`
	Outcome       string       `json:"outcome"`
	Recipients    []string     `json:"recipients,omitempty"`
	Trace         string       `json:"trace,omitempty"`
	BodyHash      []byte       `json:"body_hash,omitempty"`
	Count         int64        `json:"count,omitempty"`
	Source        string       `json:"source,omitempty"`
}

func wired(m Metadata) *wire {
	w := &wire{
		V: m.V, ID: m.ID.String(), Time: m.Time.UTC().Format(timeForm), Actor: m.Actor, Roles: m.Roles, ACR: m.ACR,
		Client: m.Client, Addr: m.Addr, Method: m.Method, Operation: m.Operation, Reason: m.Reason,
		ReferenceHMAC: m.ReferenceHMAC, OnBehalfOf: m.OnBehalfOf, Terms: m.Terms, Results: m.Results,
		ResultCount: m.ResultCount, Marks: m.Marks, Versions: m.Versions, Outcome: m.Outcome,
		Recipients: m.Recipients, Trace: m.Trace, BodyHash: m.BodyHash, Count: m.Count, Source: m.Source,
	}
	if m.Decision != (Decision{}) {
		w.Decision = &m.Decision
	}
	return w
}

// fieldNames lists the names of fields in the order in which they are written.
func fieldNames(typ reflect.Type, path string) (out []string) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return nil
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name := path + f.Tag.Get("json")
		out = append(append(out, name), fieldNames(f.Type, name+".")...)
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
