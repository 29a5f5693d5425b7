package identity

import (
	"os"
	"strings"
	"testing"
)

// TestFit learns the weights afresh from the labelled sets when
// IDENTITY_WEIGHTS names the file to write; otherwise it checks that learning
// from a small set works.
func TestFit(t *testing.T) {
	out := os.Getenv("IDENTITY_WEIGHTS")
	if testing.Short() {
		t.Skip("learns from whole data sets")
	}
	sets := [][]Labelled{febrl(t, "dataset1.csv", everything)}
	if out != "" {
		sets = append(sets, febrl(t, "dataset2.csv", everything), febrl(t, "dataset3.csv", everything), historical(t, everything))
	}
	m, err := Fit(DefaultModel(), DefaultModel().Version+"+", sets...)
	if err != nil {
		t.Fatal(err)
	}
	if out == "" {
		if e := m.Fields["surname"]["exact"]; e.M < 0.5 || e.M > 1 {
			t.Errorf("surnames of one person agree exactly in %v of pairs", e.M)
		}
		return
	}
	if m, err = FitThresholds(m, sets...); err != nil {
		t.Fatal(err)
	}
	b, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestParseModelRefuses(t *testing.T) {
	good, err := DefaultModel().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseModel(good); err != nil {
		t.Fatalf("the shipped weights do not read back: %v", err)
	}
	for name, change := range map[string][2]string{
		"not JSON":              {"{", ""},
		"no version":            {`"version": "` + DefaultModel().Version + `"`, `"version": ""`},
		"a share above 1":       {`"m": 0.`, `"m": 7.`},
		"a rule without weight": {`"one_letter"`, `"two_words"`},
	} {
		bad := strings.Replace(string(good), change[0], change[1], 1)
		if _, err := ParseModel([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
