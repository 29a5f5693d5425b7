package main

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/identity"
)

// peopleCSV writes people each of whom has two records, the second with a letter
// of the surname changed in one of ten; labelled is the number of people of
// whom the person column tells.
func peopleCSV(t *testing.T, people, labelled int) string {
	t.Helper()
	given := []string{"Aldous", "Beatrix", "Cosmo", "Drusilla", "Evander", "Fenella", "Gawain"}
	ends := []string{"feather", "bottom", "thwaite", "worthy", "combe", "gill", "ley", "borough"}
	starts := []string{"Quill", "Ram", "Crow", "Nether", "Pen", "Harrow", "Stan", "Wither", "Brock", "Dun", "Gos"}
	var b strings.Builder
	b.WriteString("person,given,surname,born,postcode\n")
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range people {
		who := ""
		if i < labelled {
			who = fmt.Sprintf("p%d", i)
		}
		first, surname := given[rng.IntN(len(given))], starts[rng.IntN(len(starts))]+ends[rng.IntN(len(ends))]
		born := fmt.Sprintf("%04d-%02d-%02d", 1940+rng.IntN(65), 1+rng.IntN(12), 1+rng.IntN(28))
		postcode := fmt.Sprintf("LE%d %d%c%c", 1+rng.IntN(19), rng.IntN(10), 'A'+rng.IntN(8), 'A'+rng.IntN(8))
		row := func(surname string) { fmt.Fprintf(&b, "%s,%s,%s,%s,%s\n", who, first, surname, born, postcode) }
		row(surname)
		if i%10 == 0 {
			surname = surname[:2] + "z" + surname[3:]
		}
		row(surname)
	}
	path := filepath.Join(t.TempDir(), "people.csv")
	must(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

var peopleColumns = []string{"given=given", "surname=surname", "dob=born", "postcode=postcode"}

func TestTrain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		labelled int
		truth    string
		version  string
	}{
		{"without labels", 0, "", "trial"},
		{"with a few labels", 50, "person", "trial"},
		{"with labels", 500, "person", "trial"},
		{"a version of its own", 500, "person", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, out := peopleCSV(t, 500, tt.labelled), filepath.Join(t.TempDir(), "weights.json")
			c := trainCmd{Data: []string{data}, tables: tables{Columns: peopleColumns}, Truth: tt.truth, Out: out, Name: tt.version}
			must(t, c.Run(t.Context(), slog.New(slog.DiscardHandler)))
			raw, err := os.ReadFile(out)
			must(t, err)
			m, err := identity.ParseModel(raw)
			must(t, err)
			switch shipped := identity.DefaultModel().Version; {
			case tt.version != "" && m.Version != tt.version, tt.version == "" && !strings.HasPrefix(m.Version, shipped+"+"):
				t.Errorf("the version is %q", m.Version)
			}
			if w := m.Fields["surname"]["one_letter"]; w.M < 0.05 || w.M > 0.15 {
				t.Errorf("one letter of a surname differs in %v of pairs of one person, not in a tenth", w.M)
			}
			e := evaluateCmd{
				Data: []string{peopleCSV(t, 200, 200)}, tables: tables{Columns: peopleColumns}, Truth: "person", Weights: out, JSON: true,
			}
			must(t, e.Run(t.Context(), slog.New(slog.DiscardHandler)))
		})
	}
}

func TestTrainRefuses(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "weights.json")
	for name, c := range map[string]trainCmd{
		"too few records":          {Data: []string{peopleCSV(t, 20, 0)}, tables: tables{Columns: peopleColumns}, Out: out},
		"no such column":           {Data: []string{peopleCSV(t, 20, 0)}, tables: tables{Columns: []string{"given=forename"}}, Out: out},
		"no such field":            {Data: []string{peopleCSV(t, 20, 0)}, tables: tables{Columns: []string{"forename=given"}}, Out: out},
		"two files, not labels":    {Data: []string{peopleCSV(t, 300, 0), peopleCSV(t, 300, 0)}, tables: tables{Columns: peopleColumns}, Out: out},
		"no such truth":            {Data: []string{peopleCSV(t, 20, 20)}, tables: tables{Columns: peopleColumns}, Truth: "who", Out: out},
		"not a regular expression": {Data: []string{peopleCSV(t, 20, 20)}, tables: tables{Columns: peopleColumns}, Truth: "person~(", Out: out},
	} {
		if err := c.Run(t.Context(), slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("weights were written all the same")
	}
}
