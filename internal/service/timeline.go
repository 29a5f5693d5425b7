package service

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/view"
)

// events gathers the part of one record in a timeline.
type events struct {
	*Deps
	all                     []*registerv1.TimelineEvent
	force, record, course   string
	unconfirmed, discounted bool
}

func (e *events) add(at *timestamppb.Timestamp, kind registerv1.TimelineKind, item, text string, codes ...string) {
	if at == nil {
		return
	}
	e.all = append(e.all, &registerv1.TimelineEvent{
		EventTime: at, Kind: kind, Force: e.force, Record: e.record, Course: e.course, Item: item, Codes: codes, Text: text,
		Unconfirmed: e.unconfirmed, Discounted: e.discounted,
	})
}

func (e *events) actions(item string, all []*registerv1.PoliceAction) {
	for _, a := range all {
		codes := []string{a.GetCode()}
		if a.GetWhy() != "" {
			codes = append(codes, a.GetWhy())
		}
		e.add(a.GetActTime(), registerv1.TimelineKind_TIMELINE_KIND_ACTION, item, a.GetText(), codes...)
	}
}

// timeline is all that happened, the newest first, as a force may see it. until is when
// more of it will have happened, though nothing more is recorded; zero if never.
func (d *Deps) timeline(force string, h *history, now time.Time) (all []*registerv1.TimelineEvent, until time.Time) {
	total := 0
	parts := make([][]*registerv1.TimelineEvent, 0, len(h.records))
	for _, o := range h.records {
		part := d.eventsOf(o, o.reader(force), h.unconfirmed[o.cur.Record.ID])
		parts, total = append(parts, part), total+len(part)
	}
	all = make([]*registerv1.TimelineEvent, 0, total)
	for _, part := range parts {
		for _, e := range part {
			if at := e.GetEventTime().AsTime(); e.GetKind() == registerv1.TimelineKind_TIMELINE_KIND_MEASURE_END && at.After(now) {
				until = sooner(until, at)
				continue
			}
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, laterFirst)
	return all, until
}

// sooner is the sooner of two moments, of which the zero one never comes.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func laterFirst(a, b *registerv1.TimelineEvent) int {
	if by := newer(a.GetEventTime(), b.GetEventTime()); by != 0 {
		return by
	}
	return cmp.Or(strings.Compare(a.GetRecord(), b.GetRecord()), strings.Compare(a.GetItem(), b.GetItem()))
}

// eventsOf is the part of a record in a timeline, in order; the end of a measure is
// there though it may be yet to come.
func (d *Deps) eventsOf(o *opened, reader int, unconfirmed bool) []*registerv1.TimelineEvent {
	keep := &o.events[reader][boolRank(unconfirmed)]
	if made := keep.Load(); made != nil {
		return *made
	}
	e := &events{Deps: d, force: "forces/" + o.cur.Record.Force, record: o.name, unconfirmed: unconfirmed}
	switch m := o.shown[reader].(type) {
	case *registerv1.CourseOfConduct:
		e.addCourse(m, o.counts)
	case *registerv1.Measure:
		e.addMeasure(m)
	case *registerv1.Breach:
		e.discounted = cancelledPart(m.GetState())
		e.add(m.GetOccurTime(), registerv1.TimelineKind_TIMELINE_KIND_BREACH, m.GetMeasure(), m.GetNarrative(), slices.Concat(m.GetConditions(), m.GetBehaviours())...)
		e.actions("", m.GetActions())
	case *registerv1.Assessment:
		e.addAssessment(m)
	case *registerv1.SafetyPlan:
		e.addPlan(m)
	}
	slices.SortStableFunc(e.all, laterFirst)
	keep.Store(&e.all)
	return e.all
}

func (e *events) addAssessment(a *registerv1.Assessment) {
	e.course, e.discounted = a.GetCourse(), cancelledPart(a.GetState())
	e.add(a.GetAssessTime(), registerv1.TimelineKind_TIMELINE_KIND_ASSESSMENT, "", a.GetRationale(), a.GetTool(), gradeName(a.GetGrade()))
	for _, r := range a.GetRegrades() {
		e.add(r.GetRegradeTime(), registerv1.TimelineKind_TIMELINE_KIND_REGRADE, "", r.GetRationale(), gradeName(r.GetGrade()))
	}
}

func (e *events) addPlan(p *registerv1.SafetyPlan) {
	e.course, e.discounted = p.GetCourse(), cancelledPart(p.GetState())
	e.add(p.GetMakeTime(), registerv1.TimelineKind_TIMELINE_KIND_PLAN, "", "")
	for _, a := range p.GetActions() {
		e.add(a.GetDoneTime(), registerv1.TimelineKind_TIMELINE_KIND_PLAN_ACTION, "", a.GetOutcome(), nonEmpty(a.GetCode())...)
	}
	for _, r := range p.GetReferrals() {
		e.add(r.GetReferTime(), registerv1.TimelineKind_TIMELINE_KIND_REFERRAL, "", "", nonEmpty(r.GetCode(), r.GetOutcome())...)
	}
}

func (e *events) addCourse(c *registerv1.CourseOfConduct, counts bool) {
	e.course = e.record
	for _, i := range c.GetIncidents() {
		e.discounted = !counts || i.GetGrade().GetAssessment() == "E"
		e.add(i.GetOccurTime(), registerv1.TimelineKind_TIMELINE_KIND_INCIDENT, i.GetReference(), i.GetNarrative(), i.GetBehaviours()...)
		e.actions(i.GetReference(), i.GetActions())
	}
	e.discounted = !counts
	e.actions("", c.GetActions())
	for _, s := range c.GetStatements() {
		e.add(s.GetStateTime(), registerv1.TimelineKind_TIMELINE_KIND_STATEMENT, "", s.GetText(), s.GetCode())
	}
	for _, s := range c.GetInformed() {
		e.add(s.GetInformTime(), registerv1.TimelineKind_TIMELINE_KIND_INFORMED, "", "", s.GetCode())
	}
	for _, s := range c.GetStandings() {
		e.add(s.GetSinceTime(), registerv1.TimelineKind_TIMELINE_KIND_STANDING, "", "", view.Standing(s.GetStanding()))
	}
	for _, o := range c.GetOwners() {
		e.add(o.GetSinceTime(), registerv1.TimelineKind_TIMELINE_KIND_OWNER, "", e.forceTitle(call.ForceCode(o.GetForce()))+" owns the matter", o.GetForce())
	}
	for _, x := range c.GetExhibits() {
		e.add(x.GetSeizeTime(), registerv1.TimelineKind_TIMELINE_KIND_EXHIBIT, x.GetReference(), "seized", x.GetCode())
		e.add(x.GetDoneTime(), registerv1.TimelineKind_TIMELINE_KIND_EXHIBIT, x.GetReference(), "examined", x.GetCode())
	}
}

func (e *events) addMeasure(m *registerv1.Measure) {
	if len(m.GetCourses()) == 1 {
		e.course = m.GetCourses()[0]
	}
	e.discounted = cancelledPart(m.GetState())
	codes := []string{m.GetKind(), strings.TrimPrefix(m.GetStatus().String(), "MEASURE_STATUS_")}
	for _, c := range m.GetConditions() {
		codes = append(codes, c.GetCode())
	}
	title := m.GetKind()
	if kind, ok := e.Ref.Measure(m.GetKind()); ok {
		title = kind.Title
	}
	e.add(m.GetFromTime(), registerv1.TimelineKind_TIMELINE_KIND_MEASURE, "", title, codes...)
	e.add(m.GetUntilTime(), registerv1.TimelineKind_TIMELINE_KIND_MEASURE_END, "", title, m.GetKind())
}

func cancelledPart(s registerv1.RecordState) bool {
	return s == registerv1.RecordState_RECORD_STATE_CANCELLED
}

func gradeName(g registerv1.RiskGrade) string {
	return strings.TrimPrefix(g.String(), "RISK_GRADE_")
}

func nonEmpty(all ...string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}
