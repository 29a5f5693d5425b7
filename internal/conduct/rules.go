package conduct

import (
	"cmp"
	"slices"

	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/refdata"
)

// RulesVersion names the rules by which Summarise decides; it changes with them.
const RulesVersion = "2026-11-1"

// associatedBound is the number of associated victims from which on it is shown.
const associatedBound = 3

// Codes of the reference data that the rules name themselves.
const (
	standingReported  = "REPORTED"
	standingCancelled = "CANCELLED"
)

// Rules sums up conduct under one set of reference data. It is safe for concurrent use.
type Rules struct {
	data *refdata.Set
	// warnings are the codes of warnings, the gravest first.
	warnings []string
	// byBehaviour and byOffence hold sets of positions in warnings.
	byBehaviour [64]uint64
	byOffence   map[string]uint64
	// traits are what the prompts look at.
	traits traits
}

// NewRules prepares the rules for a set of reference data of at most 64 warnings.
func NewRules(data *refdata.Set) *Rules {
	r := &Rules{data: data, byOffence: map[string]uint64{}}
	at := map[string]uint64{}
	for i, w := range data.Warnings() {
		if i == 64 {
			break // the gravest 64
		}
		at[w.Code] = 1 << i
		r.warnings = append(r.warnings, w.Code)
	}
	for _, b := range data.Behaviours() {
		for _, w := range b.Warnings {
			r.byBehaviour[b.Ordinal] |= at[w]
		}
	}
	for _, o := range data.Offences() {
		for _, w := range o.Warnings {
			r.byOffence[o.Code] |= at[w]
		}
	}
	r.traits = newTraits(data)
	return r
}

// Behaviours returns the set of the given behaviour codes. Codes that the reference
// data do not know are returned and are not in the set.
func (r *Rules) Behaviours(codes ...string) (set Behaviours, unknown []string) {
	for _, c := range codes {
		if b, ok := r.data.Behaviour(c); ok {
			set |= 1 << b.Ordinal
		} else {
			unknown = append(unknown, c)
		}
	}
	return set, unknown
}

// Codes returns the codes of a set of behaviours, by ordinal.
func (r *Rules) Codes(set Behaviours) []string {
	var codes []string
	for _, b := range r.data.Behaviours() {
		if set&(1<<b.Ordinal) != 0 {
			codes = append(codes, b.Code)
		}
	}
	return codes
}

// Counts reports whether a course counts towards anything: its record is not
// cancelled, it did not end in acquittal or cancellation, its information is not
// suspected to be false, and it is no counter-allegation that no review has upheld.
func (r *Rules) Counts(c Course) bool {
	if a, ok := r.data.Assessment(c.Assessment); ok && !a.Counts {
		return false
	}
	return !c.Cancelled && !c.Countered && !c.Transferred && r.standing(c).Counts
}

func (r *Rules) standing(c Course) refdata.Standing {
	if s, ok := r.data.Standing(c.Standing); ok {
		return s
	}
	s, _ := r.data.Standing(standingReported)
	return s
}

// Summarise sums up a person's courses. Neither their order nor that of anything in
// them matters.
func (r *Rules) Summarise(courses []Course) Pattern {
	var p Pattern
	var all, confirmed, convicted, convictedConfirmed []Course
	for _, c := range courses {
		if c.Transferred {
			continue // it counts as the course that it is now
		}
		if !r.Counts(c) {
			p.Discounted++
			continue
		}
		proved := r.standing(c).Convicts
		all = append(all, c)
		if proved {
			convicted = append(convicted, c)
		}
		if !c.Unconfirmed {
			confirmed = append(confirmed, c)
			if proved {
				convictedConfirmed = append(convictedConfirmed, c)
			}
		}
	}
	p.Standings = r.standings(courses)
	p.Courses = len(all)
	p.period(all)
	p.Forces = forces(all)
	p.Warnings = r.warn(all)

	victims := group(all)
	p.Victims = victims.count
	p.Unresolved = victims.count.Max - victims.count.Min
	p.Associated = associated(all)

	// Without unconfirmed links the same groups are formed afresh, of fewer courses.
	sure := victims
	if len(confirmed) != len(all) {
		sure = group(confirmed)
	}
	p.Serial = finding(several(victims.count), several(sure.count))
	if len(convicted) >= 2 {
		p.SerialConvicted = finding(several(group(convicted).count), several(group(convictedConfirmed).count))
	}
	p.Repeat = finding(victims.repeat(), sure.repeat())
	p.CrossForce = finding(levelOf(len(p.Forces) >= 2), levelOf(len(forces(confirmed)) >= 2))
	return p
}

// finding gives the level on everything, and says whether it would be lower without
// unconfirmed links.
func finding(all, confirmed Level) Finding {
	return Finding{Level: all, Unconfirmed: confirmed < all}
}

func levelOf(holds bool) Level {
	if holds {
		return Yes
	}
	return No
}

func several(n Range) Level {
	switch {
	case n.Min >= 2:
		return Yes
	case n.Max >= 2:
		return Possible
	default:
		return No
	}
}

func (p *Pattern) period(courses []Course) {
	for _, c := range courses {
		p.Incidents += len(c.Incidents)
		for _, i := range c.Incidents {
			m := i.Day.Month()
			if m == NoMonth {
				continue
			}
			if p.First == NoMonth || m < p.First {
				p.First = m
			}
			p.Last = max(p.Last, m)
		}
	}
}

func forces(courses []Course) []string {
	var codes []string
	for _, c := range courses {
		codes = append(codes, c.Force)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func (r *Rules) standings(courses []Course) []StandingCount {
	n := map[string]int{}
	for _, c := range courses {
		switch {
		case c.Transferred:
		case c.Cancelled:
			n[standingCancelled]++
		default:
			n[r.standing(c).Code]++
		}
	}
	var counts []StandingCount
	for _, s := range r.data.Standings() {
		if n[s.Code] > 0 {
			counts = append(counts, StandingCount{s.Code, n[s.Code]})
		}
	}
	return counts
}

func (r *Rules) warn(courses []Course) []Warning {
	var shown, convicted, confirmed uint64
	for _, c := range courses {
		w := r.warningsOf(c)
		shown |= w
		if r.standing(c).Convicts {
			convicted |= w
		}
		if !c.Unconfirmed {
			confirmed |= w
		}
	}
	var out []Warning
	for i, code := range r.warnings {
		if bit := uint64(1) << i; shown&bit != 0 {
			out = append(out, Warning{Code: code, Convicted: convicted&bit != 0, Unconfirmed: confirmed&bit == 0})
		}
	}
	return out
}

func (r *Rules) warningsOf(c Course) uint64 {
	var w uint64
	for _, i := range c.Incidents {
		for ordinal, bits := range r.byBehaviour {
			if i.Behaviours&(1<<ordinal) != 0 {
				w |= bits
			}
		}
		for _, o := range i.Offences {
			w |= r.byOffence[o]
		}
	}
	return w
}

// associated counts the different associated victims at least there are.
func associated(courses []Course) Coarse {
	var people [][]victim.Token
	for _, c := range courses {
		people = append(people, c.Associated...)
	}
	n := countVictims(people, nil).count.Min
	if n > 0 && n < associatedBound {
		return Coarse{Count: associatedBound, Below: true}
	}
	return Coarse{Count: n}
}

// group counts the different principal victims of courses and keeps their incidents.
func group(courses []Course) victims {
	tokens := make([][]victim.Token, len(courses))
	incidents := make([]int, len(courses))
	for i, c := range courses {
		tokens[i], incidents[i] = c.Principal, len(c.Incidents)
	}
	v := countVictims(tokens, settlement(courses))
	v.incidents = make([]int, len(v.clusters))
	for k, members := range v.clusters {
		for _, m := range members {
			v.incidents[k] += incidents[m]
		}
	}
	return v
}

// repeat says whether two incidents hit the same victim: surely when they are of one
// cluster, possibly when two clusters may be one victim.
func (v victims) repeat() Level {
	for _, n := range v.incidents {
		if n >= 2 {
			return Yes
		}
	}
	for i := range v.clusters {
		for j := range i {
			if !v.differ[i][j] && v.incidents[i]+v.incidents[j] >= 2 {
				return Possible
			}
		}
	}
	return No
}

// compareTokens orders tokens for use as a canonical sort.
func compareTokens(a, b victim.Token) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Layer, b.Layer), slices.Compare(a.Sum[:], b.Sum[:]))
}
