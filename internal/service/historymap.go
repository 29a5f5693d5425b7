package service

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// timeOf is a time of the contract, zero when it is absent.
func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// idOf is the record id in a resource name, zero when there is none.
func idOf(name string) conduct.ID {
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return conduct.ID{}
	}
	return conduct.ID(id)
}

// emptyOf is an empty stored form of a kind of conduct.
func emptyOf(kind postgres.Kind) proto.Message {
	switch kind { //nolint:exhaustive // those of conduct
	case postgres.KindMeasure:
		return &storev1.StoredMeasure{}
	case postgres.KindBreach:
		return &storev1.StoredBreach{}
	case postgres.KindAssessment:
		return &storev1.StoredAssessment{}
	case postgres.KindPlan:
		return &storev1.StoredPlan{}
	}
	return &storev1.StoredCourse{}
}

// include puts a record into the history of a person, in place of another version
// of it.
func (d *Deps) include(h *conduct.History, r postgres.Record, n int32, stored proto.Message, p identity.Person) error {
	var nominal []byte
	switch stored := stored.(type) {
	case *storev1.StoredCourse:
		nominal = stored.GetNominalId()
	case partStored:
		nominal = stored.GetPart().GetNominalId()
	}
	if len(nominal) != len(identity.ID{}) {
		return fmt.Errorf("service: record %s version %d: content malformed", r.ID, n)
	}
	return d.put(h, r, n, stored, !p.Confirmed[identity.ID(nominal)])
}

// put puts a record into a history, in place of another version of it.
func (d *Deps) put(h *conduct.History, r postgres.Record, n int32, stored proto.Message, unconfirmed bool) error {
	id := conduct.ID(r.ID)
	switch s := stored.(type) {
	case *storev1.StoredCourse:
		course, err := d.View.Course(r, n, s)
		if err != nil {
			return err
		}
		course.Unconfirmed = unconfirmed
		h.Matters = replaced(h.Matters, d.matter(*course, s), func(o *conduct.Matter) bool { return o.ID == id })
	case *storev1.StoredMeasure:
		m := measureOf(s)
		m.ID, m.Force, m.Unconfirmed = id, r.Force, unconfirmed
		h.Measures = replaced(h.Measures, m, func(o *conduct.Measure) bool { return o.ID == id })
	case *storev1.StoredBreach:
		b := d.breachOf(s)
		b.ID, b.Force, b.Unconfirmed = id, r.Force, unconfirmed
		h.Breaches = replaced(h.Breaches, b, func(o *conduct.Breach) bool { return o.ID == id })
	case *storev1.StoredAssessment:
		a := assessmentOf(s)
		a.ID, a.Force, a.Unconfirmed = id, r.Force, unconfirmed
		h.Assessments = replaced(h.Assessments, a, func(o *conduct.Assessment) bool { return o.ID == id })
	case *storev1.StoredPlan:
		p := planOf(s)
		p.ID, p.Force, p.Unconfirmed = id, r.Force, unconfirmed
		h.Plans = replaced(h.Plans, p, func(o *conduct.Plan) bool { return o.ID == id })
	}
	return nil
}

// replaced puts one in the place of the one it is a version of, or at the end.
func replaced[T any](all []T, one T, same func(*T) bool) []T {
	for i := range all {
		if same(&all[i]) {
			all[i] = one
			return all
		}
	}
	return append(all, one)
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
		Actions: actionsOf(c.GetActions()), Loaded: timeOf(c.GetLoadTime()), Closure: closureIn(c),
	}
	for _, i := range c.GetIncidents() {
		m.Reports = append(m.Reports, d.report(i))
	}
	for _, s := range c.GetStatements() {
		m.Statements = append(m.Statements, conduct.Statement{Code: s.GetCode(), Time: timeOf(s.GetStateTime())})
	}
	for _, s := range c.GetStandings() {
		m.Standings = append(m.Standings, conduct.StandingSince{Standing: view.Standing(s.GetStanding()), Since: timeOf(s.GetSinceTime())})
	}
	if len(m.Standings) == 0 { // stored before standings were kept
		m.Standings = []conduct.StandingSince{{Standing: course.Standing, Since: timeOf(stored.GetUpdateTime())}}
	}
	for _, s := range c.GetInformed() {
		m.Informed = append(m.Informed, conduct.Informed{Code: s.GetCode(), Time: timeOf(s.GetInformTime())})
	}
	for _, e := range c.GetExhibits() {
		m.Exhibits = append(m.Exhibits, conduct.Exhibit{
			Code: e.GetCode(), Seized: timeOf(e.GetSeizeTime()), Expected: timeOf(e.GetExpectedTime()), Done: timeOf(e.GetDoneTime()),
		})
	}
	return m
}

func closureIn(c *registerv1.CourseOfConduct) conduct.Closure {
	closure := c.GetClosure()
	if closure == nil || !closes(c.GetStanding()) {
		return conduct.Closure{}
	}
	out := conduct.Closure{Reason: closure.GetReason(), Second: closure.GetSecondPerson() != "", Informed: timeOf(closure.GetVictimInformTime())}
	if n := len(c.GetStandings()); n > 0 {
		out.Time = timeOf(c.GetStandings()[n-1].GetSinceTime())
	}
	return out
}

func (d *Deps) report(i *registerv1.Incident) conduct.Report {
	behaviours, _ := d.Rules.Behaviours(i.GetBehaviours()...)
	out := conduct.Report{
		Reference: i.GetReference(), Occurred: timeOf(i.GetOccurTime()), Reported: timeOf(i.GetReportTime()), Behaviours: behaviours,
		Principal: i.GetPrincipalOffence(), Included: i.GetIncludedClassifications(), Jurisdiction: i.GetJurisdiction(),
		SourceGrade: int(i.GetGrade().GetSource()), Assessment: i.GetGrade().GetAssessment(), Actions: actionsOf(i.GetActions()),
	}
	if i.GetReportSource() != registerv1.ReportSource_REPORT_SOURCE_UNSPECIFIED {
		out.Source = strings.TrimPrefix(i.GetReportSource().String(), "REPORT_SOURCE_")
	}
	if out.Reported.IsZero() {
		out.Reported = out.Occurred
	}
	return out
}

func actionsOf(all []*registerv1.PoliceAction) []conduct.Action {
	var out []conduct.Action
	for _, a := range all {
		out = append(out, conduct.Action{Code: a.GetCode(), Time: timeOf(a.GetActTime()), Why: a.GetWhy()})
	}
	return out
}

// nominalIn is the record id of the nominal of a part.
func nominalIn(p *storev1.Part) (id conduct.ID) {
	copy(id[:], p.GetNominalId())
	return id
}

func measureOf(s *storev1.StoredMeasure) conduct.Measure {
	m, part := s.GetMeasure(), s.GetPart()
	out := conduct.Measure{
		Nominal: nominalIn(part), Cancelled: part.GetCancelled(),
		Kind: m.GetKind(), Status: strings.TrimPrefix(m.GetStatus().String(), "MEASURE_STATUS_"),
		From: timeOf(m.GetFromTime()), Until: timeOf(m.GetUntilTime()), Verified: timeOf(m.GetVerifyTime()),
		Loaded: timeOf(part.GetLoadTime()), Recorded: timeOf(part.GetCreateTime()),
	}
	for _, name := range m.GetCourses() {
		out.Courses = append(out.Courses, idOf(name))
	}
	for _, c := range m.GetConditions() {
		out.Conditions = append(out.Conditions, conduct.Condition{Code: c.GetCode(), Zone: c.GetZone().GetArea(), Metres: int(c.GetZone().GetMetres())})
	}
	for _, r := range m.GetRejected() {
		out.Rejected = append(out.Rejected, conduct.Rejected{Code: r.GetCode(), Why: r.GetWhy()})
	}
	for _, n := range m.GetNotifications() {
		out.Notifications = append(out.Notifications, conduct.Notification{Code: n.GetCode(), Due: timeOf(n.GetDueTime()), Notified: timeOf(n.GetNotifyTime())})
	}
	return out
}

func (d *Deps) breachOf(s *storev1.StoredBreach) conduct.Breach {
	b, part := s.GetBreach(), s.GetPart()
	behaviours, _ := d.Rules.Behaviours(b.GetBehaviours()...)
	out := conduct.Breach{
		Nominal: nominalIn(part), Measure: idOf(b.GetMeasure()), Cancelled: part.GetCancelled(), Occurred: timeOf(b.GetOccurTime()), Reported: timeOf(b.GetReportTime()),
		Conditions: b.GetConditions(), Behaviours: behaviours, Actions: actionsOf(b.GetActions()), Loaded: timeOf(part.GetLoadTime()),
	}
	if out.Reported.IsZero() {
		out.Reported = out.Occurred
	}
	return out
}

// speaksForRisk are the answers that do, of yes-or-no tools and of frequencies.
var speaksForRisk = map[string]bool{"YES": true, "OFTEN": true, "ALL_THE_TIME": true}

func assessmentOf(s *storev1.StoredAssessment) conduct.Assessment {
	a, part := regraded(s), s.GetPart()
	out := conduct.Assessment{
		Nominal: nominalIn(part), Course: idOf(a.GetCourse()), Cancelled: part.GetCancelled(), Tool: a.GetTool(), Grade: conduct.Grade(a.GetGrade()), //nolint:gosec // one of four
		Time: timeOf(a.GetAssessTime()), Loaded: timeOf(part.GetLoadTime()),
	}
	for _, answer := range a.GetAnswers() {
		if speaksForRisk[answer.GetAnswer()] {
			out.Yes = append(out.Yes, answer.GetQuestion())
		}
	}
	for _, r := range a.GetRegrades() {
		out.Regrades = append(out.Regrades, conduct.Regrade{Grade: conduct.Grade(r.GetGrade()), Time: timeOf(r.GetRegradeTime())}) //nolint:gosec // one of four
	}
	return out
}

func planOf(s *storev1.StoredPlan) conduct.Plan {
	p, part := s.GetPlan(), s.GetPart()
	out := conduct.Plan{
		Nominal: nominalIn(part), Course: idOf(p.GetCourse()), Cancelled: part.GetCancelled(), Made: timeOf(p.GetMakeTime()), Loaded: timeOf(part.GetLoadTime()),
	}
	for _, a := range p.GetActions() {
		out.Actions = append(out.Actions, conduct.PlanAction{Code: a.GetCode(), Due: timeOf(a.GetDueTime()), Done: timeOf(a.GetDoneTime())})
	}
	for _, r := range p.GetReferrals() {
		out.Referrals = append(out.Referrals, conduct.Informed{Code: r.GetCode(), Time: timeOf(r.GetReferTime())})
	}
	return out
}

// nameOf is the resource name of a record by its kind, empty for a zero id.
func nameOf(kind postgres.Kind, force string, id conduct.ID) string {
	if id == (conduct.ID{}) {
		return ""
	}
	return resourceName(kind, force, uuid.UUID(id))
}
