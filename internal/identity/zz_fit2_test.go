package identity

import (
	"fmt"
	"os"
	"testing"
)

func TestDiagFit(t *testing.T) {
	if os.Getenv("DIAGFIT") == "" {
		t.Skip()
	}
	f1, f2, f3 := febrl(t, "dataset1.csv", everything), febrl(t, "dataset2.csv", everything), febrl(t, "dataset3.csv", everything)
	h := historical(t, everything)
	sets := [][]Labelled{f1, f2, f3, h}
	if os.Getenv("DIAGFIT") == "5" {
		sets = append(sets, f3)
	}
	m, err := Fit(diagModel(t), "x", sets...)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(m.table[fieldGiven][ruleNickname], m.table[fieldBirth][ruleOneDigit])
	m, err = FitThresholds(m, f1, f2, f3, h)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := m.Marshal()
	os.WriteFile("/tmp/m2w"+os.Getenv("DIAGFIT")+".json", b, 0o600)
}
