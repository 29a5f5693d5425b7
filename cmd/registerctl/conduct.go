package main

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type conductCmd struct {
	List    conductListCmd    `cmd:"" help:"List the measures, breaches, assessments or plans of a nominal."`
	Cancel  conductCancelCmd  `cmd:"" help:"Withdraw a course, measure, breach, assessment or plan: it is kept, and counts towards nothing."`
	Erase   conductEraseCmd   `cmd:"" help:"Destroy one for good; for the data protection officer."`
	Regrade conductRegradeCmd `cmd:"" help:"Give an assessment another grade; for supervisors."`
	Settle  conductSettleCmd  `cmd:"" help:"Say whether the victims of two courses are one person; for single points of contact."`
}

// made makes a call and prints what tell says of its answer.
func (a *app) made(do func(ctx context.Context, conn grpc.ClientConnInterface, opts ...grpc.CallOption) (proto.Message, error), tell func(proto.Message)) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var m proto.Message
	entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		m, err = do(ctx, conn, opts...)
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(m)
	}
	tell(m)
	if entry != "" {
		a.say("Recorded under your name, entry %s.", entry)
	}
	return nil
}

type conductListCmd struct {
	What string `arg:"" enum:"measures,breaches,assessments,plans" help:"measures, breaches, assessments or plans."`
	Name string `arg:"" help:"The nominal, forces/33/nominals/…"`
}

// Run lists what hangs on a nominal.
func (c *conductListCmd) Run(a *app) error {
	return a.made(func(ctx context.Context, conn grpc.ClientConnInterface, opts ...grpc.CallOption) (proto.Message, error) {
		measures, assessments := registerv1.NewMeasureServiceClient(conn), registerv1.NewAssessmentServiceClient(conn)
		switch c.What {
		case "measures":
			return measures.ListMeasures(ctx, &registerv1.ListMeasuresRequest{Parent: c.Name, PageSize: 100}, opts...)
		case "breaches":
			return measures.ListBreaches(ctx, &registerv1.ListBreachesRequest{Parent: c.Name, PageSize: 100}, opts...)
		case "assessments":
			return assessments.ListAssessments(ctx, &registerv1.ListAssessmentsRequest{Parent: c.Name, PageSize: 100}, opts...)
		}
		return assessments.ListPlans(ctx, &registerv1.ListPlansRequest{Parent: c.Name, PageSize: 100}, opts...)
	}, func(m proto.Message) {
		switch m := m.(type) {
		case *registerv1.ListMeasuresResponse:
			for _, r := range m.GetMeasures() {
				a.showMeasure(r)
			}
		case *registerv1.ListBreachesResponse:
			for _, r := range m.GetBreaches() {
				a.showBreach(r)
			}
		case *registerv1.ListAssessmentsResponse:
			for _, r := range m.GetAssessments() {
				a.showAssessment(r)
			}
		case *registerv1.ListPlansResponse:
			for _, r := range m.GetPlans() {
				a.showPlan(r)
			}
		}
	})
}

// kindOf is the collection in a resource name, such as "measures".
func kindOf(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) != 4 {
		return ""
	}
	return parts[2]
}

var errNoSuchKind = usageError{errors.New("give the name of a course, a measure, a breach, an assessment or a plan: forces/33/measures/…")}

type conductCancelCmd struct {
	Name        string `arg:"" help:"The record, such as forces/33/measures/…"`
	Reason      string `required:"" help:"entered-in-error, no-crime, duplicate or exonerated." placeholder:"CODE"`
	Explanation string `help:"Why, in words."`
}

// Run withdraws a record.
func (c *conductCancelCmd) Run(a *app) error {
	value, err := chosen(registerv1.CancelReason_value, "CANCEL_REASON_", "--reason", c.Reason)
	if err != nil {
		return err
	}
	reason := registerv1.CancelReason(value)
	return a.made(func(ctx context.Context, conn grpc.ClientConnInterface, opts ...grpc.CallOption) (proto.Message, error) {
		measures, assessments := registerv1.NewMeasureServiceClient(conn), registerv1.NewAssessmentServiceClient(conn)
		switch kindOf(c.Name) {
		case "courses":
			return registerv1.NewConductServiceClient(conn).CancelCourse(ctx, &registerv1.CancelCourseRequest{Name: c.Name, Reason: reason, Explanation: c.Explanation}, opts...)
		case "measures":
			return measures.CancelMeasure(ctx, &registerv1.CancelMeasureRequest{Name: c.Name, Reason: reason, Explanation: c.Explanation}, opts...)
		case "breaches":
			return measures.CancelBreach(ctx, &registerv1.CancelBreachRequest{Name: c.Name, Reason: reason, Explanation: c.Explanation}, opts...)
		case "assessments":
			return assessments.CancelAssessment(ctx, &registerv1.CancelAssessmentRequest{Name: c.Name, Reason: reason, Explanation: c.Explanation}, opts...)
		case "plans":
			return assessments.CancelPlan(ctx, &registerv1.CancelPlanRequest{Name: c.Name, Reason: reason, Explanation: c.Explanation}, opts...)
		}
		return nil, errNoSuchKind
	}, func(proto.Message) { a.say("Withdrawn. Registering it again with `reinstate` makes it stand.") })
}

type conductEraseCmd struct {
	Name      string `arg:"" help:"The record, such as forces/33/measures/…"`
	Ground    string `required:"" help:"retention, subject-request, order or unlawful." placeholder:"CODE"`
	Reference string `required:"" help:"Reference of the decision."`
	Yes       bool   `help:"Erase without asking again: it cannot be undone."`
}

// Run erases a record.
func (c *conductEraseCmd) Run(a *app) error {
	value, err := chosen(registerv1.ErasureGround_value, "ERASURE_GROUND_", "--ground", c.Ground)
	if err != nil {
		return err
	}
	if !c.Yes {
		return usageError{errors.New("an erasure cannot be undone: give --yes")}
	}
	ground := registerv1.ErasureGround(value)
	return a.made(func(ctx context.Context, conn grpc.ClientConnInterface, opts ...grpc.CallOption) (proto.Message, error) {
		measures, assessments := registerv1.NewMeasureServiceClient(conn), registerv1.NewAssessmentServiceClient(conn)
		switch kindOf(c.Name) {
		case "courses":
			return registerv1.NewConductServiceClient(conn).EraseCourse(ctx, &registerv1.EraseCourseRequest{Name: c.Name, Ground: ground, Reference: c.Reference}, opts...)
		case "measures":
			return measures.EraseMeasure(ctx, &registerv1.EraseMeasureRequest{Name: c.Name, Ground: ground, Reference: c.Reference}, opts...)
		case "breaches":
			return measures.EraseBreach(ctx, &registerv1.EraseBreachRequest{Name: c.Name, Ground: ground, Reference: c.Reference}, opts...)
		case "assessments":
			return assessments.EraseAssessment(ctx, &registerv1.EraseAssessmentRequest{Name: c.Name, Ground: ground, Reference: c.Reference}, opts...)
		case "plans":
			return assessments.ErasePlan(ctx, &registerv1.ErasePlanRequest{Name: c.Name, Ground: ground, Reference: c.Reference}, opts...)
		}
		return nil, errNoSuchKind
	}, func(proto.Message) { a.say("Erased.") })
}

type conductRegradeCmd struct {
	Name      string `arg:"" help:"The assessment, forces/33/assessments/…"`
	To        string `required:"" help:"standard, medium or high." placeholder:"GRADE"`
	Rationale string `required:"" help:"Why, in words."`
	Version   int64  `required:"" help:"The version that you have read."`
}

// Run regrades an assessment.
func (c *conductRegradeCmd) Run(a *app) error {
	grade, err := chosen(registerv1.RiskGrade_value, "RISK_GRADE_", "--to", c.To)
	if err != nil {
		return err
	}
	return a.made(func(ctx context.Context, conn grpc.ClientConnInterface, opts ...grpc.CallOption) (proto.Message, error) {
		return registerv1.NewAssessmentServiceClient(conn).RegradeAssessment(ctx, &registerv1.RegradeAssessmentRequest{
			Name: c.Name, Version: c.Version, Grade: registerv1.RiskGrade(grade), Rationale: c.Rationale,
		}, opts...)
	}, func(m proto.Message) {
		if r, ok := m.(*registerv1.Assessment); ok {
			a.showAssessment(r)
		}
	})
}

type conductSettleCmd struct {
	Name        string `arg:"" help:"The own course, forces/33/courses/…"`
	Other       string `arg:"" help:"The other course, of any force."`
	Victims     string `required:"" help:"same or different; unspecified takes back what was said." placeholder:"WORD"`
	Explanation string `required:"" help:"How it is known, without a victim's details."`
}

// Run settles whether two victims are one person.
func (c *conductSettleCmd) Run(a *app) error {
	value := int32(0)
	if c.Victims != "unspecified" {
		var err error
		if value, err = chosen(registerv1.VictimSameness_value, "VICTIM_SAMENESS_", "--victims", c.Victims); err != nil {
			return err
		}
	}
	return a.made(func(ctx context.Context, conn grpc.ClientConnInterface, opts ...grpc.CallOption) (proto.Message, error) {
		return registerv1.NewConductServiceClient(conn).SettleVictims(ctx, &registerv1.SettleVictimsRequest{
			Name: c.Name, Other: c.Other, Sameness: registerv1.VictimSameness(value), Explanation: c.Explanation,
		}, opts...)
	}, func(m proto.Message) {
		if r, ok := m.(*registerv1.SettleVictimsResponse); ok && r.GetSettled() {
			a.say("Settled.")
		} else {
			a.say("Said. It holds when the force of the other course, %s, says the same.", forceOf(client.Clean(c.Other)))
		}
	})
}
