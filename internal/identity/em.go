package identity

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
)

// Bounds on what FitUnlabelled reads.
const (
	leastRecords  = 500    // fewer bear no shares out
	maxAsked      = 30_000 // records that others are looked for
	maxPartners   = 60     // pairs taken of one record
	maxRounds     = 15
	settledChange = 0.002 // of the largest m: learning ends
)

// ErrTooFew says that there are not enough records to learn from.
var ErrTooFew = errors.New("too few records to learn from: at least 500 are needed")

// Learnt is what FitUnlabelled came to.
type Learnt struct {
	// Model holds the weights. Its thresholds are those it started from:
	// without labels nothing can judge them.
	Model *Model
	// Rounds is how often the weights were learnt anew.
	Rounds int
	// Settled says that the last round changed little.
	Settled bool
	// Pairs is the number of pairs of one person that the records are expected
	// to hold.
	Pairs float64
}

// FitUnlabelled learns weights from records of which it need not be known whose
// they are, by expectation and maximisation: each round takes the pairs that
// the index retrieves, each for as much as it is a pair of one person under the
// weights so far, and the shares among them are the next weights. Where both
// records of a pair have a Person, that decides; an empty Person is not known.
// Shares of pairs of different people come from pairs taken at random.
//
// It starts from m and takes over what the records cannot show, as Fit does.
// The shares of contradictions come out a little low: a pair in which
// everything contradicts is never retrieved. Sampling is seeded: the same
// records in the same order give the same weights.
func FitUnlabelled(m *Model, version string, records []Labelled) (Learnt, error) {
	if len(records) < leastRecords {
		return Learnt{}, ErrTooFew
	}
	e := newExpecter(m, records)
	out := Learnt{Model: m}
	for out.Rounds < maxRounds && !out.Settled {
		// what a round cannot show stays as the last one had it, or a rule on
		// the edge would be learnt in every other round
		next, err := refit(out.Model, out.Model, version, []*trainer{e.round(out.Model)})
		if err != nil {
			return Learnt{}, err
		}
		out.Rounds++
		out.Settled = change(out.Model, next) < settledChange
		out.Model, out.Pairs = next, e.expected
	}
	return out, nil
}

// change returns the largest change of any m.
func change(a, b *Model) float64 {
	most := 0.0
	for f := range fields {
		for r := range rules {
			most = max(most, math.Abs(a.table[f][r].M-b.table[f][r].M))
		}
	}
	return most
}

// expecter holds the pairs to learn from, and how likely each is one of one
// person.
type expecter struct {
	searcher searcher
	facts    *facts
	records  []Labelled
	likely   []likelyPair
	random   [][2]int
	// all is the number of pairs that the likely ones were taken from.
	all float64
	// prior is the log2 odds that a pair of these is one of one person.
	prior    float64
	expected float64
}

type likelyPair struct {
	a, b  int
	share float64 // probability that it is one person
}

// newExpecter finds the pairs: what the index retrieves for each record, and a
// sample of all.
func newExpecter(m *Model, records []Labelled) *expecter {
	x := NewIndexWith(m)
	entries := make([]Entry, len(records))
	place := make(map[ID]int, len(records))
	for i, l := range records {
		entries[i] = Entry{ID: l.ID, Record: l.Record}
		place[l.ID] = i
	}
	x.Load(entries)
	n := float64(len(records))
	e := &expecter{facts: x.facts, records: records, prior: -math.Log2(n)}
	step := (len(records) + maxAsked - 1) / maxAsked
	least := 0.0
	for i := 0; i < len(records); i += step {
		for _, c := range x.Search(QueryOf(records[i].Record), Limits{Candidates: maxPartners, MinBits: &least}).Candidates {
			j := place[c.ID]
			if j == i || j < i && j%step == 0 {
				continue // itself, or a pair that was met from the other side
			}
			e.likely = append(e.likely, likelyPair{a: i, b: j})
		}
	}
	slices.SortFunc(e.likely, func(p, q likelyPair) int { return cmp.Or(cmp.Compare(p.a, q.a), cmp.Compare(p.b, q.b)) })
	asked := math.Ceil(n / float64(step))
	e.all = asked*(n-1) - asked*(asked-1)/2
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a sample, not a secret
	for range min(otherPairs, otherPairsShare*len(records)) {
		if i, j := rng.IntN(len(records)), rng.IntN(len(records)); i != j {
			e.random = append(e.random, [2]int{i, j})
		}
	}
	return e
}

// round weighs every pair under m and counts what it shows.
func (e *expecter) round(m *Model) *trainer {
	s := &e.searcher
	s.begin(e.facts, m)
	s.explain = false
	sizes := make([]float64, len(e.records)) // expected records of the same person, but for itself
	e.expected = 0
	for i := range e.likely {
		p := &e.likely[i]
		p.share = e.share(p.a, p.b)
		sizes[p.a] += p.share
		sizes[p.b] += p.share
		e.expected += p.share
	}
	t := &trainer{met: e.facts.letterChances()}
	s.explain = true
	for _, p := range e.likely {
		if p.share < 1e-3 {
			continue
		}
		s.pair(&e.records[p.a].Record, &e.records[p.b].Record)
		w := p.share * outvoted(max(sizes[p.a], sizes[p.b]))
		t.count(&s.scorer, true, w)
		if oneLone(&e.records[p.a].Record, &e.records[p.b].Record) {
			t.lone += w
		}
	}
	for _, p := range e.random {
		if other := 1 - e.share(p[0], p[1]); other > 0 {
			t.count(&s.scorer, false, other)
		}
	}
	share := min(max(e.expected/e.all, 1e-12), 0.5)
	e.prior = math.Log2(share / (1 - share))
	return t
}

// share returns how likely two records are of one person; the parts of the
// score stay behind.
func (e *expecter) share(a, b int) float64 {
	ra, rb := &e.records[a], &e.records[b]
	bits := e.searcher.pair(&ra.Record, &rb.Record)
	switch {
	case ra.Person == "" || rb.Person == "":
		return 1 / (1 + math.Exp2(-bits-e.prior))
	case ra.Person == rb.Person:
		return 1
	}
	return 0
}

// outvoted is the weight of a pair of a person who has others records besides
// one: no person counts for more than maxMatches pairs.
func outvoted(others float64) float64 {
	return min(1, maxMatches/max(others*(others+1)/2, 1))
}

// pair scores two records.
func (s *searcher) pair(a, b *Record) float64 {
	s.strange = s.strange[:0]
	s.ask(a)
	s.load(b)
	return s.score()
}
