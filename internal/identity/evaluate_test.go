package identity

import (
	"encoding/binary"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dataset reads a labelled set from the shared data folder beside the project,
// or skips the test.
func dataset(t testing.TB, file string, read func(get func(string) string) (string, Raw), ask func(Raw) Raw) []Labelled {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", file))
	if err != nil {
		t.Skip("no labelled data here")
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, h := range rows[0] {
		column[h] = i
	}
	var out []Labelled
	for i, row := range rows[1:] {
		person, raw := read(func(name string) string { return strings.TrimSpace(row[column[name]]) })
		l := Labelled{Person: person}
		binary.BigEndian.PutUint64(l.ID[8:], uint64(i+1))
		l.Record, _ = NewRecord(raw)
		q, _ := NewQuery(ask(raw))
		l.Query = q
		out = append(out, l)
	}
	return out
}

func everything(r Raw) Raw { return r }

func nameAndBirth(r Raw) Raw { return Raw{Names: r.Names, Births: r.Births} }

func febrl(t testing.TB, file string, ask func(Raw) Raw) []Labelled {
	return dataset(t, file, func(get func(string) string) (string, Raw) {
		raw := Raw{}
		if g, s := get("given_name"), get("surname"); g+s != "" {
			raw.Names = []RawName{{Given: g, Surname: s}}
		}
		if d := get("date_of_birth"); d != "" {
			raw.Births = []RawBirth{{Value: d}}
		}
		if p := get("postcode"); p != "" {
			raw.Postcodes = []string{p}
		}
		if a := strings.TrimSpace(strings.Join([]string{get("street_number"), get("address_1"), get("address_2"), get("suburb")}, " ")); a != "" {
			raw.Addresses = []string{a}
		}
		if n := get("soc_sec_id"); n != "" {
			raw.Identifiers = []RawIdentifier{{Kind: IdentifierOther, Value: n}}
		}
		return strings.Split(get("rec_id"), "-")[1], raw
	}, ask)
}

func historical(t testing.TB, ask func(Raw) Raw) []Labelled {
	return dataset(t, "historical_dev.csv", func(get func(string) string) (string, Raw) {
		raw := Raw{Sex: get("gender")}
		if g, s := get("first_name"), get("surname"); g+s != "" {
			raw.Names = []RawName{{Given: g, Surname: s}}
		}
		if d := get("dob"); d != "" {
			raw.Births = []RawBirth{{Value: d}}
		}
		if p := get("postcode_fake"); p != "" {
			raw.Postcodes = []string{p}
		}
		if a := get("birth_place"); a != "" {
			raw.Addresses = []string{a}
		}
		return get("cluster"), raw
	}, ask)
}

// every keeps one in n.
func every(n int, list []Labelled) []Labelled {
	var out []Labelled
	for i := 0; i < len(list); i += n {
		out = append(out, list[i])
	}
	return out
}

func TestRanking(t *testing.T) {
	tests := []struct {
		name    string
		records []Labelled
		least   float64
	}{
		{"FEBRL 1, names and birth", febrl(t, "dataset1.csv", nameAndBirth), 0.99},
		{"FEBRL 3, names and birth", febrl(t, "dataset3.csv", nameAndBirth), 0.98},
		{"FEBRL 3, all", febrl(t, "dataset3.csv", everything), 1},
		{"historical, names and birth", historical(t, nameAndBirth), 0.925},
		{"historical, all", historical(t, everything), 0.97},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			targets, queries := firsts(tt.records)
			var e Evaluation
			e.judgeRanking(DefaultModel(), every(1+len(queries)/8000, queries), targets)
			t.Logf("%+v", e)
			if e.RecallAt1 < tt.least {
				t.Errorf("recall at 1 is %.4f, below %.3f", e.RecallAt1, tt.least)
			}
		})
	}
}

func TestPairs(t *testing.T) {
	if testing.Short() {
		t.Skip("scores whole data sets")
	}
	// the records of one person stand together in the historical set
	for name, records := range map[string][]Labelled{
		"FEBRL 3": febrl(t, "dataset3.csv", everything), "historical": historical(t, everything)[:3000],
	} {
		t.Run(name, func(t *testing.T) {
			var e Evaluation
			e.judgePairs(DefaultModel(), records)
			t.Logf("%+v", e)
			if e.PairsF1 < 0.87 || e.AutomaticPrecision < 0.999 {
				t.Errorf("F1 over all pairs is %.4f, precision at the join threshold %.4f", e.PairsF1, e.AutomaticPrecision)
			}
		})
	}
}

func TestEvaluateAgainstTargets(t *testing.T) {
	label := func(n int, who string, raw Raw) Labelled {
		r := mustRecord(t, raw)
		return Labelled{ID: numbered(n), Person: who, Record: r, Query: QueryOf(r)}
	}
	targets := []Labelled{label(1, "a", person("John", "Smith", "1970-01-02")), label(2, "b", person("Jane", "Jones", "1980-03-04"))}
	asked := []Labelled{label(3, "a", person("Jon", "Smyth", "1970-01-02")), label(4, "c", person("Some", "Body", ""))}
	e := Evaluate(DefaultModel(), asked, targets)
	if e.Records != 2 || e.Queries != 1 || e.RecallAt1 != 1 || e.MRR != 1 {
		t.Errorf("got %+v", e)
	}
}
