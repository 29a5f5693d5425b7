package victim

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// tokens stands in for the keyed tokens of package seal: what counts here is only
// that equal materials give equal codes.
func tokens(d Details) []Token {
	var out []Token
	for _, m := range Materials(d) {
		sum := sha256.Sum256([]byte(m.Value))
		out = append(out, Token{Kind: m.Kind, Layer: 1, Sum: [Size]byte(sum[:Size])})
	}
	return out
}

var rachel = Details{
	Given: []string{"Rachel", "Anne"}, Surname: "Ormerod", DOB: "1989-11-02",
	Phones: []string{"07700 900461"}, Emails: []string{"rachel.ormerod@example.org"}, Postcodes: []string{"LE2 6AD"},
}

func with(d Details, change func(*Details)) Details {
	change(&d)
	return d
}

func TestCompare(t *testing.T) {
	nameOnly := Details{Given: []string{"Rachel"}, Surname: "Ormerod"}
	for name, c := range map[string]struct {
		a, b Details
		want Verdict
	}{
		"the same":                  {rachel, rachel, Same},
		"typo in given name":        {rachel, with(rachel, func(d *Details) { d.Given = []string{"Rachael"} }), Same},
		"typo in surname":           {rachel, with(rachel, func(d *Details) { d.Surname = "Ormrod" }), Same},
		"unlike surname, moved":     {rachel, Details{Given: []string{"Rachel"}, Surname: "Ellison", DOB: "1989-11-02"}, Same},
		"slip in the day":           {rachel, Details{Given: []string{"Rachel"}, Surname: "Ormerod", DOB: "1989-11-03"}, Same},
		"slip in the year":          {rachel, Details{Given: []string{"Rachel"}, Surname: "Ormerod", DOB: "1998-11-02"}, Same},
		"day and month swapped":     {rachel, Details{Given: []string{"Rachel"}, Surname: "Ormerod", DOB: "1989-02-11"}, Same},
		"names swapped":             {rachel, Details{Given: []string{"Ormerod"}, Surname: "Rachel", DOB: "1989-11-02"}, Same},
		"accents and case":          {rachel, Details{Given: []string{"RÂCHEL"}, Surname: "ormerôd", DOB: "02/11/1989"}, Same},
		"month of birth only":       {rachel, Details{Given: []string{"Rachel"}, Surname: "Ormerod", DOB: "1989-11"}, Same},
		"telephone in another form": {with(nameOnly, func(d *Details) { d.Phones = []string{"+44 7700 900461"} }), rachel, Same},
		"e-mail alone":              {Details{Emails: []string{"Rachel.Ormerod@Example.org"}}, rachel, Same},
		"nickname": {
			Details{Given: []string{"Katherine"}, Surname: "Bell", DOB: "1990-01-02"},
			Details{Given: []string{"Kate"}, Surname: "Bell", DOB: "1990-01-02"}, Same},
		"maiden name on record": {
			Details{Given: []string{"Sian"}, Surname: "Pugh", Former: []string{"Parry"}, DOB: "1990-01-02"},
			Details{Given: []string{"Siân"}, Surname: "Parry", DOB: "1990-01-02"}, Same},
		"double name":              {with(rachel, func(d *Details) { d.Surname = "Ormerod-Lister" }), Details{Given: []string{"Rachel"}, Surname: "Ormerod", DOB: "1989-11-02"}, Same},
		"name alone":               {nameOnly, nameOnly, Maybe},
		"name against all":         {nameOnly, rachel, Maybe},
		"telephone alone":          {Details{Phones: []string{"07700900461"}}, rachel, Maybe},
		"placeholders alone":       {Details{Given: []string{"UNKNOWN"}, Surname: "Not known", DOB: "1900-01-01"}, Details{Given: []string{"Unknown"}, Surname: "NOT KNOWN", DOB: "1900-01-01"}, Maybe},
		"nothing known":            {Details{}, rachel, Maybe},
		"nothing known of both":    {Details{}, Details{}, Maybe},
		"nothing in common to see": {Details{Phones: []string{"07700900461"}}, nameOnly, Maybe},
		"another woman":            {rachel, Details{Given: []string{"Yasmin"}, Surname: "Qureshi", DOB: "1991-06-23", Phones: []string{"07700 900822"}}, Different},
		"another name, no date":    {nameOnly, Details{Given: []string{"Yasmin"}, Surname: "Qureshi"}, Different},
		"namesake":                 {Details{Given: []string{"Sarah"}, Surname: "Smith", DOB: "1980-01-02", Phones: []string{"07700900001"}, Postcodes: []string{"LE1 1AA"}}, Details{Given: []string{"Sarah"}, Surname: "Smith", DOB: "1995-10-27", Phones: []string{"07700900002"}, Postcodes: []string{"NE1 1AA"}}, Maybe},
		"sister in the same home":  {rachel, with(rachel, func(d *Details) { d.Given = []string{"Joanne"}; d.DOB = "1992-05-20"; d.Emails = nil }), Different},
		"mother, same telephone":   {rachel, with(rachel, func(d *Details) { d.Given = []string{"Pauline"}; d.DOB = "1961-03-08"; d.Emails = nil }), Different},
		"twin sister":              {rachel, with(rachel, func(d *Details) { d.Given = []string{"Joanne"}; d.Emails = nil; d.Phones = nil }), Maybe},
		"flatmate of another name": {with(rachel, func(d *Details) { d.Phones, d.Emails = nil, nil }), Details{Given: []string{"Chloe"}, Surname: "Bennett", DOB: "1990-12-12", Postcodes: []string{"LE2 6AD"}}, Different},
	} {
		t.Run(name, func(t *testing.T) {
			got, bits := Compare(tokens(c.a), tokens(c.b))
			if got != c.want {
				t.Errorf("got %v at %.1f bits, want %v", got, bits, c.want)
			}
			back, backBits := Compare(tokens(c.b), tokens(c.a))
			if back != got || backBits != bits {
				t.Errorf("not symmetric: %v %.1f and %v %.1f", got, bits, back, backBits)
			}
		})
	}
}

// Tokens are stored and can never be made again from a name, so what they are made of
// must never change. If this fails, do not adapt it: add token kinds instead.
func TestMaterialsAreFrozen(t *testing.T) {
	var got []string
	for _, m := range Materials(Details{
		Given: []string{"Kate", "Zoë"}, Surname: "O’Brien-Smythe", Former: []string{"Łukasiewicz"}, DOB: "1989-11-02",
		Phones: []string{"07700 900461"}, Emails: []string{" Kate@Example.ORG "}, Postcodes: []string{"le26vd"}, Handles: []string{"@Kate_OB"},
	}) {
		got = append(got, fmt.Sprintf("%d %s", m.Kind, m.Value))
	}
	want := strings.Split(strings.TrimSpace(frozen), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("materials changed (-want +got):\n%s", diff)
	}
}

func TestPlaceholdersGiveNothing(t *testing.T) {
	m := Materials(Details{
		Given: []string{"Unknown"}, Surname: "N/K", DOB: "1900-01-01", Phones: []string{"00000 000000", "not known"},
		Emails: []string{"none@none.com"}, Postcodes: []string{"ZZ99 3VZ"}, Handles: []string{"@unknown"},
	})
	if len(m) != 0 {
		t.Errorf("got %v", m)
	}
}

func TestSound(t *testing.T) {
	for _, pair := range [][2]string{
		{"stephen", "steven"}, {"catherine", "kathryn"}, {"smith", "smyth"}, {"thompson", "thomson"}, {"nicholls", "nicols"},
		{"macdonald", "mcdonald"}, {"philip", "filip"}, {"wright", "rite"}, {"hussain", "hussein"}, {"choudhury", "chowdhury"},
		{"michael", "mikael"}, {"rachel", "rachael"}, {"christine", "kristin"}, {"zielinska", "zielinski"}, {"clark", "clarke"}, {"alexander", "aleksander"},
	} {
		if a, b := sound(pair[0]), sound(pair[1]); a != b {
			t.Errorf("%s is %s, %s is %s", pair[0], a, pair[1], b)
		}
	}
	for _, pair := range [][2]string{{"smith", "jones"}, {"emma", "anna"}, {"rachel", "joanne"}, {"sian", "sam"}, {"taylor", "turner"}} {
		if a, b := sound(pair[0]), sound(pair[1]); a == b {
			t.Errorf("%s and %s are both %s", pair[0], pair[1], a)
		}
	}
}

func TestDetailsDoNotPrint(t *testing.T) {
	for _, s := range []string{fmt.Sprint(rachel), fmt.Sprintf("%v %+v %#v %s", rachel, rachel, rachel, rachel), fmt.Sprintf("%+v", []Details{rachel})} {
		if strings.Contains(s, "Rachel") || strings.Contains(s, "Ormerod") || strings.Contains(s, "900461") {
			t.Errorf("details show: %s", s)
		}
	}
}

func TestTokenText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Token{
			Kind: Kind(rapid.IntRange(1, 255).Draw(t, "kind")), Layer: uint16(rapid.IntRange(1, 65535).Draw(t, "layer")),
			Sum: [Size]byte(rapid.SliceOfN(rapid.Byte(), Size, Size).Draw(t, "sum")),
		}
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Token
		if err := json.Unmarshal(b, &got); err != nil || !got.Equal(want) {
			t.Fatalf("%s gives %v: %v", b, got, err)
		}
	})
}

func FuzzTokenText(f *testing.F) {
	f.Add("1:1:000102030405060708090a0b0c0d0e0f")
	f.Add("1:70000:")
	f.Fuzz(func(t *testing.T, s string) {
		var a, b Token
		if a.UnmarshalText([]byte(s)) != nil {
			return
		}
		text, err := a.MarshalText()
		if err != nil || b.UnmarshalText(text) != nil || a != b {
			t.Fatalf("%q does not come back", s)
		}
	})
}

func FuzzMaterials(f *testing.F) {
	f.Add("Rachel", "O'Brien van der Berg", "1989-11-02", "07700 900461")
	f.Fuzz(func(t *testing.T, given, surname, dob, other string) {
		d := Details{Given: []string{given}, Surname: surname, Former: []string{other}, DOB: dob,
			Phones: []string{other}, Emails: []string{other}, Postcodes: []string{other}, Handles: []string{other}}
		a, b := Materials(d), Materials(d)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal("not the same twice")
		}
		if len(a) > maxMaterial {
			t.Fatal("too many")
		}
		for i, m := range a {
			if m.Kind == 0 || m.Kind >= kinds || (i > 0 && a[i-1] == m) {
				t.Fatalf("bad kind or duplicate at %d", i)
			}
		}
		all := tokens(d)
		v, bits := Compare(all, all)
		if _, again := Compare(ForCompare(all), ForCompare(all)); again != bits {
			t.Fatal("ForCompare leaves out what counts")
		}
		if v == Different {
			t.Fatal("differs from herself")
		}
	})
}
