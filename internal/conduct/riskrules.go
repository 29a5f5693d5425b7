package conduct

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Graces of the rules on risk.
const (
	assessWithin   = oneDay
	reassessWithin = 2 * time.Hour
	planWithin     = oneDay
)

func riskRules() []rule {
	return []rule{
		{Rule{Code: "NO_ASSESSMENT", Version: "1", Title: "Risk not assessed", Critical: true, Within: oneDay,
			Says:   "A day after the first report the risk has not been assessed by any tool, whatever the relationship; at once when the matter was closed without.",
			Source: sourceReview, Closes: []string{"ASSESSED"}, Acts: officerInCase, Tells: []string{spoc}}, (*reading).noAssessment},
		{Rule{Code: "NO_REASSESSMENT", Version: "1", Title: "Assessment out of date", Critical: true, Within: oneDay,
			Says:   "There is a new report or breach since the risk was last assessed.",
			Source: sourceReview, Closes: []string{"ASSESSED"}, Acts: officerInCase, Tells: []string{supervisor}}, (*reading).noReassessment},
		{Rule{Code: "GRADE_BELOW_INDICATORS", Version: "1", Title: "Grade below the indicators", Critical: true, Within: oneDay,
			Says:   "The grade is lower than the answers and the recorded facts indicate. No violence in this incident is no ground for a low grade. A supervisor grades again or confirms it with a reason.",
			Source: sourceReview, Closes: []string{"REGRADED", "ASSESSED"}, Acts: supervisor, Tells: []string{officerInCase}}, (*reading).gradeBelowIndicators},
		{Rule{Code: "NO_PLAN", Version: "1", Title: "No safety plan", Critical: true, Within: oneDay,
			Says:   "The risk is high, or he broke measures three times within 28 days, and there is no safety plan with actions.",
			Source: sourceReview, Closes: []string{"PLAN_MADE"}, Acts: officerInCase, Tells: []string{supervisor, spoc}}, (*reading).noPlan},
		{Rule{Code: "PLAN_OVERDUE", Version: "1", Title: "Action of the safety plan overdue",
			Says:   "An action of the safety plan was due and is not done.",
			Source: sourceRegister, Closes: []string{"PLAN_ACTION_DONE", "PLAN_MADE"}, Acts: officerInCase, Tells: []string{supervisor}}, (*reading).planOverdue},
		{Rule{Code: "WITHDRAWAL_RISK", Version: "1", Title: "Withdrawal", Critical: true, Within: time.Hour,
			Says:   "She withdrew, or does not support action: a fact about risk that hides and closes nothing. When she reports again, hear her alone and assess the risk before any decision not to arrest.",
			Source: sourceReview, Closes: []string{"ARRESTED", "CHARGED", "ASSESSED"}, Acts: officerInCase, Tells: []string{supervisor}}, (*reading).withdrawalRisk},
	}
}

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

func (e *reading) noAssessment() {
	for _, p := range e.parts {
		if len(p.reports) == 0 || !e.live(p) || e.assessment(p) != nil {
			continue
		}
		since := p.reports[0].start.Add(assessWithin)
		for _, m := range p.matters {
			if !m.closed.IsZero() && m.start(m.closed).Before(since) {
				since = m.start(m.closed)
			}
		}
		if e.passed(since) {
			e.duty(Prompt{Key: p.id().String(), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(), Since: since,
				Reason: "The risk to the victim has not been assessed.", Evidence: evidenceOf(p.reports)})
		}
	}
}

func (e *reading) noReassessment() {
	for _, p := range e.parts {
		a := e.assessment(p)
		if a == nil || !e.live(p) {
			continue
		}
		var since time.Time
		evidence := []Evidence{assessmentEvidence(a)}
		note := func(at time.Time, ev Evidence) {
			evidence = append(evidence, ev)
			if since.IsZero() || at.Before(since) {
				since = at
			}
		}
		for _, r := range p.reports {
			if r.Reported.After(a.Time) {
				note(r.start, r.evidence())
			}
		}
		for _, b := range e.breaches {
			if m := e.measure(b.Measure); m != nil && b.Reported.After(a.Time) && e.protects(m, p) {
				note(latest(b.Reported, b.Loaded), breachEvidence(b))
			}
		}
		if since.IsZero() || !e.passed(since.Add(reassessWithin)) {
			continue
		}
		e.duty(Prompt{Key: p.id().String() + "/" + a.ID.String(), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(),
			Since: since.Add(reassessWithin), Reason: "There is a new report or breach since the risk was last assessed.", Evidence: evidence})
	}
}

func (e *reading) gradeBelowIndicators() {
	for _, p := range e.parts {
		a := e.assessment(p)
		if a == nil || !e.live(p) {
			continue
		}
		indicated, why, evidence := e.indicated(p, a)
		if stands := a.Stands(); stands == GradeNone || stands >= indicated {
			continue
		}
		since := a.Time
		if n := len(a.Regrades); n > 0 {
			since = a.Regrades[n-1].Time
		}
		e.duty(Prompt{Key: a.ID.String(), Course: a.Course, Force: p.force, Unconfirmed: p.unconfirmed(), Since: latest(since, a.Loaded),
			Reason:   fmt.Sprintf("The risk is graded %s; %s indicate %s.", a.Stands(), why, indicated),
			Evidence: append(evidence, assessmentEvidence(a))})
	}
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
	grave := 0
	yes := slices.Compact(slices.Sorted(slices.Values(a.Yes)))
	for _, code := range yes {
		if q, ok := e.data.Question(code); ok && q.Grave {
			grave++
		}
	}
	tool, _ := e.data.Tool(a.Tool)
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

func (e *reading) noPlan() {
	for _, p := range e.parts {
		if !e.live(p) || e.plan(p) != nil {
			continue
		}
		var since time.Time
		var evidence []Evidence
		if a := e.assessment(p); a != nil && a.Stands() == High {
			since, evidence = latest(a.gradedAt(), a.Loaded), []Evidence{assessmentEvidence(a)}
		}
		if at, breaches := e.breachRun(p); !at.IsZero() {
			evidence = append(evidence, breaches...)
			if since.IsZero() || at.Before(since) {
				since = at
			}
		}
		if since.IsZero() || !e.passed(since.Add(planWithin)) {
			continue
		}
		e.duty(Prompt{Key: p.id().String(), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(), Since: since.Add(planWithin),
			Reason: "The risk is high or measures were broken again and again, and there is no safety plan.", Evidence: evidence})
	}
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

func (e *reading) planOverdue() {
	for _, p := range e.parts {
		x := e.plan(p)
		if x == nil || !e.live(p) {
			continue
		}
		for _, a := range x.Actions {
			if (!a.Done.IsZero() && e.passed(a.Done)) || a.Due.IsZero() || !e.passed(a.Due) {
				continue
			}
			e.raise(Prompt{Key: fmt.Sprintf("%s/%s/%s", x.ID, a.Code, DayOf(a.Due.UTC())), Course: x.Course, Force: p.force, Unconfirmed: p.unconfirmed(),
				Since: latest(a.Due, x.Loaded), Reason: "An action of the safety plan was due and is not done: " + strings.ToLower(strings.ReplaceAll(a.Code, "_", " ")) + ".",
				Evidence: []Evidence{{Kind: "plan", Record: x.ID, Item: a.Code, Force: x.Force, Time: x.Made}}})
		}
	}
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

func (e *reading) withdrawalRisk() {
	for _, p := range e.parts {
		at, evidence := e.withdrawal(p)
		if at.IsZero() {
			continue
		}
		base := Prompt{Key: p.id().String(), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(), Evidence: evidence}
		for _, r := range p.reports {
			if !r.Reported.After(at) || e.assessedSince(p, r.Reported) || e.taken(p, r.Reported) {
				continue
			}
			duty := base
			duty.Key += "/again/" + week(r.Reported)
			duty.Since = r.start
			duty.Reason = "She reports again after a withdrawal: no decision not to arrest before the risk is assessed."
			duty.Evidence = append(slices.Clone(evidence), r.evidence())
			e.duty(duty)
		}
		if e.live(p) && !e.assessedSince(p, at) {
			base.Since, base.Reason = at, "She withdrew or does not support action: a fact about risk, which was not assessed since."
			e.raise(base)
		}
	}
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
