package conduct

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// String gives the identity in hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

func compareIDs(a, b ID) int { return bytes.Compare(a[:], b[:]) }

// reading is one history as the rules look at it at one moment. Only passed looks at
// the clock, so that it also knows when an answer may change.
type reading struct {
	*Rules
	now, next time.Time
	matters   []*matter
	parts     []*part
	measures  []*Measure
	breaches  []*Breach
	// assessments and plans are by time, then identity.
	assessments []*Assessment
	plans       []*Plan
	checks      []Check
	counters    []Counter
	pattern     Pattern
	victims     victims
	counting    []*matter
	rule        *rule
	prompts     map[string]*Prompt
	// origins are the first identities of records that were taken over.
	origins map[ID]ID
}

// matter is a course of conduct with what the rules ask of it.
type matter struct {
	*Matter
	// reports are those known by now and not suspected to be false, by time.
	reports []Report
	counts  bool
	// closed is when police closed it, decided when a court did; zero otherwise.
	closed, decided time.Time
	part            *part
}

// part is what one force recorded of one victim: mostly one matter; more when what
// belongs together was registered apart.
type part struct {
	force   string
	matters []*matter // by identity
	reports []*report // by time of report
	cluster int
}

// report is a report with the matter that holds it.
type report struct {
	*Report
	matter *matter
	// start is when its clocks start.
	start time.Time
}

// passed reports whether t has come, as the zero moment has, and keeps the next one
// that has not.
func (e *reading) passed(t time.Time) bool {
	if !e.now.Before(t) {
		return true
	}
	if e.next.IsZero() || t.Before(e.next) {
		e.next = t
	}
	return false
}

// known keeps those whose time has come.
func known[T any](e *reading, all []T, at func(*T) time.Time) []T {
	out := make([]T, 0, len(all))
	for i := range all {
		if e.passed(at(&all[i])) {
			out = append(out, all[i])
		}
	}
	slices.SortStableFunc(out, func(a, b T) int { return at(&a).Compare(at(&b)) })
	return out
}

func (r *Rules) read(h *History, now time.Time) *reading {
	e := &reading{Rules: r, now: now, prompts: map[string]*Prompt{}, origins: h.origins()}
	later := map[ID]bool{}
	for _, c := range h.Counters {
		if c.Later && !(c.Upheld && !c.Reviewed.IsZero()) {
			later[c.Course] = true
		}
	}
	e.counters = slices.Clone(h.Counters)
	for i := range h.Matters {
		e.addMatter(&h.Matters[i], later[h.Matters[i].ID])
	}
	slices.SortFunc(e.matters, func(a, b *matter) int { return compareIDs(e.origin(a.ID), e.origin(b.ID)) })
	e.readMeasures(h)
	e.readRecords(h)
	e.group()
	return e
}

func (e *reading) addMatter(m *Matter, countered bool) {
	if m.Cancelled || !e.passed(m.Loaded) {
		return
	}
	c := *m
	c.Countered = c.Countered || countered
	x := &matter{Matter: &c}
	for _, rep := range known(e, m.Reports, func(r *Report) time.Time { return r.Reported }) {
		if a, ok := e.data.Assessment(rep.Assessment); ok && !a.Counts {
			continue
		}
		rep.Actions = known(e, rep.Actions, func(a *Action) time.Time { return a.Time })
		x.reports = append(x.reports, rep)
	}
	if len(m.Reports) > 0 {
		if len(x.reports) == 0 {
			return // all of it is yet to come, or suspected to be false
		}
		c.Incidents = nil
		for i := range x.reports {
			r := &x.reports[i]
			c.Incidents = append(c.Incidents, Incident{Day: DayOf(r.Occurred), Behaviours: r.Behaviours, Offences: r.offences()})
		}
	}
	slices.SortStableFunc(x.reports, func(a, b Report) int {
		return cmp.Or(a.Reported.Compare(b.Reported), strings.Compare(a.Reference, b.Reference))
	})
	c.Actions = known(e, m.Actions, func(a *Action) time.Time { return a.Time })
	c.Statements = known(e, m.Statements, func(s *Statement) time.Time { return s.Time })
	c.Informed = known(e, m.Informed, func(i *Informed) time.Time { return i.Time })
	c.Standings = known(e, m.Standings, func(s *StandingSince) time.Time { return s.Since })
	x.counts = e.Counts(c.Course)
	x.settle()
	e.matters = append(e.matters, x)
}

// settle finds when the matter was closed or decided.
func (m *matter) settle() {
	var since time.Time
	for _, s := range m.Standings {
		if s.Standing == m.Standing {
			since = s.Since
		}
	}
	if since.IsZero() && len(m.reports) > 0 {
		since = m.reports[0].Reported
	}
	switch m.Standing {
	case "NO_FURTHER_ACTION", "VICTIM_DOES_NOT_SUPPORT", standingCancelled:
		m.closed = since
		if !m.Closure.Time.IsZero() && m.Closure.Time.After(m.closed) {
			m.closed = m.Closure.Time
		}
	case "CONVICTED", "ACQUITTED":
		m.decided = since
	}
}

// start is when a clock of the matter that would start at t does start.
func (m *matter) start(t time.Time) time.Time { return latest(t, m.Loaded) }

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (e *reading) readMeasures(h *History) {
	for i := range h.Measures {
		if m := &h.Measures[i]; !m.Cancelled && e.passed(m.Recorded) && e.passed(m.Loaded) {
			e.measures = append(e.measures, m)
		}
	}
	slices.SortFunc(e.measures, func(a, b *Measure) int { return compareIDs(a.ID, b.ID) })
	for i := range h.Breaches {
		if b := h.Breaches[i]; !b.Cancelled && e.passed(b.Reported) && e.passed(b.Loaded) {
			b.Actions = known(e, b.Actions, func(a *Action) time.Time { return a.Time })
			e.breaches = append(e.breaches, &b)
		}
	}
	slices.SortFunc(e.breaches, func(a, b *Breach) int {
		return cmp.Or(a.Occurred.Compare(b.Occurred), compareIDs(a.ID, b.ID))
	})
}

func (e *reading) readRecords(h *History) {
	for i := range h.Assessments {
		if a := h.Assessments[i]; !a.Cancelled && e.passed(a.Time) && e.passed(a.Loaded) {
			a.Regrades = known(e, a.Regrades, func(r *Regrade) time.Time { return r.Time })
			e.assessments = append(e.assessments, &a)
		}
	}
	slices.SortFunc(e.assessments, func(a, b *Assessment) int { return cmp.Or(a.Time.Compare(b.Time), compareIDs(a.ID, b.ID)) })
	for i := range h.Plans {
		if p := h.Plans[i]; !p.Cancelled && e.passed(p.Made) && e.passed(p.Loaded) {
			e.plans = append(e.plans, &p)
		}
	}
	slices.SortFunc(e.plans, func(a, b *Plan) int { return cmp.Or(a.Made.Compare(b.Made), compareIDs(a.ID, b.ID)) })
	e.checks = known(e, h.Checks, func(c *Check) time.Time { return c.Time })
}

// group forms the victims and the parts, of the matters that count.
func (e *reading) group() {
	var courses []Course
	for _, m := range e.matters {
		if m.counts {
			e.counting = append(e.counting, m)
			courses = append(courses, m.Course)
		}
	}
	e.pattern = e.Summarise(courses)
	e.victims = group(courses)
	for k, members := range e.victims.clusters {
		at := map[string]*part{}
		slices.Sort(members)
		for _, i := range members {
			m := e.counting[i]
			p := at[m.Force]
			if p == nil {
				p = &part{force: m.Force, cluster: k}
				at[m.Force] = p
				e.parts = append(e.parts, p)
			}
			m.part = p
			p.matters = append(p.matters, m)
			for r := range m.reports {
				p.reports = append(p.reports, &report{&m.reports[r], m, m.start(m.reports[r].Reported)})
			}
		}
	}
	for _, p := range e.parts {
		slices.SortStableFunc(p.reports, func(a, b *report) int {
			return cmp.Or(a.Reported.Compare(b.Reported), compareIDs(a.matter.ID, b.matter.ID), strings.Compare(a.Reference, b.Reference))
		})
	}
	slices.SortFunc(e.parts, func(a, b *part) int { return compareIDs(a.id(), b.id()) })
}

// id is the identity of the part: of the first matter that the force registered or
// took over.
func (p *part) id() ID {
	return slices.MinFunc(p.matters, func(a, b *matter) int { return compareIDs(a.ID, b.ID) }).ID
}

func (p *part) holds(course ID) bool {
	return slices.ContainsFunc(p.matters, func(m *matter) bool { return m.ID == course })
}

// unconfirmed says that the part belongs to the person by an unconfirmed link only.
func (p *part) unconfirmed() bool {
	return !slices.ContainsFunc(p.matters, func(m *matter) bool { return !m.Unconfirmed })
}

// raise keeps a prompt of the rule in hand; what is raised twice becomes one.
func (e *reading) raise(p Prompt) {
	if len(p.Evidence) == 0 {
		return // no prompt without evidence
	}
	p.Code, p.Version, p.Key = e.rule.Code, e.rule.Version, e.stableKey(p.Key)
	if p.Level == No {
		p.Level = Yes
	}
	if p.Critical && p.Due.IsZero() {
		p.Due = p.Since.Add(e.rule.Within)
	}
	id := p.Code + "|" + p.Force + "|" + p.Key
	if had, ok := e.prompts[id]; ok {
		had.Evidence = append(had.Evidence, p.Evidence...)
		if p.Since.Before(had.Since) {
			had.Since, had.Due = p.Since, p.Due
		}
		had.Critical = had.Critical || p.Critical
		return
	}
	e.prompts[id] = &p
}

// duty raises a prompt that must be acted upon.
func (e *reading) duty(p Prompt) {
	p.Critical = true
	e.raise(p)
}

func (e *reading) sorted() []Prompt {
	out := make([]Prompt, 0, len(e.prompts))
	for _, p := range e.prompts {
		slices.SortFunc(p.Evidence, compareEvidence)
		p.Evidence = slices.CompactFunc(p.Evidence, func(a, b Evidence) bool { return compareEvidence(a, b) == 0 })
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Prompt) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.Key, b.Key), strings.Compare(a.Force, b.Force))
	})
	return out
}
