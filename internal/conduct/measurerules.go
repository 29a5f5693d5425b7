package conduct

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/perpetrator-register/register/internal/uktime"
)

// considerWithin is how long after the second report a measure must be considered.
const considerWithin = 2 * oneDay

func measureRules() []rule {
	return []rule{
		{Rule{Code: "MEASURE_ENDING", Version: "1", Title: "Measure ending", Critical: true, Within: 7 * oneDay,
			Says:   "What restrains him ends soon and nothing takes its place. Extend or replace it, or assess the risk and tell her. It must not lapse unseen.",
			Source: sourceReview, Closes: []string{"MEASURE_VARIED", "MEASURE_APPLIED_FOR"}, Acts: officerInCase, Tells: []string{spoc}}, (*reading).measureEnding},
		{Rule{Code: "MEASURE_ENDED", Version: "1", Title: "Measure ended", Critical: true, Within: 4 * time.Hour,
			Says:   "What restrained him has ended, nothing took its place, and the risk was not assessed afresh.",
			Source: sourceReview, Closes: []string{"MEASURE_APPLIED_FOR", "ASSESSED"}, Acts: supervisor, Tells: []string{officerInCase, spoc}}, (*reading).measureEnded},
		{Rule{Code: "VICTIM_NOT_INFORMED", Version: "1", Title: "Victim not informed", Critical: true, Within: 4 * time.Hour,
			Says:   "He was released, what restrained him ended, or the matter was closed, and she was not told.",
			Source: sourceReview + "; Code of Practice for Victims of Crime", Closes: []string{"VICTIM_INFORMED"}, Acts: officerInCase, Tells: []string{supervisor}}, (*reading).victimNotInformed},
		{Rule{Code: "ADDRESS_NEAR_VICTIM", Version: "1", Title: "Lives near the victim", Critical: true, Within: 4 * time.Hour,
			Says:   "He is made to live in or next to a place that he is to keep away from, by their coded places.",
			Source: sourceReview, Closes: []string{"MEASURE_VARIED", "REMANDED"}, Acts: supervisor, Tells: []string{spoc}}, (*reading).addressNearVictim},
		{Rule{Code: "NOTIFICATION_OVERDUE", Version: "1", Title: "Notification overdue", Critical: true, Within: oneDay,
			Says:   "He had to notify his name, home address or a change within three days and has not: an offence.",
			Source: "Stalking Protection Act 2019 ss9 to 11", Closes: []string{"NOTIFIED", "ARRESTED", "CHARGED"}, Acts: officerInCase, Tells: []string{spoc}}, (*reading).notificationOverdue},
		{Rule{Code: "MEASURE_NOT_CONSIDERED", Version: "1", Title: "No measure considered",
			Says:   "Two days after a second report, or after a grave one, nothing restrains him and no stalking protection order was considered. Police apply for it: she is not to be told to get an order herself.",
			Source: "Stalking Protection Act 2019 s1; " + sourceReview, Closes: []string{"MEASURE_APPLIED_FOR", "MEASURE_CONSIDERED"}, Acts: officerInCase, Tells: []string{spoc}}, (*reading).measureNotConsidered},
	}
}

func (e *reading) ofMeasure(m *Measure, key, reason string, since time.Time) Prompt {
	p := Prompt{Key: key, Measure: m.ID, Force: m.Force, Unconfirmed: m.Unconfirmed, Reason: reason,
		Since: latest(since, m.Loaded), Evidence: []Evidence{measureEvidence(m)}}
	if len(m.Courses) > 0 {
		p.Course = slices.MinFunc(m.Courses, compareIDs)
	}
	return p
}

func (e *reading) measureEnding() {
	for _, m := range e.measures {
		if m.Status != "IN_FORCE" || m.Until.IsZero() || !e.restrains(m) || !e.wanted(m) || e.replaced(m, m.Until, true) {
			continue
		}
		from := m.Until.Add(-e.notice(m))
		if !e.passed(from) || e.passed(m.Until) {
			continue
		}
		p := e.ofMeasure(m, m.ID.String()+"/"+DayOf(m.Until.UTC()).String(), "What restrains him ends on "+m.Until.In(uktime.London).Format("2 January 2006")+" and nothing takes its place.", from)
		p.Due = m.Until
		e.duty(p)
	}
}

func (e *reading) measureEnded() {
	for _, m := range e.measures {
		if !e.restrains(m) || !e.wanted(m) {
			continue
		}
		at, ended := e.ended(m)
		if !ended || at.Before(m.Loaded) || e.replaced(m, at, false) {
			continue
		}
		assessed := func(p *part) bool { return e.assessedSince(p, at.Add(-e.notice(m))) || e.measuredSince(p, at) }
		parts := e.partsOf(m)
		if len(parts) > 0 && !slices.ContainsFunc(parts, func(p *part) bool { return !assessed(p) }) {
			continue
		}
		e.duty(e.ofMeasure(m, m.ID.String(), "What restrained him has ended, nothing took its place, and the risk was not assessed afresh.", at))
	}
}

func (e *reading) addressNearVictim() {
	for _, m := range e.measures {
		if _, ended := e.ended(m); ended || m.Status != "IN_FORCE" {
			continue
		}
		for _, home := range m.Conditions {
			if home.Code != "RESIDE_AT" || home.Zone == "" {
				continue
			}
			for _, o := range e.measures {
				if near(home.Zone, o.Conditions) && e.wanted(o) {
					p := e.ofMeasure(m, m.ID.String(), "He is made to live in or next to a place that he is to keep away from.", m.From)
					p.Evidence = append(p.Evidence, measureEvidence(o))
					e.duty(p)
				}
			}
		}
	}
}

func (e *reading) notificationOverdue() {
	for _, m := range e.measures {
		if m.Status != "IN_FORCE" && m.Status != "EXPIRED" {
			continue
		}
		for _, n := range e.notifications(m) {
			if !n.Notified.IsZero() && e.passed(n.Notified) {
				continue
			}
			if end, ended := e.ended(m); (ended && end.Before(n.Due)) || !e.passed(n.Due) {
				continue
			}
			e.duty(e.ofMeasure(m, fmt.Sprintf("%s/%s/%s", m.ID, n.Code, DayOf(n.Due.UTC())), "He has not notified what the order makes him notify: "+strings.ToLower(strings.ReplaceAll(n.Code, "_", " "))+".", n.Due))
		}
	}
}

// notifications are those recorded, and those that the kind of measure asks for at its
// beginning if none is.
func (e *reading) notifications(m *Measure) []Notification {
	out := slices.Clone(m.Notifications)
	kind, _ := e.data.Measure(m.Kind)
	for _, code := range kind.Notify {
		if code == "CHANGE" || m.From.IsZero() || slices.ContainsFunc(out, func(n Notification) bool { return n.Code == code }) {
			continue
		}
		out = append(out, Notification{Code: code, Due: m.From.Add(time.Duration(kind.NotifyDays) * oneDay)})
	}
	return out
}

func (e *reading) measureNotConsidered() {
	for _, p := range e.parts {
		if !e.live(p) || len(p.reports) == 0 {
			continue
		}
		trigger := e.secondOrGrave(p)
		if trigger == nil || e.considered(p) {
			continue
		}
		since := trigger.start.Add(considerWithin)
		if !e.passed(since) {
			continue
		}
		e.raise(Prompt{Key: p.id().String(), Course: p.id(), Force: p.force, Unconfirmed: p.unconfirmed(), Since: since,
			Reason: "Nothing restrains him, and no stalking protection order was considered.", Evidence: evidenceOf(p.reports)})
	}
}

// secondOrGrave is the first report that is the second or a grave one.
func (e *reading) secondOrGrave(p *part) *report {
	for i, r := range p.reports {
		if i > 0 || e.traits.isGrave(r.Report) {
			return r
		}
	}
	return nil
}

// considered says whether a measure is in force or applied for, or an order against
// stalking, or every measure at all, was considered and the reason is recorded.
func (e *reading) considered(p *part) bool {
	for _, m := range e.measures {
		if !e.protects(m, p) {
			continue
		}
		if slices.ContainsFunc(m.Rejected, func(r Rejected) bool { return strings.HasSuffix(r.Code, "SPO") && r.Why != "" }) {
			return true
		}
		if !e.restrains(m) {
			continue
		}
		switch _, ended := e.ended(m); {
		case m.Status == "APPLIED_FOR", m.Status == "IN_FORCE" && !ended:
			return true
		}
	}
	return false
}

func (e *reading) victimNotInformed() {
	for _, m := range e.measures {
		at, ended := e.ended(m)
		if !ended || at.Before(m.Loaded) || !e.restrains(m) || !e.wanted(m) || e.replaced(m, at, false) {
			continue
		}
		told := func(p *part) bool { return p.informed(at.Add(-e.notice(m)), "CONDITIONS_ENDED", "RELEASE") }
		parts := e.partsOf(m)
		if len(parts) > 0 && !slices.ContainsFunc(parts, func(p *part) bool { return !told(p) }) {
			continue
		}
		e.duty(e.ofMeasure(m, "ended/"+m.ID.String(), "What restrained him has ended and the victim was not told.", at))
	}
	for _, m := range e.counting {
		for _, d := range m.deeds() {
			if d.Code != "RELEASED" || m.part.informed(d.Time.Add(-oneDay), "RELEASE", "CONDITIONS") {
				continue
			}
			e.duty(Prompt{Key: fmt.Sprintf("released/%s/%s/%s", m.ID, d.item, DayOf(d.Time.UTC())), Course: m.ID, Force: m.Force, Unconfirmed: m.Unconfirmed,
				Since: m.start(d.Time), Reason: "He was released and the victim was not told.", Evidence: []Evidence{m.evidenceOf(d)}})
		}
	}
	for _, m := range e.matters {
		if m.closed.IsZero() || m.closed.Before(m.Loaded) || m.toldOfClosing() {
			continue
		}
		e.duty(Prompt{Key: fmt.Sprintf("closed/%s/%s", m.ID, DayOf(m.closed.UTC())), Course: m.ID, Force: m.Force, Unconfirmed: m.Unconfirmed,
			Since: m.start(m.closed), Reason: "The matter was closed and the victim was not told.", Evidence: []Evidence{m.evidence(m.closed)}})
	}
}

// informed says whether the victim was told one of these since a moment.
func (p *part) informed(since time.Time, codes ...string) bool {
	for _, m := range p.matters {
		for _, i := range m.Informed {
			if slices.Contains(codes, i.Code) && !i.Time.Before(since) {
				return true
			}
		}
	}
	return false
}

func (m *matter) toldOfClosing() bool {
	if !m.Closure.Informed.IsZero() {
		return true
	}
	return slices.ContainsFunc(m.Informed, func(i Informed) bool { return i.Code == "CLOSURE" && !i.Time.Before(m.closed.Add(-oneDay)) })
}
