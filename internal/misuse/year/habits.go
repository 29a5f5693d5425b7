package year

// Habits are the ways in which the honest of a force work. The rules are judged on both
// kinds, so that they do not learn one force's.
type Habits string

// The kinds of force.
const (
	// Steady is a force of even days: each looks up the people of his own cases, slips
	// as often as the next, and the force tells of its work the same evening.
	Steady Habits = "steady"
	// Busy is a force of peaks: weekends and bank holidays, night shifts and live
	// incidents in its control room, caseloads that a team shares, officers who move,
	// a unit that reviews the highest ranked, questions of other forces, some who slip
	// far more often than others, and work that is told of late.
	Busy Habits = "busy"
)

// chances are how often the honest do what the rules may take for misuse, a search or
// a shift; set by judgement.
type chances struct {
	forgets      float64 // no reference given
	mistypes     float64 // a wrong one
	helps        float64 // searches under the case of anybody in the force
	noReference  float64 // threat to life, no time for a reference
	lateTold     float64 // incidents told of only later
	overtime     float64 // shifts that last longer
	swaps        float64 // days off worked without the roster knowing
	incidentDays int     // how long an incident lasts at least
}

var usual = map[Habits]chances{
	Steady: {forgets: 0.004, mistypes: 0.008, helps: 0.03, noReference: 0.004, lateTold: 0.1, overtime: 0.06, swaps: 0.01, incidentDays: 1},
	Busy:   {forgets: 0.004, mistypes: 0.008, helps: 0.02, noReference: 0.008, lateTold: 0.25, overtime: 0.15, swaps: 0.02, incidentDays: 3},
}

// careless is how unequally the busy slip: the deviation of the logarithm.
const careless = 0.6
