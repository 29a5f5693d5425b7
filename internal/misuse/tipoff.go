package misuse

import (
	"math"
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
		v := e.near(c)
		v.registrations = append(v.registrations, trace{ev.Actor, l})
		if len(v.registrations) > maxLooks {
			v.registrations = slices.Delete(v.registrations, 0, 1)
		}
	}
	e.followed(ev, &l)
	e.tippedOff(ev, codes)
}

// askedDays is for how long every search is kept, to see whether a registration follows.
const askedDays = 2

// nearRegistration counts a search, whatever explains it, for somebody who was registered
// shortly before, and keeps it lest he is shortly after: by that is judged what comes near
// a registration by chance.
func (e *Engine) nearRegistration(j *judgement) {
	j.rule = tipOffRule()
	if len(j.registered(j.l)) > 0 {
		e.group(j.a).at(dayOf(j.l.time()), e.set.Horizon).registered++
	}
	if j.l.person != 0 {
		v := e.near(j.l.person)
		if v.asked = append(v.asked, asked{j.a, *j.l}); len(v.asked) > maxAsked {
			v.asked = slices.Delete(v.asked, 0, 1)
		}
	}
}

// maxAsked bounds the searches that are kept of one name.
const maxAsked = 256

// followed counts the searches that a registration follows.
func (e *Engine) followed(ev *Event, l *look) {
	for _, c := range ev.Terms[:min(1, len(ev.Terms))] {
		for _, a := range e.around[c].asked {
			if l.at-a.look.at <= int64(e.set.Rules[codeTipOff][tHours])*3600 && e.same(a.by.force, &a.look, l, e.set.Rules[codeTipOff][tRare]) {
				e.group(a.by).at(dayOf(a.look.time()), e.set.Horizon).registered++
			}
		}
	}
}

// tipOff looks at a search that comes soon after a registration.
func (j *judgement) tipOff() {
	if j.open() && len(j.registered(j.l)) > 0 {
		j.tipped()
	}
}

// tipped counts the registrations near the actor's unexplained searches.
func (j *judgement) tipped() {
	if j.said(0) {
		return
	}
	seen := map[int64]bool{}
	looks := where(j.lately(j.t(tDays)), func(l *look) bool {
		near := j.registered(l)
		for _, index := range near {
			seen[index] = true
		}
		return len(near) > 0
	})
	if len(seen) >= j.t("times") && daysOf(looks) > 1 && float64(len(seen)) > j.byChance() {
		j.raise(0, looks, []string{"no case or incident of his", "not registered by himself", "how often registrations come near his peers' searches, those too that nothing accounts for"}, "%s shortly before or after %s on the people looked up",
			many(len(looks), "search", "searches"), many(len(seen), "registration", "registrations"))
	}
}

// byChance is how many registrations come near so many searches as the actor's that nothing
// accounts for, if they are as his peers' searches are: whom a control room deals with is
// registered the day after, and so is he about whom another force telephones. The peers'
// searches that nothing accounts for say most of the latter; the actor's own are no measure
// of himself. It allows for chance.
func (j *judgement) byChance() float64 {
	days, d := j.t(tDays), dayOf(j.at.Time)
	looks := j.lately(days)
	unexplained, passed := 0, 0
	for i := range looks {
		if dayOf(looks[i].time()) < d {
			unexplained++
			passed += len(j.registered(&looks[i]))
		}
	}
	g := j.e.group(j.a)
	near := max(g.nearness(d, days), g.passing(d, days, unexplained, passed))
	expected := min(near, float64(j.t(tChance))/1000) * float64(len(looks))
	return expected + float64(j.t("sigmas"))*math.Sqrt(expected)
}

// registered are the registrations by others, near in time, of whom a search was for.
func (j *judgement) registered(l *look) []int64 { return j.e.registered(j.ev.Actor, j.ev.Force, l) }

// registered are the registrations, by others than whoever made a search, near it in time
// and of whom it was for.
func (e *Engine) registered(actor, force string, l *look) []int64 {
	t := e.set.Rules[codeTipOff]
	var out []int64
	for _, c := range []Code{l.person, l.record} {
		v := e.around[c]
		if c == 0 || v == nil {
			continue
		}
		for _, r := range v.registrations {
			apart := r.look.at - l.at
			if r.actor != actor && max(apart, -apart) <= int64(t[tHours])*3600 && !slices.Contains(out, r.look.index) &&
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
	var asked []string
	counted := map[int64]bool{}
	for _, c := range codes {
		for _, t := range e.around[c].looks {
			a, ok := e.actors[t.actor]
			if ok && !counted[t.look.index] && slices.Contains(e.registered(t.actor, a.force, &t.look), ev.Index) {
				counted[t.look.index] = true
				e.group(a).at(dayOf(t.look.time()), e.set.Horizon).passed++
			}
			if !ok || t.actor == ev.Actor || slices.Contains(asked, t.actor) {
				continue
			}
			asked = append(asked, t.actor)
			by := Event{Index: t.look.index, Time: t.look.time(), Actor: t.actor, Force: a.force, Roles: a.roles}
			j := judgement{e: e, rule: tipOffRule(), ev: &by, at: ev, a: a, l: &t.look}
			j.tipped()
		}
	}
}
