package service

import (
	"cmp"
	"math"
	"slices"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/view"
)

// person is a candidate in the making: the nominals that are linked as one human
// being.
type person struct {
	members []member
	// links are the links that tie the members together.
	links []identity.Bond
	// unconfirmed says that at least one of them nobody has confirmed.
	unconfirmed bool
}

type member struct {
	found     identity.Candidate // empty if the criteria alone did not find it
	nominal   *view.Nominal
	open      bool // may be shown to the caller
	confirmed bool // confirmed links tie it to the best match
}

// best is the best matching nominal that may be shown, or nil. One that links
// alone bring in does not count: what was asked did not match it.
func (p *person) best() *member {
	for i := range p.members {
		if m := &p.members[i]; m.open && m.found.ID == m.nominal.ID {
			return &p.members[i]
		}
	}
	return nil
}

// people forms persons from the nominals found, best first: each with all the
// nominals linked to it, whether the criteria found them or not. Asked for by a
// telephone number that one force knows, he is shown with what the other forces
// know of him. No more than are shown are formed; more says that there would be
// others.
func (s *Searches) people(force string, found []identity.Candidate) (people []*person, more bool) {
	taken := make([]identity.ID, 0, len(found))
	for _, f := range found {
		n, ok := s.View.Nominal(f.ID)
		if !ok || n.Silent() || slices.Contains(taken, f.ID) {
			continue // withdrawn or silenced since the index was read, or with another person
		}
		if len(people) == maxCandidates {
			return people, true
		}
		linked := s.View.Person(f.ID)
		p := &person{links: linked.Joined, unconfirmed: len(linked.Confirmed) < len(linked.Members)}
		for _, id := range linked.Members {
			n, ok := s.View.Nominal(id)
			if !ok || n.Silent() || slices.Contains(taken, id) {
				continue
			}
			taken = append(taken, id)
			m := member{nominal: n, confirmed: linked.Confirmed[id]}
			m.open = n.Restriction == registerv1.Restriction_RESTRICTION_UNSPECIFIED || n.Force == force
			if i := slices.IndexFunc(found, func(f identity.Candidate) bool { return f.ID == id }); i >= 0 {
				m.found = found[i]
			}
			p.members = append(p.members, m)
		}
		// The best match first, then the others found, then those that links alone bring.
		slices.SortStableFunc(p.members, func(a, b member) int { return cmp.Compare(b.found.Bits, a.found.Bits) })
		people = append(people, p)
	}
	return people, false
}

// candidate is what the first step shows of a person.
func (d *Deps) candidate(p *person) *registerv1.Candidate {
	out := &registerv1.Candidate{Unconfirmed: p.unconfirmed}
	if best := p.best(); best != nil {
		out.DisplayName = best.nominal.Name
		out.BirthDate = best.nominal.Birth
		out.Bits = round(best.found.Bits, 2)
		out.Prior = round(best.found.Prior, 2)
		out.Keys = best.found.Keys
		out.Probability = round(best.found.Probability, 6)
		out.Strength = d.strength(best.found.Scored)
		for _, t := range best.found.Terms {
			out.Terms = append(out.Terms, matchTerm(t))
		}
	}
	var courses []conduct.Course
	warnings := map[string]bool{}
	perForce := map[string]int32{}
	for _, m := range p.members {
		perForce[m.nominal.Force]++
		own := d.View.Courses(m.nominal.ID)
		switch {
		case m.open:
			for _, course := range own {
				entry := *course
				entry.Unconfirmed = !m.confirmed
				courses = append(courses, entry)
			}
			for _, w := range m.nominal.Warnings {
				warnings[w] = true
			}
		case m.nominal.Restriction == registerv1.Restriction_RESTRICTION_SAFETY:
			out.AskOwner = true
			d.safetyWarnings(m.nominal, own, warnings)
		default:
			out.AskOwner = true
		}
	}
	summary := d.Rules.Summarise(courses)
	for _, w := range summary.Warnings {
		warnings[w.Code] = true
	}
	if len(courses) > 0 {
		out.Pattern = pattern(summary)
	}
	out.Warnings = d.ordered(warnings)
	for _, force := range sortedKeys(perForce) {
		out.Records = append(out.Records, &registerv1.ForceRecords{Force: "forces/" + force, Nominals: perForce[force]})
		out.Contacts = append(out.Contacts, d.contact(force))
	}
	return out
}

// strength is how strong the evidence is, in words.
func (d *Deps) strength(s identity.Scored) registerv1.MatchStrength {
	if s.Prior+s.Bits >= d.View.Index().Thresholds().Join {
		return registerv1.MatchStrength_MATCH_STRENGTH_STRONG
	}
	return registerv1.MatchStrength_MATCH_STRENGTH_POSSIBLE
}

func matchTerm(t identity.Term) *registerv1.MatchTerm {
	return &registerv1.MatchTerm{
		Field: t.Field, QueryValue: t.Query, RecordValue: t.Record, Rule: t.Rule, Bits: round(t.Bits, 2), Frequency: round(t.Frequency, 7),
	}
}

// round keeps as many decimals as say something.
func round(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}

// safetyGravity is the gravity of VIOLENCE: warnings at least as grave are of
// weapons and violence.
const safetyGravity = 70

// safetyWarnings adds the warnings of weapons and violence alone.
func (d *Deps) safetyWarnings(n *view.Nominal, courses []*conduct.Course, into map[string]bool) {
	all := slices.Clone(n.Warnings)
	for _, course := range courses {
		for _, w := range d.Rules.Summarise([]conduct.Course{*course}).Warnings {
			all = append(all, w.Code)
		}
	}
	for _, code := range all {
		if w, ok := d.Ref.Warning(code); ok && w.Gravity >= safetyGravity {
			into[code] = true
		}
	}
}

// ordered lists warning codes, the gravest first, unknown codes last.
func (d *Deps) ordered(codes map[string]bool) []string {
	out := sortedKeys(codes)
	gravity := func(code string) int {
		w, _ := d.Ref.Warning(code)
		return w.Gravity
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(gravity(b), gravity(a)) })
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func pattern(p conduct.Pattern) *registerv1.Pattern {
	out := &registerv1.Pattern{
		VictimsMin:        Count(p.Victims.Min),
		VictimsMax:        Count(p.Victims.Max),
		VictimsUnresolved: Count(p.Unresolved),
		AssociatedVictims: p.Associated.String(),
		Courses:           Count(p.Courses),
		Incidents:         Count(p.Incidents),
		FirstMonth:        p.First.String(),
		LastMonth:         p.Last.String(),
		Repeat:            p.Repeat.Level == conduct.Yes,
	}
	for _, f := range p.Forces {
		out.Forces = append(out.Forces, "forces/"+f)
	}
	for _, c := range p.Standings {
		out.Standings = append(out.Standings, &registerv1.StandingCount{
			Standing: registerv1.Standing(registerv1.Standing_value["STANDING_"+c.Standing]), Courses: Count(c.Courses),
		})
	}
	switch {
	case p.SerialConvicted.Level == conduct.Yes:
		out.Serial = registerv1.SerialTier_SERIAL_TIER_CONVICTED
	case p.Serial.Level == conduct.Yes:
		out.Serial = registerv1.SerialTier_SERIAL_TIER_ALLEGED
	}
	return out
}

// Count is a number as messages hold it; what is too large is 2^30.
func Count(n int) int32 { return int32(min(n, 1<<30)) } //nolint:gosec // bounded just here

// contact is whom to ask in a force.
func (d *Deps) contact(force string) *registerv1.ForceContact {
	if c := d.View.Contact(force); c != nil {
		return c
	}
	return &registerv1.ForceContact{
		Force: "forces/" + force, Team: d.forceTitle(force) + ": stalking single point of contact",
		Hours: "no contact is on the directory yet: ask the force control room",
	}
}

// forceTitle is a force's name, or its code if it is not in the directory.
func (d *Deps) forceTitle(code string) string {
	if f, ok := d.Ref.Force(code); ok {
		return f.Name
	}
	return code
}
