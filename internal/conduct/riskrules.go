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
