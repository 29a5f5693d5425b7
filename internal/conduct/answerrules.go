package conduct

import (
	"fmt"
	"slices"
	"time"
)

// Graces of the rules on answering.
const (
	graveWithin   = time.Hour
	answerWithin  = oneDay
	checkWithin   = 4 * time.Hour
	arrestWithin  = time.Hour
	examineWithin = 14 * oneDay
	longWait      = 30 * oneDay
)

func answerRules() []rule {
	return []rule{
		{Rule{Code: "NO_ACTION", Version: "1", Title: "Report not answered", Critical: true, Within: 3 * time.Hour,
			Says:   "Nobody has seen to the victim or arrested him: within an hour of a threat to kill, violence or another grave report, within a day of any other. What is done for him, a call by telephone, or a reason for doing nothing is no answer.",
			Source: sourceReview, Closes: []string{"ARRESTED", "CHARGED", "REMANDED", "RECALLED", "ATTENDED", "VISITED_VICTIM", "STATEMENT_TAKEN", "INTERVIEWED", "MEASURE_APPLIED_FOR", "PLAN_MADE"},
			Acts: supervisor, Tells: []string{spoc}}, (*reading).noAction},
		{Rule{Code: "ARREST_OUTSTANDING", Version: "1", Title: "Arrest ordered and not made", Critical: true, Within: 3 * time.Hour,
			Says:   "A supervisor ordered an arrest and it was not made within the hour, or the order was taken back. Taking it back is recorded with its reason by a second person and closes nothing.",
			Source: sourceReview, Closes: []string{"ARRESTED", "CHARGED", "REMANDED", "RECALLED"}, Acts: supervisor, Tells: []string{spoc}}, (*reading).arrestOutstanding},
		{Rule{Code: "NO_CHECK", Version: "2", Title: "Register not checked", Critical: true, Within: 20 * time.Hour,
			Says:   "Four hours after a report the force has not searched the register for him; at once when the matter was closed without. A breach told to a force that had no report of the victim is a report.",
			Source: sourceReview, Closes: []string{"CHECKED"}, Acts: officerInCase, Tells: []string{spoc}}, (*reading).noCheck},
		{Rule{Code: "EVIDENCE_PENDING", Version: "1", Title: "Evidence waits", Critical: true, Within: 3 * oneDay,
			Says:   "A seized device or another exhibit waits for its examination: for two weeks, or will for more than a month. Hasten it, and do not let the risk wait for it.",
			Source: sourceReview, Closes: []string{"EXHIBIT_EXAMINED"}, Acts: officerInCase, Tells: []string{supervisor}}, (*reading).evidencePending},
	}
}

func (e *reading) noAction() {
	for _, p := range e.parts {
		if !e.live(p) {
			continue
		}
		for _, r := range p.reports {
			if e.answered(p, r.Reported) {
				continue
			}
			prompt := Prompt{Course: r.matter.ID, Force: p.force, Unconfirmed: p.unconfirmed(), Evidence: []Evidence{r.evidence()}}
			if e.traits.isGrave(r.Report) {
				prompt.Since, prompt.Key = r.start.Add(graveWithin), r.matter.ID.String()+"/"+r.Reference
				prompt.Reason = "A grave report has not been answered: nobody has seen to the victim or arrested him."
			} else {
				prompt.Since, prompt.Key = r.start.Add(answerWithin), p.id().String()+"/"+week(r.Reported)
				prompt.Reason, prompt.Course = "A report has not been answered for a day: nobody has seen to the victim or arrested him.", p.id()
			}
			if e.passed(prompt.Since) {
				e.duty(prompt)
			}
		}
	}
}

// answered says whether since a moment somebody saw to the victim or took him.
func (e *reading) answered(p *part, since time.Time) bool {
	return e.chargedSince(p, since) || e.measuredSince(p, since) || e.plannedSince(p, since) ||
		e.acted(p, func(a Action) bool { return e.traits.answers[a.Code] && !a.Time.Before(since) })
}

func (e *reading) arrestOutstanding() {
	for _, p := range e.parts {
		for _, m := range p.matters {
			all := m.deeds()
			for _, d := range all {
				if d.Code != "ARREST_ORDERED" || e.taken(p, d.Time) {
					continue
				}
				since, reason := d.Time.Add(arrestWithin), "An arrest was ordered and has not been made."
				for _, back := range all {
					if back.Code == "ARREST_REVERSED" && !back.Time.Before(d.Time) {
						reason = "An arrest was ordered, and the order was taken back: that closes nothing."
						if back.Time.Before(since) {
							since = back.Time
						}
					}
				}
				since = m.start(since)
				if e.passed(since) {
					e.duty(Prompt{Key: m.ID.String() + "/" + d.item, Course: m.ID, Force: p.force, Unconfirmed: p.unconfirmed(),
						Since: since, Reason: reason, Evidence: []Evidence{m.evidenceOf(d)}})
				}
			}
		}
	}
}

// sought is by which searches the report of a part counts as checked.
type sought struct {
	// forces are the part's and those that owned it before.
	forces []string
	// references are those of its reports; since is a day before the first of them,
	// zero when there is none.
	references []string
	since      time.Time
}

func (p *part) sought() sought {
	s := sought{forces: []string{p.force}}
	if len(p.reports) > 0 {
		s.since = p.reports[0].Reported.Add(-oneDay)
	}
	for _, m := range p.matters {
		s.forces = append(s.forces, m.Owners...)
	}
	for _, r := range p.reports {
		s.references = append(s.references, r.Reference)
	}
	return s
}

// by says whether one of the searches was made by one of the forces, for one of the
// reports or from a day before the first on.
func (s *sought) by(checks []Check) bool {
	return slices.ContainsFunc(checks, func(c Check) bool {
		return slices.Contains(s.forces, c.Force) &&
			(!c.Time.Before(s.since) || c.Reference != "" && slices.Contains(s.references, c.Reference))
	})
}

// sought is by which searches a breach counts as checked: its reference is not that of
// an incident, so that they are those which found him.
func (b *Breach) sought() sought {
	return sought{forces: []string{b.Force}, since: b.Reported.Add(-oneDay)}
}

// firstHeard are breaches by which a force first heard of the victims whom a measure
// protects: the first that it was told of each measure, unless it had a report by then.
func (e *reading) firstHeard() []*Breach {
	var first []*Breach
	for _, b := range e.breaches {
		i := slices.IndexFunc(first, func(o *Breach) bool { return o.Force == b.Force && o.Measure == b.Measure })
		switch {
		case i < 0:
			first = append(first, b)
		case b.Reported.Before(first[i].Reported):
			first[i] = b
		}
	}
	return slices.DeleteFunc(first, func(b *Breach) bool {
		m := e.measure(b.Measure)
		return slices.ContainsFunc(e.parts, func(p *part) bool {
			return p.force == b.Force && (m == nil || e.protects(m, p)) && len(p.reports) > 0 && !p.reports[0].Reported.After(b.Reported)
		})
	})
}

// soughts are by which searches each thing counts as checked that must be.
func (e *reading) soughts() (all []sought) {
	for _, p := range e.parts {
		all = append(all, p.sought())
	}
	for _, b := range e.firstHeard() {
		all = append(all, b.sought())
	}
	return all
}

// checked says whether the force that must, or one that owned the matter before, searched
// the register from a day before the report on.
func (e *reading) checked(s sought) bool { return s.by(e.checks) }

func (e *reading) noCheck() {
	for _, b := range e.firstHeard() {
		since := latest(b.Reported, b.Loaded).Add(checkWithin)
		if !e.checked(b.sought()) && e.passed(since) {
			e.duty(Prompt{Key: b.Measure.String(), Measure: b.Measure, Force: b.Force, Unconfirmed: b.Unconfirmed, Since: since,
				Reason: "A breach was told to a force that had no report of the victim, and the register has not been searched for him since.", Evidence: []Evidence{breachEvidence(b)}})
		}
	}
	for _, p := range e.parts {
		if len(p.reports) == 0 || !e.live(p) || e.checked(p.sought()) {
			continue
		}
		since := p.reports[0].start.Add(checkWithin)
		for _, m := range p.matters {
			if !m.closed.IsZero() && m.start(m.closed).Before(since) {
				since = m.start(m.closed)
			}
		}
		if e.passed(since) {
			e.duty(Prompt{Key: p.id().String(), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(), Since: since,
				Reason: "The register has not been searched for him since the report.", Evidence: evidenceOf(p.reports[:1])})
		}
	}
}

func (e *reading) evidencePending() {
	for _, p := range e.parts {
		if !e.live(p) {
			continue
		}
		for _, m := range p.matters {
			for _, x := range m.Exhibits {
				if (!x.Done.IsZero() && e.passed(x.Done)) || x.Seized.IsZero() || !e.passed(x.Seized) {
					continue
				}
				since, reason := x.Seized.Add(examineWithin), "A seized exhibit has waited two weeks for its examination."
				if x.Expected.Sub(x.Seized) > longWait {
					since, reason = x.Seized, fmt.Sprintf("The examination of a seized exhibit is to take %d days.", int(x.Expected.Sub(x.Seized)/oneDay))
				}
				since = m.start(since)
				if e.passed(since) {
					e.duty(Prompt{Key: fmt.Sprintf("%s/%s/%s", m.ID, x.Code, DayOf(x.Seized.UTC())), Course: m.ID, Force: m.Force, Unconfirmed: m.Unconfirmed,
						Since: since, Reason: reason, Evidence: []Evidence{{Kind: "exhibit", Record: m.ID, Item: x.Code, Force: m.Force, Time: x.Seized}}})
				}
			}
		}
	}
}
