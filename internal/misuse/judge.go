package misuse

import (
	"cmp"
	"slices"
	"time"
)

// judgement is what a rule is told of a search.
type judgement struct {
	e      *Engine
	rule   *Rule
	ev     *Event // the search
	at     *Event // the event with which it is judged: later, if it had to wait for facts
	a      *actor
	l      *look
	basis  basis
	matter *Case
	late   bool
	owner  string // if set, the force whose department alone may see the flag
}

// t is a threshold of the rule.
func (j *judgement) t(name string) int { return j.e.set.Rules[j.rule.Code][name] }

// open reports whether nothing accounts for the search.
func (j *judgement) open() bool {
	return j.late || j.basis == none || j.basis == closed || j.basis == colleagues
}

// lately are the unexplained searches of the last days.
func (j *judgement) lately(days int) []look { return since(j.a.unexplained, dayOf(j.at.Time), days) }

// weighed says which explanations were looked for.
func (j *judgement) weighed() []string {
	out := []string{map[basis]string{
		none: "no reference", confirmed: "a case he works on", outside: "a case he works on, which does not name the person",
		claimed: "a reference that the force has not told of yet", colleagues: "a case allocated to others, for more people than one helps out with",
		closed: "a case that was closed", urgent: "threat to life, without a reference",
	}[j.basis]}
	switch {
	case j.late:
		out[0] = "a reference that the force has not told of in time"
	case j.basis == none && j.ev.Reference != 0:
		out[0] = "a reference that the force has not told of, for more people or with more such references than is usual"
	}
	if !j.e.facts.tells(j.ev.Force, j.at.Time) {
		out = append(out, "the force has told of no cases lately")
	}
	if j.e.facts.member(j.ev) == nil {
		out = append(out, "the force has told nothing of this member of staff")
	}
	if j.ev.Asserted {
		out = append(out, "named by his force's system, not by a sign-in of his own")
	}
	if role := j.ev.role(); role != "" {
		out = append(out, "role "+role)
	}
	if j.ev.OnBehalfOf != "" {
		out = append(out, "on behalf of another, who does not work on it either")
	}
	return out
}

func (j *judgement) self() {
	s := j.e.facts.member(j.ev)
	switch {
	case j.ev.Self, s != nil && overlap(j.ev.Terms, s.Identity):
		j.raise(0, []look{*j.l}, j.weighed(), "a search for the actor himself")
	case s != nil && j.open() && overlap(j.ev.Terms, s.Names):
		j.raise(0, []look{*j.l}, j.weighed(), "a search for the actor's own name, by name alone")
	}
}

func (j *judgement) ownCase() {
	j.accuser()
	concerned := func(c *Case) bool { return slices.Contains(c.Parties, j.ev.Actor) }
	c := j.e.facts.cases[j.ev.Reference]
	if c == nil || !concerned(c) {
		c = nil
		for _, t := range j.ev.Terms {
			if i := slices.IndexFunc(j.e.facts.people[t], concerned); i >= 0 {
				c = j.e.facts.people[t][i]
				break
			}
		}
	}
	if c != nil {
		j.raise(c.References[0], []look{*j.l}, nil, "a search about a case in which the actor is himself concerned")
		return
	}
	if !j.open() {
		return
	}
	for _, c := range j.e.facts.parties[j.ev.Actor] {
		near := slices.ContainsFunc(c.Around, func(a Code) bool {
			return slices.Contains(j.ev.Terms, a) && !j.e.common(j.ev.Force, a, j.t(tRare))
		})
		if near {
			j.raise(c.References[0], []look{*j.l}, j.weighed(), "a search for somebody who shares a surname or an address with a person of a case in which the actor is himself concerned")
			return
		}
	}
}

// accuser looks at a search that fits somebody who was harmed by conduct recorded
// against the actor himself. Whoever alone may know of the record is alone told.
func (j *judgement) accuser() {
	s := j.e.facts.member(j.ev)
	if s == nil {
		return
	}
	for _, a := range j.ev.Accused {
		if !overlap(a.Codes, s.Identity) && (!j.open() || !overlap(a.Codes, s.Names)) {
			continue
		}
		j.owner = a.Owner
		if a.Owner == j.ev.Force && a.Owner != "" && (j.ev.hasRole(rolePSD) || j.e.facts.oversees(s)) {
			j.owner = National
		}
		j.raise(a.Codes[0], []look{*j.l}, nil, "a search for somebody who was harmed by conduct that is recorded against the actor himself")
		j.owner = ""
	}
}

func (j *judgement) family() {
	s := j.e.facts.member(j.ev)
	if s == nil || !j.open() {
		return
	}
	switch {
	case overlap(j.ev.Terms, s.Associates):
		j.raise(1, []look{*j.l}, j.weighed(), "a search for somebody whom the actor has declared to be close to him")
		return
	case overlap(j.ev.Terms, s.Addresses):
		j.raise(2, []look{*j.l}, j.weighed(), "a search at the actor's own address")
		return
	}
	rare := slices.DeleteFunc(slices.Clone(s.Surnames), func(c Code) bool { return j.e.common(s.Force, c, j.t(tRare)) })
	if !overlap(j.ev.Terms, rare) {
		return
	}
	looks := where(j.lately(j.t(tDays)), func(l *look) bool { return overlap(l.shared[:], rare) })
	if len(looks) >= j.t("surnames") {
		j.raise(3, looks, j.weighed(), "%s for the actor's own surname, which few of the staff bear", many(len(looks), "search", "searches"))
	}
}

func (j *judgement) burst() {
	if !j.open() || j.said(0) {
		return
	}
	from := j.at.Time.Add(-time.Duration(j.t(tHours)) * time.Hour).Unix()
	looks := where(j.lately(2), func(l *look) bool { return l.at > from })
	if n := persons(looks); n >= j.t(tPersons) {
		j.raise(0, looks, j.weighed(), "%s for %s within %s", many(len(looks), "search", "searches"), many(n, "person", "different people"),
			many(int(j.at.Time.Sub(looks[0].time()).Hours())+1, "hour", "hours"))
	}
}

func (j *judgement) zeroHits() {
	if !j.open() || j.l.bits&nobody == 0 || j.said(0) {
		return
	}
	looks := where(j.lately(1), func(l *look) bool { return l.bits&nobody != 0 })
	if n := persons(looks); n >= j.t(tPersons) {
		j.raise(0, looks, j.weighed(), "%s in one day for %s whom the register does not hold", many(len(looks), "search", "searches"), many(n, "person", "different people"))
	}
}

func (j *judgement) orbit() {
	if !j.open() {
		return
	}
	looks := where(j.lately(j.t(tDays)), func(l *look) bool { return j.e.related(j.ev.Force, j.l, l, j.t(tRare)) })
	if n := persons(looks); n >= j.t(tPersons) {
		about := j.l.victim
		for _, c := range j.l.shared {
			if about == 0 && !j.e.common(j.ev.Force, c, j.t(tRare)) {
				about = c
			}
		}
		j.raise(about, looks, j.weighed(), "%s for %s who have a surname, an address, a telephone or a victim in common", many(len(looks), "search", "searches"), many(n, "person", "different people"))
	}
}

// repeatDays looks at one person on different days, whatever reason was given: none, one that
// is not so, or a case of his own that does not name the person. Such a case counts once,
// however long he works on it.
func (j *judgement) repeatDays() {
	if !j.open() && j.basis != outside {
		return
	}
	same := func(l *look) bool {
		return (l.person != 0 && l.person == j.l.person) || (l.record != 0 && l.record == j.l.record)
	}
	looks := where(j.lately(j.t(tDays)), same)
	if len(looks) == 0 {
		return // own cases alone: that is for REFERENCE
	}
	n, days, cases := daysOf(looks), map[day]bool{}, map[Code]bool{}
	for i := range looks {
		days[dayOf(looks[i].time())] = true
	}
	for _, l := range where(since(j.a.apart, dayOf(j.at.Time), j.t(tDays)), same) {
		if d := dayOf(l.time()); !days[d] && !cases[l.reference] {
			days[d], cases[l.reference] = true, true
			looks = append(looks, l)
		}
	}
	if len(days) < j.t("seen_days") {
		return
	}
	slices.SortFunc(looks, func(a, b look) int { return cmp.Compare(a.index, b.index) })
	seen := "the same person on " + many(n, "day", "different days")
	if len(cases) > 0 {
		seen += ", and under " + many(len(cases), "case", "different cases") + " of his own that do not name that person"
	}
	j.raise(j.l.person, looks, j.weighed(), "%s", seen)
}

func (j *judgement) volume() {
	if j.basis == confirmed || j.basis == outside {
		return
	}
	d := dayOf(j.at.Time)
	usual := max(1, j.a.median(d), j.e.group(j.a).median(d))
	if n := j.a.today.open; n >= j.t(tLooks) && n > j.t("times")*usual {
		j.raise(0, since(j.a.unexplained, d, 1), j.weighed(), "%s in one day outside the cases he works on; his and his peers' usual day has %d", many(n, "search", "searches"), usual)
	}
}

func (j *judgement) offRoster() {
	if !j.open() || j.l.bits&offDuty == 0 || j.said(0) {
		return
	}
	off := where(j.lately(j.t(tDays)), func(l *look) bool { return l.bits&offDuty != 0 })
	looks := where(off, func(l *look) bool { return !j.atWork(l, off) })
	if len(looks) >= j.t(tLooks) {
		j.raise(0, looks, append(j.weighed(), "the roster has him off duty, and most of what he did in these hours was not his work either"),
			"%s off duty, on %s", many(len(looks), "search", "searches"), many(daysOf(looks), "day", "days"))
	}
}

// atWork reports whether somebody whom the roster has off duty was evidently on duty when he
// made a search: in the hours around it, more of his searches are accounted for than are not.
func (j *judgement) atWork(l *look, off []look) bool {
	within := int64(j.t(tHours)) * 3600
	near := func(at int64) bool { return max(at-l.at, l.at-at) <= within }
	n := 0
	for _, at := range j.a.worked {
		if near(at) {
			n++
		}
	}
	for i := range off {
		if near(off[i].at) {
			n--
		}
	}
	return n > 0
}
