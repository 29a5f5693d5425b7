package identity

import (
	"testing"
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
	tests := []struct {
		name  string
		query Raw
		want  ID
	}{
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
			t.Log(got.Candidates[0].Bits, got.Candidates[0].Probability, got.Considered)
		})
	}
}
