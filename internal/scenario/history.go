package scenario

import (
	"fmt"
	"slices"
	"time"

	"github.com/perpetrator-register/register/internal/conduct"
)

// world replays a case into a history.
type world struct {
	c     *Case
	rules *conduct.Rules
	h     conduct.History
	ids   map[string]conduct.ID
	owner map[conduct.ID]string // another man than the case's own suspect, by course
	err   error
}

// Replay builds the histories of the first n steps of a case: of all, or only of those
// that the register's interface lets happen.
func Replay(c *Case, rules *conduct.Rules, n int, possible bool) (*Histories, error) {
	w := &world{c: c, rules: rules, ids: map[string]conduct.ID{}, owner: map[conduct.ID]string{}}
	for i := range c.Steps[:n] {
		if possible && c.Steps[i].RulesOnly {
			continue
		}
		w.step(&c.Steps[i])
		if w.err != nil {
			return nil, fmt.Errorf("%s, %s: %w", c.ID, c.Steps[i].At, w.err)
		}
	}
	return w.split(), nil
}

// id numbers what is recorded in the order of its first appearance, as the register's
// own identities do.
func (w *world) id(name string) conduct.ID {
	if id, ok := w.ids[name]; ok {
		return id
	}
	n := len(w.ids) + 1
	id := conduct.ID{14: byte(n >> 8), 15: byte(n)} // #nosec G115 -- few
	w.ids[name] = id
	return id
}

func (w *world) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *world) time(at string, otherwise time.Time) time.Time {
	if at == "" {
		return otherwise
	}
	t, err := w.c.Time(at)
	if err != nil {
		w.fail("%w", err)
	}
	return t
}

func (w *world) behaviours(codes []string) conduct.Behaviours {
	set, unknown := w.rules.Behaviours(codes...)
	if len(unknown) > 0 {
		w.fail("unknown behaviours %v", unknown)
	}
	return set
}

func (w *world) matter(name string) *conduct.Matter {
	id := w.id("course " + name)
	for i := range w.h.Matters {
		if w.h.Matters[i].ID == id {
			return &w.h.Matters[i]
		}
	}
	c, ok := w.c.Courses[name]
	if !ok {
		w.fail("no course %q", name)
	}
	her, ok := w.c.Victims[c.Victim]
	if !ok && c.Victim != "" {
		w.fail("no victim %q", c.Victim)
	}
	m := conduct.Matter{Course: conduct.Course{ID: id, Nominal: w.id("nominal " + c.Force), Force: c.Force, Standing: "REPORTED",
		Principal: Tokens(her), Unconfirmed: c.Unconfirmed}, Officer: c.Officer, Relationship: c.Relationship, Motivation: c.Motivation}
	if c.Suspect != nil {
		w.owner[id] = c.Suspect.Surname + c.Suspect.Born
		m.Nominal = w.id("nominal " + c.Force + w.owner[id])
	}
	for _, a := range c.Associated {
		m.Associated = append(m.Associated, Tokens(w.c.Victims[a]))
	}
	m.Four = four(c.Four)
	w.h.Matters = append(w.h.Matters, m)
	return &w.h.Matters[len(w.h.Matters)-1]
}

func four(signs []string) conduct.Four {
	has := func(s string) bool { return slices.Contains(signs, s) }
	return conduct.Four{Fixated: has("fixated"), Obsessive: has("obsessive"), Unwanted: has("unwanted"), Repeated: has("repeated")}
}

func (w *world) step(s *Step) {
	for _, x := range s.Transfers {
		if x.State == "ACCEPTED" {
			w.handOver(w.matter(x.Course), x.To)
		}
	}
	for _, r := range s.Reports {
		m := w.matter(r.Course)
		if len(m.Standings) == 0 {
			m.Standings = []conduct.StandingSince{{Standing: "REPORTED", Since: w.time(r.Reported, s.at)}}
		}
		m.Reports = append(m.Reports, conduct.Report{
			Reference: r.Ref, Occurred: w.time(r.Occurred, s.at), Reported: w.time(r.Reported, s.at), Behaviours: w.behaviours(r.Behaviours),
			Principal: r.Offence, Included: r.Included, Source: r.Source, Assessment: r.Grade, Jurisdiction: r.Nation,
		})
	}
	for _, r := range s.Reclassify {
		report := w.report(r.Ref)
		report.Principal, report.Included = r.Offence, r.Included
	}
	for _, f := range s.Four {
		w.matter(f.Course).Four = four(f.Signs)
	}
	for _, m := range s.Measures {
		w.measure(s, m)
	}
	for _, ch := range s.Changes {
		w.change(ch)
	}
	for _, b := range s.Breaches {
		w.breach(s, b)
	}
	w.risk(s)
	w.facts(s)
	for _, a := range s.Acts {
		w.act(s, a)
	}
	for _, c := range s.Closures {
		if c.Refused {
			continue
		}
		m := w.matter(c.Course)
		w.stand(m, c.Standing, s.at)
		m.Closure = conduct.Closure{Reason: c.Reason, Time: s.at, Second: c.Second}
		if c.Informed {
			m.Closure.Informed = s.at
		}
	}
	for _, c := range s.Checks {
		w.h.Checks = append(w.h.Checks, conduct.Check{Force: c.Force, Time: s.at, Reference: c.Ref})
	}
	for _, c := range s.Counters {
		w.counter(s, c)
	}
}

func (w *world) stand(m *conduct.Matter, standing string, at time.Time) {
	m.Standing = standing
	m.Standings = append(m.Standings, conduct.StandingSince{Standing: standing, Since: at})
}

func (w *world) measure(s *Step, m Measure) {
	x := conduct.Measure{ID: w.id("measure " + m.ID), Force: m.Force, Kind: m.Kind, Status: m.Status,
		From: w.time(m.From, s.at), Until: w.time(m.Until, time.Time{}), Recorded: s.at, Verified: s.at}
	for _, c := range m.Courses {
		x.Courses = append(x.Courses, w.matter(c).ID)
		if x.Force == "" {
			x.Force = w.c.Courses[c].Force
		}
	}
	x.Nominal = w.id("nominal " + x.Force)
	if x.Status == "" {
		x.Status = "IN_FORCE"
	}
	x.Conditions = conditions(m.Conds)
	for _, r := range m.Rejected {
		x.Rejected = append(x.Rejected, conduct.Rejected{Code: r.Code, Why: r.Why})
	}
	for _, n := range m.Notified {
		x.Notifications = append(x.Notifications, conduct.Notification{Code: n, Due: x.From.AddDate(0, 0, 3), Notified: s.at})
	}
	w.h.Measures = append(w.h.Measures, x)
}

func conditions(in []Condition) []conduct.Condition {
	var out []conduct.Condition
	for _, c := range in {
		out = append(out, conduct.Condition{Code: c.Code, Zone: c.Zone, Metres: c.Metres})
	}
	return out
}

func (w *world) measureOf(name string) *conduct.Measure {
	id, ok := w.ids["measure "+name]
	for i := range w.h.Measures {
		if ok && w.h.Measures[i].ID == id {
			return &w.h.Measures[i]
		}
	}
	w.fail("no measure %q", name)
	return &conduct.Measure{}
}

func (w *world) change(ch Change) {
	m := w.measureOf(ch.Measure)
	if ch.Status != "" {
		m.Status = ch.Status
	}
	if ch.Until != "" {
		m.Until = w.time(ch.Until, time.Time{})
	}
	if ch.Conds != nil {
		m.Conditions = conditions(ch.Conds)
	}
}

func (w *world) breach(s *Step, b Breach) {
	m := w.measureOf(b.Measure)
	force := b.Force
	if force == "" {
		force = m.Force
	}
	w.h.Breaches = append(w.h.Breaches, conduct.Breach{ID: w.id("breach " + b.ID), Nominal: w.id("nominal " + force), Measure: m.ID, Force: force,
		Occurred: w.time(b.Occurred, s.at), Reported: s.at, Conditions: b.Conditions, Behaviours: w.behaviours(b.Behaviours)})
}

func (w *world) grade(g string) conduct.Grade {
	grade, ok := map[string]conduct.Grade{"": conduct.GradeNone, "standard": conduct.Standard, "medium": conduct.Medium, "high": conduct.High}[g]
	if !ok {
		w.fail("no grade %q", g)
	}
	return grade
}

func (w *world) risk(s *Step) {
	for _, a := range s.Assessments {
		m := w.matter(a.Course)
		w.h.Assessments = append(w.h.Assessments, conduct.Assessment{ID: w.id("assessment " + a.ID), Nominal: m.Nominal, Course: m.ID, Force: m.Force,
			Tool: a.Tool, Yes: a.Yes, Grade: w.grade(a.Grade), Time: s.at})
	}
	for _, r := range s.Regrades {
		id := w.id("assessment " + r.Assessment)
		for i := range w.h.Assessments {
			if w.h.Assessments[i].ID == id {
				w.h.Assessments[i].Regrades = append(w.h.Assessments[i].Regrades, conduct.Regrade{Grade: w.grade(r.Grade), Time: s.at})
			}
		}
	}
	for _, p := range s.Plans {
		m := w.matter(p.Course)
		x := conduct.Plan{ID: w.id("plan " + p.ID), Nominal: m.Nominal, Course: m.ID, Force: m.Force, Made: s.at}
		for _, a := range p.Actions {
			x.Actions = append(x.Actions, conduct.PlanAction{Code: a.Code, Due: w.time(a.Due, time.Time{}), Done: w.time(a.Done, time.Time{})})
		}
		for _, r := range p.Refer {
			x.Referrals = append(x.Referrals, conduct.Informed{Code: r, Time: s.at})
		}
		w.h.Plans = append(w.h.Plans, x)
	}
}

func (w *world) facts(s *Step) {
	for _, d := range s.Statements {
		m := w.matter(d.Course)
		m.Statements = append(m.Statements, conduct.Statement{Code: d.Code, Time: s.at})
	}
	for _, d := range s.Informed {
		m := w.matter(d.Course)
		m.Informed = append(m.Informed, conduct.Informed{Code: d.Code, Time: s.at})
	}
	for _, d := range s.Standings {
		w.stand(w.matter(d.Course), d.Code, s.at)
	}
	for _, x := range s.Exhibits {
		m := w.matter(x.Course)
		if !x.Done {
			m.Exhibits = append(m.Exhibits, conduct.Exhibit{Code: x.Code, Seized: s.at, Expected: w.time(x.Expected, time.Time{})})
			continue
		}
		for i := range m.Exhibits {
			if m.Exhibits[i].Code == x.Code {
				m.Exhibits[i].Done = s.at
			}
		}
	}
}

func (w *world) act(s *Step, a Act) {
	action := conduct.Action{Code: a.Code, Time: s.at, Why: a.Why}
	id, ok := w.ids["breach "+a.On]
	for i := range w.h.Breaches {
		if ok && w.h.Breaches[i].ID == id {
			w.h.Breaches[i].Actions = append(w.h.Breaches[i].Actions, action)
			return
		}
	}
	r := w.report(a.On)
	r.Actions = append(r.Actions, action)
}

func (w *world) report(ref string) *conduct.Report {
	for i := range w.h.Matters {
		for j := range w.h.Matters[i].Reports {
			if w.h.Matters[i].Reports[j].Reference == ref {
				return &w.h.Matters[i].Reports[j]
			}
		}
	}
	w.fail("no report or breach %q", ref)
	return &conduct.Report{}
}

func (w *world) counter(s *Step, c Counter) {
	m := w.matter(c.Course)
	other := w.id("other " + c.Course)
	for i := range w.h.Counters {
		if w.h.Counters[i].Course == m.ID && c.Reviewed {
			w.h.Counters[i].Reviewed, w.h.Counters[i].Upheld = s.at, c.Upheld
			return
		}
	}
	force := c.OtherForce
	if force == "" {
		force = m.Force
	}
	w.h.Counters = append(w.h.Counters, conduct.Counter{Course: m.ID, Other: other, Force: m.Force, OtherForce: force, Later: c.Later, Time: s.at})
}

// handOver gives a matter to another force, with all that belongs to it alone.
func (w *world) handOver(m *conduct.Matter, to string) {
	from, nominal := m.Force, w.id("nominal "+to)
	m.Owners = append(m.Owners, from, to)
	m.Force, m.Nominal = to, nominal
	moved := map[conduct.ID]bool{}
	for i := range w.h.Measures {
		if x := &w.h.Measures[i]; x.Force == from && len(x.Courses) == 1 && x.Courses[0] == m.ID {
			x.Force, x.Nominal, moved[x.ID] = to, nominal, true
		}
	}
	for i := range w.h.Breaches {
		if b := &w.h.Breaches[i]; b.Force == from && moved[b.Measure] {
			b.Force, b.Nominal = to, nominal
		}
	}
	for i := range w.h.Assessments {
		if a := &w.h.Assessments[i]; a.Course == m.ID {
			a.Force, a.Nominal = to, nominal
		}
	}
	for i := range w.h.Plans {
		if p := &w.h.Plans[i]; p.Course == m.ID {
			p.Force, p.Nominal = to, nominal
		}
	}
}
