package conduct

import (
	"slices"

	"github.com/perpetrator-register/register/internal/conduct/victim"
)

// maxCompared bounds the different victims that are compared pair by pair; more, of
// one person, are broken data. Those beyond it count as unresolved.
const maxCompared = 200

// victims is how many different people a list of victims stands for.
type victims struct {
	count Range
	// clusters are those who are surely one, as positions in the list.
	clusters [][]int
	// differ says of two clusters that they are surely two.
	differ [][]bool
	// incidents is the number of incidents of each cluster.
	incidents []int
}

// countVictims compares every two victims. Those who are surely the same form one
// cluster. At most each cluster is a victim of her own, and one whose members
// contradict each other is two. At least there are as many as the largest set of
// clusters that all surely differ from each other.
//
// settled, if not nil, gives the verdict on two of the list that the forces have
// settled; it stands instead of the comparison.
func countVictims(people [][]victim.Token, settled func(i, j int) (victim.Verdict, bool)) victims {
	switch len(people) {
	case 0:
		return victims{}
	case 1: // by far the most people have one course
		return victims{count: Range{1, 1}, clusters: [][]int{{0}}, differ: [][]bool{{false}}}
	}
	distinct, members := canonical(people, settled != nil)
	n := min(len(distinct), maxCompared)
	verdict := make([][]victim.Verdict, n)
	for i := range n {
		verdict[i] = make([]victim.Verdict, n)
		for j := range i {
			v, _ := victim.Compare(distinct[i], distinct[j])
			if settled != nil {
				if said, ok := settled(members[i][0], members[j][0]); ok {
					v = said
				}
			}
			verdict[i][j], verdict[j][i] = v, v
		}
	}
	var v victims
	groups := components(verdict)
	for i := n; i < len(distinct); i++ {
		groups = append(groups, []int{i})
	}
	contradicted := 0
	v.differ = make([][]bool, len(groups))
	for i, a := range groups {
		v.differ[i] = make([]bool, len(groups))
		for j := range i {
			d := anyDiffer(verdict, a, groups[j])
			v.differ[i][j], v.differ[j][i] = d, d
		}
		if anyDiffer(verdict, a, a) {
			contradicted++
		}
		var positions []int
		for _, d := range a {
			positions = append(positions, members[d]...)
		}
		v.clusters = append(v.clusters, positions)
	}
	v.count = Range{Min: largestClique(v.differ), Max: len(groups) + contradicted}
	return v
}

// canonical sorts victims by their tokens and joins those with equal ones, so that no
// result depends on the order of courses; members are positions in people. A victim
// of whom nothing is known is equal to nobody. With apart set, none are joined.
func canonical(people [][]victim.Token, apart bool) (distinct [][]victim.Token, members [][]int) {
	type entry struct {
		tokens []victim.Token
		at     int
	}
	entries := make([]entry, len(people))
	for i, p := range people {
		if !slices.IsSortedFunc(p, compareTokens) {
			p = slices.Clone(p)
			slices.SortFunc(p, compareTokens)
		}
		entries[i] = entry{p, i}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return slices.CompareFunc(a.tokens, b.tokens, compareTokens) })
	for _, e := range entries {
		last := len(distinct) - 1
		if !apart && last >= 0 && len(e.tokens) > 0 && slices.Equal(distinct[last], e.tokens) && identifies(e.tokens) {
			members[last] = append(members[last], e.at)
			continue
		}
		distinct = append(distinct, e.tokens)
		members = append(members, []int{e.at})
	}
	return distinct, members
}

// identifies reports whether a victim with these tokens is surely the same as another
// with the very same ones.
func identifies(tokens []victim.Token) bool {
	v, _ := victim.Compare(tokens, tokens)
	return v == victim.Same
}

// components groups those that are connected by sure sameness.
func components(verdict [][]victim.Verdict) [][]int {
	var groups [][]int
	seen := make([]bool, len(verdict))
	for i := range verdict {
		if seen[i] {
			continue
		}
		seen[i] = true
		group := []int{i}
		for k := 0; k < len(group); k++ {
			for j, v := range verdict[group[k]] {
				if v == victim.Same && !seen[j] {
					seen[j] = true
					group = append(group, j)
				}
			}
		}
		groups = append(groups, group)
	}
	return groups
}

func anyDiffer(verdict [][]victim.Verdict, a, b []int) bool {
	for _, i := range a {
		for _, j := range b {
			if i < len(verdict) && j < len(verdict) && verdict[i][j] == victim.Different {
				return true
			}
		}
	}
	return false
}

// maxSteps bounds the search for the largest clique; what it has found by then is
// still a true lower bound.
const maxSteps = 20_000

// largestClique returns the size of the largest set of which every two differ, by
// branch and bound: candidates are coloured greedily, and as those of one colour
// never all differ, a set cannot grow by more than the number of colours left.
func largestClique(differ [][]bool) int {
	best, steps := 0, 0
	var grow func(size int, candidates []int)
	grow = func(size int, candidates []int) {
		best = max(best, size)
		if steps++; steps > maxSteps {
			return
		}
		order, colours := colour(differ, candidates)
		for k := len(order) - 1; k >= 0 && size+colours[k] > best; k-- {
			var next []int
			for _, c := range order[:k] {
				if differ[order[k]][c] {
					next = append(next, c)
				}
			}
			grow(size+1, next)
		}
	}
	all := make([]int, len(differ))
	for i := range all {
		all[i] = i
	}
	grow(0, all)
	return best
}

// colour gives each candidate the first colour none of whose bearers differs from it,
// and returns them in order of colour, with colours counted from 1.
func colour(differ [][]bool, candidates []int) (order, colours []int) {
	var classes [][]int
	for _, c := range candidates {
		k := slices.IndexFunc(classes, func(class []int) bool {
			return !slices.ContainsFunc(class, func(o int) bool { return differ[c][o] })
		})
		if k < 0 {
			k = len(classes)
			classes = append(classes, nil)
		}
		classes[k] = append(classes[k], c)
	}
	for k, class := range classes {
		for _, c := range class {
			order = append(order, c)
			colours = append(colours, k+1)
		}
	}
	return order, colours
}
