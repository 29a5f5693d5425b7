package leaktest

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

func day(n int) *timestamppb.Timestamp {
	return timestamppb.New(time.Date(2026, 3, 1+n, 12, 0, 0, 0, time.UTC))
}

func sampleMeasure(nominal string) *registerv1.RegisterMeasureRequest {
	return &registerv1.RegisterMeasureRequest{Parent: "forces/33", Measure: &registerv1.Measure{
		Source: source(), Nominal: nominal, Kind: "POLICE_BAIL", Status: registerv1.MeasureStatus_MEASURE_STATUS_IN_FORCE, FromTime: day(1),
		Conditions: []*registerv1.MeasureCondition{{Code: "EXCLUSION_ZONE", Zone: &registerv1.ExclusionZone{Area: "LE2", Metres: 300}}},
	}}
}

func sampleBreach(nominal, measure string) *registerv1.RegisterBreachRequest {
	return &registerv1.RegisterBreachRequest{Parent: "forces/33", Breach: &registerv1.Breach{
		Source: source(), Nominal: nominal, Measure: measure, OccurTime: day(2), Behaviours: []string{"LOITERING"},
	}}
}

// checkedBreach is a breach whose registration asks what is known of the suspect.
func checkedBreach(nominal, measure string) *registerv1.RegisterBreachRequest {
	r := sampleBreach(nominal, measure)
	r.Check = checkedCourse(nominal).GetCheck()
	return r
}

func sampleAssessment(nominal, course string) *registerv1.RegisterAssessmentRequest {
	return &registerv1.RegisterAssessmentRequest{Parent: "forces/33", Assessment: &registerv1.Assessment{
		Source: source(), Nominal: nominal, Course: course, Tool: "S_DASH", Grade: registerv1.RiskGrade_RISK_GRADE_MEDIUM, AssessTime: day(1), Assessor: "1234",
	}}
}

func samplePlan(nominal, course string) *registerv1.RegisterPlanRequest {
	return &registerv1.RegisterPlanRequest{Parent: "forces/33", Plan: &registerv1.SafetyPlan{
		Source: source(), Nominal: nominal, Course: course, MakeTime: day(1), Actions: []*registerv1.SafetyAction{{Code: "ALARM", Owner: "1234", DueTime: day(3)}},
	}}
}

// partSamples are the samples of the methods for what hangs on a nominal.
func partSamples(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn) map[string]sample {
	tb.Helper()
	ctx := site.As(context.WithoutCancel(tb.Context()), "investigator-33")
	courses, measures, assessments := registerv1.NewConductServiceClient(conn), registerv1.NewMeasureServiceClient(conn), registerv1.NewAssessmentServiceClient(conn)
	// Each call is about a person of its own: they are made at the same time.
	nominal := func() string {
		n, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(ctx, stranger())
		must(tb, err)
		return n.GetName()
	}
	course := func(nominal string) string {
		c, err := courses.RegisterCourse(ctx, sampleCourse(nominal))
		must(tb, err)
		return c.GetName()
	}
	measure := func(nominal string) string {
		m, err := measures.RegisterMeasure(ctx, sampleMeasure(nominal))
		must(tb, err)
		return m.GetName()
	}
	breach := func() string {
		n := nominal()
		b, err := measures.RegisterBreach(ctx, sampleBreach(n, measure(n)))
		must(tb, err)
		return b.GetName()
	}
	assessment := func() string {
		n := nominal()
		a, err := assessments.RegisterAssessment(ctx, sampleAssessment(n, course(n)))
		must(tb, err)
		return a.GetName()
	}
	plan := func() string {
		n := nominal()
		p, err := assessments.RegisterPlan(ctx, samplePlan(n, course(n)))
		must(tb, err)
		return p.GetName()
	}
	read, settled, broken, assessed, planned := nominal(), nominal(), nominal(), nominal(), nominal()
	course(read)
	const who, spoc, dpo = "investigator-33", "spoc-33", "dpo-33"
	const noCrime, order = registerv1.CancelReason_CANCEL_REASON_NO_CRIME, registerv1.ErasureGround_ERASURE_GROUND_ORDER
	return map[string]sample{
		"ConductService.SettleVictims": one(spoc, &registerv1.SettleVictimsRequest{
			Name: course(settled), Other: course(settled), Sameness: registerv1.VictimSameness_VICTIM_SAMENESS_SAME, Explanation: "asked: one number",
		}),
		"HistoryService.GetHistory": one(who, &registerv1.GetHistoryRequest{Name: read}),
		"HistoryService.ListRanked": one(spoc, &registerv1.ListRankedRequest{Parent: "forces/33", PageSize: 1}),
		"HistoryService.CreateEvidencePack": one(spoc, &registerv1.CreateEvidencePackRequest{
			Name: read, Recipient: "Legal services", Reference: "SPO/26/1", RecipientKind: registerv1.PackRecipient_PACK_RECIPIENT_COURT,
		}),
		"MeasureService.RegisterMeasure": one(who, sampleMeasure(nominal())),
		"MeasureService.GetMeasure":      one(who, &registerv1.GetMeasureRequest{Name: measure(nominal())}),
		"MeasureService.ListMeasures":    one(spoc, &registerv1.ListMeasuresRequest{Parent: read}),
		"MeasureService.CancelMeasure":   one(spoc, &registerv1.CancelMeasureRequest{Name: measure(nominal()), Reason: noCrime, Explanation: "no crime"}),
		"MeasureService.EraseMeasure":    one(dpo, &registerv1.EraseMeasureRequest{Name: measure(nominal()), Ground: order, Reference: "order 9"}),
		"MeasureService.RegisterBreach":  one(who, checkedBreach(broken, measure(broken))),
		"MeasureService.GetBreach":       one(who, &registerv1.GetBreachRequest{Name: breach()}),
		"MeasureService.ListBreaches":    one(spoc, &registerv1.ListBreachesRequest{Parent: read}),
		"MeasureService.CancelBreach":    one(spoc, &registerv1.CancelBreachRequest{Name: breach(), Reason: noCrime, Explanation: "no crime"}),
		"MeasureService.EraseBreach":     one(dpo, &registerv1.EraseBreachRequest{Name: breach(), Ground: order, Reference: "order 9"}),

		"AssessmentService.RegisterAssessment": one(who, sampleAssessment(assessed, course(assessed))),
		"AssessmentService.GetAssessment":      one(who, &registerv1.GetAssessmentRequest{Name: assessment()}),
		"AssessmentService.ListAssessments":    one(spoc, &registerv1.ListAssessmentsRequest{Parent: read}),
		"AssessmentService.RegradeAssessment": one("supervisor-33", &registerv1.RegradeAssessmentRequest{
			Name: assessment(), Version: 1, Grade: registerv1.RiskGrade_RISK_GRADE_HIGH, Rationale: "all four indicators",
		}),
		"AssessmentService.CancelAssessment": one(spoc, &registerv1.CancelAssessmentRequest{Name: assessment(), Reason: noCrime, Explanation: "no crime"}),
		"AssessmentService.EraseAssessment":  one(dpo, &registerv1.EraseAssessmentRequest{Name: assessment(), Ground: order, Reference: "order 9"}),
		"AssessmentService.RegisterPlan":     one(who, samplePlan(planned, course(planned))),
		"AssessmentService.GetPlan":          one(who, &registerv1.GetPlanRequest{Name: plan()}),
		"AssessmentService.ListPlans":        one(spoc, &registerv1.ListPlansRequest{Parent: read}),
		"AssessmentService.CancelPlan":       one(spoc, &registerv1.CancelPlanRequest{Name: plan(), Reason: noCrime, Explanation: "no crime"}),
		"AssessmentService.ErasePlan":        one(dpo, &registerv1.ErasePlanRequest{Name: plan(), Ground: order, Reference: "order 9"}),
	}
}
