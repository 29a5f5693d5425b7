package console

import (
	"net/http"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
)

// planView is a safety plan: what is done to protect one victim.
type planView struct {
	Address   string // of an own one
	Force     string
	Course    string
	Made      string
	Review    string
	Officer   string
	Actions   []planAction
	Referrals []referralView
	Overdue   int // actions that were due and are not done
	Withdrawn bool
	Held      bool // another force's: what is done is left out
}

type planAction struct {
	Number                            int // its place in the plan, from 0
	Title, Owner, Due, Done, CameToBe string
	Overdue                           bool
}

type referralView struct {
	Number                       int
	Title, Within, When, Outcome string // Within is the title within a sentence
}

func (c *Console) planView(v *visit, p *registerv1.SafetyPlan, labels map[string]string) planView {
	out := planView{
		Force: c.words.force(strings.Split(p.GetName()+"//", "/")[1]), Course: labels[p.GetCourse()], Made: date(p.GetMakeTime().AsTime()), Officer: p.GetOfficer(),
		Withdrawn: p.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED, Held: !ownedBy(p.GetName(), v.force()),
	}
	if p.GetReviewTime() != nil {
		out.Review = date(p.GetReviewTime().AsTime())
	}
	if !out.Held && v.may("course.read") {
		out.Address = "/plans/" + lastPart(p.GetName())
	}
	for i, a := range p.GetActions() {
		one := planAction{Number: i, Title: c.words.item(refdata.PlanActions, a.GetCode()), Owner: a.GetOwner(), Due: date(a.GetDueTime().AsTime()), CameToBe: a.GetOutcome()}
		if a.GetDoneTime() != nil {
			one.Done = date(a.GetDoneTime().AsTime())
		} else if a.GetDueTime().AsTime().Before(c.now()) && !out.Withdrawn {
			one.Overdue = true
			out.Overdue++
		}
		out.Actions = append(out.Actions, one)
	}
	for i, r := range p.GetReferrals() {
		out.Referrals = append(out.Referrals, referralOf(i, c.words.item(refdata.Referrals, r.GetCode()), r))
	}
	return out
}

func referralOf(i int, title string, r *registerv1.Referral) referralView {
	return referralView{i, title, uncapitalised(title), date(r.GetReferTime().AsTime()), uncapitalised(enum("", r.GetOutcome()))}
}

type planFormView struct {
	Frame
	Once               []choice
	NoCourse           bool
	Course             choiceField
	Actions, Referrals choiceField
	Owner, Officer     textField
	Due, Review        dateField
}

// planForm asks for the safety plan of one victim of an own nominal.
func (c *Console) planForm(v *visit) error {
	return c.showPlanForm(v, c.freshForm().set("owner", v.s.data.Collar).set("officer", v.s.data.Collar), http.StatusOK)
}

func (c *Console) showPlanForm(v *visit, f *form, status int) error {
	id := v.r.PathValue("nominal")
	courses, err := c.ownCourses(v, v.force()+"/nominals/"+id, false)
	if err != nil {
		return err
	}
	if len(courses) == 1 && f.get("course") == "" {
		f.set("course", courses[0].Value)
	}
	view := &planFormView{
		Frame: v.page("Make a safety plan"), Once: once(f), NoCourse: len(courses) == 0,
		Course:    f.choices("course", "For the victim of which course of conduct", "She is not named here.", courses),
		Actions:   f.choices("actions", "What is to be done", "What differs in who or when is added to the plan afterwards.", c.words.listChoices(refdata.PlanActions)),
		Owner:     f.text("owner", "Who does it", "A collar number or a role.", "govuk-input--width-20"),
		Due:       f.date("due", "By when", ""),
		Referrals: f.choices("referrals", "To whom she was referred", "", c.words.listChoices(refdata.Referrals)),
		Officer:   f.text("officer", "Collar number of who answers for the plan", "", "govuk-input--width-10"),
		Review:    f.date("review", "When it is looked at again", "Leave empty when nobody has said."),
	}
	view.Actions.Columns, view.Referrals.Columns = true, true
	view.Back, view.BackText = "/nominals/"+id, "The record"
	view.Errors = f.faults
	return v.showAs(status, "planform", view)
}

func (w *words) listChoices(l refdata.List) []choice { return w.itemChoices(l, "")[1:] }

// planPlaces are the fields of both forms by their place in the request.
var planPlaces = []fieldPlace{
	{"plan.course", "course"}, {"plan.review_time", "review-day"}, {"plan.officer", "officer"}, {"plan.referrals", "referrals"}, {"plan", "actions"},
}

// takePlan registers a safety plan.
func (c *Console) takePlan(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	opened := timestamppb.New(c.opened(f))
	p := &registerv1.SafetyPlan{
		Source: &registerv1.SourceKey{System: ownSystem, Reference: f.get("id"), Revision: 1}, Nominal: v.force() + "/nominals/" + v.r.PathValue("nominal"),
		Course: f.get("course"), MakeTime: opened, Officer: f.get("officer"), ReviewTime: c.day(f, "review", "The day of the review", false),
	}
	if p.GetCourse() == "" {
		f.fault("course", "Choose the course of conduct")
	}
	if len(f.values["actions"])+len(f.values["referrals"]) == 0 {
		f.fault("actions", "Choose at least one thing to do, or a referral")
	}
	if len(f.values["actions"]) > 0 {
		due := c.dueDay(f)
		for _, code := range f.values["actions"] {
			p.Actions = append(p.Actions, &registerv1.SafetyAction{Code: code, Owner: f.get("owner"), DueTime: due})
		}
	}
	for _, code := range f.values["referrals"] {
		p.Referrals = append(p.Referrals, &registerv1.Referral{Code: code, ReferTime: opened})
	}
	if len(f.faults) > 0 {
		return c.showPlanForm(v, f, http.StatusUnprocessableEntity)
	}
	done, err := c.assessments.RegisterPlan(v.ctx, &registerv1.RegisterPlanRequest{Parent: v.force(), Plan: p}, v.noted())
	if status := f.refused(err, planPlaces); status != 0 {
		return c.showPlanForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell("The safety plan is recorded."); err != nil {
		return err
	}
	return v.seeOther("/plans/" + lastPart(done.GetName()))
}

// dueDay reads who does an action and by when, and notes what is missing.
func (c *Console) dueDay(f *form) *timestamppb.Timestamp {
	if f.get("owner") == "" {
		f.fault("owner", "Enter who does it: what is nobody’s is not done")
	}
	return c.day(f, "due", "The day by which it is done", true)
}

type onePlanView struct {
	Frame
	Plan     planView
	MayAlter bool
	Kept     string // the system that keeps it, when it is not kept here
	Revision int64
	Action   choiceField
	Owner    textField
	Due      dateField
	Referral choiceField
}

// showPlan shows a safety plan of the own force.
func (c *Console) showPlan(v *visit) error { return c.showOnePlan(v, emptyForm(), http.StatusOK) }

func (c *Console) readPlan(v *visit) (*registerv1.SafetyPlan, error) {
	return c.assessments.GetPlan(v.ctx, &registerv1.GetPlanRequest{Name: v.force() + "/plans/" + v.r.PathValue("plan")}, v.noted())
}

func (c *Console) showOnePlan(v *visit, f *form, status int) error {
	p, err := c.readPlan(v)
	if err != nil {
		return err
	}
	view := &onePlanView{
		Frame: v.page("Safety plan"), Plan: c.planView(v, p, nil), Revision: p.GetSource().GetRevision(),
		Action:   f.choices("action", "What is to be done", "", append([]choice{{Title: "Choose"}}, c.words.listChoices(refdata.PlanActions)...)),
		Owner:    f.text("owner", "Who does it", "A collar number or a role.", "govuk-input--width-20"),
		Due:      f.date("due", "By when", ""),
		Referral: f.choices("referral", "To whom", "", append([]choice{{Title: "Choose"}}, c.words.listChoices(refdata.Referrals)...)),
	}
	if p.GetSource().GetSystem() != ownSystem {
		view.Kept = p.GetSource().GetSystem()
	}
	view.MayAlter = v.may("course.register") && !view.Plan.Withdrawn && view.Kept == ""
	if v.may("nominal.read") {
		view.Back, view.BackText = "/nominals/"+lastPart(p.GetNominal()), "The record"
	}
	view.Errors = f.faults
	view.Receipt = v.receipt()
	return v.showAs(status, "plan", view)
}
