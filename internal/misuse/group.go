package misuse

import "slices"

// group is what is kept of the actors of one role in one force.
type group struct {
	days []groupDay
	// What is reckoned once a day.
	reckoned day
	usual    int
	known    map[int]groupDay // the sums over so many days before
}

// groupDay is a day of a group: its searches, how many of them are unexplained, and
// how many each actor made.
type groupDay struct {
	day                day
	looks, unexplained int64
	registered         int64 // searches for somebody who was registered near them
	passed             int64 // of these, those that nothing accounts for
	staffed            int64 // searches for staff of the same force
	namesakes          int64 // searches by a rare name alone that staff bear
	sizes              map[who]int
}

// at finds a day, or begins it.
func (g *group) at(d day, horizon int) *groupDay {
	i := len(g.days)
	for i > 0 && g.days[i-1].day >= d {
		i--
	}
	if i == len(g.days) || g.days[i].day != d {
		g.days = slices.Insert(g.days, i, groupDay{day: d, sizes: map[who]int{}})
	}
	newest := g.days[len(g.days)-1].day
	for j := range g.days {
		if g.days[j].day < newest-usualDays {
			g.days[j].sizes = nil
		}
	}
	drop := 0
	for drop < i && g.days[drop].day <= newest-day(horizon) { //nolint:gosec // days are small
		drop++
	}
	g.days = append(g.days[:0], g.days[drop:]...)
	return &g.days[i-drop]
}

// on is a day that is kept; nil when it is not.
func (g *group) on(d day) *groupDay {
	for i := range g.days {
		if g.days[i].day == d {
			return &g.days[i]
		}
	}
	return nil
}

// look counts a search.
func (g *group) look(d day, horizon int, w who) {
	t := g.at(d, horizon)
	t.looks++
	if t.sizes != nil {
		t.sizes[w]++
	}
}

func (g *group) reckon(d day) {
	if g.reckoned == d && g.known != nil {
		return
	}
	g.reckoned, g.known = d, map[int]groupDay{}
	var all []int
	for i := range g.days {
		if g.days[i].day < d && g.days[i].day >= d-usualDays {
			for _, n := range g.days[i].sizes {
				all = append(all, n)
			}
		}
	}
	slices.Sort(all)
	g.usual = 0
	if len(all) > 0 {
		g.usual = all[len(all)/2]
	}
}

// median is how many searches somebody of the group usually makes in a day, of the
// days before.
func (g *group) median(d day) int {
	g.reckon(d)
	return g.usual
}

// unexplainedPart is which part of the group's searches nothing accounts for.
func (of groupDay) unexplainedPart() float64 { return part(of.unexplained, of.looks) }

// staffed is how often a search of the group is for staff of the same force, of the last
// days before a day.
func (g *group) staffed(d day, days int, own apart) float64 {
	of := g.before(d, days)
	return own.rate(of.staffed, of.looks)
}

// named is how often one is for a rare name that staff bear.
func (g *group) named(d day, days int, own apart) float64 {
	of := g.before(d, days)
	return own.rate(of.namesakes, of.looks)
}

// nearness is how often a search of the group is for somebody who is registered shortly
// before or after it, of the last days before a day.
func (g *group) nearness(d day, days int, own apart) float64 {
	of := g.before(d, days)
	return own.rate(of.registered, of.looks)
}

// passing is the same of the searches of the group that nothing accounts for.
func (g *group) passing(d day, days int, own apart) float64 {
	of := g.before(d, days)
	return own.rate(of.passed, of.unexplained)
}

func part(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// before is what the group did in the last days before a day; it is reckoned once a day.
func (g *group) before(d day, days int) groupDay {
	g.reckon(d)
	if sum, ok := g.known[days]; ok {
		return sum
	}
	sum := g.sum(d, days)
	g.known[days] = sum
	return sum
}

// sum is what the group did in the last days before a day.
func (g *group) sum(d day, days int) (sum groupDay) {
	for i := range g.days {
		if of := &g.days[i]; of.day < d && of.day > d-day(days) { //nolint:gosec // days are small
			sum.looks += of.looks
			sum.unexplained += of.unexplained
			sum.registered += of.registered
			sum.passed += of.passed
			sum.staffed += of.staffed
			sum.namesakes += of.namesakes
		}
	}
	return sum
}
