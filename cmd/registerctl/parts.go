package main

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

func showMeasure(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	m, err := registerv1.NewMeasureServiceClient(conn).GetMeasure(ctx, &registerv1.GetMeasureRequest{Name: name}, opts...)
	return m, func() { a.showMeasure(m) }, err
}

func showBreach(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	b, err := registerv1.NewMeasureServiceClient(conn).GetBreach(ctx, &registerv1.GetBreachRequest{Name: name}, opts...)
	return b, func() { a.showBreach(b) }, err
}

func showAssessment(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	r, err := registerv1.NewAssessmentServiceClient(conn).GetAssessment(ctx, &registerv1.GetAssessmentRequest{Name: name}, opts...)
	return r, func() { a.showAssessment(r) }, err
}

func showPlan(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	p, err := registerv1.NewAssessmentServiceClient(conn).GetPlan(ctx, &registerv1.GetPlanRequest{Name: name}, opts...)
	return p, func() { a.showPlan(p) }, err
}

// head prints the first lines of a record: what it is, its name and whether it
// stands.
func (a *app) head(what, name string, state registerv1.RecordState, version int64) {
	a.say("%s, force %s", what, forceOf(name))
	a.say("  %s, version %d", client.Clean(name), version)
	if state == registerv1.RecordState_RECORD_STATE_CANCELLED {
		a.say("  CANCELLED: withdrawn by its force.")
	}
	if state == registerv1.RecordState_RECORD_STATE_TRANSFERRED {
		a.say("  TRANSFERRED: another force has taken it over.")
	}
}

func (a *app) showMeasure(m *registerv1.Measure) {
	a.head("MEASURE "+client.Clean(m.GetKind())+", "+words("MEASURE_STATUS_", m.GetStatus()), m.GetName(), m.GetState(), m.GetVersion())
	until := "further order"
	if m.GetUntilTime() != nil {
		until = minute(m.GetUntilTime())
	}
	a.field("from", minute(m.GetFromTime())+" until "+until)
	a.field("court", strings.TrimSpace(m.GetCourt()+" "+m.GetReference()))
	a.field("verified", minute(m.GetVerifyTime()))
	a.field("officer", m.GetOfficer())
	for _, c := range m.GetConditions() {
		line := c.GetCode()
		switch z := c.GetZone(); {
		case z.GetWithheld():
			line += ": the place is withheld, ask the owner force"
		case z != nil:
			line += fmt.Sprintf(": %s, %d metres", z.GetArea(), z.GetMetres())
		}
		if c.GetText() != "" {
			line += ": " + c.GetText()
		}
		a.field("condition", line)
	}
	for _, r := range m.GetRejected() {
		a.field("not imposed", r.GetCode()+": "+r.GetWhy())
	}
	for _, n := range m.GetNotifications() {
		done := "not done"
		if n.GetNotifyTime() != nil {
			done = "done " + minute(n.GetNotifyTime())
		}
		a.field("to notify", fmt.Sprintf("%s by %s: %s", n.GetCode(), minute(n.GetDueTime()), done))
	}
	for _, c := range m.GetCourses() {
		a.field("protects", c)
	}
}

// actions prints what police did.
func (a *app) actions(all []*registerv1.PoliceAction) {
	for _, action := range all {
		line := minute(action.GetActTime()) + " " + action.GetCode()
		if action.GetWhy() != "" {
			line += " (" + action.GetWhy() + ")"
		}
		a.field("action", strings.TrimSpace(line+" "+action.GetText()))
	}
}

func (a *app) showBreach(b *registerv1.Breach) {
	a.head("BREACH", b.GetName(), b.GetState(), b.GetVersion())
	a.field("measure", b.GetMeasure())
	a.field("happened", minute(b.GetOccurTime()))
	a.field("reported", minute(b.GetReportTime()))
	a.field("conditions", strings.Join(b.GetConditions(), ", "))
	a.field("behaviours", strings.Join(b.GetBehaviours(), ", "))
	a.field("offence", strings.TrimSpace(b.GetOffence()+" "+b.GetCrimeReference()))
	a.actions(b.GetActions())
	if len(b.GetActions()) == 0 {
		a.field("action", "NONE RECORDED")
	}
	if b.GetNarrative() != "" {
		a.text("    ", b.GetNarrative())
	}
}

func (a *app) showAssessment(r *registerv1.Assessment) {
	grade := strings.ToUpper(words("RISK_GRADE_", r.GetStandingGrade()))
	a.head("ASSESSMENT "+client.Clean(r.GetTool())+" "+client.Clean(r.GetToolVersion())+": "+grade, r.GetName(), r.GetState(), r.GetVersion())
	a.field("wording", r.GetWordingForce())
	a.field("course", r.GetCourse())
	a.field("made", fmt.Sprintf("%s by %s, graded %s", minute(r.GetAssessTime()), r.GetAssessor(), words("RISK_GRADE_", r.GetGrade())))
	a.field("rationale", r.GetRationale())
	for _, answer := range r.GetAnswers() {
		a.field("answer", answer.GetQuestion()+": "+answer.GetAnswer())
		if answer.GetWording() != "" {
			a.text("    ", answer.GetWording())
		}
	}
	for _, g := range r.GetRegrades() {
		a.field("regraded", fmt.Sprintf("%s by %s: %s: %s", minute(g.GetRegradeTime()), g.GetSupervisor(), words("RISK_GRADE_", g.GetGrade()), g.GetRationale()))
	}
}

func (a *app) showPlan(p *registerv1.SafetyPlan) {
	a.head("SAFETY PLAN", p.GetName(), p.GetState(), p.GetVersion())
	a.field("course", p.GetCourse())
	a.field("made", minute(p.GetMakeTime()))
	a.field("review", minute(p.GetReviewTime()))
	for _, action := range p.GetActions() {
		state := "open, due " + minute(action.GetDueTime())
		if action.GetDoneTime() != nil {
			state = "done " + minute(action.GetDoneTime())
		}
		a.field("action", strings.TrimSpace(fmt.Sprintf("%s by %s: %s %s", action.GetCode(), action.GetOwner(), state, action.GetOutcome())))
	}
	for _, r := range p.GetReferrals() {
		a.field("referral", strings.TrimSpace(r.GetCode()+" "+minute(r.GetReferTime())+" "+r.GetOutcome()))
	}
}
