package main

import (
	"fmt"
	"strconv"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// showSearch prints what a search found.
func (a *app) showSearch(s *registerv1.Search) {
	n := len(s.GetCandidates())
	if n == 0 {
		a.say("NO HIT. No record does not mean no risk.")
	} else {
		a.say("HIT: %s.", plural(n, "candidate", "candidates"))
		a.say("")
		a.candidateTable(s.GetCandidates())
		for i, c := range s.GetCandidates() {
			a.say("")
			a.showCandidate(i+1, c)
		}
	}
	a.notices(s.GetNotices())
	a.say("")
	if t := s.GetExpireTime(); t != nil && n > 0 {
		a.say("Open a candidate by: registerctl show %s (until %s)", client.Clean(s.GetCandidates()[0].GetName()), minute(t))
	}
}

func (a *app) candidateTable(list []*registerv1.Candidate) {
	var rows [][]string
	for i, c := range list {
		p := c.GetPattern()
		rows = append(rows, []string{
			strconv.Itoa(i + 1), strings.Join(c.GetWarnings(), " "), shownName(c), client.FormatDate(c.GetBirthDate()),
			match(c), victims(p), forceCodes(candidateForces(c)), period(p), serial(p),
		})
	}
	a.table([]string{"#", "WARNINGS", "NAME", "BORN", "MATCH", "VICTIMS", "FORCES", "PERIOD", "SERIAL"}, rows)
}

func shownName(c *registerv1.Candidate) string {
	if c.GetDisplayName() == "" {
		return "(restricted)"
	}
	return c.GetDisplayName()
}

func match(c *registerv1.Candidate) string {
	strength := words("MATCH_STRENGTH_", c.GetStrength())
	if strength == "" {
		return ""
	}
	return fmt.Sprintf("%s %s", strength, percent(c.GetProbability()))
}

// percent never rounds to certainty.
func percent(p float64) string {
	switch {
	case p > 0.9999:
		return ">99.99%"
	case p < 0.0001:
		return "<0.01%"
	}
	return strconv.FormatFloat(p*100, 'f', 2, 64) + "%"
}

func victims(p *registerv1.Pattern) string {
	if p == nil {
		return ""
	}
	s := strconv.Itoa(int(p.GetVictimsMin()))
	if p.GetVictimsMax() > p.GetVictimsMin() {
		s += "–" + strconv.Itoa(int(p.GetVictimsMax()))
	}
	if n := p.GetVictimsUnresolved(); n > 0 {
		s += fmt.Sprintf(" (%d unresolved)", n)
	}
	return s
}

func candidateForces(c *registerv1.Candidate) []string {
	var out []string
	for _, r := range c.GetRecords() {
		out = append(out, r.GetForce())
	}
	return out
}

func period(p *registerv1.Pattern) string {
	first, last := p.GetFirstMonth(), p.GetLastMonth()
	if first == last {
		return first
	}
	return first + " – " + last
}

func serial(p *registerv1.Pattern) string {
	s := words("SERIAL_TIER_", p.GetSerial())
	if s == "" && p.GetRepeat() {
		return "repeat"
	}
	return s
}

// showCandidate prints one candidate with its reasons.
func (a *app) showCandidate(rank int, c *registerv1.Candidate) {
	head := fmt.Sprintf("%d  %s", rank, client.Clean(shownName(c)))
	if born := client.FormatDate(c.GetBirthDate()); born != "" {
		head += ", born " + born
	}
	a.say("%s", head)
	if w := c.GetWarnings(); len(w) > 0 {
		a.say("   WARNINGS: %s", strings.Join(clean(w), ", "))
	}
	if c.GetAskOwner() {
		a.say("   There is more than may be shown: ask the owner force.")
	}
	if c.GetUnconfirmed() {
		a.say("   Several records, possibly one person, unconfirmed.")
	}
	if p := c.GetPattern(); p.GetCourses() > 0 {
		a.say("   known for %s", pattern(p))
	}
	if terms := c.GetTerms(); len(terms) > 0 {
		a.say("   why it matched: %+.1f bits in all over a prior of %+.1f, probability %s", c.GetBits(), c.GetPrior(), percent(c.GetProbability()))
		if v := c.GetRescoredModelVersion(); v != "" {
			a.say("     weighed anew by model %s: these are not the figures that were shown", client.Clean(v))
		}
		for _, t := range terms {
			a.say("     %+6.1f  %s", t.GetBits(), matchTerm(t))
		}
		if keys := c.GetKeys(); len(keys) > 0 {
			a.say("     found by: %s", strings.Join(clean(keys), ", "))
		}
	}
	for _, other := range c.GetPossiblySame() {
		a.say("   possibly the same person as %s: nobody has decided", client.Clean(other))
	}
	for _, k := range c.GetContacts() {
		a.say("   ask: %s", contact(k))
	}
	a.say("   %s", client.Clean(c.GetName()))
}

func pattern(p *registerv1.Pattern) string {
	s := fmt.Sprintf("%s of conduct, %s", plural(int(p.GetCourses()), "course", "courses"), plural(int(p.GetIncidents()), "incident", "incidents"))
	var standings []string
	for _, c := range p.GetStandings() {
		standings = append(standings, fmt.Sprintf("%d %s", c.GetCourses(), words("STANDING_", c.GetStanding())))
	}
	if len(standings) > 0 {
		s += "; " + strings.Join(standings, ", ")
	}
	if v := p.GetAssociatedVictims(); v != "" && v != "none" {
		s += "; associated victims: " + client.Clean(v)
	}
	if p.GetRepeat() {
		s += "; repeat"
	}
	return s
}

func matchTerm(t *registerv1.MatchTerm) string {
	s := fmt.Sprintf("%s: asked %q", client.Clean(t.GetField()), client.Clean(t.GetQueryValue()))
	if t.GetRecordValue() != "" {
		s += fmt.Sprintf(", on record %q", client.Clean(t.GetRecordValue()))
	}
	if t.GetRule() != "" {
		s += ", " + client.Clean(t.GetRule())
	}
	if f := t.GetFrequency(); f > 0 {
		s += fmt.Sprintf(", about 1 in %.0f", 1/f)
	}
	return s
}

func contact(k *registerv1.ForceContact) string {
	parts := []string{"force " + forceCode(k.GetForce())}
	for _, s := range []string{k.GetTeam(), k.GetPhone(), k.GetEmail(), k.GetHours()} {
		if s != "" {
			parts = append(parts, client.Clean(s))
		}
	}
	return strings.Join(parts, ", ")
}

func (a *app) notices(list []*registerv1.SearchNotice) {
	if len(list) > 0 {
		a.say("")
	}
	for _, n := range list {
		where := ""
		if n.GetField() != "" {
			where = " (" + client.Clean(n.GetField()) + ")"
		}
		a.say("Note%s: %s", where, client.Clean(n.GetMessage()))
	}
}
