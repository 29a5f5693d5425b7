package identity

import (
	"fmt"
	"os"
	"testing"
)

func diagModel(t *testing.T) *Model {
	if p := os.Getenv("DIAGW"); p != "" {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		m, err := ParseModel(b)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	return DefaultModel()
}

func TestDiagEval(t *testing.T) {
	if os.Getenv("DIAGEVAL") == "" {
		t.Skip()
	}
	m := diagModel(t)
	fmt.Printf("thresholds %+v\n", m.Thresholds)
	for _, f := range []string{"dataset1.csv", "dataset2.csv", "dataset3.csv", "h"} {
		var a, b []Labelled
		if f == "h" {
			a, b = historical(t, nameAndBirth), historical(t, everything)
		} else {
			a, b = febrl(t, f, nameAndBirth), febrl(t, f, everything)
		}
		var e, g Evaluation
		targets, queries := firsts(a)
		e.judgeRanking(m, queries, targets)
		targets, queries = firsts(b)
		g.judgeRanking(m, queries, targets)
		fmt.Printf("%s n+b r1 %.4f r10 %.4f | all r1 %.4f\n", f, e.RecallAt1, e.RecallAt10, g.RecallAt1)
		if os.Getenv("DIAGEVAL") == "pairs" {
			g.judgePairs(m, b)
			fmt.Printf("   pairs p %.4f r %.4f f1 %.4f auto p %.5f r %.4f\n", g.PairsPrecision, g.PairsRecall, g.PairsF1, g.AutomaticPrecision, g.AutomaticRecall)
		}
	}
}
