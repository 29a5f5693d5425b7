package misuse

import (
	"math"
	"slices"
)

// beyond reports whether so many of an actor's searches are more than oversight, as
// his peers show it, explains. Chance makes the number differ, and people do: some
// forget and mistype several times as often as others, month after month.
func (j *judgement) beyond(n, days int) bool {
	d := dayOf(j.at.Time)
	return j.exceeds(n, j.e.group(j.a).before(d, days), d, days)
}

// exceeds is beyond, as of a day and what his peers had done by then.
func (j *judgement) exceeds(n int, peers groupDay, d day, days int) bool {
	rate := min(peers.unexplainedPart(), float64(j.t("peers_at_most_per_mille"))/1000)
	expected := rate * float64(j.a.sum(d, days))
	people := expected * float64(j.t("peers_differ_per_cent")) / 100
	return n >= j.t("least") && float64(n) > expected+float64(j.t("sigmas"))*math.Sqrt(max(1, expected)+people*people)
}

func (j *judgement) noNexus() {
	if !j.open() || j.said(0) {
		return
	}
	for _, name := range []string{tDays, tLongDays} {
		days := j.t(name)
		looks := j.lately(days)
		if !j.beyond(len(looks), days) || (name == tLongDays && j.stood(days)) {
			continue
		}
		j.raise(0, looks, append(j.weighed(), "what peers in the same role do by oversight"),
			"%s of %d in %d days that nothing accounts for", many(len(looks), "search", "searches"), j.a.sum(dayOf(j.at.Time), days), days)
		return
	}
}

// stood reports whether as much stood against an actor already before this stretch of days,
// so that it was told of then: the same searches are not told of month after month. Once
// in so many days as are looked back it is asked anew, in a month that differs from one to
// another.
func (j *judgement) stood(days int) bool {
	again := j.t(tAgain)
	turns := (days + again - 1) / again
	if int(j.bucket())/again%turns == int(uint64(CodeOf([]byte(j.ev.Actor)))%uint64(turns)) { //nolint:gosec // turns are few
		return false
	}
	d := j.bucket() - 1
	if int(dayOf(j.at.Time)-d)+days > j.e.set.Horizon {
		return false // it is not known any more
	}
	before := int64(j.bucket()) * secondsPerDay
	n := len(where(since(j.a.unexplained, d, days), func(l *look) bool { return l.at < before }))
	return j.exceeds(n, j.e.group(j.a).sum(d, days), d, days)
}

func (j *judgement) fishing() {
	if !j.open() || j.l.bits&wide == 0 || j.said(0) {
		return
	}
	looks := where(j.lately(j.t(tDays)), func(l *look) bool { return l.bits&wide != 0 })
	if len(looks) >= j.t(tLooks) {
		j.raise(0, looks, j.weighed(), "%s so wide that they fit more people than can be shown", many(len(looks), "search", "searches"))
	}
}

func (j *judgement) reference() {
	days := j.t(tDays)
	if j.basis == outside {
		looks := where(since(j.a.apart, dayOf(j.at.Time), days), func(l *look) bool {
			return l.person == j.l.person || (l.record != 0 && l.record == j.l.record)
		})
		refs := map[Code]bool{}
		for i := range looks {
			refs[looks[i].reference] = true
		}
		if len(refs) >= j.t("cases_for_one") && daysOf(looks) >= j.t("cases_for_one") {
			j.raise(j.l.person, looks, j.weighed(), "one person under %d own cases, on %s; none of them names that person", len(refs), many(daysOf(looks), "day", "different days"))
		}
		return
	}
	if j.ev.Reference == 0 || !j.open() || j.said(0) || !j.e.facts.tells(j.ev.Force, j.at.Time) {
		return
	}
	looks := where(j.lately(days), func(l *look) bool { return l.bits&(unknown|others|lateCase) != 0 })
	if j.beyond(len(looks), days) {
		j.raise(0, looks, append(j.weighed(), "what peers in the same role mistype"),
			"%s in %d days under references that are unknown, of others' cases or of closed ones", many(len(looks), "search", "searches"), days)
	}
}

func (j *judgement) probe() {
	if !j.open() {
		return
	}
	if len(j.ev.Victims) > 0 {
		j.raise(j.ev.Victims[0], []look{*j.l}, j.weighed(), "a search whose criteria fit a victim")
	}
	if j.late {
		return // told when it was made
	}
	for _, owner := range j.ev.Silent {
		j.owner = owner
		if owner == j.ev.Force && j.ev.hasRole(rolePSD) {
			j.owner = National
		}
		j.raise(j.l.person, []look{*j.l}, j.weighed(), "a search whose criteria fit a SILENT record of this force")
	}
	j.owner = ""
}

func (j *judgement) breakGlass() {
	if j.basis != urgent {
		return
	}
	most := j.t(tLooks)
	if j.ev.hasRole(roleControlRoom) {
		most = j.t("looks_control_room")
	}
	looks := since(j.a.urgent, dayOf(j.at.Time), j.t(tDays))
	if len(looks) >= most {
		j.raise(0, looks, j.weighed(), "%s for a threat to life without a reference in %d days", many(len(looks), "search", "searches"), j.t(tDays))
	}
}

// hisClosed reports whether a person is named in a case that the actor worked on and
// that was closed long enough before, and in no other that is open.
func (j *judgement) hisClosed(l *look) bool {
	his := false
	for _, c := range j.e.facts.people[l.person] {
		switch {
		case !slices.Contains(c.Allocated, j.ev.Actor):
		case c.Closed.IsZero():
			return false
		case dayOf(l.time()) > dayOf(c.Closed)+day(j.t("grace_days")): //nolint:gosec // days are small
			his = true
		}
	}
	return his
}

func (j *judgement) afterClosure() {
	if !j.open() || j.said(0) || (j.l.bits&lateCase == 0 && !j.hisClosed(j.l)) {
		return
	}
	looks := where(j.lately(j.t(tDays)), func(l *look) bool { return l.bits&lateCase != 0 || j.hisClosed(l) })
	if len(looks) >= j.t(tLooks) {
		j.raise(0, looks, j.weighed(), "%s for people or references of cases of his own that were closed", many(len(looks), "search", "searches"))
	}
}

func (j *judgement) manyUsers() {
	if !j.open() {
		return
	}
	from := dayOf(j.at.Time) - day(j.t(tDays)) //nolint:gosec // days are small
	for _, about := range []Code{j.l.person, j.l.record} {
		if about == 0 {
			continue
		}
		var users []string
		looks := map[string][]look{}
		for t := range j.e.looks.of(about) {
			if dayOf(t.look.time()) <= from || !j.e.same(j.ev.Force, j.l, &t.look, j.t(tRare)) {
				continue
			}
			name := j.e.names.of[t.who]
			if looks[name] == nil {
				users = append(users, name)
			}
			looks[name] = append(looks[name], t.look)
		}
		if reasons(users, looks) < j.t("users") {
			continue
		}
		for _, u := range users {
			one := *j
			ev := *j.ev
			ev.Actor = u
			one.ev = &ev
			if a, ok := j.e.actors[u]; ok {
				ev.Force, ev.Roles = a.force, a.roles
			}
			one.raise(about, looks[u], []string{"of none of them a case or an incident is known"}, "one of %s who looked the same person up within %s", many(len(users), "user", "users"), many(j.t(tDays), "day", "days"))
		}
		return
	}
}

// reasons is for how many reasons users looked somebody up: those who gave one and the same
// reference work on one thing, such as an operation that their force has yet to tell of.
// Whether that is so, other rules ask of each of them.
func reasons(users []string, looks map[string][]look) int {
	n, seen := 0, map[Code]bool{}
	for _, u := range users {
		r := looks[u][0].reference
		if r == 0 || !seen[r] {
			n++
		}
		seen[r] = true
	}
	return n
}

// review looks at somebody who reads the log.
func (e *Engine) review(ev *Event) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == codeReviewer })
	if ev.Subject == "" || e.set.Rules[codeReviewer][tOn] == 0 {
		return
	}
	j := judgement{e: e, rule: &rules[i], ev: ev, at: ev, l: &look{index: ev.Index, at: ev.Time.Unix()}}
	fact := func(subject string) *Staff { return e.facts.staff[subject] }
	own, of := e.facts.member(ev), fact(ev.Subject)
	if own == nil {
		own = &Staff{Subject: ev.Actor, Force: ev.Force}
	}
	if of == nil {
		of = &Staff{Subject: ev.Subject, Force: ev.Force}
	}
	tie := TieBetween(own, of, fact)
	if i := slices.Index([]Tie{TieSelf, TieUnit, TieLine, TieClose}, tie); i >= 0 {
		j.raise(Code(i+1), []look{*j.l}, nil, "a reviewer read about %s", tie)
	}
}
