package service

import (
	"context"
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

// history reads all that is recorded of a person, as far as a force may see it.
func (d *Deps) history(ctx context.Context, force string, p identity.Person) (*conduct.History, []postgres.Current, error) {
	var ids []uuid.UUID
	for _, m := range p.Members {
		if !d.opens(force, m) {
			if n, ok := d.View.Nominal(m); !ok || n.Force != force {
				continue
			}
		}
		for _, id := range append(d.View.CourseIDs(m), d.View.PartIDs(m)...) {
			ids = append(ids, uuid.UUID(id))
		}
	}
	h := &conduct.History{}
	if len(ids) == 0 {
		return h, nil, nil
	}
	all, err := d.DB.CurrentByID(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	for _, cur := range all {
		if cur.Wrapped == nil {
			continue
		}
		stored := emptyOf(cur.Record.Kind)
		if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, stored); err != nil {
			return nil, nil, err
		}
		if err := d.include(h, cur.Record, cur.Version.N, stored, p); err != nil {
			return nil, nil, err
		}
	}
	return h, all, nil
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

// include puts a record into a history, in place of another version of it.
func (d *Deps) include(h *conduct.History, r postgres.Record, n int32, stored proto.Message, p identity.Person) error {
	id := conduct.ID(r.ID)
	switch s := stored.(type) {
	case *storev1.StoredCourse:
		course, err := d.View.Course(r, n, s)
		if err != nil {
			return err
		}
		m := d.matter(s)
		m.Course = *course
		m.Unconfirmed = !p.Confirmed[identity.ID(course.Nominal)]
		h.Matters = replaced(h.Matters, m, func(o conduct.Matter) bool { return o.ID == id })
	case *storev1.StoredMeasure:
		m := measureOf(s)
		m.ID, m.Force, m.Nominal, m.Unconfirmed = id, r.Force, conduct.ID(s.GetPart().GetNominalId()), !p.Confirmed[identity.ID(s.GetPart().GetNominalId())]
		h.Measures = replaced(h.Measures, m, func(o conduct.Measure) bool { return o.ID == id })
	case *storev1.StoredBreach:
		b := d.breach(s)
		b.ID, b.Force, b.Nominal, b.Unconfirmed = id, r.Force, conduct.ID(s.GetPart().GetNominalId()), !p.Confirmed[identity.ID(s.GetPart().GetNominalId())]
		h.Breaches = replaced(h.Breaches, b, func(o conduct.Breach) bool { return o.ID == id })
	case *storev1.StoredAssessment:
		a := assessmentOf(s)
		a.ID, a.Force, a.Nominal, a.Unconfirmed = id, r.Force, conduct.ID(s.GetPart().GetNominalId()), !p.Confirmed[identity.ID(s.GetPart().GetNominalId())]
		h.Assessments = replaced(h.Assessments, a, func(o conduct.Assessment) bool { return o.ID == id })
	case *storev1.StoredPlan:
		a := planOf(s)
		a.ID, a.Force, a.Nominal, a.Unconfirmed = id, r.Force, conduct.ID(s.GetPart().GetNominalId()), !p.Confirmed[identity.ID(s.GetPart().GetNominalId())]
		h.Plans = replaced(h.Plans, a, func(o conduct.Plan) bool { return o.ID == id })
	}
	return nil
}

// replaced puts one in the place of the one it is a version of, or at the end.
func replaced[T any](all []T, one T, same func(T) bool) []T {
	for i := range all {
		if same(all[i]) {
			all[i] = one
			return all
		}
	}
	return append(all, one)
}

// timeOf is a time of the contract; zero when it is absent.
func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// idOf is the record id in a resource name; zero when there is none.
func idOf(name string) conduct.ID {
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return conduct.ID{}
	}
	return conduct.ID(id)
}

func (d *Deps) matter(s *storev1.StoredCourse) conduct.Matter {
	c := s.GetCourse()
	m := conduct.Matter{
		Officer: c.GetOfficer(), Relationship: c.GetRelationship(), Motivation: c.GetMotivation(), Loaded: timeOf(c.GetLoadTime()),
		Four: conduct.Four{
			Fixated: c.GetFour().GetFixated(), Obsessive: c.GetFour().GetObsessive(),
			Unwanted: c.GetFour().GetUnwanted(), Repeated: c.GetFour().GetRepeatedConduct(),
		},
	}
	for _, i := range c.GetIncidents() {
		r := conduct.Report{
			Reference: i.GetReference(), Occurred: timeOf(i.GetOccurTime()), Reported: timeOf(i.GetReportTime()),
			Principal: i.GetPrincipalOffence(), Included: i.GetIncludedClassifications(), Jurisdiction: i.GetJurisdiction(),
			Source:      strings.TrimPrefix(i.GetReportSource().String(), "REPORT_SOURCE_"),
			SourceGrade: int(i.GetGrade().GetSource()), Assessment: i.GetGrade().GetAssessment(), Actions: actionsOf(i.GetActions()),
		}
		r.Behaviours, _ = d.Rules.Behaviours(i.GetBehaviours()...)
		if r.Reported.IsZero() {
			r.Reported = r.Occurred
		}
		m.Reports = append(m.Reports, r)
	}
	for _, x := range c.GetStatements() {
		m.Statements = append(m.Statements, conduct.Statement{Code: x.GetCode(), Time: timeOf(x.GetStateTime())})
	}
	for _, x := range c.GetStandings() {
		m.Standings = append(m.Standings, conduct.StandingSince{Standing: view.Standing(x.GetStanding()), Since: timeOf(x.GetSinceTime())})
	}
	for _, x := range c.GetInformed() {
		m.Informed = append(m.Informed, conduct.Informed{Code: x.GetCode(), Time: timeOf(x.GetInformTime())})
	}
	for _, x := range c.GetExhibits() {
		m.Exhibits = append(m.Exhibits, conduct.Exhibit{
			Code: x.GetCode(), Seized: timeOf(x.GetSeizeTime()), Expected: timeOf(x.GetExpectedTime()), Done: timeOf(x.GetDoneTime()),
		})
	}
	if x := c.GetClosure(); x != nil {
		m.Closure = conduct.Closure{Reason: x.GetReason(), Time: timeOf(c.GetStandingTime()), Second: x.GetSecondPerson() != "", Informed: timeOf(x.GetVictimInformTime())}
	}
	return m
}

func actionsOf(all []*registerv1.PoliceAction) []conduct.Action {
	var out []conduct.Action
	for _, a := range all {
		out = append(out, conduct.Action{Code: a.GetCode(), Time: timeOf(a.GetActTime()), Why: a.GetWhy()})
	}
	return out
}

func measureOf(s *storev1.StoredMeasure) conduct.Measure {
	in, part := s.GetMeasure(), s.GetPart()
	m := conduct.Measure{
		Cancelled: part.GetCancelled(), Kind: in.GetKind(), Status: strings.TrimPrefix(in.GetStatus().String(), "MEASURE_STATUS_"),
		From: timeOf(in.GetFromTime()), Until: timeOf(in.GetUntilTime()), Verified: timeOf(in.GetVerifyTime()),
		Loaded: timeOf(part.GetLoadTime()), Recorded: timeOf(part.GetCreateTime()),
	}
	for _, name := range in.GetCourses() {
		m.Courses = append(m.Courses, idOf(name))
	}
	for _, c := range in.GetConditions() {
		m.Conditions = append(m.Conditions, conduct.Condition{Code: c.GetCode(), Zone: c.GetZone().GetArea(), Metres: int(c.GetZone().GetMetres())})
	}
	for _, r := range in.GetRejected() {
		m.Rejected = append(m.Rejected, conduct.Rejected{Code: r.GetCode(), Why: r.GetWhy()})
	}
	for _, n := range in.GetNotifications() {
		m.Notifications = append(m.Notifications, conduct.Notification{Code: n.GetCode(), Due: timeOf(n.GetDueTime()), Notified: timeOf(n.GetNotifyTime())})
	}
	return m
}

func (d *Deps) breach(s *storev1.StoredBreach) conduct.Breach {
	in, part := s.GetBreach(), s.GetPart()
	b := conduct.Breach{
		Cancelled: part.GetCancelled(), Occurred: timeOf(in.GetOccurTime()), Reported: timeOf(in.GetReportTime()),
		Conditions: in.GetConditions(), Actions: actionsOf(in.GetActions()), Loaded: timeOf(part.GetLoadTime()),
	}
	copy(b.Measure[:], s.GetMeasureId())
	b.Behaviours, _ = d.Rules.Behaviours(in.GetBehaviours()...)
	if b.Reported.IsZero() {
		b.Reported = b.Occurred
	}
	return b
}

func gradeOf(g registerv1.RiskGrade) conduct.Grade {
	return conduct.Grade(g) //nolint:gosec // 0 to 3, in the same order
}

func assessmentOf(s *storev1.StoredAssessment) conduct.Assessment {
	in, part := s.GetAssessment(), s.GetPart()
	a := conduct.Assessment{
		Cancelled: part.GetCancelled(), Course: idOf(in.GetCourse()), Tool: in.GetTool(), Grade: gradeOf(in.GetGrade()),
		Time: timeOf(in.GetAssessTime()), Loaded: timeOf(part.GetLoadTime()),
	}
	for _, answer := range in.GetAnswers() {
		if answer.GetAnswer() == "YES" {
			a.Yes = append(a.Yes, answer.GetQuestion())
		}
	}
	for _, r := range append(in.GetRegrades(), s.GetRegrades()...) {
		a.Regrades = append(a.Regrades, conduct.Regrade{Grade: gradeOf(r.GetGrade()), Time: timeOf(r.GetRegradeTime())})
	}
	return a
}

func planOf(s *storev1.StoredPlan) conduct.Plan {
	in, part := s.GetPlan(), s.GetPart()
	p := conduct.Plan{Cancelled: part.GetCancelled(), Course: idOf(in.GetCourse()), Made: timeOf(in.GetMakeTime()), Loaded: timeOf(part.GetLoadTime())}
	for _, a := range in.GetActions() {
		p.Actions = append(p.Actions, conduct.PlanAction{Code: a.GetCode(), Due: timeOf(a.GetDueTime()), Done: timeOf(a.GetDoneTime())})
	}
	for _, r := range in.GetReferrals() {
		p.Referrals = append(p.Referrals, conduct.Informed{Code: r.GetCode(), Time: timeOf(r.GetReferTime())})
	}
	return p
}
