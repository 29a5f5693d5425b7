package accesslog

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestMetadataForm(t *testing.T) {
	m := Metadata{
		V: 1, ID: uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8057"),
		Time:  time.Date(2026, 11, 21, 9, 30, 0, 120_000, time.UTC),
		Actor: Actor{Sub: "s-1", Force: "33", Collar: "1234", Assurance: Verified, Kind: Person},
		Roles: []string{"investigator"}, Method: "/register.v1.SearchService/CreateSearch",
		Results: []uuid.UUID{uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8058")}, ResultCount: 1,
		Versions: []VersionRef{{Record: uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8059"), N: 2, Digest: []byte{1, 2, 3}}},
		Decision: Decision{Effect: Allow, Line: "12"}, Outcome: "OK",
	}
	const want = `{"v":1,"id":"01890a5d-ac96-774b-bcce-b302099a8057","time":"2026-11-21T09:30:00.000120Z",` +
		`"actor":{"sub":"s-1","force":"33","collar":"1234","assurance":"verified","kind":"person"},` +
		`"roles":["investigator"],"method":"/register.v1.SearchService/CreateSearch",` +
		`"results":["01890a5d-ac96-774b-bcce-b302099a8058"],"result_count":1,` +
		`"versions":[{"record":"01890a5d-ac96-774b-bcce-b302099a8059","n":2,"digest":"AQID"}],` +
		`"decision":{"effect":"allow","line":"12"},"outcome":"OK"}`
	got, err := m.marshal(nil)
	if err != nil || string(got) != want {
		t.Fatalf("got  %s\nwant %s\n%v", got, want, err)
	}
	back, err := ParseMetadata(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, back); diff != "" {
		t.Error(diff)
	}
}

// reference is the form as encoding/json writes it.
func reference(m *Metadata) ([]byte, error) {
	w := wire{
		V: m.V, ID: m.ID.String(), Time: m.Time.UTC().Format(timeForm), Actor: m.Actor, Roles: m.Roles, ACR: m.ACR,
		Client: m.Client, Addr: m.Addr, Method: m.Method, Operation: m.Operation, Reason: m.Reason,
		ReferenceHMAC: m.ReferenceHMAC, OnBehalfOf: m.OnBehalfOf, Terms: m.Terms, Results: m.Results,
		ResultCount: m.ResultCount, Marks: m.Marks, Versions: m.Versions, Outcome: m.Outcome,
		Recipients: m.Recipients, Trace: m.Trace, BodyHash: m.BodyHash, Count: m.Count, Source: m.Source,
	}
	if m.Decision != (Decision{}) {
		w.Decision = &m.Decision
	}
	return json.Marshal(&w)
}

// The form is that of encoding/json to the byte, whatever it holds.
func TestFormIsThatOfEncodingJSON(t *testing.T) {
	t.Parallel()
	text := rapid.OneOf(rapid.Just(""), rapid.String(), rapid.StringMatching(`[ -~]{0,20}`), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 12), func(b []byte) string { return string(b) }))
	list := rapid.SliceOfN(text, 0, 3)
	raw := rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOfN(rapid.Byte(), 0, 40))
	id := rapid.Custom(func(t *rapid.T) uuid.UUID { return uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")) })
	version := rapid.Custom(func(t *rapid.T) VersionRef {
		return VersionRef{Record: id.Draw(t, "record"), N: rapid.Int32().Draw(t, "n"), Digest: raw.Draw(t, "digest")}
	})
	rapid.Check(t, func(t *rapid.T) {
		m := Metadata{
			V: rapid.Int().Draw(t, "v"), ID: id.Draw(t, "id"), Time: time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time")),
			Actor: Actor{
				Sub: text.Draw(t, "sub"), Force: text.Draw(t, "force"), Collar: text.Draw(t, "collar"),
				Assurance: Assurance(text.Draw(t, "assurance")), Kind: ActorKind(text.Draw(t, "kind")),
			},
			Roles: list.Draw(t, "roles"), ACR: text.Draw(t, "acr"), Client: text.Draw(t, "client"), Addr: text.Draw(t, "addr"),
			Method: text.Draw(t, "method"), Operation: text.Draw(t, "operation"), Reason: text.Draw(t, "reason"),
			ReferenceHMAC: text.Draw(t, "reference"), OnBehalfOf: text.Draw(t, "behalf"), Terms: list.Draw(t, "terms"),
			Results: rapid.SliceOfN(id, 0, 3).Draw(t, "results"), ResultCount: rapid.Int().Draw(t, "count of results"),
			Marks: list.Draw(t, "marks"), Versions: rapid.SliceOfN(version, 0, 3).Draw(t, "versions"),
			Decision: Decision{Effect: Effect(text.Draw(t, "effect")), Line: text.Draw(t, "line"), Policy: text.Draw(t, "policy")},
			Outcome:  text.Draw(t, "outcome"), Recipients: list.Draw(t, "recipients"), Trace: text.Draw(t, "trace"),
			BodyHash: raw.Draw(t, "body hash"), Count: rapid.Int64().Draw(t, "count"), Source: text.Draw(t, "source"),
		}
		want, err := reference(&m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.marshal([]byte("before"))
		if err != nil || string(got) != "before"+string(want) {
			t.Fatalf("got  %s\nwant %s\n%v", got, want, err)
		}
	})
}

// Whatever a caller sends, his call can be logged, and the entry read again.
func TestAnyTextCanBeLogged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) string {
			return string(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, label))
		}
		p := read()
		m := &p.Entry
		m.Actor.Sub, m.Client, m.Method, m.Reason = text("sub"), text("client"), "/m"+text("method"), text("reason")
		m.Roles, m.Terms, m.OnBehalfOf = []string{text("role")}, []string{text("term"), `\ufffd`}, text("behalf")
		entry, err := p.prepare(p.Changes)
		if err != nil {
			t.Fatal(err)
		}
		stamp(entry.Meta, time.Date(2026, 11, 21, 9, 30, 0, 120_000, time.UTC))
		if _, err := ParseMetadata(entry.Meta); err != nil {
			t.Fatalf("%q: %v", entry.Meta, err)
		}
	})
}

func TestUnrulyTextIsStored(t *testing.T) {
	f := newFixture(t)
	p := read()
	p.Entry.Actor.Sub, p.Entry.Client = "a\x00b\xff", "<script>\u2028\xf0"
	p.Entry.Method = strings.Repeat("é", 100_000)
	f.append(p)
	f.checkIntegrity()
}
