package conduct

import (
	"fmt"
	"slices"
	"time"
)

// reviewMonths is after how long a registration without a charge is reviewed.
const reviewMonths = 12

func closingRules() []rule {
	return []rule{
		{Rule{Code: "CLOSURE_UNSAFE", Version: "1", Title: "Unsafe closing", Critical: true, Within: 4 * time.Hour,
			Says:   "A serial, high-risk, violent or threat-to-kill matter, or one that was neither assessed nor checked, was closed without a reason, a second person and the victim informed.",
			Source: sourceReview, Closes: []string{"CLOSED_BY_TWO", "REOPENED"}, Acts: supervisor, Tells: []string{spoc}}, (*reading).closureUnsafe},
		{Rule{Code: "REVIEW_DUE", Version: "2", Title: "Review due", Critical: true, Within: 28 * oneDay,
			Says:   "Registered for twelve months without a charge, or twelve months since the last review: is it still necessary and accurate? The review is recorded with the course.",
			Source: sourceRegister, Closes: []string{"REVIEWED"}, Acts: officerInCase, Tells: []string{supervisor, spoc}}, (*reading).reviewDue},
		{Rule{Code: "DISCLOSURE_CONSIDERED", Version: "1", Title: "Consider a disclosure",
			Says:   "A partner or former partner may be at risk from one who was violent to, or convicted of conduct against, another: consider a disclosure under the domestic violence disclosure scheme.",
			Source: "Domestic Abuse Act 2021 s77", Closes: []string{"DISCLOSED"}, Acts: officerInCase, Tells: []string{spoc}}, (*reading).disclosureConsidered},
	}
}

// ClosingNeeds says why a matter must not be closed without a reason, a second person
// and the victim informed: codes of what it is, empty when it may be closed plainly.
// The codes are SERIAL, HIGH_RISK, THREATS_TO_KILL, VIOLENCE, NOT_ASSESSED and
// NOT_CHECKED.
func (r *Rules) ClosingNeeds(h *History, course ID, now time.Time) []string {
	e := r.read(h, now)
	for _, m := range e.matters {
		if m.ID == course {
			return e.dangers(m)
		}
	}
	return nil
}

func (e *reading) dangers(m *matter) []string {
	var out []string
	add := func(holds bool, code string) {
		if holds {
			out = append(out, code)
		}
	}
	kill, violent := false, false
	for i := range m.reports {
		r := m.reports[i]
		kill = kill || r.Behaviours&e.traits.kill != 0
		r.Behaviours &^= e.traits.kill
		violent = violent || e.traits.violent(&r)
	}
	p := m.part
	if p == nil { // it counts towards nothing: only what it shows itself matters
		p = &part{force: m.Force, matters: []*matter{m}}
	}
	a := e.assessment(p)
	add(m.counts && e.pattern.Serial.Level == Yes, "SERIAL")
	add(a != nil && a.Stands() == High, "HIGH_RISK")
	add(kill, "THREATS_TO_KILL")
	add(violent, "VIOLENCE")
	if m.counts {
		add(a == nil, "NOT_ASSESSED")
		add(!e.checked(p.sought()), "NOT_CHECKED")
	}
	return out
}

// closingFaults are why the closing of a matter is unsafe; none if it was confirmed.
func (e *reading) closingFaults(m *matter) []string {
	if m.Closure.Reason != "" && m.Closure.Second && m.toldOfClosing() {
		return nil
	}
	return e.dangers(m)
}

func (e *reading) closureUnsafe() {
	for _, m := range e.matters {
		if m.closed.IsZero() || m.closed.Before(m.Loaded) || m.Countered || len(e.closingFaults(m)) == 0 {
			continue
		}
		evidence := []Evidence{m.evidence(m.closed)}
		for i := range m.reports {
			if r := (&report{Report: &m.reports[i], matter: m}); e.traits.isGrave(r.Report) {
				evidence = append(evidence, r.evidence())
			}
		}
		e.duty(Prompt{Key: fmt.Sprintf("%s/%s", m.ID, DayOf(m.closed.UTC())), Course: m.ID, Force: m.Force, Unconfirmed: m.Unconfirmed, Since: m.start(m.closed),
			Reason: "The matter was closed without what its danger asks for: a reason, a second person, and the victim informed.", Evidence: evidence})
	}
}

// reviewDue asks for a review of each registration without a charge, twelve months
// after it began or was last reviewed, and of one that nobody reviewed then, each
// twelve months more: a year that was missed stays missed until a review is recorded.
func (e *reading) reviewDue() {
	for _, m := range e.counting {
		if m.Standing == "CHARGED" || m.Standing == "CONVICTED" || len(m.reports) == 0 {
			continue
		}
		begun := latest(m.start(m.reports[0].Reported), m.Recorded)
		for _, d := range m.deeds() {
			if d.Code == "REVIEWED" {
				begun = latest(begun, d.Time)
			}
		}
		for n := reviewMonths; ; n += reviewMonths {
			due := begun.AddDate(0, n, 0)
			if !e.passed(due) {
				break
			}
			e.duty(Prompt{Key: m.ID.String() + "/" + DayOf(due.UTC()).String(), Course: m.ID, Force: m.Force, Unconfirmed: m.Unconfirmed, Since: due,
				Reason: "Twelve months have passed without a charge and without a review.", Evidence: []Evidence{m.evidence(m.reports[0].Reported)}})
		}
	}
}

// domestic are the relationships of the disclosure scheme and of the recording rules.
func domestic(relationship string) bool {
	return relationship == "EX_PARTNER" || relationship == "PARTNER" || relationship == "FAMILY"
}

func (e *reading) disclosureConsidered() {
	for _, p := range e.parts {
		if !e.live(p) || len(p.reports) == 0 || p.informed(time.Time{}, "DISCLOSURE") {
			continue
		}
		near := slices.ContainsFunc(p.matters, func(m *matter) bool { return m.Relationship == "EX_PARTNER" || m.Relationship == "PARTNER" })
		if !near || e.acted(p, func(a Action) bool { return a.Code == "DISCLOSED" }) {
			continue
		}
		var evidence []Evidence
		since := p.reports[0].start
		for _, m := range e.counting {
			if !e.victims.differ[p.cluster][m.part.cluster] || !e.dangerous(m) {
				continue
			}
			evidence = append(evidence, m.evidence(m.first()))
		}
		if len(evidence) > 0 {
			e.raise(Prompt{Key: p.id().String(), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(), Since: since,
				Reason: "He was violent to another, or convicted of conduct against another: consider a disclosure.", Evidence: evidence})
		}
	}
}

// dangerous says whether a matter shows violence or threats of it, or led to a
// conviction.
func (e *reading) dangerous(m *matter) bool {
	return e.standing(m.Course).Convicts || slices.ContainsFunc(m.reports, func(r Report) bool { return e.traits.violent(&r) })
}
