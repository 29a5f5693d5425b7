package misuse

import "slices"

// group is what is kept of the actors of one role in one force.
type group struct {
	days []groupDay
	// What is reckoned once a day.
	reckoned day
	usual    int
	rates    map[int]float64
	nears    map[int]float64
}

// groupDay is a day of a group: its searches, how many of them are unexplained, and
// how many each actor made.
type groupDay struct {
	day                day
	looks, unexplained int64
	registered         int64 // of the searches, those for somebody registered shortly before
	sizes              map[string]int
}

// at finds a day, or begins it.
func (g *group) at(d day, horizon int) *groupDay {
	i := len(g.days)
	for i > 0 && g.days[i-1].day >= d {
		i--
	}
	if i == len(g.days) || g.days[i].day != d {
		g.days = slices.Insert(g.days, i, groupDay{day: d, sizes: map[string]int{}})
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

// look counts a search.
func (g *group) look(d day, horizon int, who string) {
	t := g.at(d, horizon)
	t.looks++
	if t.sizes != nil {
		t.sizes[who]++
	}
}

func (g *group) reckon(d day) {
	if g.reckoned == d && g.rates != nil {
		return
	}
	g.reckoned, g.rates, g.nears = d, map[int]float64{}, map[int]float64{}
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

// rate is which part of the group's searches is unexplained, of the last days before
// a day.
func (g *group) rate(d day, days int) float64 {
	g.reckon(d)
	return g.part(g.rates, d, days, func(of *groupDay) int64 { return of.unexplained })
}

// nearness is how many registrations come near one of the group's searches, shortly before
// or after it, of the last days before a day: as many after as before.
func (g *group) nearness(d day, days int) float64 {
	g.reckon(d)
	return 2 * g.part(g.nears, d, days, func(of *groupDay) int64 { return of.registered })
}

// part is which part of the group's searches something counts, of the last days before a
// day; it is reckoned once a day.
func (g *group) part(known map[int]float64, d day, days int, count func(*groupDay) int64) float64 {
	if r, ok := known[days]; ok {
		return r
	}
	var looks, counted int64
	for i := range g.days {
		if g.days[i].day < d && g.days[i].day > d-day(days) { //nolint:gosec // days are small
			looks += g.days[i].looks
			counted += count(&g.days[i])
		}
	}
	r := 0.0
	if looks > 0 {
		r = float64(counted) / float64(looks)
	}
	known[days] = r
	return r
}
