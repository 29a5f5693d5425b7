package misuse

import (
	"fmt"
	"slices"
	"time"
)

// Engine applies the rules to the events of a log. It is not safe for concurrent
// use. What it keeps is bounded: by the horizon, by how much of an actor's use is
// unexplained, and by a limit for each actor.
type Engine struct {
	set     *Settings
	facts   *Facts
	actors  map[string]*actor
	groups  map[groupKey]*group
	around  map[Code]*vicinity
	pending []pending
	waiting map[Code][]waiting // by reference
	raised  map[raised]day     // the bucket in which a flag was last raised
	today   day
	flags   []Flag
}

type groupKey struct{ force, role string }

type raised struct {
	rule, actor string
	about       Code
}

// vicinity is what happened lately to a person or a record.
type vicinity struct {
	looks         []trace // unexplained searches
	registrations []trace
	asked         []asked // searches of the last days, whatever explains them
}

// asked is a search by somebody of a group.
type asked struct {
	actor string
	by    *actor
	look  look
}

type trace struct {
	actor string
	look  look
}

// pending is a search with a reference that the force has not told of yet.
type pending struct {
	event Event
	look  look
}

// NewEngine makes an engine that has seen nothing.
func NewEngine(s *Settings) *Engine {
	return &Engine{
		set: s, facts: newFacts(), actors: map[string]*actor{}, groups: map[groupKey]*group{},
		around: map[Code]*vicinity{}, waiting: map[Code][]waiting{}, raised: map[raised]day{},
	}
}

// Facts takes in what forces say. Facts and events are given in the order of the log.
func (e *Engine) Facts() *Facts { return e.facts }

// WarmUp is how long before the first flag that matters an engine must begin, to
// agree with one that began with the log.
func (s *Settings) WarmUp() time.Duration {
	return time.Duration(s.Horizon+claimDays+2)*24*time.Hour + s.settle()
}

// Feed takes in the next event and returns the flags that it raises, in the order
// of the rules. Entries of earlier times that had to wait for facts may be judged
// with it.
func (e *Engine) Feed(ev Event) []Flag {
	e.flags = nil
	if s := e.facts.member(&ev); s != nil {
		ev.Actor = s.Subject // one person, by whichever way he comes
	}
	e.begin(dayOf(ev.Time))
	e.explain()
	e.settle(&ev)
	switch ev.Kind {
	case Look:
		e.look(&ev)
	case Registration:
		if ev.Checked {
			e.look(&ev) // before: he registers whom he looks up
		}
		e.registration(&ev)
	case Review:
		e.review(&ev)
	case Other:
	}
	return e.flags
}

// begin begins a day: what is too old is forgotten.
func (e *Engine) begin(d day) {
	if d <= e.today {
		return
	}
	e.today = d
	from := int64(d-day(e.set.Horizon)) * secondsPerDay //nolint:gosec // days are small
	e.facts.forget(d, d-day(e.set.Horizon))             //nolint:gosec // days are small
	e.forgetWaiting(d)
	for key, a := range e.actors {
		a.unexplained = recent(a.unexplained, from)
		a.apart = recent(a.apart, from)
		a.urgent = recent(a.urgent, from)
		a.worked = slices.DeleteFunc(a.worked, func(at int64) bool { return at < from })
		for ref, c := range a.claims {
			for p, last := range c.persons {
				if last <= d-claimDays {
					delete(c.persons, p)
				}
			}
			if len(c.persons) == 0 {
				delete(a.claims, ref)
			}
		}
		if len(a.totals) == 0 || a.totals[len(a.totals)-1].day <= d-day(e.set.Horizon) { //nolint:gosec // days are small
			delete(e.actors, key)
		}
	}
	for code, v := range e.around {
		old := func(t trace) bool { return dayOf(t.look.time()) < d-vicinityDays }
		v.looks, v.registrations = slices.DeleteFunc(v.looks, old), slices.DeleteFunc(v.registrations, old)
		v.asked = slices.DeleteFunc(v.asked, func(a asked) bool { return dayOf(a.look.time()) < d-askedDays })
		if len(v.looks)+len(v.registrations)+len(v.asked) == 0 {
			delete(e.around, code)
		}
	}
	for key, bucket := range e.raised {
		if bucket < d-2*day(e.set.Horizon) { //nolint:gosec // days are small
			delete(e.raised, key)
		}
	}
}

// vicinityDays is for how long it is kept what happened to a person or a record.
const vicinityDays = 29

func (e *Engine) actor(ev *Event) *actor {
	a, ok := e.actors[ev.Actor]
	if !ok {
		a = &actor{claims: map[Code]*claim{}}
		e.actors[ev.Actor] = a
	}
	a.force, a.role, a.roles = ev.Force, ev.role(), ev.Roles
	if d := dayOf(ev.Time); a.today.day != d || a.today.references == nil {
		a.today = today{day: d, references: map[Code]bool{}}
	}
	return a
}

func (e *Engine) group(a *actor) *group {
	key := groupKey{a.force, a.role}
	g, ok := e.groups[key]
	if !ok {
		g = &group{}
		e.groups[key] = g
	}
	return g
}

func (e *Engine) near(c Code) *vicinity {
	v, ok := e.around[c]
	if !ok {
		v = &vicinity{}
		e.around[c] = v
	}
	return v
}

// look judges a search: first what explains it, then the rules.
func (e *Engine) look(ev *Event) {
	a := e.actor(ev)
	d := dayOf(ev.Time)
	l := newLook(ev)
	if e.facts.offDuty(ev.Actor, ev.Time, e.grace()) {
		l.bits |= offDuty
	}
	a.count(d, e.set.Horizon)
	e.group(a).look(d, e.set.Horizon, ev.Actor)
	j := judgement{e: e, ev: ev, a: a, l: &l, at: ev}
	e.nearRegistration(&j)
	e.nearStaff(&j)
	j.basis, j.matter = e.basis(ev, a)
	if j.matter != nil && j.basis == closed {
		l.bits |= lateCase
	}
	if j.basis == colleagues {
		l.bits |= others
	}
	if j.basis != confirmed && j.basis != outside {
		a.today.open++
	}
	switch j.basis {
	case claimed:
		e.pending = append(e.pending, pending{*ev, l})
	case outside:
		a.apart = add(a.apart, l, e.set.Horizon)
	case urgent:
		a.urgent = add(a.urgent, l, e.set.Horizon)
	case none, closed, colleagues:
		e.unexplained(a, ev, &l)
	case confirmed:
		a.work(&l)
	}
	for i := range rules {
		if rules[i].look != nil && e.set.Rules[rules[i].Code][tOn] == 1 {
			j.rule = &rules[i]
			rules[i].look(&j)
		}
	}
}

// nearStaff counts a search, whatever explains it, for a member of the same force's staff, or
// for the name of one that few bear.
func (e *Engine) nearStaff(j *judgement) {
	found := false
	for _, t := range j.ev.Terms {
		named, sure := j.staffOf(t)
		if sure {
			j.l.bits |= staffed
			e.group(j.a).at(dayOf(j.l.time()), e.set.Horizon).staffed++
			return
		}
		found = found || named
	}
	if found && !e.ambiguous(j.ev.Force, j.l, e.set.Rules[codeColleague][tRare]) {
		j.l.bits |= namesake
		e.group(j.a).at(dayOf(j.l.time()), e.set.Horizon).namesakes++
	}
}

// unexplained keeps a search that nothing accounts for.
func (e *Engine) unexplained(a *actor, ev *Event, l *look) {
	t := e.group(a).at(dayOf(l.time()), e.set.Horizon)
	t.unexplained++
	if len(e.registered(ev.Actor, ev.Force, l)) > 0 {
		l.bits |= nearby
		t.passed++
	}
	a.unexplained = add(a.unexplained, *l, e.set.Horizon)
	e.wait(ev, a)
	for _, c := range []Code{l.person, l.record} {
		if c != 0 {
			v := e.near(c)
			v.looks = append(v.looks, trace{ev.Actor, *l})
			if len(v.looks) > maxLooks {
				v.looks = slices.Delete(v.looks, 0, 1)
			}
		}
	}
}

// settle judges the searches whose references should have been told of by now.
func (e *Engine) settle(ev *Event) {
	due := ev.Time.Add(-e.set.settle())
	n := 0
	for n < len(e.pending) && !e.pending[n].event.Time.After(due) {
		n++
	}
	for i := range n {
		p := &e.pending[i]
		a, ok := e.actors[p.event.Actor]
		if !ok {
			continue
		}
		if _, known := e.facts.cases[p.event.Reference]; known || !e.facts.tells(p.event.Force, ev.Time) {
			if known {
				a.work(&p.look)
			}
			continue
		}
		p.look.bits |= unknown
		e.unexplained(a, &p.event, &p.look)
		j := judgement{e: e, ev: &p.event, a: a, l: &p.look, at: ev, basis: none, late: true}
		for k := range rules {
			if rules[k].late && e.set.Rules[rules[k].Code][tOn] == 1 {
				j.rule = &rules[k]
				rules[k].look(&j)
			}
		}
	}
	clear(e.pending[:n])
	e.pending = e.pending[n:] // and not moved to the front: append does that now and then
}

// raise raises a flag, unless the same was raised in the same stretch of days.
func (j *judgement) raise(about Code, looks []look, weighed []string, seen string, args ...any) {
	if j.said(about) {
		return
	}
	bucket := j.bucket()
	j.e.raised[raised{j.rule.Code, j.ev.Actor, about}] = bucket
	f := Flag{
		Rule: j.rule.Code, Version: j.rule.Version, Settings: j.e.set.Version, Actor: j.ev.Actor, Force: j.ev.Force,
		Audience: j.audience(), Index: j.at.Index, Time: j.at.Time, Weighed: weighed, Seen: fmt.Sprintf(seen, args...),
	}
	f.show(looks)
	f.Key = fmt.Sprintf("%s|%s|%s|%x|%s", f.Rule, f.Audience, f.Actor, uint64(about), bucket)
	j.e.flags = append(j.e.flags, f)
}

// said reports whether the rule has raised its flag on the actor already, in the days
// within which it does so once: a rule that asks before it counts what he has done
// costs little for those who do much.
func (j *judgement) said(about Code) bool {
	last, ok := j.e.raised[raised{j.rule.Code, j.ev.Actor, about}]
	return ok && last == j.bucket()
}

func (j *judgement) bucket() day {
	again := day(j.t(tAgain)) //nolint:gosec // days are small
	return dayOf(j.at.Time) / again * again
}

// audience says whose department may see a flag: never the actor's own when he is
// one of it or above it, or of no force.
func (j *judgement) audience() string {
	switch {
	case j.owner != "":
		return j.owner
	case j.ev.Force == "" || j.e.facts.oversees(j.e.facts.member(j.ev)) || j.ev.hasRole(rolePSD) || j.ev.hasRole(roleAuditor):
		return National
	}
	return j.ev.Force
}
