package misuse

import "slices"

// staffOf finds members of the actor's own force, other than himself, who are meant
// by a code; sure says that the code means hardly anybody else.
func (j *judgement) staffOf(c Code) (found, sure bool) {
	for _, s := range j.e.facts.identity[c] {
		if s.Force == j.ev.Force && s.Subject != j.ev.Actor {
			found = true
			sure = sure || slices.Contains(s.Identity, c)
		}
	}
	return found, sure
}

func (j *judgement) colleague() {
	switch {
	case !j.open():
	case j.l.bits&staffed != 0:
		about := slices.IndexFunc(j.ev.Terms, func(t Code) bool { _, sure := j.staffOf(t); return sure })
		j.oneColleague(j.ev.Terms[max(0, about)])
	case j.l.bits&namesake != 0:
		looks := where(j.lately(j.t(tDays)), func(l *look) bool { return l.bits&namesake != 0 })
		if len(looks) >= j.t("names") && j.moreThanPeers(looks, (*group).named, j.t("namesakes_at_most_per_mille")) {
			j.raise(0, looks, append(j.weighed(), "how often his peers search for such names"), "%s for names that members of the same force's staff bear", many(len(looks), "search", "searches"))
		}
	}
}

// oneColleague looks at a search for a member of staff who is surely meant. Staff are victims,
// witnesses and suspects too: whoever makes hundreds of searches and slips in some of them
// meets one by chance, as often as his peers' searches do. Those near to him are no chance,
// nor is the same one on another day, nor more of them than chance brings.
func (j *judgement) oneColleague(about Code) {
	const seen = "a search for a member of the same force's staff, by name and date of birth or contact"
	if tie := j.tieTo(about); tie != TieNone {
		j.raise(about, []look{*j.l}, j.weighed(), seen+": %s", string(tie))
		return
	}
	looks := where(j.lately(j.t(tDays)), func(l *look) bool { return l.bits&staffed != 0 })
	if same := where(looks, func(l *look) bool { return l.person == j.l.person }); daysOf(same) > 1 {
		j.raise(about, same, j.weighed(), seen+": the same on %s", many(daysOf(same), "day", "different days"))
		return
	}
	if j.moreThanPeers(looks, (*group).staffed, j.t(tChance)) {
		j.raise(about, looks, append(j.weighed(), "how often his peers' searches meet staff"), "%s", seen)
	}
}

// moreThanPeers reports whether so many people were looked up, of all whom the actor looked up
// for no known reason within the days, as chance hardly brings, if his searches are as his
// peers' are. At most a part of these is believed to be chance.
func (j *judgement) moreThanPeers(looks []look, rate func(*group, day, int, apart) float64, perMille int) bool {
	days := j.t(tDays)
	all := j.lately(days)
	own := apart{len(j.before(all)), len(j.before(looks))}
	usual := min(rate(j.e.group(j.a), dayOf(j.at.Time), days, own), float64(perMille)/1000)
	return j.moreThanChance(persons(looks), usual*float64(len(all)))
}

// tieTo is what binds the actor to a member of his force's staff who is surely meant by a
// code.
func (j *judgement) tieTo(c Code) Tie {
	own := j.e.facts.member(j.ev)
	if own == nil {
		return TieNone
	}
	for _, s := range j.e.facts.identity[c] {
		if s.Force == j.ev.Force && s.Subject != own.Subject && slices.Contains(s.Identity, c) {
			if tie := TieBetween(own, s, func(subject string) *Staff { return j.e.facts.staff[subject] }); tie != TieNone {
				return tie
			}
		}
	}
	return TieNone
}
