package misuse

import "math"

// byChance is how likely chance alone brings n or more of something that comes so often on
// average, each independent of the others.
func byChance(n int, mean float64) float64 {
	if float64(n) <= mean {
		return 1
	}
	of, _ := math.Lgamma(float64(n) + 1)
	term := math.Exp(float64(n)*math.Log(mean) - mean - of)
	sum := 0.0
	for k := float64(n) + 1; term > sum*1e-9; k++ {
		sum += term
		term *= mean / k
	}
	return sum
}

// moreThanChance reports whether so much is rarer by chance than the rule bears. What one
// user meets in a hundred months happens to twenty of 2,000 users each month: so it is asked
// how many stretches of days must pass until chance brings it once.
func (j *judgement) moreThanChance(n int, mean float64) bool {
	return byChance(n, mean)*float64(j.t(tOnceIn)) < 1
}

// apart are searches of one actor of a group that nothing accounts for, and how often they
// met what is asked of the group: he is judged by the others.
type apart struct{ looks, met int }

// rate is how often so many searches met something, leaving out one actor's. Few searches
// say little: they are taken as if they were leastSearches.
func (own apart) rate(met, looks int64) float64 {
	return part(max(0, met-int64(own.met)), max(leastSearches, looks-int64(own.looks)))
}

// leastSearches is of how many searches a rate is reckoned at least.
const leastSearches = 20

// before are those of an actor's searches that he made before the day that is judged.
func (j *judgement) before(looks []look) []look {
	d := dayOf(j.at.Time)
	return where(looks, func(l *look) bool { return dayOf(l.time()) < d })
}
