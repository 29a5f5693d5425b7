package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// showDetail prints all that may be seen of a candidate.
func (a *app) showDetail(d *registerv1.CandidateDetail) {
	rank := 1
	if i := strings.LastIndexByte(d.GetCandidate().GetName(), '/'); i >= 0 {
		if n, err := strconv.Atoi(d.GetCandidate().GetName()[i+1:]); err == nil {
			rank = n
		}
	}
	a.showCandidate(rank, d.GetCandidate())
	a.showCard(d.GetHistory())
	for _, n := range d.GetNominals() {
		a.say("")
		a.showNominal(n)
	}
	a.showCourses(d.GetCourses())
	if len(d.GetHistory().GetTimeline()) > 0 {
		a.showTimeline(d.GetHistory())
	} else {
		a.showIncidents(d.GetCourses())
	}
	a.notices(d.GetNotices())
}

// showNominal prints one nominal.
func (a *app) showNominal(n *registerv1.Nominal) {
	a.say("NOMINAL %s", client.Clean(n.GetName()))
	if len(n.GetWarnings()) > 0 {
		a.say("  WARNINGS: %s", strings.Join(clean(n.GetWarnings()), ", "))
	}
	if n.GetPoliceSuspect() {
		a.say("  A police officer or a member of police staff.")
	}
	if n.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED {
		a.say("  CANCELLED: withdrawn by its force.")
	}
	for _, name := range n.GetNames() {
		kind := words("NAME_KIND_", name.GetKind())
		if kind == "" {
			kind = "primary"
		}
		a.say("  %-11s %s", "name", fmt.Sprintf("%s (%s)", fullName(name), kind))
	}
	for _, d := range n.GetBirthDates() {
		a.say("  %-11s %s", "born", client.FormatDate(d))
	}
	a.field("sex", words("SEX_", n.GetSex()))
	a.field("ethnicity", n.GetEthnicity())
	for _, i := range n.GetIdentifiers() {
		value := client.Clean(i.GetValue())
		if i.GetPlatform() != "" {
			value = client.Clean(i.GetPlatform()) + ": " + value
		}
		if i.GetUnverified() {
			value += " (as given; its form or check letter is wrong)"
		}
		a.field(words("IDENTIFIER_KIND_", i.GetKind()), value)
	}
	for _, ad := range n.GetAddresses() {
		lines := slices.Concat(ad.GetLines(), []string{ad.GetPostcode()})
		lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" })
		a.field("address", strings.Join(lines, ", "))
	}
	a.field("source", sourceText(n.GetSource()))
	if r := words("RESTRICTION_", n.GetRestriction()); r != "" {
		a.field("restriction", strings.ToUpper(r))
	}
	if n.GetVersion() > 0 {
		a.field("version", strings.TrimSpace(fmt.Sprintf("%d %s", n.GetVersion(), minute(n.GetUpdateTime()))))
	}
	if n.GetDescription() != "" {
		a.say("  description")
		a.text("    ", n.GetDescription())
	}
}

// field prints a labelled value unless it is empty.
func (a *app) field(label, value string) {
	if value != "" {
		a.say("  %-11s %s", label, client.Clean(value))
	}
}

func fullName(n *registerv1.PersonName) string {
	if n.GetFull() != "" {
		return client.Clean(n.GetFull())
	}
	return strings.TrimSpace(client.Clean(n.GetGiven()) + " " + client.Clean(n.GetSurname()))
}

func sourceText(s *registerv1.SourceKey) string {
	if s.GetSystem() == "" {
		return ""
	}
	return fmt.Sprintf("%s %s, revision %d", s.GetSystem(), s.GetReference(), s.GetRevision())
}

// showCourses prints courses of conduct.
func (a *app) showCourses(courses []*registerv1.CourseOfConduct) {
	if len(courses) == 0 {
		return
	}
	a.say("")
	a.say("COURSES OF CONDUCT")
	for i, c := range courses {
		a.say("  %s  force %s: %s", label(i), forceOf(c.GetName()), courseLine(c))
		a.say("     %s", client.Clean(c.GetName()))
		if c.GetSummary() != "" {
			a.text("     ", c.GetSummary())
		}
	}
}

// showIncidents prints the incidents of courses as one timeline, oldest first.
func (a *app) showIncidents(courses []*registerv1.CourseOfConduct) {
	type event struct {
		course   int
		incident *registerv1.Incident
	}
	var timeline []event
	for i, c := range courses {
		for _, in := range c.GetIncidents() {
			timeline = append(timeline, event{i, in})
		}
	}
	slices.SortStableFunc(timeline, func(x, y event) int {
		return x.incident.GetOccurTime().AsTime().Compare(y.incident.GetOccurTime().AsTime())
	})
	a.say("")
	a.say("TIMELINE")
	for _, e := range timeline {
		in := e.incident
		line := fmt.Sprintf("  %s  %s  %s", day(in.GetOccurTime()), label(e.course), strings.Join(clean(in.GetBehaviours()), ", "))
		if in.GetPrincipalOffence() != "" {
			line += "; offence " + client.Clean(in.GetPrincipalOffence())
		}
		if len(in.GetIncludedClassifications()) > 0 {
			line += "; includes " + strings.Join(clean(in.GetIncludedClassifications()), ", ")
		}
		if s := words("REPORT_SOURCE_", in.GetReportSource()); s != "" {
			line += "; reported by " + s
		}
		if g := in.GetGrade(); g != nil {
			line += fmt.Sprintf("; graded %d%s%s", g.GetSource(), client.Clean(g.GetAssessment()), client.Clean(g.GetHandling()))
		}
		a.say("%s", line+"; "+client.Clean(in.GetReference()))
		if in.GetNarrative() != "" {
			a.text("              ", in.GetNarrative())
		}
	}
}

// label names a course in the timeline: A to Z, then by number.
func label(i int) string {
	if i < 26 {
		return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i : i+1]
	}
	return strconv.Itoa(i + 1)
}

func forceOf(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) > 1 {
		return client.Clean(parts[1])
	}
	return ""
}

// courseLine says the standing first: an allegation is not a conviction.
func courseLine(c *registerv1.CourseOfConduct) string {
	parts := []string{strings.ToUpper(words("STANDING_", c.GetStanding()))}
	if c.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED {
		parts = append(parts, "withdrawn by its force")
	}
	if c.GetState() == registerv1.RecordState_RECORD_STATE_TRANSFERRED {
		parts = append(parts, "taken over by another force: "+client.Clean(c.GetTransferredTo()))
	}
	if c.GetRelationship() != "" {
		parts = append(parts, "relationship "+client.Clean(c.GetRelationship()))
	}
	if s := words("SEX_", c.GetVictimSex()); s != "" {
		parts = append(parts, "victim "+s)
	}
	if s := words("AGE_BAND_", c.GetVictimAgeBand()); s != "" {
		parts = append(parts, "aged "+s)
	}
	if c.GetMotivation() != "" {
		parts = append(parts, "motivation "+client.Clean(c.GetMotivation()))
	}
	var four []string
	for _, f := range []struct {
		set  bool
		name string
	}{
		{c.GetFour().GetFixated(), "fixated"}, {c.GetFour().GetObsessive(), "obsessive"},
		{c.GetFour().GetUnwanted(), "unwanted"}, {c.GetFour().GetRepeatedConduct(), "repeated"},
	} {
		if f.set {
			four = append(four, f.name)
		}
	}
	if len(four) > 0 {
		parts = append(parts, strings.Join(four, " "))
	}
	if n := c.GetAssociatedVictimCount(); n > 0 {
		parts = append(parts, plural(int(n), "associated victim", "associated victims"))
	}
	return strings.Join(parts, ", ")
}
