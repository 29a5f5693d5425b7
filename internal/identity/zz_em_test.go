package identity

import (
	"fmt"
	"os"
	"testing"
)

func TestDiagEM(t *testing.T) {
	if os.Getenv("DIAGEM") == "" {
		t.Skip()
	}
	var set []Labelled
	if os.Getenv("DIAGEM") == "h" {
		set = historical(t, everything)
	} else {
		set = febrl(t, os.Getenv("DIAGEM"), everything)
	}
	lab, err := Fit(diagModel(t), "lab", set)
	if err != nil {
		t.Fatal(err)
	}
	truth := truePairs(set)
	un := append([]Labelled{}, set...)
	for i := range un {
		un[i].Person = ""
	}
	start := diagModel(t)
	l, err := FitUnlabelled(start, "em", un)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("rounds %d settled %v pairs %.0f truth %d\n", l.Rounds, l.Settled, l.Pairs, truth)
	for _, f := range []field{fieldGiven, fieldSurname, fieldOrder, fieldBirth, fieldPostcode, fieldAddress} {
		for r := range rules {
			if decided(f, r) {
				a, b, c := start.table[f][r], lab.table[f][r], l.Model.table[f][r]
				fmt.Printf("%-9s %-12s start m %.4f | labelled m %.4f u %.3g sp %.3g sl %.3g | em m %.4f u %.3g sp %.3g sl %.3g\n", f, r, a.M, b.M, b.U, b.Spread, b.Slip, c.M, c.U, c.Spread, c.Slip)
			}
		}
	}
	for n, m := range map[string]*Model{"labelled": lab, "em": l.Model} {
		var e Evaluation
		targets, queries := firsts(set)
		e.judgeRanking(m, queries, targets)
		e.judgePairs(m, set)
		fmt.Printf("%s %+v\n", n, e)
	}
}
