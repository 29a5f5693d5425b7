package console

import (
	"net/http"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// ownSystem is the source system of what is registered by these pages.
const ownSystem = "console"

// alterPlan ticks an action off, adds one or a referral, or notes what came of a
// referral. Each is the next revision of the plan, made of the one that was read.
func (c *Console) alterPlan(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	p, err := c.readPlan(v)
	if err != nil {
		return err
	}
	if p.GetSource().GetRevision() != f.number("revision") {
		f.fault("", "The plan has changed since you read it. Read it again")
		return c.showOnePlan(v, f, http.StatusConflict)
	}
	done := c.planChange(f, p)
	if len(f.faults) > 0 {
		return c.showOnePlan(v, f, http.StatusUnprocessableEntity)
	}
	p.Source.Revision++
	_, err = c.assessments.RegisterPlan(v.ctx, &registerv1.RegisterPlanRequest{Parent: v.force(), Plan: p}, v.noted())
	if status := f.refused(err, []fieldPlace{{"plan.referrals", "referral"}, {"", "action"}}); status != 0 {
		return c.showOnePlan(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell(done); err != nil {
		return err
	}
	return v.seeOther("/plans/" + v.r.PathValue("plan"))
}

// planChange makes the change that a form asks for, and says what was done.
func (c *Console) planChange(f *form, p *registerv1.SafetyPlan) string {
	now, at := timestamppb.New(c.now()), f.number("number")
	switch f.get("do") {
	case "done":
		if at < 0 || int(at) >= len(p.GetActions()) {
			f.fault("", "Choose an action of the plan")
			return ""
		}
		p.Actions[at].DoneTime, p.Actions[at].Outcome = now, f.get("outcome")
		return "Done: ticked off."
	case "add":
		if f.get("action") == "" {
			f.fault("action", "Choose what is to be done")
		}
		p.Actions = append(p.Actions, &registerv1.SafetyAction{Code: f.get("action"), Owner: f.get("owner"), DueTime: c.dueDay(f)})
		return "The action is added to the plan."
	case "refer":
		if f.get("referral") == "" {
			f.fault("referral", "Choose to whom she was referred")
		}
		p.Referrals = append(p.Referrals, &registerv1.Referral{Code: f.get("referral"), ReferTime: now})
		return "The referral is recorded."
	default:
		outcome := f.get("do")
		if at < 0 || int(at) >= len(p.GetReferrals()) || outcome != "ACCEPTED" && outcome != "DECLINED" {
			f.fault("", "Choose what came of a referral of the plan")
			return ""
		}
		p.Referrals[at].Outcome = outcome
		return "What came of the referral is recorded."
	}
}
