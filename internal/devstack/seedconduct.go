package devstack

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/devstack/demo"
)

// The first hero's records, by the references of his nominals and courses.
const (
	heroLeicester, heroLeicesterCourse = "NOM/1000001", "CRS/1000001"
	heroNorth, heroNorthCourse         = "NOM/1000002", "CRS/1000003"
)

// heroConduct are the measures, breaches, assessments and plans of the first hero
// that a force recorded, so that a register of invented people has something to act
// on: bail that he broke the day before yesterday.
func heroConduct(n *demo.Nominal, now time.Time) []*registerv1.RegisterRecordsRequest {
	h := hero{n, now.Truncate(time.Hour)}
	switch n.Reference {
	case heroLeicester:
		return h.leicester()
	case heroNorth:
		return h.north()
	}
	return nil
}

type hero struct {
	n   *demo.Nominal
	now time.Time
}

func (h hero) at(days int) *timestamppb.Timestamp {
	return timestamppb.New(h.now.AddDate(0, 0, days))
}

func (h hero) source(reference string) *registerv1.SourceKey {
	return &registerv1.SourceKey{System: h.n.System, Reference: reference, Revision: 1}
}

func (h hero) nominal() *registerv1.SourceKey {
	return &registerv1.SourceKey{System: h.n.System, Reference: h.n.Reference}
}

func (h hero) parent() string { return "forces/" + h.n.Force }

func measureRecord(r *registerv1.RegisterMeasureRequest) *registerv1.RegisterRecordsRequest {
	return &registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Measure{Measure: r}}
}

func breachRecord(r *registerv1.RegisterBreachRequest) *registerv1.RegisterRecordsRequest {
	return &registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Breach{Breach: r}}
}

func assessmentRecord(r *registerv1.RegisterAssessmentRequest) *registerv1.RegisterRecordsRequest {
	return &registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Assessment{Assessment: r}}
}

func planRecord(r *registerv1.RegisterPlanRequest) *registerv1.RegisterRecordsRequest {
	return &registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Plan{Plan: r}}
}

// leicester is what came of the conviction: an order that runs out next month.
func (h hero) leicester() []*registerv1.RegisterRecordsRequest {
	course := h.source(heroLeicesterCourse)
	return []*registerv1.RegisterRecordsRequest{
		measureRecord(&registerv1.RegisterMeasureRequest{
			Parent: h.parent(), NominalSource: h.nominal(), CourseSources: []*registerv1.SourceKey{course}, HistoricLoad: true,
			Measure: &registerv1.Measure{
				Source: h.source("MSR/1000001"), Kind: "RESTRAINING_ORDER", Status: registerv1.MeasureStatus_MEASURE_STATUS_IN_FORCE,
				FromTime: h.at(-3 * 365), UntilTime: h.at(25), VerifyTime: h.at(-40), Court: "Leicester Crown Court", Reference: "T20220417", Officer: "L3310",
				Conditions: []*registerv1.MeasureCondition{
					{Code: "NO_CONTACT", Text: "Directly or through others, by any means."},
					{Code: "EXCLUSION_ZONE", Zone: &registerv1.ExclusionZone{Area: "LE2", Metres: 500}},
				},
			},
		}),
		assessmentRecord(&registerv1.RegisterAssessmentRequest{
			Parent: h.parent(), NominalSource: h.nominal(), CourseSource: course, HistoricLoad: true,
			Assessment: &registerv1.Assessment{
				Source: h.source("RSK/1000001"), Tool: "S_DASH", Grade: registerv1.RiskGrade_RISK_GRADE_HIGH, AssessTime: h.at(-3*365 - 30), Assessor: "L3310",
				Rationale: "Strangulation after a rising series of visits.",
				Answers: []*registerv1.AssessmentAnswer{
					{Question: "S_DASH.FRIGHTENED", Answer: "YES"}, {Question: "S_DASH.BEFORE", Answer: "YES"},
				},
			},
		}),
		planRecord(&registerv1.RegisterPlanRequest{
			Parent: h.parent(), NominalSource: h.nominal(), CourseSource: course, HistoricLoad: true,
			Plan: &registerv1.SafetyPlan{
				Source: h.source("PLN/1000001"), MakeTime: h.at(-3*365 - 28), Officer: "L3310",
				Actions:   []*registerv1.SafetyAction{{Code: "ALARM", Owner: "L3310", DueTime: h.at(-3*365 - 26), DoneTime: h.at(-3*365 - 27), Outcome: "Fitted and tested."}},
				Referrals: []*registerv1.Referral{{Code: "MARAC", ReferTime: h.at(-3*365 - 28), Outcome: "ACCEPTED"}, {Code: "ADVOCATE", ReferTime: h.at(-3*365 - 28)}},
			},
		}),
	}
}

// north is what is under way: bail, broken twice, and a grade that a supervisor gave
// anew.
func (h hero) north() []*registerv1.RegisterRecordsRequest {
	course, bail := h.source(heroNorthCourse), h.source("MSR/1000002")
	breach := func(reference string, days int, text string, action *registerv1.PoliceAction) *registerv1.RegisterRecordsRequest {
		return breachRecord(&registerv1.RegisterBreachRequest{
			Parent: h.parent(), NominalSource: h.nominal(), MeasureSource: bail,
			Breach: &registerv1.Breach{
				Source: h.source(reference), OccurTime: h.at(days), ReportTime: h.at(days), Conditions: []string{"NO_CONTACT"}, Behaviours: []string{"CONTACT"},
				ReportSource: registerv1.ReportSource_REPORT_SOURCE_VICTIM, Narrative: text, Actions: []*registerv1.PoliceAction{action}, Officer: "N1042",
			},
		})
	}
	return []*registerv1.RegisterRecordsRequest{
		measureRecord(&registerv1.RegisterMeasureRequest{
			Parent: h.parent(), NominalSource: h.nominal(), CourseSources: []*registerv1.SourceKey{course},
			Measure: &registerv1.Measure{
				Source: bail, Kind: "POLICE_BAIL", Status: registerv1.MeasureStatus_MEASURE_STATUS_IN_FORCE,
				FromTime: h.at(-16), UntilTime: h.at(12), VerifyTime: h.at(-3), Court: "the custody suite at Northgate", Officer: "N1042",
				Conditions: []*registerv1.MeasureCondition{
					{Code: "NO_CONTACT", Text: "Directly or through others, by any means."},
					{Code: "EXCLUSION_ZONE", Zone: &registerv1.ExclusionZone{Area: "NE3", Metres: 300}},
				},
				Rejected: []*registerv1.RejectedOption{{Code: "TAG", Why: "NOT_AVAILABLE_BEFORE_CHARGE"}},
			},
		}),
		breach("BRC/1000001", -9, "Eleven messages from a number withheld.", &registerv1.PoliceAction{Code: "ARRESTED", ActTime: h.at(-8), Officer: "N1042"}),
		breach("BRC/1000002", -2, "A letter left with a colleague.", &registerv1.PoliceAction{Code: "NONE", Why: "LOWER_LEVEL", ActTime: h.at(-2), Officer: "N1042"}),
		assessmentRecord(&registerv1.RegisterAssessmentRequest{
			Parent: h.parent(), NominalSource: h.nominal(), CourseSource: course,
			Assessment: &registerv1.Assessment{
				Source: h.source("RSK/1000002"), Tool: "S_DASH", Grade: registerv1.RiskGrade_RISK_GRADE_STANDARD, AssessTime: h.at(-15), Assessor: "N1042",
				Rationale: "Few indicators, no violence here.",
				Answers:   []*registerv1.AssessmentAnswer{{Question: "S_DASH.FRIGHTENED", Answer: "YES"}, {Question: "S_DASH.BEFORE", Answer: "YES"}},
				Regrades: []*registerv1.Regrade{{
					Grade: registerv1.RiskGrade_RISK_GRADE_HIGH, Rationale: "Convicted elsewhere of strangling the same victim.", Supervisor: "N0077", RegradeTime: h.at(-14),
				}},
			},
		}),
	}
}
