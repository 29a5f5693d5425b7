package conduct

import (
	"slices"
	"time"
)

// Bounds of the rules on breaches and visits.
const (
	breachWindow  = 28 * oneDay
	breachesInRow = 3
	visitWindow   = 7 * oneDay
	visitsInRow   = 4
	reportsInRow  = 6
	gravityRise   = 30
)

func breachRules() []rule {
	return []rule{
		{Rule{Code: "UNACTIONED_BREACH", Version: "1", Title: "Breach without action", Critical: true, Within: 30 * time.Minute,
			Says:   "A bail condition, order, licence or warning was broken and nobody arrested, charged, recalled him or brought him to court. No breach is of a lower level. A reason for doing nothing is recorded and closes nothing.",
			Source: sourceReview + "; Alice Ruggles Trust, 2018",
			Closes: []string{"ARRESTED", "CHARGED", "REMANDED", "BROUGHT_TO_COURT", "RECALLED"}, Acts: officerInCase, Tells: []string{spoc}}, (*reading).unactionedBreach},
		{Rule{Code: "BREACH_ESCALATION", Version: "1", Title: "Breach upon breach", Critical: true, Within: time.Hour,
			Says:   "Three breaches within 28 days: what restrains him does not. Apply for remand or a stronger measure, assess the risk afresh and renew the safety plan.",
			Source: sourceReview, Closes: []string{"REMANDED", "CHARGED", "MEASURE_APPLIED_FOR", "PLAN_MADE", "ASSESSED"},
			Acts: supervisor, Tells: []string{spoc}}, (*reading).breachEscalation},
		{Rule{Code: "ESCALATION", Version: "1", Title: "Escalation", Critical: true, Within: 4 * time.Hour,
			Says:   "The fourth visit in seven days, six reports in seven days, or a far graver act than before. Arrest, protect, assess afresh.",
			Source: "S-DASH (visits more than three times a week); " + sourceReview,
			Closes: []string{"ARRESTED", "CHARGED", "REMANDED", "RECALLED", "MEASURE_APPLIED_FOR", "PLAN_MADE"},
			Acts:   supervisor, Tells: []string{spoc}}, (*reading).escalation},
	}
}

func (e *reading) measure(id ID) *Measure {
	i, ok := slices.BinarySearchFunc(e.measures, id, func(m *Measure, id ID) int { return compareIDs(m.ID, id) })
	if !ok {
		return nil
	}
	return e.measures[i]
}

// breachForces are the forces that must act on a breach: that which recorded it and
// that of the measure.
func (e *reading) breachForces(b *Breach) []string {
	forces := []string{b.Force}
	if m := e.measure(b.Measure); m != nil && m.Force != b.Force {
		forces = append(forces, m.Force)
	}
	return forces
}

func (e *reading) breachCourse(b *Breach) ID {
	m := e.measure(b.Measure)
	if m == nil || len(m.Courses) == 0 {
		return ID{}
	}
	return slices.MinFunc(m.Courses, compareIDs)
}

func (e *reading) unactionedBreach() {
	for _, b := range e.breaches {
		if slices.ContainsFunc(b.Actions, func(a Action) bool { return e.traits.enforces[a.Code] }) {
			continue
		}
		p := Prompt{Key: b.ID.String(), Unconfirmed: b.Unconfirmed, Measure: b.Measure, Course: e.breachCourse(b),
			Reason: "A measure was broken and nobody has acted on the breach.", Since: latest(b.Reported, b.Loaded),
			Evidence: []Evidence{breachEvidence(b)}}
		if m := e.measure(b.Measure); m != nil {
			if kind, ok := e.data.Measure(m.Kind); ok {
				p.Reason = "Broken: " + lowerFirst(kind.Title) + ". What the breach allows: " + lowerFirst(kind.Says)
			}
			p.Evidence = append(p.Evidence, measureEvidence(m))
		}
		for _, f := range e.breachForces(b) {
			p.Force = f
			e.duty(p)
		}
	}
}

func (e *reading) breachEscalation() {
	for i, b := range e.breaches {
		from := i
		for from > 0 && b.Occurred.Sub(e.breaches[from-1].Occurred) <= breachWindow {
			from--
		}
		if i-from+1 < breachesInRow {
			continue
		}
		if e.answeredBreaches(b) {
			continue
		}
		p := Prompt{Key: b.Measure.String() + "/" + week(b.Occurred), Unconfirmed: b.Unconfirmed, Measure: b.Measure, Course: e.breachCourse(b),
			Reason: "Three or more breaches within 28 days, and nothing stronger has been done.", Since: latest(b.Reported, b.Loaded)}
		for _, had := range e.breaches[from : i+1] {
			p.Evidence = append(p.Evidence, breachEvidence(had))
		}
		for _, f := range e.breachForces(b) {
			p.Force = f
			e.duty(p)
		}
	}
}

// answeredBreaches says whether since a breach he was remanded or charged, a measure
// was imposed, the plan renewed or the risk assessed.
func (e *reading) answeredBreaches(b *Breach) bool {
	strong := func(a Action) bool {
		return (a.Code == "REMANDED" || a.Code == "CHARGED") && !a.Time.Before(b.Reported)
	}
	for _, o := range e.breaches {
		if slices.ContainsFunc(o.Actions, strong) {
			return true
		}
	}
	m := e.measure(b.Measure)
	for _, p := range e.parts {
		if m == nil || !e.protects(m, p) {
			continue
		}
		if e.assessedSince(p, b.Reported) || e.plannedSince(p, b.Reported) || e.measuredSince(p, b.Reported) {
			return true
		}
	}
	return false
}

func (e *reading) escalation() {
	for _, p := range e.parts {
		if !e.live(p) {
			continue
		}
		byTime := slices.Clone(p.reports)
		slices.SortStableFunc(byTime, func(a, b *report) int { return a.Occurred.Compare(b.Occurred) })
		for i, r := range byTime {
			var visits, all []*report
			var milder *report
			for j, o := range byTime[:i+1] {
				if r.Occurred.Sub(o.Occurred) <= visitWindow {
					all = append(all, o)
					if o.Behaviours&e.traits.visit != 0 {
						visits = append(visits, o)
					}
				}
				rise := e.traits.gravest(r.Behaviours) - e.traits.gravest(o.Behaviours)
				if milder == nil && j < i && r.Behaviours&e.traits.grave != 0 && rise >= gravityRise {
					milder = o
				}
			}
			prompt := Prompt{Key: p.id().String() + "/" + week(r.Occurred), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(), Since: r.start}
			switch {
			case r.Behaviours&e.traits.visit != 0 && len(visits) >= visitsInRow:
				prompt.Reason, prompt.Evidence = "He came four times or more within seven days.", evidenceOf(visits)
			case len(all) >= reportsInRow:
				prompt.Reason, prompt.Evidence = "Six or more reports within seven days.", evidenceOf(all)
			case milder != nil:
				prompt.Reason, prompt.Evidence = "What he does has become far graver.", evidenceOf([]*report{milder, r})
			default:
				continue
			}
			if !e.forced(p, r.Reported) {
				e.duty(prompt)
			}
		}
	}
}

// forced says whether, since a moment, he was taken, a measure was imposed or a plan
// was made for the victim.
func (e *reading) forced(p *part, since time.Time) bool {
	taken := func(a Action) bool {
		switch a.Code {
		case "ARRESTED", "CHARGED", "REMANDED", "RECALLED", "MEASURE_APPLIED_FOR":
			return !a.Time.Before(since)
		}
		return false
	}
	return e.acted(p, taken) || e.measuredSince(p, since) || e.plannedSince(p, since) || e.chargedSince(p, since)
}

// acted says whether an action on a matter or report of the part, or on a breach of
// what protects its victim, is such.
func (e *reading) acted(p *part, such func(Action) bool) bool {
	for _, m := range p.matters {
		if slices.ContainsFunc(m.Actions, such) {
			return true
		}
	}
	for _, r := range p.reports {
		if slices.ContainsFunc(r.Actions, such) {
			return true
		}
	}
	for _, b := range e.breaches {
		if m := e.measure(b.Measure); m != nil && e.protects(m, p) && slices.ContainsFunc(b.Actions, such) {
			return true
		}
	}
	return false
}

func (e *reading) chargedSince(p *part, since time.Time) bool {
	for _, m := range p.matters {
		for _, s := range m.Standings {
			if (s.Standing == "CHARGED" || s.Standing == "CONVICTED") && !s.Since.Before(since) {
				return true
			}
		}
	}
	return false
}
