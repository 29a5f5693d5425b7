package service

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// events gathers a timeline of one record after another.
type events struct {
	*Deps
	h   *history
	now time.Time
	all []*registerv1.TimelineEvent
	// These are of the record that is being read.
	force, record, course   string
	unconfirmed, discounted bool
}

func (e *events) of(record postgres.Record, course string, discounted bool) {
	e.force, e.record, e.course = "forces/"+record.Force, resourceName(record.Kind, record.Force, record.ID), course
	e.unconfirmed, e.discounted = e.h.unconfirmed[record.ID], discounted
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

// timeline is all that happened, the newest first. What is shown says what of other
// forces' records may be seen.
func (d *Deps) timeline(h *history, shown *registerv1.History, now time.Time) []*registerv1.TimelineEvent {
	e := &events{Deps: d, h: h, now: now}
	for i := range h.courses {
		e.addCourse(h.courses[i], h.Matters[i].Course)
	}
	record := func(name string) (r postgres.Record) {
		id, _ := uuid.Parse(call.RecordID(name))
		for _, cur := range h.records {
			if cur.Record.ID == id {
				r = cur.Record
			}
		}
		return r
	}
	for _, m := range shown.GetMeasures() {
		course := ""
		if len(m.GetCourses()) == 1 {
			course = m.GetCourses()[0]
		}
		e.of(record(m.GetName()), course, cancelledPart(m.GetState()))
		e.addMeasure(m)
	}
	for _, b := range shown.GetBreaches() {
		e.of(record(b.GetName()), "", cancelledPart(b.GetState()))
		e.add(b.GetOccurTime(), registerv1.TimelineKind_TIMELINE_KIND_BREACH, b.GetMeasure(), b.GetNarrative(), slices.Concat(b.GetConditions(), b.GetBehaviours())...)
		e.actions("", b.GetActions())
	}
	for _, a := range shown.GetAssessments() {
		e.of(record(a.GetName()), a.GetCourse(), cancelledPart(a.GetState()))
		e.add(a.GetAssessTime(), registerv1.TimelineKind_TIMELINE_KIND_ASSESSMENT, "", a.GetRationale(), a.GetTool(), gradeName(a.GetGrade()))
		for _, r := range a.GetRegrades() {
			e.add(r.GetRegradeTime(), registerv1.TimelineKind_TIMELINE_KIND_REGRADE, "", r.GetRationale(), gradeName(r.GetGrade()))
		}
	}
	for _, p := range shown.GetPlans() {
		e.of(record(p.GetName()), p.GetCourse(), cancelledPart(p.GetState()))
		e.add(p.GetMakeTime(), registerv1.TimelineKind_TIMELINE_KIND_PLAN, "", "")
		for _, a := range p.GetActions() {
			e.add(a.GetDoneTime(), registerv1.TimelineKind_TIMELINE_KIND_PLAN_ACTION, "", a.GetOutcome(), nonEmpty(a.GetCode())...)
		}
		for _, r := range p.GetReferrals() {
			e.add(r.GetReferTime(), registerv1.TimelineKind_TIMELINE_KIND_REFERRAL, "", "", nonEmpty(r.GetCode(), r.GetOutcome())...)
		}
	}
	slices.SortStableFunc(e.all, func(a, b *registerv1.TimelineEvent) int {
		if by := newer(a.GetEventTime(), b.GetEventTime()); by != 0 {
			return by
		}
		return strings.Compare(a.GetRecord()+a.GetItem(), b.GetRecord()+b.GetItem())
	})
	return e.all
}

func (e *events) addCourse(o openCourse, course conduct.Course) {
	c := o.stored.GetCourse()
	name := resourceName(o.cur.Record.Kind, o.cur.Record.Force, o.cur.Record.ID)
	counts := e.Rules.Counts(course)
	e.of(o.cur.Record, name, !counts)
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
	codes := []string{m.GetKind(), strings.TrimPrefix(m.GetStatus().String(), "MEASURE_STATUS_")}
	for _, c := range m.GetConditions() {
		codes = append(codes, c.GetCode())
	}
	title := m.GetKind()
	if kind, ok := e.Ref.Measure(m.GetKind()); ok {
		title = kind.Title
	}
	e.add(m.GetFromTime(), registerv1.TimelineKind_TIMELINE_KIND_MEASURE, "", title, codes...)
	if end := m.GetUntilTime(); end != nil && !end.AsTime().After(e.now) {
		e.add(end, registerv1.TimelineKind_TIMELINE_KIND_MEASURE_END, "", title, m.GetKind())
	}
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
