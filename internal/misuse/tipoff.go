package misuse

import (
	"math"
	"slices"
)

func tipOffRule() *Rule {
	return &rules[slices.IndexFunc(rules, func(r Rule) bool { return r.Code == codeTipOff })]
}

// nearRegistration counts a search, whatever explains it, for somebody who was registered
// shortly before: by that is judged what comes near a registration by chance.
func (e *Engine) nearRegistration(j *judgement) {
	j.rule = tipOffRule()
	if len(j.registered(j.l)) > 0 {
		e.group(j.a).at(dayOf(j.l.time()), e.set.Horizon).registered++
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
		j.raise(0, looks, []string{"no case or incident of his", "not registered by himself", "how often registrations come near his peers' searches"}, "%s shortly before or after %s on the people looked up",
			many(len(looks), "search", "searches"), many(len(seen), "registration", "registrations"))
	}
}

// byChance is how many registrations come near so many searches as the actor's that nothing
// accounts for, if they are as his peers' searches are: whom a control room deals with is
// registered the day after. It allows for chance.
func (j *judgement) byChance() float64 {
	days := j.t(tDays)
	near := min(j.e.group(j.a).nearness(dayOf(j.at.Time), days), float64(j.t("chance_at_most_per_mille"))/1000)
	expected := near * float64(len(j.lately(days)))
	return expected + float64(j.t("sigmas"))*math.Sqrt(expected)
}

// registered are the registrations by others, near in time, of whom a search was for.
func (j *judgement) registered(l *look) []int64 {
	var out []int64
	for _, c := range []Code{l.person, l.record} {
		v := j.e.around[c]
		if c == 0 || v == nil {
			continue
		}
		for _, r := range v.registrations {
			apart := r.look.at - l.at
			if r.actor != j.ev.Actor && max(apart, -apart) <= int64(j.t("hours"))*3600 && !slices.Contains(out, r.look.index) &&
				j.e.same(j.ev.Force, l, &r.look, j.t(tRare)) {
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
	for _, c := range codes {
		for _, t := range e.around[c].looks {
			a, ok := e.actors[t.actor]
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
