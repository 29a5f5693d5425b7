package identity

import (
	"cmp"
	"math"
	"slices"
)

// FitThresholds sets the join and propose thresholds from labelled sets: join
// is the least number of bits over which at most one pair in two thousand is
// of two people in every set, both as it stands and with nothing but names and
// dates of birth, the least that linking has to go by; propose is the one that
// serves the persons of all sets best (the mean F1 over all pairs); break is
// half way between the two.
func FitThresholds(m *Model, sets ...[]Labelled) (*Model, error) {
	next := *m
	next.Thresholds.Join, next.Thresholds.Propose = math.Inf(1), -20
	join := math.Inf(-1)
	f1 := map[float64]float64{}
	for _, set := range sets {
		pairs := matchPairs(&next, set)
		join = max(join, precise(pairs, set), precise(matchPairs(&next, bare(set)), set))
		truth := truePairs(set)
		for at := -12.0; at <= 16; at += 0.5 {
			n := 0
			for n < len(pairs) && pairs[n].bits >= at {
				n++
			}
			found, correct := clusterPairs(set, cluster(len(set), pairs[:n]))
			p, r := ratio(correct, found), ratio(correct, truth)
			if p+r > 0 {
				f1[at] += 2 * p * r / (p + r)
			}
		}
	}
	best := math.Inf(-1)
	for at := -12.0; at <= 16; at += 0.5 {
		if f1[at] > best {
			best, next.Thresholds.Propose = f1[at], at
		}
	}
	next.Thresholds.Join = max(math.Floor(join*2)/2+0.5, next.Thresholds.Propose)
	next.Thresholds.Break = next.Thresholds.middle()
	if err := next.compile(); err != nil {
		return nil, err
	}
	return &next, nil
}

// strongest puts the strongest pairs first.
func strongest(pairs []pair) {
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(b.bits, a.bits) })
}

// bare leaves names and dates of birth alone.
func bare(set []Labelled) []Labelled {
	out := slices.Clone(set)
	for i := range out {
		out[i].Record = Record{names: out[i].Record.names, births: out[i].Record.births}
	}
	return out
}

// precise returns the bits above which at most one pair in two thousand is
// wrong, of those that no guard holds.
func precise(pairs []pair, set []Labelled) float64 {
	strongest(pairs)
	wrong, linked, above := 0, 0, math.Inf(1)
	for _, p := range pairs {
		if p.guarded {
			continue
		}
		if wrong*2000 <= linked {
			above = p.bits // it could be left out, and all before it taken
		}
		linked++
		if set[p.a].Person != set[p.b].Person {
			wrong++
		}
	}
	if wrong*2000 <= linked {
		return math.Inf(-1)
	}
	return above
}
