package apitest

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// partKind is one kind of record that hangs on a nominal, with a good registration
// of it and one in which nothing is right.
type partKind struct {
	name, plural, service, collection string
	register                          func(s *stage, reference string, revision int64) proto.Message
	// changed makes the content another; unknown uses codes that nobody knows, which
	// are flagged; wrong has the faulty fields.
	changed func(proto.Message)
	unknown func(proto.Message)
	flagged []string
	wrong   func(proto.Message)
	faulty  []string
	// looks checks what was registered.
	looks func(s *stage, m proto.Message) bool
}

func (k partKind) method(verb string) string {
	if verb == "List" {
		return k.service + "." + verb + k.plural
	}
	return k.service + "." + verb + k.name
}

// message makes the request of a verb with its fields by name.
func (k partKind) message(verb string, fields map[string]any) proto.Message {
	name := verb + k.name
	if verb == "List" {
		name = verb + k.plural
	}
	t, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("register.v1." + name + "Request"))
	if err != nil {
		panic(err) // it is linked into this program
	}
	m := t.New()
	for field, value := range fields {
		m.Set(t.Descriptor().Fields().ByName(protoreflect.Name(field)), protoreflect.ValueOf(value))
	}
	return m.Interface()
}

func at(days int) *timestamppb.Timestamp {
	return timestamppb.New(firstIncident.Add(time.Duration(days) * 24 * time.Hour))
}

func source(reference string, revision int64) *pb.SourceKey {
	return &pb.SourceKey{System: "crime", Reference: reference, Revision: revision}
}

func measure(force, nominal, reference string, revision int64) *pb.RegisterMeasureRequest {
	return &pb.RegisterMeasureRequest{Parent: "forces/" + force, Measure: &pb.Measure{
		Source: source(reference, revision), Nominal: nominal, Kind: "COURT_BAIL", Status: pb.MeasureStatus_MEASURE_STATUS_IN_FORCE,
		FromTime: at(2), Court: "Leicester Magistrates", VerifyTime: at(2), Officer: "1234",
		Conditions: []*pb.MeasureCondition{
			{Code: "NO_CONTACT", Text: "By any means, nor through others."},
			{Code: "EXCLUSION_ZONE", Zone: &pb.ExclusionZone{Area: "LE2", Metres: 200}, Text: "Not to come near the street on the map."},
		},
		Rejected: []*pb.RejectedOption{{Code: "TAG", Why: "NOT_NECESSARY"}},
	}}
}

func breach(force, nominal, measure, reference string, revision int64) *pb.RegisterBreachRequest {
	return &pb.RegisterBreachRequest{Parent: "forces/" + force, Breach: &pb.Breach{
		Source: source(reference, revision), Nominal: nominal, Measure: measure, OccurTime: at(4), ReportTime: at(5),
		Conditions: []string{"NO_CONTACT"}, Behaviours: []string{"CONTACT"}, Narrative: "He wrote again.",
		Actions: []*pb.PoliceAction{{Code: "NONE", Why: "LOWER_LEVEL", ActTime: at(5), Officer: "1234"}},
	}}
}

func assessment(force, nominal, course, reference string, revision int64) *pb.RegisterAssessmentRequest {
	return &pb.RegisterAssessmentRequest{Parent: "forces/" + force, Assessment: &pb.Assessment{
		Source: source(reference, revision), Nominal: nominal, Course: course, Tool: "S_DASH", Grade: pb.RiskGrade_RISK_GRADE_STANDARD,
		AssessTime: at(1), Assessor: "1234", Rationale: "Few indicators, no violence.",
		Answers: []*pb.AssessmentAnswer{{Question: "S_DASH.FRIGHTENED", Answer: "YES"}, {Question: "S_DASH.BEFORE", Answer: "NO"}},
	}}
}

func plan(force, nominal, course, reference string, revision int64) *pb.RegisterPlanRequest {
	return &pb.RegisterPlanRequest{Parent: "forces/" + force, Plan: &pb.SafetyPlan{
		Source: source(reference, revision), Nominal: nominal, Course: course, MakeTime: at(1), Officer: "1234",
		Actions:   []*pb.SafetyAction{{Code: "ALARM", Owner: "1234", DueTime: at(3), DoneTime: at(2), Outcome: "Fitted."}},
		Referrals: []*pb.Referral{{Code: "MARAC", ReferTime: at(1)}},
	}}
}

// partKinds are the kinds of record that hang on a nominal.
func partKinds() []partKind {
	yesterday, far := at(-400), timestamppb.New(time.Now().AddDate(0, 0, 3))
	return []partKind{
		{
			name: "Measure", plural: "Measures", service: "MeasureService", collection: "measures",
			register: func(s *stage, reference string, revision int64) proto.Message {
				r := measure("33", s.names["nominal"], reference, revision)
				r.Measure.Courses = []string{s.names["course"]}
				return r
			},
			changed: func(m proto.Message) {
				m.(*pb.RegisterMeasureRequest).Measure.Status = pb.MeasureStatus_MEASURE_STATUS_EXPIRED
			},
			unknown: func(m proto.Message) {
				r := m.(*pb.RegisterMeasureRequest).Measure
				r.Kind, r.Conditions[0].Code, r.Rejected[0].Code = "LOCAL_1", "LOCAL_2", "LOCAL_3"
				r.Notifications = []*pb.MeasureNotification{{Code: "LOCAL_4", DueTime: at(5)}}
			},
			flagged: []string{"measure.kind", "measure.conditions[0].code", "measure.rejected[0].code", "measure.notifications[0].code"},
			wrong: func(m proto.Message) {
				r := m.(*pb.RegisterMeasureRequest).Measure
				r.Kind, r.Status, r.UntilTime, r.VerifyTime = "", 0, yesterday, far
				r.Conditions[0].Text = "Not to ring 07700 900461 or go to LE2 7GZ."
				r.Conditions[1].Zone.Area, r.Conditions[1].Zone.Metres = "14 Tollgate Crescent", -1
			},
			faulty: []string{
				"measure.kind", "measure.status", "measure.until_time", "measure.verify_time", "measure.conditions[0].text",
				"measure.conditions[1].zone.area", "measure.conditions[1].zone.metres",
			},
			looks: func(s *stage, m proto.Message) bool {
				r := m.(*pb.Measure)
				return r.GetKind() == "COURT_BAIL" && r.GetConditions()[1].GetZone().GetArea() == "LE2" && r.GetCourses()[0] == s.names["course"] &&
					r.GetNominal() == s.names["nominal"] && r.GetState() == pb.RecordState_RECORD_STATE_ACTIVE && r.GetCreateTime() != nil
			},
		},
		{
			name: "Breach", plural: "Breaches", service: "MeasureService", collection: "breaches",
			register: func(s *stage, reference string, revision int64) proto.Message {
				return breach("33", s.names["nominal"], s.names["measure"], reference, revision)
			},
			changed: func(m proto.Message) {
				m.(*pb.RegisterBreachRequest).Breach.Actions = []*pb.PoliceAction{{Code: "ARRESTED", ActTime: at(6)}}
			},
			unknown: func(m proto.Message) {
				r := m.(*pb.RegisterBreachRequest).Breach
				r.Conditions, r.Behaviours, r.Offence = []string{"LOCAL_1"}, []string{"CONTACT", "LOCAL_2"}, "LOCAL_3"
				r.Actions[0].Why = "LOCAL_4"
			},
			flagged: []string{"breach.conditions[0]", "breach.behaviours[1]", "breach.actions[0].why", "breach.offence"},
			wrong: func(m proto.Message) {
				r := m.(*pb.RegisterBreachRequest).Breach
				r.OccurTime, r.ReportTime = far, yesterday
				r.Actions = []*pb.PoliceAction{{Code: "NONE", ActTime: at(5)}, {Code: "ARRESTED", Why: "LOWER_LEVEL", ActTime: far}, {Code: "ARRESTED"}}
			},
			faulty: []string{
				"breach.occur_time", "breach.report_time", "breach.actions[0].why", "breach.actions[1].why", "breach.actions[1].act_time",
				"breach.actions[2].act_time",
			},
			looks: func(s *stage, m proto.Message) bool {
				r := m.(*pb.Breach)
				return r.GetMeasure() == s.names["measure"] && r.GetNominal() == s.names["nominal"] && r.GetActions()[0].GetCode() == "NONE"
			},
		},
		{
			name: "Assessment", plural: "Assessments", service: "AssessmentService", collection: "assessments",
			register: func(s *stage, reference string, revision int64) proto.Message {
				return assessment("33", s.names["nominal"], s.names["course"], reference, revision)
			},
			changed: func(m proto.Message) {
				m.(*pb.RegisterAssessmentRequest).Assessment.Grade = pb.RiskGrade_RISK_GRADE_HIGH
			},
			unknown: func(m proto.Message) {
				r := m.(*pb.RegisterAssessmentRequest).Assessment
				r.Tool, r.Answers = "LOCAL_1", []*pb.AssessmentAnswer{{Question: "LOCAL_2", Answer: "YES"}}
			},
			flagged: []string{"assessment.tool", "assessment.answers[0].question"},
			wrong: func(m proto.Message) {
				r := m.(*pb.RegisterAssessmentRequest).Assessment
				r.Tool, r.Grade, r.AssessTime = "", 0, far
				r.Answers = append(r.Answers, r.GetAnswers()[0])
				r.Regrades = []*pb.Regrade{{Grade: pb.RiskGrade_RISK_GRADE_HIGH, Rationale: "Earlier violence.", Supervisor: "1234", RegradeTime: at(2)}}
			},
			faulty: []string{
				"assessment.tool", "assessment.grade", "assessment.assess_time", "assessment.answers[2].question", "assessment.regrades[0].supervisor",
			},
			looks: func(s *stage, m proto.Message) bool {
				r := m.(*pb.Assessment)
				return r.GetCourse() == s.names["course"] && r.GetStandingGrade() == pb.RiskGrade_RISK_GRADE_STANDARD && r.GetToolVersion() != ""
			},
		},
		{
			name: "Plan", plural: "Plans", service: "AssessmentService", collection: "plans",
			register: func(s *stage, reference string, revision int64) proto.Message {
				return plan("33", s.names["nominal"], s.names["course"], reference, revision)
			},
			changed: func(m proto.Message) { m.(*pb.RegisterPlanRequest).Plan.Officer = "5678" },
			unknown: func(m proto.Message) {
				r := m.(*pb.RegisterPlanRequest).Plan
				r.Actions[0].Code, r.Referrals[0].Code = "LOCAL_1", "LOCAL_2"
			},
			flagged: []string{"plan.actions[0].code", "plan.referrals[0].code"},
			wrong: func(m proto.Message) {
				r := m.(*pb.RegisterPlanRequest).Plan
				r.MakeTime, r.ReviewTime, r.Actions, r.Referrals = far, yesterday, nil, nil
			},
			faulty: []string{"plan.make_time", "plan.review_time", "plan.actions"},
			looks: func(s *stage, m proto.Message) bool {
				r := m.(*pb.SafetyPlan)
				return r.GetCourse() == s.names["course"] && r.GetReferrals()[0].GetCode() == "MARAC" && r.GetActions()[0].GetOutcome() == "Fitted."
			},
		},
	}
}
