package accesslog

import (
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
	got, err := m.marshal()
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
