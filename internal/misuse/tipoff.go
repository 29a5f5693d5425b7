package misuse

import (
	"cmp"
	"slices"
)

func tipOffRule() *Rule {
	return &rules[slices.IndexFunc(rules, func(r Rule) bool { return r.Code == codeTipOff })]
}

// registration notes that a person or a record was registered, and looks at who had
// looked it up for no known reason.
func (e *Engine) registration(ev *Event) {
	l := newLook(ev)
	if len(ev.Records) > 0 {
		l.record = ev.Records[0]
	}
	codes := slices.Concat(ev.Records, ev.Terms[:min(1, len(ev.Terms))])
	for _, c := range codes {
		e.written.add(c, trace{e.names.number(ev.Actor), l})
	}
	e.followed(ev)
	e.tippedOff(ev, codes)
}

// askedDays is for how long every search is kept, to see whether a registration follows.
const askedDays = 2

// nearRegistration counts a search, whatever explains it, for somebody who was registered
// shortly before, and keeps it lest he is shortly after: by that is judged who is met near
// a registration by chance. Each search counts once, however often he is registered.
func (e *Engine) nearRegistration(j *judgement) {
	if len(e.registered(j.ev.Actor, j.ev.Force, j.l)) > 0 {
		e.group(j.a).at(dayOf(j.l.time()), e.set.Horizon).registered++
	}
	if j.l.person != 0 {
		e.asked.add(j.l.person, trace{j.a.who, *j.l})
	}
}

// maxAsked bounds the searches that are kept of one name.
const maxAsked = 256

// followed counts the searches that a registration follows.
func (e *Engine) followed(ev *Event) {
	for _, c := range ev.Terms[:min(1, len(ev.Terms))] {
		for t := range e.asked.of(c) {
			name := e.names.of[t.who]
			by, ok := e.actors[name]
			if ok && slices.Equal(e.registered(name, by.force, &t.look), []int64{ev.Index}) {
				e.group(by).at(dayOf(t.look.time()), e.set.Horizon).registered++
			}
		}
	}
}

// tipOff looks at a search that comes soon after a registration.
func (j *judgement) tipOff() {
	if j.open() && met(j.l) {
		j.tipped()
	}
}

// met reports whether somebody was registered near a search for him.
func met(l *look) bool { return l.bits&nearby != 0 }

// tipped counts the people of the actor's unexplained searches who were registered near them.
func (j *judgement) tipped() {
	if j.said(0) {
		return
	}
	looks := where(j.lately(j.t(tDays)), met)
	n := persons(looks)
	if n >= j.t("times") && daysOf(looks) > 1 && j.moreThanChance(n, j.usuallyNear()) {
		j.raise(0, looks, []string{"no case or incident of his", "not registered by himself", "how often his peers' searches are for somebody who is registered, those too that nothing accounts for"},
			"%s for %s shortly before or after something was registered on them", many(len(looks), "search", "searches"), many(n, "person", "different people"))
	}
}

// usuallyNear is of how many such searches as the actor's that nothing accounts for somebody
// is registered near them, if they are as his peers' searches are: whom a control room deals with is
// registered the day after, and so is he about whom another force telephones. The peers'
// searches that nothing accounts for say most of the latter; the actor's own are no measure
// of himself.
func (j *judgement) usuallyNear() float64 {
	days, d := j.t(tDays), dayOf(j.at.Time)
	looks := j.lately(days)
	earlier := j.before(looks)
	own := apart{len(earlier), len(where(earlier, met))}
	g := j.e.group(j.a)
	near := max(g.nearness(d, days, own), g.passing(d, days, own))
	return min(near, float64(j.t(tChance))/1000) * float64(len(looks))
}

// registered are the registrations, by others than whoever made a search, near it in time
// and of whom it was for.
func (e *Engine) registered(actor, force string, l *look) []int64 {
	t := e.set.Rules[codeTipOff]
	var out []int64
	for _, c := range []Code{l.person, l.record} {
		if c == 0 {
			continue
		}
		for r := range e.written.of(c) {
			apart := r.look.at - l.at
			if e.names.of[r.who] != actor && max(apart, -apart) <= int64(t[tHours])*3600 && !slices.Contains(out, r.look.index) &&
				e.same(force, l, &r.look, t[tRare]) {
				out = append(out, r.look.index)
			}
		}
	}
	return out
}

// tippedOff looks at the searches that came before a registration.
func (e *Engine) tippedOff(ev *Event, codes []Code) {
	if e.set.Rules[codeTipOff][tOn] == 0 {
		return
	}
	first := map[string]*look{}
	var actors []string
	for _, c := range codes {
		for t := range e.looks.of(c) {
			name := e.names.of[t.who]
			a, ok := e.actors[name]
			if !ok || name == ev.Actor {
				continue
			}
			e.precedes(name, &t.look, a, ev)
			if first[name] == nil {
				first[name] = &t.look
				actors = append(actors, name)
			}
		}
	}
	for _, who := range actors {
		a, l := e.actors[who], first[who]
		by := Event{Index: l.index, Time: l.time(), Actor: who, Force: a.force, Roles: a.roles}
		j := judgement{e: e, rule: tipOffRule(), ev: &by, at: ev, a: a, l: l}
		j.tipped()
	}
}

// precedes notes a search that nothing accounts for, if a registration came soon after it.
func (e *Engine) precedes(name string, of *look, a *actor, ev *Event) {
	i, ok := slices.BinarySearchFunc(a.unexplained, of.index, func(l look, index int64) int { return cmp.Compare(l.index, index) })
	if !ok {
		return
	}
	if l := &a.unexplained[i]; !met(l) && slices.Contains(e.registered(name, a.force, l), ev.Index) {
		l.bits |= nearby
		e.group(a).at(dayOf(l.time()), e.set.Horizon).passed++
	}
}
