package identity

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func id(n byte) ID { return ID{15: n} }

func mustRecord(t testing.TB, raw Raw) Record {
	t.Helper()
	r, faults := NewRecord(raw)
	if len(faults) > 0 {
		t.Fatalf("faults: %+v", faults)
	}
	return r
}

func mustQuery(t testing.TB, raw Raw) Query {
	t.Helper()
	return QueryOf(mustRecord(t, raw))
}

func person(given, surname, birth string) Raw {
	r := Raw{Names: []RawName{{Given: given, Surname: surname}}}
	if birth != "" {
		r.Births = []RawBirth{{Value: birth}}
	}
	return r
}

// crowd fills an index with people who are not the one looked for.
func crowd(t testing.TB, x *Index) {
	t.Helper()
	people := []Raw{
		person("John", "Smith", "1970-01-02"), person("Jane", "Smith", "1971-03-04"), person("David", "Jones", "1969-10-11"),
		person("Michael", "Brown", "1985-06-07"), person("Sarah", "Taylor", "1990-12-30"), person("Ahmed", "Khan", "1988-08-18"),
		person("Katarzyna", "Nowak", "1979-05-25"), person("Peter", "Wilson", "1966-07-13"),
	}
	for i, p := range people {
		x.Put(id(byte(100+i)), "01", mustRecord(t, p))
	}
}

func TestSearchFindsVariants(t *testing.T) {
	x := NewIndex()
	crowd(t, x)
	x.Put(id(1), "33", mustRecord(t, person("Robert James", "O'Connor-Müller", "1984-03-12")))
	x.Put(id(2), "20", mustRecord(t, person("Mohammed", "Al-Hassan", "1991-11-05")))
	x.Put(id(3), "07", mustRecord(t, Raw{
		Names:  []RawName{{Given: "Stephen", Surname: "Whitfield"}, {Kind: NameAlias, Full: "Razor Lonsdale"}},
		Births: []RawBirth{{Value: "1975"}},
		Identifiers: []RawIdentifier{
			{Kind: IdentifierPhone, Value: "07700 900123"}, {Kind: IdentifierHandle, Platform: "Instagram", Value: "@razor.l"},
			{Kind: IdentifierVehicle, Value: "LE19 ABC"}, {Kind: IdentifierPNC, Value: "1981/0000034U"},
		},
		Postcodes: []string{"LE1 3GG"}, Addresses: []string{"14 High Street, Leicester"},
	}))
	x.Put(id(4), "10", mustRecord(t, person("Archibald", "Shaughnessy", "1938-04-17")))
	x.Put(id(5), "10", mustRecord(t, person("Jackson", "Lee", "2009-11-10")))
	x.Put(id(6), "10", mustRecord(t, person("Bryce", "Colt", "1951-08-27")))
	tests := []struct {
		name  string
		query Raw
		want  ID
	}{
		{"both names past knowing, and a digit off", person("Gryze", "Dolp", "1951-08-21"), id(6)},
		{"both names as surname", Raw{Names: []RawName{{Surname: "Archibald Shaughnessy"}}}, id(4)},
		{"both names as forenames, misspelt", Raw{Names: []RawName{{Given: "Shaughnesy Archibold"}}}, id(4)},
		{"digits for letters", person("J4ckson", "Lee", ""), id(5)},
		{"a surname alone, as it sounds", person("", "Shawnessy", ""), id(4)},
		{"initials and a digit off", person("A", "S", "1938-04-11"), id(4)},
		{"a short name and the year before", person("", "Le", "2010-11-10"), id(5)},
		{"exact", person("Robert", "O'Connor-Müller", "1984-03-12"), id(1)},
		{"case and accents", person("ROBERT", "OCONNOR MULLER", "12/03/1984"), id(1)},
		{"order", person("O'Connor-Muller", "Robert", "1984-03-12"), id(1)},
		{"whole name", Raw{Names: []RawName{{Full: "Robert O'Connor"}}}, id(1)},
		{"whole name, surname first", Raw{Names: []RawName{{Full: "O'Connor Robert"}}}, id(1)},
		{"comma", Raw{Names: []RawName{{Full: "O'CONNOR-MULLER, Robert James"}}}, id(1)},
		{"nickname", person("Bob", "O'Connor-Muller", ""), id(1)},
		{"half of a double barrel", person("Robert", "Muller", "1984"), id(1)},
		{"phonetic", person("Robert", "Okonnor", "1984-03-12"), id(1)},
		{"both names misspelt", person("Robrt", "Oconor", ""), id(1)},
		{"both names misspelt, wrong day", person("Robrt", "Oconor", "1984-03-13"), id(1)},
		{"day and month swapped", person("Robert", "O'Connor", "1984-12-03"), id(1)},
		{"a digit off", person("Robert", "O'Connor", "1983-03-12"), id(1)},
		{"month only", person("Rob", "O'Connor", "1984-03"), id(1)},
		{"transliteration", person("Muhammad", "Hasan", ""), id(2)},
		{"transliteration in another script", person("محمد", "Hassan", "1991"), id(2)},
		{"particle as one word", person("Mohamed", "Alhassan", "1991-11-05"), id(2)},
		{"alias", Raw{Names: []RawName{{Full: "razor lonsdale"}}}, id(3)},
		{"alias surname alone", Raw{Names: []RawName{{Surname: "Lonsdale"}}}, id(3)},
		{"ph and v", person("Steven", "Witfield", "1975-01-01"), id(3)},
		{"phone", Raw{Identifiers: []RawIdentifier{{Kind: IdentifierPhone, Value: "+44 7700 900 123"}}}, id(3)},
		{"handle", Raw{Identifiers: []RawIdentifier{{Kind: IdentifierHandle, Value: "https://instagram.com/Razor.L"}}}, id(3)},
		{"vehicle", Raw{Identifiers: []RawIdentifier{{Kind: IdentifierVehicle, Value: "leI9abc"}}}, id(3)},
		{"pnc", Raw{Identifiers: []RawIdentifier{{Kind: IdentifierPNC, Value: "81/34U"}}}, id(3)},
		{"postcode and forename", Raw{Names: []RawName{{Given: "Steve"}}, Postcodes: []string{"le13gg"}}, id(3)},
		{"address", Raw{Addresses: []string{"14 high st"}}, id(3)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := x.Search(mustQuery(t, tt.query), Limits{})
			if len(got.Candidates) == 0 || got.Candidates[0].ID != tt.want {
				t.Fatalf("got %+v", got)
			}
			t.Log(got.Candidates[0].Bits, got.Candidates[0].Probability, got.Considered, got.Candidates[0].Keys)
		})
	}
}

func TestNewRecordTellsFaults(t *testing.T) {
	r, faults := NewRecord(Raw{
		Names:       []RawName{{Given: "John", Surname: "12"}, {}},
		Births:      []RawBirth{{Value: "31/02/2001"}, {Value: "2001"}},
		Sex:         "maybe",
		Identifiers: []RawIdentifier{{Kind: IdentifierPNC, Value: "1981/0000034A"}, {Kind: IdentifierPhone, Value: "!"}},
		Postcodes:   []string{"LE1 3GG", "4011", "?"},
		Addresses:   []string{"--"},
	})
	want := []Fault{
		{Field: "names[0].surname", Code: "format"}, {Field: "names[1]", Code: "empty"}, {Field: "births[0]", Code: "range"},
		{Field: "sex", Code: "format"}, {Field: "identifiers[0].value", Code: "check_letter", Kept: true},
		{Field: "identifiers[1].value", Code: "format"}, {Field: "postcodes[1]", Code: "format", Kept: true},
		{Field: "postcodes[2]", Code: "format"}, {Field: "addresses[0]", Code: "format"},
	}
	for i := range faults {
		if faults[i].Message == "" {
			t.Errorf("%s has no message", faults[i].Field)
		}
		faults[i].Message = ""
	}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Error(diff)
	}
	if len(r.names) != 1 || len(r.births) != 2 || len(r.identifiers) != 1 || len(r.postcodes) != 2 {
		t.Errorf("what is good, or kept, is not there: %+v", r)
	}
	if _, faults := NewQuery(Raw{}); len(faults) != 1 || faults[0].Code != "empty" {
		t.Errorf("an empty query has %+v", faults)
	}
	if _, faults := NewRecord(Raw{Births: slices.Repeat([]RawBirth{{Value: "2001"}}, maxBirths+1)}); len(faults) != 1 || faults[0].Code != "too_many" {
		t.Errorf("too many births have %+v", faults)
	}
}

func TestExplanationAddsUp(t *testing.T) {
	x := NewIndex()
	crowd(t, x)
	raw := person("Robert", "Whitfield", "1984-03-12")
	raw.Sex, raw.Postcodes = "M", []string{"LE1 3GG"}
	raw.Identifiers = []RawIdentifier{{Kind: IdentifierPhone, Value: "07700900123"}}
	x.Put(id(1), "33", mustRecord(t, raw))
	asked := person("Bob", "Whitfeild", "1984-12-03")
	asked.Sex, asked.Postcodes, asked.Identifiers = "F", []string{"LE1 3GH"}, raw.Identifiers
	got := x.Search(mustQuery(t, asked), Limits{}).Candidates
	if len(got) == 0 || got[0].ID != id(1) || got[0].Force != "33" || got[0].Model != DefaultModel().Version {
		t.Fatalf("got %+v", got)
	}
	c, sum, rules := got[0], 0.0, map[string]string{}
	for _, term := range c.Terms {
		sum += term.Bits
		rules[term.Field] = term.Rule
		if term.Frequency < 0 || term.Frequency > 1 {
			t.Errorf("%s has frequency %v", term.Field, term.Frequency)
		}
	}
	if math.Abs(sum-c.Bits) > 1e-9 {
		t.Errorf("the terms come to %v, the total is %v", sum, c.Bits)
	}
	if p := 1 / (1 + math.Exp2(-c.Bits-c.Prior)); math.Abs(p-c.Probability) > 1e-12 {
		t.Errorf("probability %v, want %v", c.Probability, p)
	}
	want := map[string]string{"given": "nickname", "surname": "one_letter", "birth": "swapped", "sex": "different", "postcode": "one_letter", "phone": "exact"}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Error(diff)
	}
	if !slices.Contains(c.Keys, "identifier") {
		t.Errorf("retrieved by %v", c.Keys)
	}
	if s := x.Score(mustRecord(t, asked), mustRecord(t, raw)); math.Abs(s.Bits-c.Bits) > 1e-9 {
		t.Errorf("Score says %v, Search %v", s.Bits, c.Bits)
	}
}

// TestTiesGoToWhomLessIsTold checks that of people who fit as well, those come first
// of whom nothing is held that was not asked.
func TestTiesGoToWhomLessIsTold(t *testing.T) {
	x := NewIndex()
	for i, raw := range []Raw{
		person("Katarzyna", "Quill", "1979-05-25"), person("Peter", "Quill", ""), person("", "Quill", ""), person("", "Quill", "1966-07-13"), person("", "Quill", ""),
	} {
		x.Put(id(byte(1+i)), "01", mustRecord(t, raw))
	}
	for name, tt := range map[string]struct {
		query Raw
		want  string
	}{
		"a surname":             {person("", "Quill", ""), "35241"},
		"a surname and date":    {person("", "Quill", "1934-11-27"), "35241"},
		"no name is asked with": {Raw{Births: []RawBirth{{Value: "1979-05-25"}}}, "1"},
	} {
		got := ""
		for _, c := range x.Search(mustQuery(t, tt.query), Limits{}).Candidates {
			got += string('0' + c.ID[15])
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

func TestBudgetIsTold(t *testing.T) {
	x := NewIndex()
	var entries []Entry
	for i := range 60 {
		entries = append(entries, Entry{ID: numbered(i), Force: "01", Record: mustRecord(t, person("John", "Smith", ""))})
	}
	x.Load(entries)
	r := x.Search(mustQuery(t, Raw{Names: []RawName{{Surname: "Smith"}}, Births: []RawBirth{{Value: "1970"}}}), Limits{Candidates: 5, Considered: 10})
	if len(r.Candidates) != 5 || r.Found != 60 || r.Considered != 60 {
		t.Errorf("what is alone is not read whole: %d of %d, %d considered", len(r.Candidates), r.Found, r.Considered)
	}
	x.Put(numbered(100), "01", mustRecord(t, person("Jane", "Smith", "1970-01-02")))
	r = x.Search(mustQuery(t, person("Jane", "Smith", "")), Limits{Considered: 10})
	if len(r.Candidates) != 1 || r.Candidates[0].ID != numbered(100) || !r.BudgetReached {
		t.Errorf("got %+v", r)
	}
	r = x.Search(mustQuery(t, Raw{Names: []RawName{{Surname: "Smith"}}, Identifiers: []RawIdentifier{{Kind: IdentifierPhone, Value: "07700900001"}}}), Limits{Considered: 10})
	if !slices.Contains(r.TooCommon, "name") && r.Found == 0 {
		t.Errorf("neither found nor told: %+v", r)
	}
}

// FuzzRecord puts whatever comes into an index, finds it and takes it out.
func FuzzRecord(f *testing.F) {
	f.Add("John", "van der Berg", "Smith, Bob", "1/2/1980", "07700900123", "LE1 3GG", "1 High Street")
	f.Add("محمد", "Al-Hassan", "Al Al-Hassan", "about 1980", "@bob", "?", "\x00")
	f.Fuzz(func(t *testing.T, given, surname, full, birth, number, postcode, address string) {
		raw := Raw{Names: []RawName{{Given: given, Surname: surname}, {Full: full}}, Births: []RawBirth{{Value: birth}}, Postcodes: []string{postcode}, Addresses: []string{address}}
		for k := range identifierKinds {
			raw.Identifiers = append(raw.Identifiers, RawIdentifier{Kind: k, Platform: given, Value: number})
		}
		r, _ := NewRecord(raw)
		x := NewIndex()
		x.Put(id(1), "33", r)
		var p packed
		p.decode(x.store.At(x.docs[0].ref))
		back := x.unpack(&p)
		for i := range back.names {
			back.names[i].kind = r.names[i].kind
		}
		if diff := cmp.Diff(recordKeys(&r, nil), recordKeys(&back, nil)); diff != "" {
			t.Fatalf("a record does not come back as it was:\n%s", diff)
		}
		least := math.Inf(-1)
		if found := x.Search(QueryOf(r), Limits{MinBits: &least}).Considered; len(recordKeys(&r, nil)) > 0 && found != 1 {
			t.Fatal("a record does not find itself")
		}
		if !x.Remove(id(1)) || x.Len() != 0 || len(x.facts.names.byWord) != 0 {
			t.Fatal("something is left")
		}
	})
}
