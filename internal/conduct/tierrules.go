package conduct

import (
	"slices"
	"time"
)

func tierRules() []rule {
	return []rule{
		{Rule{Code: "SERIAL", Version: "1", Title: "Serial",
			Says:   "Conduct against two or more different principal victims in separate courses. The tier convicted counts convictions only. Cancelled, acquitted and E-graded conduct, and a counter-allegation that no review upheld, never count.",
			Source: "Alice Ruggles Trust, 2018; " + sourceRegister, Acts: spoc, Tells: []string{officerInCase}}, (*reading).serial},
		{Rule{Code: "REPEAT", Version: "1", Title: "Repeat",
			Says:   "Two or more incidents against the same victim: read them together, as one course of conduct.",
			Source: sourceHarass + " s7(3); " + sourceReview, Acts: officerInCase, Tells: []string{spoc}}, (*reading).repeat},
		{Rule{Code: "CROSS_FORCE", Version: "1", Title: "More than one force",
			Says:   "Two or more forces recorded conduct: agree who leads.",
			Source: sourceReview, Acts: spoc, Tells: []string{officerInCase}}, (*reading).crossForce},
		{Rule{Code: "COUNTER_ALLEGATION", Version: "1", Title: "Counter-allegation",
			Says:   "He accuses one who accuses him. The later accusation counts towards nothing until a supervisor has reviewed it.",
			Source: sourceReview, Closes: []string{"COUNTER_REVIEWED"}, Acts: spoc, Tells: []string{supervisor}}, (*reading).counterAllegation},
	}
}

func (e *reading) serial() {
	var convicted []*matter
	for _, m := range e.counting {
		if e.standing(m.Course).Convicts {
			convicted = append(convicted, m)
		}
	}
	raise := func(f Finding, tier string, matters []*matter, reason string) {
		if f.Level == No {
			return
		}
		p := Prompt{Key: tier + "/" + matters[0].ID.String(), Level: f.Level, Unconfirmed: f.Unconfirmed, Reason: reason}
		if f.Level == Possible {
			p.Reason += " Victims that are counted here may be the same."
		}
		p.Evidence, p.Since = e.matterEvidence(matters)
		e.raise(p)
	}
	raise(e.pattern.Serial, "alleged", e.counting, "Conduct against two or more different victims is recorded in separate courses.")
	raise(e.pattern.SerialConvicted, "convicted", convicted, "Courts convicted him of conduct against two or more different victims.")
}

// matterEvidence names the matters, and when the second victim's first report came.
func (e *reading) matterEvidence(matters []*matter) (evidence []Evidence, since time.Time) {
	first := map[int]time.Time{}
	for _, m := range matters {
		at := m.first()
		evidence = append(evidence, m.evidence(at))
		if had, ok := first[m.part.cluster]; !ok || at.Before(had) {
			first[m.part.cluster] = at
		}
	}
	var firsts []time.Time
	for _, at := range first {
		firsts = append(firsts, at)
	}
	return evidence, second(firsts)
}

func (e *reading) repeat() {
	for k, members := range e.victims.clusters {
		level := No
		if e.victims.incidents[k] >= 2 {
			level = Yes
		}
		for j := range e.victims.clusters {
			if level == No && j != k && !e.victims.differ[k][j] && e.victims.incidents[k]+e.victims.incidents[j] >= 2 {
				level = Possible
			}
		}
		if level == No {
			continue
		}
		var matters []*matter
		sure := 0
		p := Prompt{Level: level, Reason: "Two or more incidents against the same victim are recorded."}
		var times []time.Time
		for _, i := range members {
			m := e.counting[i]
			matters = append(matters, m)
			if !m.Unconfirmed {
				sure += len(m.Incidents)
			}
			for r := range m.reports {
				rep := &report{Report: &m.reports[r], matter: m}
				p.Evidence = append(p.Evidence, rep.evidence())
				times = append(times, rep.Reported)
			}
		}
		if len(p.Evidence) == 0 {
			p.Evidence, _ = e.matterEvidence(matters)
		}
		if level == Possible {
			p.Reason = "Two or more incidents are recorded against victims who may be the same."
		}
		p.Unconfirmed = sure < min(2, e.victims.incidents[k])
		p.Key, p.Course, p.Since = matters[0].ID.String(), matters[0].ID, second(times)
		e.raise(p)
	}
}

func (e *reading) crossForce() {
	if e.pattern.CrossForce.Level == No {
		return
	}
	p := Prompt{Key: e.counting[0].ID.String(), Level: e.pattern.CrossForce.Level, Unconfirmed: e.pattern.CrossForce.Unconfirmed,
		Reason: "Two or more forces recorded conduct of this person."}
	first := map[string]time.Time{}
	for _, m := range e.counting {
		at := m.first()
		p.Evidence = append(p.Evidence, m.evidence(at))
		if had, ok := first[m.Force]; !ok || at.Before(had) {
			first[m.Force] = at
		}
	}
	var firsts []time.Time
	for _, at := range first {
		firsts = append(firsts, at)
	}
	p.Since = second(firsts)
	e.raise(p)
}

func (e *reading) counterAllegation() {
	for _, c := range e.counters {
		if !e.passed(c.Time) || (!c.Reviewed.IsZero() && e.passed(c.Reviewed)) {
			continue
		}
		a, b := c.Course, c.Other
		if compareIDs(b, a) < 0 {
			a, b = b, a
		}
		p := Prompt{Key: a.String() + "/" + b.String(), Course: c.Course, Since: c.Time, Level: Yes,
			Reason:   "The person and one who accuses him accuse each other; the later accusation counts towards nothing until it is reviewed.",
			Evidence: []Evidence{{Kind: "counter", Record: c.Course, Force: c.Force, Time: c.Time}, {Kind: "counter", Record: c.Other, Force: c.OtherForce, Time: c.Time}}}
		if c.Possible {
			p.Level = Possible
		}
		forces := []string{c.Force, c.OtherForce}
		slices.Sort(forces)
		for _, f := range slices.Compact(forces) {
			p.Force = f
			e.raise(p)
		}
	}
}

// first is when the matter was first reported.
func (m *matter) first() time.Time {
	switch {
	case len(m.reports) > 0:
		return m.reports[0].Reported
	case len(m.Standings) > 0:
		return m.Standings[0].Since
	case len(m.Incidents) > 0:
		least := m.Incidents[0].Day
		for _, i := range m.Incidents {
			if i.Day != NoDay && (least == NoDay || i.Day < least) {
				least = i.Day
			}
		}
		if least != NoDay {
			return least.time()
		}
	}
	return time.Time{}
}

// second is the second of the moments in order, or the only one.
func second(times []time.Time) time.Time {
	slices.SortFunc(times, time.Time.Compare)
	switch len(times) {
	case 0:
		return time.Time{}
	case 1:
		return times[0]
	}
	return times[1]
}
