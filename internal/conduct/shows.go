package conduct

import (
	"slices"
	"time"
)

// Shows reports whether a record holds an action by which a duty closes, done at or
// after since. code is an action of the reference data, such as ARRESTED or ASSESSED;
// a cancelled record shows nothing.
func (h *History) Shows(record ID, code string, since time.Time) bool {
	at := func(t time.Time) bool { return !t.IsZero() && !t.Before(since) }
	acted := func(actions []Action) bool {
		return slices.ContainsFunc(actions, func(a Action) bool { return a.Code == code && at(a.Time) })
	}
	for i := range h.Matters {
		if m := &h.Matters[i]; m.ID == record && !m.Cancelled && m.shows(code, at, acted) {
			return true
		}
	}
	for i := range h.Breaches {
		if b := &h.Breaches[i]; b.ID == record && !b.Cancelled && acted(b.Actions) {
			return true
		}
	}
	for i := range h.Measures {
		if m := &h.Measures[i]; m.ID == record && !m.Cancelled && m.shows(code, at) {
			return true
		}
	}
	for i := range h.Assessments {
		a := &h.Assessments[i]
		if a.ID != record || a.Cancelled {
			continue
		}
		if code == "ASSESSED" && at(a.Time) ||
			code == "REGRADED" && slices.ContainsFunc(a.Regrades, func(r Regrade) bool { return at(r.Time) }) {
			return true
		}
	}
	for i := range h.Plans {
		p := &h.Plans[i]
		if p.ID != record || p.Cancelled {
			continue
		}
		if code == "PLAN_MADE" && at(p.Made) ||
			code == "PLAN_ACTION_DONE" && slices.ContainsFunc(p.Actions, func(a PlanAction) bool { return at(a.Done) }) {
			return true
		}
	}
	return false
}

func (m *Matter) shows(code string, at func(time.Time) bool, acted func([]Action) bool) bool {
	switch code {
	case "VICTIM_INFORMED":
		return slices.ContainsFunc(m.Informed, func(i Informed) bool { return at(i.Time) })
	case "EXHIBIT_EXAMINED":
		return slices.ContainsFunc(m.Exhibits, func(e Exhibit) bool { return at(e.Done) })
	case "CHARGED", "REOPENED":
		want := map[string]string{"CHARGED": "CHARGED", "REOPENED": "UNDER_INVESTIGATION"}[code]
		if slices.ContainsFunc(m.Standings, func(s StandingSince) bool { return s.Standing == want && at(s.Since) }) {
			return true
		}
	}
	if code == "CLOSED_BY_TWO" && m.Closure.Second && at(m.Closure.Time) || acted(m.Actions) {
		return true
	}
	return slices.ContainsFunc(m.Reports, func(r Report) bool { return acted(r.Actions) })
}

func (m *Measure) shows(code string, at func(time.Time) bool) bool {
	switch code {
	case "MEASURE_APPLIED_FOR":
		return at(m.From) || at(m.Recorded)
	case "MEASURE_VARIED":
		return m.Status == "REPLACED" || at(m.Verified)
	case "MEASURE_CONSIDERED":
		return len(m.Rejected) > 0 && at(m.Recorded)
	case "NOTIFIED":
		return slices.ContainsFunc(m.Notifications, func(n Notification) bool { return at(n.Notified) })
	}
	return false
}

// Owners are the nominals of the records of a history.
func (h *History) Owners() map[ID]ID {
	out := map[ID]ID{}
	for i := range h.Matters {
		out[h.Matters[i].ID] = h.Matters[i].Nominal
	}
	for i := range h.Measures {
		out[h.Measures[i].ID] = h.Measures[i].Nominal
	}
	for i := range h.Breaches {
		out[h.Breaches[i].ID] = h.Breaches[i].Nominal
	}
	for i := range h.Assessments {
		out[h.Assessments[i].ID] = h.Assessments[i].Nominal
	}
	for i := range h.Plans {
		out[h.Plans[i].ID] = h.Plans[i].Nominal
	}
	return out
}
