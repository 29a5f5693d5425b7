package identity

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Labelled is a record whose person is known, to judge the matching by.
type Labelled struct {
	// ID is the record's, unique within a set.
	ID ID
	// Person is the same for the records of one person.
	Person string
	// Record is all that is known.
	Record Record
	// Query is what is asked when this record is looked for: all of the
	// record, or part of it.
	Query Query
}

// Evaluation is how well people were found. Shares are between 0 and 1.
type Evaluation struct {
	// RecallAt1 and RecallAt10 are the shares of queries whose person stands
	// first, and among the first ten.
	RecallAt1  float64 `json:"recall_at_1"`
	RecallAt10 float64 `json:"recall_at_10"`
	// MRR is the mean of one over the place of the right person.
	MRR float64 `json:"mrr"`
	// P50 and P99 are the milliseconds a search took, at the median and for
	// all but one in a hundred.
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	// PairsPrecision, PairsRecall and PairsF1 judge the persons that are made
	// by joining every pair at the join and propose thresholds, over all pairs
	// of records.
	PairsPrecision float64 `json:"pairs_precision"`
	PairsRecall    float64 `json:"pairs_recall"`
	PairsF1        float64 `json:"pairs_f1"`
	// AutomaticPrecision and AutomaticRecall judge single pairs that would be
	// linked without a human: at the join threshold, and not held by a guard.
	// They are no part of the JSON, whose members are agreed.
	AutomaticPrecision float64 `json:"-"`
	AutomaticRecall    float64 `json:"-"`
	// Records and Queries count what was indexed and asked.
	Records int `json:"records"`
	Queries int `json:"queries"`
}

// Evaluate indexes the first record of each person and looks for the others.
// When targets is not nil it indexes all of those instead and looks for every
// record whose person is among them. Pairs are judged over all records.
func Evaluate(m *Model, records, targets []Labelled) Evaluation {
	queries, all := records, records
	if targets == nil {
		targets, queries = firsts(records)
	} else {
		all = append(slices.Clone(records), targets...)
	}
	e := Evaluation{Records: len(targets)}
	e.judgeRanking(m, queries, targets)
	e.judgePairs(m, all)
	return e
}

// judgeRanking looks for every query whose person is among the targets.
func (e *Evaluation) judgeRanking(m *Model, queries, targets []Labelled) {
	x := NewIndexWith(m)
	owner := make(map[ID]string, len(targets))
	people := map[string]bool{}
	entries := make([]Entry, 0, len(targets))
	for _, l := range targets {
		owner[l.ID] = l.Person
		people[l.Person] = true
		entries = append(entries, Entry{ID: l.ID, Record: l.Record})
	}
	x.Load(entries)
	least := math.Inf(-1) // the ranking is judged, not what is shown
	var took []time.Duration
	for _, l := range queries {
		if !people[l.Person] {
			continue
		}
		e.Queries++
		start := time.Now()
		result := x.Search(l.Query, Limits{Candidates: 10, MinBits: &least})
		took = append(took, time.Since(start))
		for i, c := range result.Candidates {
			if owner[c.ID] != l.Person {
				continue
			}
			if i == 0 {
				e.RecallAt1++
			}
			e.RecallAt10++
			e.MRR += 1 / float64(i+1)
			break
		}
	}
	if e.Queries == 0 {
		return
	}
	n := float64(e.Queries)
	e.RecallAt1, e.RecallAt10, e.MRR = e.RecallAt1/n, e.RecallAt10/n, e.MRR/n
	slices.Sort(took)
	ms := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))]) / float64(time.Millisecond)
	}
	e.P50, e.P99 = ms(0.5), ms(0.99)
}

// firsts parts the first record of each person from the rest.
func firsts(records []Labelled) (first, rest []Labelled) {
	seen := map[string]bool{}
	for _, l := range records {
		if seen[l.Person] {
			rest = append(rest, l)
			continue
		}
		seen[l.Person] = true
		first = append(first, l)
	}
	return first, rest
}

// pair is two records, by their places, and the evidence that they are one
// person's.
type pair struct {
	a, b int
	bits float64 // with the prior
	// guarded says that no number of bits links the two without a human.
	guarded bool
}

// judgePairs finds every pair at or over the propose threshold, joins and
// compares with the truth.
func (e *Evaluation) judgePairs(m *Model, records []Labelled) {
	pairs := matchPairs(m, records)
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(b.bits, a.bits) })
	joined, right := 0, 0
	for _, p := range pairs {
		if p.bits < m.Thresholds.Join {
			break
		}
		if p.guarded {
			continue
		}
		joined++
		if records[p.a].Person == records[p.b].Person {
			right++
		}
	}
	truth := truePairs(records)
	e.AutomaticPrecision = ratio(right, joined)
	e.AutomaticRecall = ratio(right, truth)
	found, correct := clusterPairs(records, cluster(len(records), pairs))
	e.PairsPrecision, e.PairsRecall = ratio(correct, found), ratio(correct, truth)
	if s := e.PairsPrecision + e.PairsRecall; s > 0 {
		e.PairsF1 = 2 * e.PairsPrecision * e.PairsRecall / s
	}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// matchPairs indexes all records and asks for each, on all processors.
func matchPairs(m *Model, records []Labelled) []pair {
	x := NewIndexWith(m)
	entries := make([]Entry, len(records))
	place := make(map[ID]int, len(records))
	for i, l := range records {
		entries[i] = Entry{ID: l.ID, Record: l.Record}
		place[l.ID] = i
	}
	x.Load(entries)
	parts := make([][]pair, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for w := range parts {
		wg.Go(func() {
			for i := w * len(records) / len(parts); i < (w+1)*len(records)/len(parts); i++ {
				parts[w] = append(parts[w], x.pairsOf(records, i, place)...)
			}
		})
	}
	wg.Wait()
	return slices.Concat(parts...)
}

// pairsOf are the pairs of a record with those behind it.
func (x *Index) pairsOf(records []Labelled, i int, place map[ID]int) (pairs []pair) {
	none := 0.0
	for _, c := range x.Search(QueryOf(records[i].Record), Limits{Candidates: 200, MinBits: &none}).Candidates {
		j, bits := place[c.ID], c.Bits+c.Prior
		if bits < x.model.Thresholds.Propose {
			break
		}
		if j <= i {
			continue
		}
		guarded := bits < 0 // what is less likely than not is never linked without a human
		if !guarded {
			l := x.Judge(records[i].Record, records[j].Record)
			guarded = l.Twins || l.Kin
		}
		pairs = append(pairs, pair{i, j, bits, guarded})
	}
	return pairs
}

// cluster gives each record the number of its person: what pairs join, the
// strongest first.
func cluster(n int, pairs []pair) []int {
	parent := make([]int, n)
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for _, p := range pairs {
		parent[find(p.b)] = find(p.a)
	}
	for i := range parent {
		parent[i] = find(i)
	}
	return parent
}

func truePairs(records []Labelled) int {
	sizes := map[string]int{}
	total := 0
	for _, l := range records {
		total += sizes[l.Person]
		sizes[l.Person]++
	}
	return total
}

// clusterPairs counts the pairs within clusters, and those of one person.
func clusterPairs(records []Labelled, clusters []int) (found, correct int) {
	type cell struct {
		cluster int
		person  string
	}
	sizes, cells := map[int]int{}, map[cell]int{}
	for i, l := range records {
		c := clusters[i]
		found += sizes[c]
		correct += cells[cell{c, l.Person}]
		sizes[c]++
		cells[cell{c, l.Person}]++
	}
	return found, correct
}
