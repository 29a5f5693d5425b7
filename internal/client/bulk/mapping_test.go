package bulk_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client/bulk"
)

func mapped(t *testing.T, m bulk.Mapping, table string) []*bulk.Item {
	t.Helper()
	s, err := bulk.NewCSV(strings.NewReader(table), ',', m)
	if err != nil {
		t.Fatal(err)
	}
	return all(t, s)
}

func all(t *testing.T, s bulk.Source) (out []*bulk.Item) {
	t.Helper()
	for {
		item, err := s.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, item)
	}
}

func TestMapping(t *testing.T) {
	m := bulk.Mapping{
		Columns: []string{
			"id=reference", "First Name=given", "last=surname", "full=name", "aka=alias", "born=dob", "gender=sex", "pc=postcode",
			"street=address", "town=address", "tel=phone", "mail=email", "insta=handle:instagram", "any=handle", "car=vehicle", "pncid=identifier:pnc", "rev=revision", "notes=description",
		},
		System: "niche", Force: "33", Revision: 4, Separator: "|",
	}
	const head = "id,first name,last,full,aka,born,gender,pc,street,town,tel,mail,insta,any,car,pncid,rev,notes,unused\n"
	for name, tt := range map[string]struct{ row, want string }{
		"everything": {
			`7,Anne Marie,Müller,Anne M,Annie|A. Miller,3 Feb 1980,F,le1 1aa,"1 High St, Flat 2",Leicester,07700 900123|07700 900124,a@example.org,night.owl,tiktok:owl,AB12 CDE,1981/0000034U,9,seen twice,x`,
			`{"parent":"forces/33","nominal":{"source":{"system":"niche","reference":"7","revision":"9"},
			"names":[{"given":"Anne Marie","surname":"Müller","kind":"NAME_KIND_PRIMARY"},{"full":"Annie","kind":"NAME_KIND_ALIAS"},{"full":"A. Miller","kind":"NAME_KIND_ALIAS"}],
			"birthDates":[{"year":1980,"month":2,"day":3}],"sex":"SEX_FEMALE",
			"identifiers":[{"kind":"IDENTIFIER_KIND_PHONE","value":"07700 900123"},{"kind":"IDENTIFIER_KIND_PHONE","value":"07700 900124"},{"kind":"IDENTIFIER_KIND_EMAIL","value":"a@example.org"},
			{"kind":"IDENTIFIER_KIND_HANDLE","value":"night.owl","platform":"instagram"},{"kind":"IDENTIFIER_KIND_HANDLE","value":"owl","platform":"tiktok"},
			{"kind":"IDENTIFIER_KIND_VEHICLE","value":"AB12 CDE"},{"kind":"IDENTIFIER_KIND_PNC","value":"1981/0000034U"}],
			"addresses":[{"lines":["1 High St","Flat 2","Leicester"],"postcode":"le1 1aa"}],"description":"seen twice"}}`,
		},
		"little": {
			`8,,,nessie,,,,,,,,,,,,,,,`,
			`{"parent":"forces/33","nominal":{"source":{"system":"niche","reference":"8","revision":"4"},"names":[{"full":"nessie","kind":"NAME_KIND_PRIMARY"}]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := &registerv1.RegisterNominalRequest{}
			if err := protojson.Unmarshal([]byte(tt.want), want); err != nil {
				t.Fatal(err)
			}
			items := mapped(t, m, head+tt.row+"\n")
			if len(items) != 1 || len(items[0].Faults) > 0 || !proto.Equal(items[0].Record.GetNominal(), want) {
				t.Errorf("got %v\nwant %v\nfaults %v", items[0].Record, want, items[0].Faults)
			}
			if items[0].Line != 2 || items[0].Seq != 1 || items[0].Force != "33" {
				t.Errorf("%+v", items[0])
			}
		})
	}
}

func TestMappingFaults(t *testing.T) {
	const table = "id,name,born,sex,force\n" +
		"1,A B,1856-86-18,male,33\n" +
		"2,A B,1452-01-01,t22279,33\n" +
		"3,,1980,m,33\n" +
		",A B,1980,m,33\n" +
		"5,A B,1980,m,Leicester\n" +
		"6,A B\n" +
		"7,\"A\"B\",1980,m,33\n" +
		"8,A B,1980,m,5\n" +
		"9,\xff,1980,m,33\n" +
		"10,.,1980,m,33\n"
	m := bulk.Mapping{Columns: []string{"id=reference", "name=name", "born=dob", "sex=sex"}, System: "x", ForceColumn: "force"}
	strict, lenient := mapped(t, m, table), func() []*bulk.Item { m := m; m.Lenient = true; return mapped(t, m, table) }()
	faults := func(items []*bulk.Item) (out []int) {
		for _, i := range items {
			out = append(out, len(i.Faults))
			for _, f := range i.Faults {
				if strings.Contains(f.Description, "1452") || strings.Contains(f.Description, "t22279") || strings.Contains(f.Description, "Leicester") {
					t.Errorf("a fault repeats the value: %v", f)
				}
			}
		}
		return out
	}
	for i, want := range []int{1, 2, 1, 1, 1, 1, 1, 0, 2, 2} {
		if got := faults(strict); got[i] != want {
			t.Errorf("strict, record %d: %v", i+1, strict[i].Faults)
		}
	}
	for i, want := range []int{0, 0, 1, 1, 1, 1, 1, 0, 2, 1} {
		if got := faults(lenient); got[i] != want {
			t.Errorf("lenient, record %d: %v", i+1, lenient[i].Faults)
		}
	}
	if got := lenient[0].Record.GetNominal().GetNominal(); len(got.GetBirthDates()) != 1 || got.GetBirthDates()[0].GetYear() != 1856 || len(lenient[0].Left) != 1 {
		t.Errorf("a sound year must be kept: %v, %v", got, lenient[0].Left)
	}
	if len(lenient[1].Left) != 2 || lenient[7].Force != "05" {
		t.Errorf("%v, %q", lenient[1].Left, lenient[7].Force)
	}
}

func TestSpreadIsDeterministicAndEven(t *testing.T) {
	var table strings.Builder
	table.WriteString("id,name\n")
	for i := range 3000 {
		table.WriteString(strings.Repeat("q", i%7) + string(rune('a'+i%26)) + strings.Repeat("z", i/26) + ",A\n")
	}
	m := bulk.Mapping{Columns: []string{"id=reference", "name=name"}, System: "x", Spread: []string{"33", "10", "43"}}
	first, second := mapped(t, m, table.String()), mapped(t, m, table.String())
	count := map[string]int{}
	for i := range first {
		count[first[i].Force]++
		if first[i].Force != second[i].Force {
			t.Fatal("two runs spread differently")
		}
	}
	for f, n := range count {
		if n < 800 || n > 1200 {
			t.Errorf("force %s has %d of 3000", f, n)
		}
	}
}

func TestBadMappings(t *testing.T) {
	good := bulk.Mapping{Columns: []string{"id=reference", "name=name"}, System: "x", Force: "33"}
	for name, spoil := range map[string]func(*bulk.Mapping){
		"no reference":   func(m *bulk.Mapping) { m.Columns = m.Columns[1:] },
		"unknown column": func(m *bulk.Mapping) { m.Columns = append(m.Columns, "nix=phone") },
		"unknown field":  func(m *bulk.Mapping) { m.Columns = append(m.Columns, "name=shoe") },
		"unknown kind":   func(m *bulk.Mapping) { m.Columns = append(m.Columns, "name=identifier:shoe") },
		"no pair":        func(m *bulk.Mapping) { m.Columns = append(m.Columns, "name") },
		"no system":      func(m *bulk.Mapping) { m.System = "" },
		"no force":       func(m *bulk.Mapping) { m.Force = "" },
		"two ways":       func(m *bulk.Mapping) { m.Spread = []string{"33"} },
		"bad force":      func(m *bulk.Mapping) { m.Force = "3" },
		"bad spread":     func(m *bulk.Mapping) { m.Force, m.Spread = "", []string{"33", "x"} },
		"bad revision":   func(m *bulk.Mapping) { m.Revision = -1 },
	} {
		m := good
		m.Columns = append([]string(nil), good.Columns...)
		spoil(&m)
		if _, err := bulk.NewMapper(m, []string{"id", "name"}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := bulk.NewMapper(good, []string{"ID ", " Name"}); err != nil {
		t.Error(err)
	}
	if _, err := bulk.NewCSV(strings.NewReader(""), ',', good); err == nil {
		t.Error("an empty file: no error")
	}
}

func TestEncodings(t *testing.T) {
	m := bulk.Mapping{Columns: []string{"id=reference", "name=name"}, System: "x", Force: "33"}
	for encoding, text := range map[string]string{
		"utf-8":        "\xef\xbb\xbfid,name\n1,Zoë\n",
		"windows-1252": "id,name\n1,Zo\xeb\n",
		"utf-16":       "\xff\xfei\x00d\x00,\x00n\x00a\x00m\x00e\x00\n\x001\x00,\x00Z\x00o\x00\xeb\x00\n\x00",
	} {
		r, err := bulk.Decode(strings.NewReader(text), encoding)
		if err != nil {
			t.Fatal(err)
		}
		s, err := bulk.NewCSV(r, ',', m)
		if err != nil {
			t.Fatalf("%s: %v", encoding, err)
		}
		if items := all(t, s); len(items) != 1 || items[0].Record.GetNominal().GetNominal().GetNames()[0].GetFull() != "Zoë" {
			t.Errorf("%s: %v", encoding, items)
		}
	}
	if _, err := bulk.Decode(strings.NewReader(""), "ebcdic"); err == nil {
		t.Error("an unknown encoding: no error")
	}
}

func TestJSONLines(t *testing.T) {
	const input = `{"parent":"forces/10","nominal":{"source":{"system":"s","reference":"1"},"names":[{"full":"A"}]}}

{"nominal":{"source":{"system":"s","reference":"2"}}}
{"nominal":{"parent":"forces/43","nominal":{"source":{"system":"s","reference":"3"}}}}
{"parent":"forces/10","course":{"source":{"system":"s","reference":"4"},"nominal":"forces/10/nominals/x"},"nominalSource":{"system":"s","reference":"1"}}
{"sequence":99,"course":{"parent":"forces/10","course":{"source":{"system":"s","reference":"5"}}}}
{"shoe":1}
[]
{"nominal":
{"parent":"forces/10"}`
	items := all(t, bulk.NewJSONLines(strings.NewReader(input), "33"))
	want := []struct {
		force, reference string
		line             int64
		course, fault    bool
	}{
		{"10", "1", 1, false, false}, {"33", "2", 3, false, false}, {"43", "3", 4, false, false}, {"10", "4", 5, true, false},
		{"10", "5", 6, true, false}, {"", "", 7, false, true}, {"", "", 8, false, true}, {"", "", 9, false, true}, {"", "", 10, false, true},
	}
	if len(items) != len(want) {
		t.Fatalf("%d items", len(items))
	}
	for i, w := range want {
		got := items[i]
		if got.Force != w.force || got.Reference != w.reference || got.Line != w.line || (len(got.Faults) > 0) != w.fault || (got.Record.GetCourse() != nil) != w.course {
			t.Errorf("%d: %+v", i, got)
		}
		if !w.fault && got.Record.GetSequence() != int64(i+1) {
			t.Errorf("%d: sequence %d", i, got.Record.GetSequence())
		}
	}
	if items := all(t, bulk.NewJSONLines(strings.NewReader(`{"nominal":{"source":{"reference":"2"}}}`), "")); len(items) != 1 || items[0].Faults[0].Field != "parent" {
		t.Errorf("no force: %v", items)
	}
	long := strings.Repeat("x", 2<<20) + "\n" + `{"nominal":{"source":{"reference":"2"}}}`
	if items := all(t, bulk.NewJSONLines(strings.NewReader(long), "33")); len(items) != 2 || len(items[0].Faults) != 1 || items[1].Reference != "2" || items[1].Line != 2 {
		t.Errorf("a line that is too long: %v", items)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("id,name,born,sex,mail,h\n1,A B,1980-02-03,m,x@example.org,instagram:x\n", true)
	f.Add("id,name\n\"1,\n2,\xff\n", false)
	f.Fuzz(func(t *testing.T, table string, lenient bool) {
		s, err := bulk.NewCSV(strings.NewReader(table), ',', bulk.Mapping{
			Columns: []string{"id=reference", "name=name", "name=given", "born=dob", "sex=sex", "mail=email", "h=handle", "name=address"}, System: "x", Spread: []string{"33", "10"}, Lenient: lenient, Separator: ";",
		})
		if err != nil {
			return
		}
		for seq := int64(1); ; seq++ {
			item, err := s.Next()
			if err != nil {
				return
			}
			if item.Seq != seq || (item.Record == nil) != (len(item.Faults) > 0) {
				t.Fatalf("%+v", item)
			}
			if item.Record != nil {
				if _, err := proto.Marshal(item.Record); err != nil {
					t.Fatalf("cannot be sent: %v", err)
				}
			}
		}
	})
}
