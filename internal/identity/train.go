package identity

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
)

// trainer counts how often each rule holds for pairs of one person and of two.
type trainer struct {
	matched [fields][rules]float64
	// unmatched sums, over pairs of different people, 1 for a plain rule and
	// 1/frequency for one adjusted by frequency: its mean is U, or Spread.
	unmatched [fields][rules]float64
	// events counts the same pairs plainly.
	events [fields][rules]float64
	// near holds the frequencies, rare and common, of the near misses among
	// them, and the weight of the pair.
	near [fieldSurname + 1][rules][][3]float64
	// compared counts the pairs in which a field is there on both sides.
	comparedMatched, comparedOthers [fields]float64
	// lone counts the true pairs in which one name is a single word.
	lone float64
	// made counts the mistakes in pairs of one person, met those in pairs of
	// different people: with the weight of unmatched.
	made, met [mistakes]float64
}

const (
	// maxMatches bounds the true pairs taken of one person, or large persons
	// would outvote the rest.
	maxMatches = 20
	// maxRarity bounds, in bits, what one pair of different people adds to a
	// spread: a single pair that shares something unheard of would outweigh all
	// the others.
	maxRarity = 16
	// leastCompared is how many pairs of one person a set must compare before
	// its shares count.
	leastCompared = 400
	// pairs of different people that are sampled, at most and for each record
	otherPairs      = 300_000
	otherPairsShare = 40
)

// Fit learns weights from labelled sets, each of which counts the same. It
// starts from m, which decides how names are paired before the first weights
// are known, and takes over from it what the sets cannot show: a share of which
// fewer than twenty cases were seen, all identifiers that no set holds among
// them. Sampling is seeded: the same sets give the same
// weights.
func Fit(m *Model, version string, sets ...[]Labelled) (*Model, error) {
	start := m
	for range 3 {
		next, err := fitOnce(start, m, version, sets)
		if err != nil {
			return nil, err
		}
		m = next
	}
	return m, nil
}

func fitOnce(start, m *Model, version string, sets [][]Labelled) (*Model, error) {
	trainers := make([]*trainer, len(sets))
	for i, set := range sets {
		trainers[i] = train(m, set)
	}
	return refit(start, m, version, trainers)
}

// refit returns m with the weights that the trainers' counts bear out.
func refit(start, m *Model, version string, trainers []*trainer) (*Model, error) {
	next := *m
	next.Version = version
	next.Fields = map[string]map[string]weight{}
	for f := range fields {
		out := map[string]weight{}
		for r := range rules {
			if decided(f, r) {
				out[r.String()] = fitRule(start, f, r, trainers)
			}
		}
		next.Fields[f.String()] = out
	}
	next.Mistakes = fitMistakes(start, trainers)
	if err := next.compile(); err != nil {
		return nil, err
	}
	return &next, nil
}

// fitRule averages a rule over the sets that show it.
func fitRule(start *Model, f field, r rule, trainers []*trainer) weight {
	const enough = 20
	old := start.table[f][r]
	w := weight{M: old.M, U: old.U, Spread: old.Spread, Slip: old.Slip}
	base := f
	if f == fieldOrder {
		base = fieldGiven // order is noted only when it is out of the ordinary
	}
	var m, u float64
	var ms, us int
	shown := false
	for _, t := range trainers {
		of := t.comparedMatched[base]
		if r == ruleLone {
			of = t.lone
		}
		if of >= leastCompared {
			m += t.matched[f][r] / of
			ms++
		}
		shown = shown || t.matched[f][r] >= enough
		if t.events[f][r] >= enough {
			u += math.Log(t.unmatched[f][r] / t.comparedOthers[base])
			us++
		}
	}
	if ms > 0 && shown && (f != fieldBirth || !partial(r)) {
		w.M = round(m / float64(ms))
	}
	if slips(f, r) {
		w.Slip = fitSlip(w, start.table[f][ruleExact].M, f, r, trainers)
		return w
	}
	if us == 0 || f == fieldOrder || f == fieldBirth && partial(r) {
		return w
	}
	switch u = math.Exp(u / float64(us)); {
	case old.adjusted && r == ruleExact:
		// the frequency itself
	case old.adjusted:
		w.Spread = round(u)
	default:
		w.U = round(min(u, 1))
	}
	return w
}

// fitSlip finds the slip under which pairs of different people bear out M: the
// odds of a rule, averaged over such pairs, must come to its share among pairs
// of one person. Sets are averaged.
func fitSlip(w weight, exact float64, f field, r rule, trainers []*trainer) float64 {
	const enough = 20
	sum, n := 0.0, 0.0
	for _, t := range trainers {
		seen := t.near[f][r]
		if len(seen) < enough {
			continue
		}
		low, high := -30.0, 0.0 // log2
		for range 40 {
			slip := math.Exp2((low + high) / 2)
			mean := 0.0
			for _, s := range seen {
				mean += s[2] * min(slip/(s[0]+slip*s[1]), exact/2/s[1])
			}
			if mean/t.comparedOthers[f] < w.M {
				low = (low + high) / 2
			} else {
				high = (low + high) / 2
			}
		}
		sum += (low + high) / 2
		n++
	}
	if n == 0 {
		return w.Slip
	}
	return round(math.Exp2(sum / n))
}

// partial reports whether a rule is of dates that are not whole: their share
// is one of the partial dates, which the sets lack.
func partial(r rule) bool { return r == ruleYear || r == ruleYearMonth || r == ruleAbout }

// round keeps three significant digits.
func round(v float64) float64 {
	if v <= 0 {
		return 1e-9
	}
	p := math.Pow(10, 2-math.Floor(math.Log10(v)))
	return math.Round(v*p) / p
}

func train(m *Model, set []Labelled) *trainer {
	x := NewIndexWith(m)
	entries := make([]Entry, len(set))
	people := map[string][]int{}
	var order []string
	for i, l := range set {
		entries[i] = Entry{ID: l.ID, Record: l.Record}
		if people[l.Person] == nil {
			order = append(order, l.Person)
		}
		people[l.Person] = append(people[l.Person], i)
	}
	x.Load(entries)
	t := &trainer{met: x.facts.letterChances()}
	var s searcher
	s.begin(x.facts, m)
	s.explain = true
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a sample, not a secret
	compare := func(i, j int, match bool) {
		s.pair(&set[i].Record, &set[j].Record)
		t.count(&s.scorer, match, 1)
		if match && oneLone(&set[i].Record, &set[j].Record) {
			t.lone++
		}
	}
	for _, p := range order {
		places := people[p]
		var pairs [][2]int
		for i := range places {
			for j := range i {
				pairs = append(pairs, [2]int{places[j], places[i]})
			}
		}
		rng.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		for _, q := range pairs[:min(len(pairs), maxMatches)] {
			compare(q[0], q[1], true)
		}
	}
	for range min(otherPairs, otherPairsShare*len(set)) {
		i, j := rng.IntN(len(set)), rng.IntN(len(set))
		if set[i].Person != set[j].Person {
			compare(i, j, false)
		}
	}
	return t
}

// oneLone reports whether both records have a name and one of their first
// names is a single word.
func oneLone(a, b *Record) bool {
	lone := func(r *Record) bool { return len(r.names[0].given)+len(r.names[0].surname) == 1 }
	return len(a.names) > 0 && len(b.names) > 0 && (lone(a) || lone(b))
}

// count adds the parts of the last score, of a pair that counts weight times
// as one of one person (match) or of two.
func (t *trainer) count(s *scorer, match bool, weight float64) {
	var compared [fields]bool
	for _, p := range s.parts {
		first := !compared[p.field]
		compared[p.field] = true
		if match {
			t.matched[p.field][p.rule] += weight
			t.made[p.mistake] += weight
			if first {
				t.comparedMatched[p.field] += weight
			}
			continue
		}
		v := weight
		if s.model.table[p.field][p.rule].adjusted {
			v *= math.Exp2(min(-p.log, maxRarity))
		}
		t.unmatched[p.field][p.rule] += v
		if p.mistake >= firstDigit {
			t.met[p.mistake] += v
		}
		t.events[p.field][p.rule] += weight
		if slips(p.field, p.rule) && p.common > 0 {
			t.near[p.field][p.rule] = append(t.near[p.field][p.rule], [3]float64{p.rare, p.common, weight})
		}
		if first {
			t.comparedOthers[p.field] += weight
		}
	}
}

// Marshal returns the weights file of a model.
func (m *Model) Marshal() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	return append(b, '\n'), nil
}
