package service

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// instant is a time of the contract, zero when it is absent.
func instant(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// recordIn is the record id in a resource name, zero when there is none.
func recordIn(name string) conduct.ID {
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return conduct.ID{}
	}
	return conduct.ID(id)
}

// matter is a course in full.
func (d *Deps) matter(course conduct.Course, stored *storev1.StoredCourse) conduct.Matter {
	c := stored.GetCourse()
	m := conduct.Matter{
		Course: course, Officer: c.GetOfficer(), Relationship: c.GetRelationship(), Motivation: c.GetMotivation(),
		Four: conduct.Four{
			Fixated: c.GetFour().GetFixated(), Obsessive: c.GetFour().GetObsessive(),
			Unwanted: c.GetFour().GetUnwanted(), Repeated: c.GetFour().GetRepeatedConduct(),
		},
		Actions: actionsIn(c.GetActions()), Loaded: instant(c.GetLoadTime()), Recorded: instant(stored.GetCreateTime()), Closure: closureIn(c),
	}
	for _, i := range c.GetIncidents() {
		m.Reports = append(m.Reports, d.report(i))
	}
	for _, o := range c.GetOwners() {
		m.Owners = append(m.Owners, call.ForceCode(o.GetForce()))
	}
	for _, s := range c.GetStatements() {
		m.Statements = append(m.Statements, conduct.Statement{Code: s.GetCode(), Time: instant(s.GetStateTime())})
	}
	for _, s := range c.GetStandings() {
		m.Standings = append(m.Standings, conduct.StandingSince{Standing: view.Standing(s.GetStanding()), Since: instant(s.GetSinceTime())})
	}
	if len(m.Standings) == 0 { // stored before standings were kept
		m.Standings = []conduct.StandingSince{{Standing: course.Standing, Since: instant(stored.GetUpdateTime())}}
	}
	for _, s := range c.GetInformed() {
		m.Informed = append(m.Informed, conduct.Informed{Code: s.GetCode(), Time: instant(s.GetInformTime())})
	}
	for _, e := range c.GetExhibits() {
		m.Exhibits = append(m.Exhibits, conduct.Exhibit{
			Code: e.GetCode(), Seized: instant(e.GetSeizeTime()), Expected: instant(e.GetExpectedTime()), Done: instant(e.GetDoneTime()),
		})
	}
	return m
}

func closureIn(c *registerv1.CourseOfConduct) conduct.Closure {
	closure := c.GetClosure()
	if closure == nil || !closes(c.GetStanding()) {
		return conduct.Closure{}
	}
	out := conduct.Closure{Reason: closure.GetReason(), Second: closure.GetSecondPerson() != "", Informed: instant(closure.GetVictimInformTime())}
	if n := len(c.GetStandings()); n > 0 {
		out.Time = instant(c.GetStandings()[n-1].GetSinceTime())
	}
	return out
}

func (d *Deps) report(i *registerv1.Incident) conduct.Report {
	behaviours, _ := d.Rules.Behaviours(i.GetBehaviours()...)
	out := conduct.Report{
		Reference: i.GetReference(), Occurred: instant(i.GetOccurTime()), Reported: instant(i.GetReportTime()), Behaviours: behaviours,
		Principal: i.GetPrincipalOffence(), Included: i.GetIncludedClassifications(), Jurisdiction: i.GetJurisdiction(),
		SourceGrade: int(i.GetGrade().GetSource()), Assessment: i.GetGrade().GetAssessment(), Actions: actionsIn(i.GetActions()),
	}
	if i.GetReportSource() != registerv1.ReportSource_REPORT_SOURCE_UNSPECIFIED {
		out.Source = strings.TrimPrefix(i.GetReportSource().String(), "REPORT_SOURCE_")
	}
	if out.Reported.IsZero() {
		out.Reported = out.Occurred
	}
	return out
}

func actionsIn(all []*registerv1.PoliceAction) []conduct.Action {
	var out []conduct.Action
	for _, a := range all {
		out = append(out, conduct.Action{Code: a.GetCode(), Time: instant(a.GetActTime()), Why: a.GetWhy()})
	}
	return out
}

// nominalIn is the record id of the nominal of a part.
func nominalIn(p *storev1.Part) (id conduct.ID) {
	copy(id[:], p.GetNominalId())
	return id
}

// formerIn are the record ids that a part had before it was taken over.
func formerIn(p *storev1.Part) []conduct.ID {
	var out []conduct.ID
	for _, b := range p.GetFormer() {
		if id, err := uuid.FromBytes(b); err == nil {
			out = append(out, conduct.ID(id))
		}
	}
	return out
}

func measureIn(o openPart[*storev1.StoredMeasure], unconfirmed bool) conduct.Measure {
	m, part := o.stored.GetMeasure(), o.stored.GetPart()
	out := conduct.Measure{
		ID: conduct.ID(o.cur.Record.ID), Nominal: nominalIn(part), Force: o.cur.Record.Force, Unconfirmed: unconfirmed, Cancelled: part.GetCancelled(),
		Kind: m.GetKind(), Status: strings.TrimPrefix(m.GetStatus().String(), "MEASURE_STATUS_"),
		From: instant(m.GetFromTime()), Until: instant(m.GetUntilTime()), Verified: instant(m.GetVerifyTime()),
		Loaded: instant(part.GetLoadTime()), Recorded: instant(part.GetCreateTime()), Former: formerIn(part),
	}
	for _, name := range m.GetCourses() {
		out.Courses = append(out.Courses, recordIn(name))
	}
	for _, c := range m.GetConditions() {
		out.Conditions = append(out.Conditions, conduct.Condition{Code: c.GetCode(), Zone: c.GetZone().GetArea(), Metres: int(c.GetZone().GetMetres())})
	}
	for _, r := range m.GetRejected() {
		out.Rejected = append(out.Rejected, conduct.Rejected{Code: r.GetCode(), Why: r.GetWhy()})
	}
	for _, n := range m.GetNotifications() {
		out.Notifications = append(out.Notifications, conduct.Notification{Code: n.GetCode(), Due: instant(n.GetDueTime()), Notified: instant(n.GetNotifyTime())})
	}
	return out
}

func (d *Deps) breachIn(o openPart[*storev1.StoredBreach], unconfirmed bool) conduct.Breach {
	b, part := o.stored.GetBreach(), o.stored.GetPart()
	behaviours, _ := d.Rules.Behaviours(b.GetBehaviours()...)
	out := conduct.Breach{
		ID: conduct.ID(o.cur.Record.ID), Nominal: nominalIn(part), Measure: recordIn(b.GetMeasure()), Force: o.cur.Record.Force,
		Unconfirmed: unconfirmed, Cancelled: part.GetCancelled(), Occurred: instant(b.GetOccurTime()), Reported: instant(b.GetReportTime()),
		Conditions: b.GetConditions(), Behaviours: behaviours, Actions: actionsIn(b.GetActions()), Loaded: instant(part.GetLoadTime()),
		Former: formerIn(part),
	}
	if out.Reported.IsZero() {
		out.Reported = out.Occurred
	}
	return out
}

// speaksForRisk are the answers that do, of yes-or-no tools and of frequencies.
var speaksForRisk = map[string]bool{"YES": true, "OFTEN": true, "ALL_THE_TIME": true}

func assessmentIn(o openPart[*storev1.StoredAssessment], unconfirmed bool) conduct.Assessment {
	a, part := regraded(o.stored), o.stored.GetPart()
	out := conduct.Assessment{
		ID: conduct.ID(o.cur.Record.ID), Nominal: nominalIn(part), Course: recordIn(a.GetCourse()), Force: o.cur.Record.Force,
		Unconfirmed: unconfirmed, Cancelled: part.GetCancelled(), Tool: a.GetTool(), Wording: call.ForceCode(a.GetWordingForce()), Grade: conduct.Grade(a.GetGrade()), //nolint:gosec // one of four
		Time: instant(a.GetAssessTime()), Loaded: instant(part.GetLoadTime()), Former: formerIn(part),
	}
	for _, answer := range a.GetAnswers() {
		if speaksForRisk[answer.GetAnswer()] {
			out.Yes = append(out.Yes, answer.GetQuestion())
		}
	}
	for _, r := range a.GetRegrades() {
		out.Regrades = append(out.Regrades, conduct.Regrade{Grade: conduct.Grade(r.GetGrade()), Time: instant(r.GetRegradeTime())}) //nolint:gosec // one of four
	}
	return out
}

func planIn(o openPart[*storev1.StoredPlan], unconfirmed bool) conduct.Plan {
	p, part := o.stored.GetPlan(), o.stored.GetPart()
	out := conduct.Plan{
		ID: conduct.ID(o.cur.Record.ID), Nominal: nominalIn(part), Course: recordIn(p.GetCourse()), Force: o.cur.Record.Force,
		Unconfirmed: unconfirmed, Cancelled: part.GetCancelled(), Made: instant(p.GetMakeTime()), Loaded: instant(part.GetLoadTime()), Former: formerIn(part),
	}
	for _, a := range p.GetActions() {
		out.Actions = append(out.Actions, conduct.PlanAction{Code: a.GetCode(), Due: instant(a.GetDueTime()), Done: instant(a.GetDoneTime())})
	}
	for _, r := range p.GetReferrals() {
		out.Referrals = append(out.Referrals, conduct.Informed{Code: r.GetCode(), Time: instant(r.GetReferTime())})
	}
	return out
}

// nameOf is the resource name of a record by its kind, empty for a zero id.
func nameOf(kind postgres.Kind, force string, id conduct.ID) string {
	if id == (conduct.ID{}) {
		return ""
	}
	return ResourceName(kind, force, uuid.UUID(id))
}
