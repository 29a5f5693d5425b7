package conduct

import (
	"slices"
	"time"
)

// live says whether there is work on a part: a matter of it is neither decided by a
// court nor safely closed, or was reported again since.
func (e *reading) live(p *part) bool {
	return slices.ContainsFunc(p.matters, func(m *matter) bool {
		settled := m.decided
		if !m.closed.IsZero() && len(e.closingFaults(m)) == 0 {
			settled = m.closed
		}
		return settled.IsZero() || (len(m.reports) > 0 && m.reports[len(m.reports)-1].Reported.After(settled))
	})
}

// assessment is the newest assessment of a part's victim, nil when there is none.
func (e *reading) assessment(p *part) *Assessment {
	for _, a := range slices.Backward(e.assessments) {
		if p.holds(a.Course) {
			return a
		}
	}
	return nil
}

func (e *reading) assessedSince(p *part, since time.Time) bool {
	a := e.assessment(p)
	return a != nil && !a.Time.Before(since)
}

// plan is the newest safety plan with actions for a part's victim, nil when none is.
func (e *reading) plan(p *part) *Plan {
	for _, x := range slices.Backward(e.plans) {
		if p.holds(x.Course) && len(x.Actions) > 0 {
			return x
		}
	}
	return nil
}

func (e *reading) plannedSince(p *part, since time.Time) bool {
	x := e.plan(p)
	return x != nil && !x.Made.Before(since)
}

// String names the grade.
func (g Grade) String() string {
	switch g {
	case Standard:
		return "standard"
	case Medium:
		return "medium"
	case High:
		return "high"
	case GradeNone:
	}
	return "not graded"
}

// indicated is the least grade that the answers and what was reported when the
// assessment was made indicate, with what indicates it.
func (e *reading) indicated(p *part, a *Assessment) (grade Grade, why string, evidence []Evidence) {
	grave, asked := 0, e.data.Questionnaires(a.Wording)
	yes := slices.Compact(slices.Sorted(slices.Values(a.Yes)))
	for _, code := range yes {
		if q, ok := asked.Question(code); ok && q.Grave {
			grave++
		}
	}
	tool, _ := asked.Tool(a.Tool)
	switch reached := func(bound int) bool { return bound > 0 && len(yes) >= bound }; {
	case reached(tool.HighAt) || grave >= 2:
		grade = High
	case reached(tool.MediumAt) || grave == 1:
		grade = Medium
	}
	why = "the answers"
	facts := GradeNone
	for _, r := range p.reports {
		if r.Reported.After(a.Time) {
			continue
		}
		four := r.matter.Four.Fixated && r.matter.Four.Obsessive && r.matter.Four.Unwanted && r.matter.Four.Repeated
		switch {
		case r.Behaviours&e.traits.deadly != 0 || (e.traits.isGrave(r.Report) && four):
			facts, evidence = High, append(evidence, r.evidence())
		case e.traits.isGrave(r.Report):
			facts, evidence = max(facts, Medium), append(evidence, r.evidence())
		}
	}
	for _, b := range e.breaches {
		if m := e.measure(b.Measure); m != nil && !b.Reported.After(a.Time) && e.protects(m, p) {
			facts, evidence = max(facts, Medium), append(evidence, breachEvidence(b))
		}
	}
	if facts > grade {
		grade, why = facts, "the recorded facts"
	}
	return grade, why, evidence
}

// gradedAt is since when the grade that stands has stood.
func (a *Assessment) gradedAt() time.Time {
	at, grade := a.Time, a.Grade
	for _, r := range a.Regrades {
		if r.Grade != grade && !r.Time.Before(at) {
			at, grade = r.Time, r.Grade
		}
	}
	return at
}

// breachRun is when the third breach within the window of what protects a part's
// victim was known, with the breaches.
func (e *reading) breachRun(p *part) (time.Time, []Evidence) {
	var mine []*Breach
	for _, b := range e.breaches {
		if m := e.measure(b.Measure); m != nil && e.protects(m, p) {
			mine = append(mine, b)
		}
	}
	for i := breachesInRow - 1; i < len(mine); i++ {
		if mine[i].Occurred.Sub(mine[i-breachesInRow+1].Occurred) <= breachWindow {
			var at time.Time
			var evidence []Evidence
			for _, b := range mine[i-breachesInRow+1 : i+1] {
				at = latest(at, latest(b.Reported, b.Loaded))
				evidence = append(evidence, breachEvidence(b))
			}
			return at, evidence
		}
	}
	return time.Time{}, nil
}

// withdrawal is when the victim of a part first withdrew, with the evidence.
func (e *reading) withdrawal(p *part) (time.Time, []Evidence) {
	var at time.Time
	var evidence []Evidence
	note := func(t time.Time, ev Evidence) {
		evidence = append(evidence, ev)
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	for _, m := range p.matters {
		for _, s := range m.Statements {
			if e.traits.withdraws[s.Code] {
				note(s.Time, Evidence{Kind: "statement", Record: m.ID, Item: s.Code, Force: m.Force, Time: s.Time})
			}
		}
		for _, s := range m.Standings {
			if s.Standing == "VICTIM_DOES_NOT_SUPPORT" {
				note(s.Since, m.evidence(s.Since))
			}
		}
		if m.Standing == "VICTIM_DOES_NOT_SUPPORT" && len(m.Standings) == 0 {
			note(m.closed, m.evidence(m.closed))
		}
	}
	return at, evidence
}

// taken says whether he was arrested or charged since a moment.
func (e *reading) taken(p *part, since time.Time) bool {
	return e.chargedSince(p, since) || e.acted(p, func(a Action) bool {
		switch a.Code {
		case "ARRESTED", "CHARGED", "REMANDED", "RECALLED":
			return !a.Time.Before(since)
		}
		return false
	})
}
