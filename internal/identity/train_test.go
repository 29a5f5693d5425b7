package identity

import (
	"os"
	"testing"
)

// TestFit learns the weights afresh from the labelled sets when
// IDENTITY_WEIGHTS names the file to write; otherwise it checks that learning
// from a small set works.
func TestFit(t *testing.T) {
	out := os.Getenv("IDENTITY_WEIGHTS")
	sets := [][]Labelled{febrl(t, "dataset3.csv", everything)}
	if out != "" {
		sets = append(sets, febrl(t, "dataset2.csv", everything), historical(t, everything))
	}
	m, err := Fit(DefaultModel(), os.Getenv("IDENTITY_VERSION")+"fit", sets...)
	if err != nil {
		t.Fatal(err)
	}
	if out == "" {
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
