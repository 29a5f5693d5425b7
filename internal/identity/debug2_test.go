package identity

import (
	"fmt"
	"os"
	"sort"
	"testing"
)

func TestDebugNick(t *testing.T) {
	recs := historical(t, nameAndBirth)
	by := map[string][]Record{}
	for _, l := range recs { by[l.Person] = append(by[l.Person], l.Record) }
	lex := lexiconOnce()
	n := map[string]map[string]bool{}
	for p, rs := range by {
		for i := range rs { for j := range i {
			a, b := rs[i], rs[j]
			if len(a.names) == 0 || len(b.names) == 0 || len(a.names[0].given) == 0 || len(b.names[0].given) == 0 { continue }
			if len(a.names[0].surname) == 0 || len(b.names[0].surname) == 0 || a.names[0].surname[0] != b.names[0].surname[0] { continue }
			x, y := a.names[0].given[0], b.names[0].given[0]
			if x > y { x, y = y, x }
			if compareNames(lex, x, y, lex.profile(x), lex.profile(y)) >= ruleSimilar {
				if n[x+" "+y] == nil { n[x+" "+y] = map[string]bool{} }
				n[x+" "+y][p] = true
			}
		}}
	}
	var ks []string
	for k := range n { ks = append(ks, k) }
	sort.Slice(ks, func(i, j int) bool { return len(n[ks[i]]) > len(n[ks[j]]) })
	for _, k := range ks[:min(len(ks), 220)] { fmt.Fprintf(os.Stderr, "%s %d; ", k, len(n[k])) }
}
