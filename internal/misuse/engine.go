package misuse

import (
	"encoding/binary"
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
	names   names
	looks   trail              // unexplained searches, by person and record
	asked   trail              // searches of the last days by person, whatever explains them
	written trail              // registrations, by person and record
	pending queue              // of searches with a reference that the force has not told of yet
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

// NewEngine makes an engine that has seen nothing.
func NewEngine(s *Settings) *Engine {
	return &Engine{
		set: s, facts: newFacts(), actors: map[string]*actor{}, groups: map[groupKey]*group{},
		names: names{numbers: map[string]who{}}, looks: newTrail(maxLooks), asked: newTrail(maxAsked), written: newTrail(maxLooks), waiting: map[Code][]waiting{}, raised: map[raised]day{},
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
		a.claims = slices.DeleteFunc(a.claims, func(c claim) bool { return c.last <= d-claimDays })
		if len(a.totals) == 0 || a.totals[len(a.totals)-1].day <= d-day(e.set.Horizon) { //nolint:gosec // days are small
			delete(e.actors, key)
		}
	}
	e.looks.forget(d - vicinityDays)
	e.written.forget(d - vicinityDays)
	e.asked.forget(d - askedDays)
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
		a = &actor{who: e.names.number(ev.Actor)}
		e.actors[ev.Actor] = a
	}
	a.force, a.role, a.roles = ev.Force, ev.role(), ev.Roles
	if d := dayOf(ev.Time); a.today.day != d {
		a.today = today{day: d}
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

// look judges a search: first what explains it, then the rules.
func (e *Engine) look(ev *Event) {
	a := e.actor(ev)
	d := dayOf(ev.Time)
	l := newLook(ev)
	if e.facts.offDuty(ev.Actor, ev.Time, e.grace()) {
		l.bits |= offDuty
	}
	a.count(d, e.set.Horizon)
	e.group(a).look(d, e.set.Horizon, a.who)
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
		e.pending.push(binary.LittleEndian.AppendUint16(pack(ev), uint16(l.bits))) // what it was seen to be goes last
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
			e.looks.add(c, trace{a.who, *l})
		}
	}
}

// settle judges the searches whose references should have been told of by now.
func (e *Engine) settle(ev *Event) {
	due := ev.Time.Add(-e.set.settle())
	for p := e.pending.front(); p != nil && !packed(p).time().After(due); p = e.pending.front() {
		then := packed(p).unpack()
		l := newLook(&then)
		l.bits = bits(binary.LittleEndian.Uint16(p[len(p)-2:]))
		e.pending.pop()
		e.settled(&then, &l, ev)
	}
}

// settled judges, with a later event, a search whose reference should have been told of.
func (e *Engine) settled(ev *Event, l *look, at *Event) {
	a, ok := e.actors[ev.Actor]
	if !ok {
		return
	}
	if _, known := e.facts.cases[ev.Reference]; known || !e.facts.tells(ev.Force, at.Time) {
		if known {
			a.work(l)
		}
		return
	}
	l.bits |= unknown
	e.unexplained(a, ev, l)
	j := judgement{e: e, ev: ev, a: a, l: l, at: at, basis: none, late: true}
	for i := range rules {
		if rules[i].late && e.set.Rules[rules[i].Code][tOn] == 1 {
			j.rule = &rules[i]
			rules[i].look(&j)
		}
	}
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
