package identity

import (
	"fmt"
	"math"
	"os"
	"testing"
)

func show(r Record) string {
	s := ""
	for _, n := range r.names {
		s += fmt.Sprint(n.given, n.surname, n.joined)
	}
	return s + fmt.Sprint(r.births)
}

func TestDiag(t *testing.T) {
	sets := map[string][]Labelled{}
	switch os.Getenv("DIAG") {
	case "f1":
		sets["f1"] = febrl(t, "dataset1.csv", nameAndBirth)
	case "f2":
		sets["f2"] = febrl(t, "dataset2.csv", nameAndBirth)
	case "f3":
		sets["f3"] = febrl(t, "dataset3.csv", nameAndBirth)
	case "h":
		sets["h"] = historical(t, nameAndBirth)
	default:
		t.Skip()
	}
	for _, set := range sets {
		targets, queries := firsts(set)
		x := NewIndexWith(diagModel(t))
		owner := map[ID]string{}
		by := map[string]Labelled{}
		var entries []Entry
		for _, l := range targets {
			owner[l.ID] = l.Person
			by[l.Person] = l
			entries = append(entries, Entry{ID: l.ID, Record: l.Record})
		}
		x.Load(entries)
		least := math.Inf(-1)
		miss := 0
		for _, l := range queries {
			res := x.Search(l.Query, Limits{Candidates: 500, MinBits: &least})
			if len(res.Candidates) > 0 && owner[res.Candidates[0].ID] == l.Person {
				continue
			}
			miss++
			rank := -1
			for i, c := range res.Candidates {
				if owner[c.ID] == l.Person {
					rank = i
				}
			}
			tb := x.Score(l.Query.record, by[l.Person].Record)
			fmt.Printf("MISS rank %d  q=%s  want=%s (%.1f)", rank, show(l.Query.record), show(by[l.Person].Record), tb.Bits)
			if len(res.Candidates) > 0 {
				c := res.Candidates[0]
				p := x.docs[x.byID[c.ID]]
				var pk packed
				pk.decode(x.store.at(p.ref))
				fmt.Printf(" got=%s (%.1f)", show(x.unpack(&pk)), c.Bits)
			}
			fmt.Println()
		}
		fmt.Println("misses", miss, "of", len(queries))
	}
}
