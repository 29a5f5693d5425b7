package identity

import (
	"fmt"
	"os"
	"testing"
)

func TestDebugMisses(t *testing.T) {
	for _, recs := range [][]Labelled{febrl(t, "dataset3.csv", nameAndBirth), historical(t, nameAndBirth)} {
		targets, queries := firsts(recs)
		x := NewIndex()
		owner := map[ID]string{}
		rec := map[string]Labelled{}
		byID := map[ID]Labelled{}
		for _, l := range targets {
			x.Put(l.ID, "", l.Record)
			owner[l.ID] = l.Person
			rec[l.Person] = l
			byID[l.ID] = l
		}
		zero := -100.0
		cause := map[string]int{}
		shown := map[string]int{}
		for _, l := range queries {
			res := x.Search(l.Query, Limits{MinBits: &zero, Candidates: 100000})
			rank := -1
			for i, c := range res.Candidates {
				if owner[c.ID] == l.Person {
					rank = i
					break
				}
			}
			why := "first"
			switch {
			case rank < 0:
				why = "not retrieved"
			case rank > 0:
				why = "outranked"
				if res.Candidates[0].Bits == res.Candidates[rank].Bits {
					why = "tie"
				}
			}
			cause[why]++
			if why != "first" && shown[why] < 90 && len(recs) > 6000 && cause[why]%12 == 3 && why == "outranked" {
				shown[why]++
				q := l.Query.record
				r := rec[l.Person].Record
				fmt.Fprintln(os.Stderr, why, "Q", q.names, q.births, "R", r.names, r.births)
				if rank > 0 {
					for _, c := range []Candidate{res.Candidates[0], res.Candidates[rank]} {
						fmt.Fprintf(os.Stderr, "    %.2f %v %v:", c.Bits, byID[c.ID].Record.names, byID[c.ID].Record.births)
						for _, tm := range c.Terms {
							fmt.Fprintf(os.Stderr, " %s %s %.2f;", tm.Field, tm.Rule, tm.Bits)
						}
						fmt.Fprintln(os.Stderr)
					}
				} else if rank < 0 {
					sc := x.Score(q, r)
					fmt.Fprintf(os.Stderr, "    %.2f\n", sc.Bits)
				}
			}
		}
		fmt.Fprintln(os.Stderr, len(queries), cause)
	}
}
