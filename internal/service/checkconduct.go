package service

import (
	"fmt"
	"regexp"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
)

// faults gathers what is wrong with a record's times, which the contract cannot
// state.
type faults struct {
	*Checker
	all []Violation
}

func (f *faults) add(field, what string) { f.all = append(f.all, Violation{field, what}) }

// past says that a time must not lie in the future.
func (f *faults) past(field string, t *timestamppb.Timestamp) {
	if t != nil && t.AsTime().After(f.Now().Add(future)) {
		f.add(field, "lies in the future")
	}
}

// order says that a time must not be before another.
func (f *faults) order(field string, t, notBefore *timestamppb.Timestamp, what string) {
	if t != nil && notBefore != nil && t.AsTime().Before(notBefore.AsTime()) {
		f.add(field, what)
	}
}

// noAction is the action that stands for none.
const noAction = "NONE"

func (f *faults) actions(at string, all []*registerv1.PoliceAction) {
	for i, a := range all {
		field := fmt.Sprintf("%s[%d]", at, i)
		f.past(field+".act_time", a.GetActTime())
		switch {
		case a.GetCode() == noAction && a.GetWhy() == "":
			f.add(field+".why", "is required with NONE: say why nothing was done")
		case a.GetCode() != noAction && a.GetWhy() != "":
			f.add(field+".why", "belongs to NONE alone")
		}
	}
}

// courseRest looks at what a course says beside its incidents.
func (c *Checker) courseRest(course *registerv1.CourseOfConduct) []Violation {
	f := &faults{Checker: c}
	for i, incident := range course.GetIncidents() {
		f.actions(fmt.Sprintf("course.incidents[%d].actions", i), incident.GetActions())
	}
	f.actions("course.actions", course.GetActions())
	for i, s := range course.GetStatements() {
		f.past(fmt.Sprintf("course.statements[%d].state_time", i), s.GetStateTime())
	}
	for i, s := range course.GetInformed() {
		f.past(fmt.Sprintf("course.informed[%d].inform_time", i), s.GetInformTime())
	}
	for i, e := range course.GetExhibits() {
		at := fmt.Sprintf("course.exhibits[%d]", i)
		f.past(at+".seize_time", e.GetSeizeTime())
		f.past(at+".done_time", e.GetDoneTime())
		f.order(at+".done_time", e.GetDoneTime(), e.GetSeizeTime(), "is before it was seized")
	}
	f.past("course.standing_time", course.GetStandingTime())
	f.past("course.closure.victim_inform_time", course.GetClosure().GetVictimInformTime())
	return f.all
}

// text is free text of a record with its field.
type text struct{ field, text string }

// courseTexts are the free texts of a course beside its summary and reference.
func courseTexts(course *registerv1.CourseOfConduct) []text {
	var out []text
	add := func(t, format string, args ...any) { out = append(out, text{fmt.Sprintf(format, args...), t}) }
	actions := func(at string, all []*registerv1.PoliceAction) {
		for i, a := range all {
			add(a.GetText(), "%s[%d].text", at, i)
		}
	}
	for i, incident := range course.GetIncidents() {
		at := fmt.Sprintf("course.incidents[%d]", i)
		add(incident.GetNarrative(), "%s.narrative", at)
		add(incident.GetReference(), "%s.reference", at)
		add(incident.GetCrimeReference(), "%s.crime_reference", at)
		actions(at+".actions", incident.GetActions())
	}
	actions("course.actions", course.GetActions())
	for i, s := range course.GetStatements() {
		add(s.GetText(), "course.statements[%d].text", i)
	}
	for i, e := range course.GetExhibits() {
		add(e.GetReference(), "course.exhibits[%d].reference", i)
	}
	add(course.GetClosure().GetRationale(), "course.closure.rationale")
	add(course.GetVictimReference(), "course.victim_reference")
	return out
}

// Places to keep away from are coded, and nobody's number or address belongs in
// the words of a condition.
var tellsWhere = regexp.MustCompile(`(?i)\b[A-Z]{1,2}[0-9][0-9A-Z]?\s*[0-9][A-Z]{2}\b|[^\s@]+@[^\s@]+\.[^\s@]+|(\+?[0-9][\s-]?){10,}`)

func (c *Checker) measure(m *registerv1.Measure) []Violation {
	f := &faults{Checker: c}
	f.order("measure.until_time", m.GetUntilTime(), m.GetFromTime(), "is before it begins")
	f.past("measure.verify_time", m.GetVerifyTime())
	for i, condition := range m.GetConditions() {
		if tellsWhere.MatchString(condition.GetText()) {
			f.add(fmt.Sprintf("measure.conditions[%d].text", i), "holds a postcode, a telephone number or an e-mail address: leave it out, and give a place to keep away from as `zone`")
		}
	}
	for i, n := range m.GetNotifications() {
		f.past(fmt.Sprintf("measure.notifications[%d].notify_time", i), n.GetNotifyTime())
	}
	return f.all
}

func (c *Checker) breach(b *registerv1.Breach) []Violation {
	f := &faults{Checker: c}
	f.past("breach.occur_time", b.GetOccurTime())
	f.past("breach.report_time", b.GetReportTime())
	f.order("breach.report_time", b.GetReportTime(), b.GetOccurTime(), "is before it happened")
	f.actions("breach.actions", b.GetActions())
	return f.all
}

func (c *Checker) assessment(a *registerv1.Assessment) []Violation {
	f := &faults{Checker: c}
	f.past("assessment.assess_time", a.GetAssessTime())
	seen := map[string]bool{}
	for i, answer := range a.GetAnswers() {
		if q := answer.GetQuestion(); q != "" && seen[q] {
			f.add(fmt.Sprintf("assessment.answers[%d].question", i), "is answered twice: give one answer to each question")
		} else {
			seen[q] = true
		}
	}
	for i, r := range a.GetRegrades() {
		at := fmt.Sprintf("assessment.regrades[%d]", i)
		f.past(at+".regrade_time", r.GetRegradeTime())
		if r.GetSupervisor() != "" && r.GetSupervisor() == a.GetAssessor() {
			f.add(at+".supervisor", "is the assessor: another person must regrade an assessment")
		}
	}
	return f.all
}

func (c *Checker) plan(p *registerv1.SafetyPlan) []Violation {
	f := &faults{Checker: c}
	f.past("plan.make_time", p.GetMakeTime())
	f.order("plan.review_time", p.GetReviewTime(), p.GetMakeTime(), "is before the plan was made")
	if len(p.GetActions())+len(p.GetReferrals()) == 0 {
		f.add("plan.actions", "is empty, and so is `referrals`: give one action or referral at least")
	}
	for i, a := range p.GetActions() {
		f.past(fmt.Sprintf("plan.actions[%d].done_time", i), a.GetDoneTime())
	}
	for i, r := range p.GetReferrals() {
		f.past(fmt.Sprintf("plan.referrals[%d].refer_time", i), r.GetReferTime())
	}
	return f.all
}

// flags gathers the codes that the register does not know.
type flags struct {
	*Checker
	all []*registerv1.Flag
}

func (f *flags) need(known bool, code, format string, args ...any) {
	if code != "" && !known {
		f.all = append(f.all, unknownCode(fmt.Sprintf(format, args...)))
	}
}

func (f *flags) list(l refdata.List, code, format string, args ...any) {
	f.need(f.ref.Has(l, code), code, format, args...)
}

func (f *flags) offence(code, field string) {
	_, ok := f.ref.Offence(code)
	f.need(ok, code, "%s", field)
}

func (f *flags) actions(at string, all []*registerv1.PoliceAction) {
	for i, a := range all {
		_, ok := f.ref.Action(a.GetCode())
		f.need(ok, a.GetCode(), "%s[%d].code", at, i)
		f.list(refdata.NoActionReasons, a.GetWhy(), "%s[%d].why", at, i)
	}
}

func (f *flags) behaviours(at string, all []string) {
	for i, b := range all {
		_, ok := f.ref.Behaviour(b)
		f.need(ok, b, "%s[%d]", at, i)
	}
}

func (f *flags) conditions(at string, code string, args ...any) {
	_, ok := f.ref.Condition(code)
	f.need(ok, code, at, args...)
}

// courseRestFlags looks at what a course says beside its incidents' conduct.
func (c *Checker) courseRestFlags(course *registerv1.CourseOfConduct) []*registerv1.Flag {
	f := &flags{Checker: c}
	for i, incident := range course.GetIncidents() {
		f.actions(fmt.Sprintf("course.incidents[%d].actions", i), incident.GetActions())
	}
	f.actions("course.actions", course.GetActions())
	for i, s := range course.GetStatements() {
		_, ok := c.ref.Statement(s.GetCode())
		f.need(ok, s.GetCode(), "course.statements[%d].code", i)
	}
	for i, s := range course.GetInformed() {
		f.list(refdata.InformedCodes, s.GetCode(), "course.informed[%d].code", i)
	}
	for i, e := range course.GetExhibits() {
		f.list(refdata.Exhibits, e.GetCode(), "course.exhibits[%d].code", i)
	}
	f.list(refdata.Closures, course.GetClosure().GetReason(), "course.closure.reason")
	return f.all
}

func (c *Checker) measureFlags(m *registerv1.Measure) []*registerv1.Flag {
	f := &flags{Checker: c}
	_, ok := c.ref.Measure(m.GetKind())
	f.need(ok, m.GetKind(), "measure.kind")
	for i, condition := range m.GetConditions() {
		f.conditions("measure.conditions[%d].code", condition.GetCode(), i)
	}
	for i, r := range m.GetRejected() {
		_, condition := c.ref.Condition(r.GetCode())
		_, measure := c.ref.Measure(r.GetCode())
		f.need(condition || measure, r.GetCode(), "measure.rejected[%d].code", i)
	}
	for i, n := range m.GetNotifications() {
		f.list(refdata.Notifications, n.GetCode(), "measure.notifications[%d].code", i)
	}
	return f.all
}

func (c *Checker) breachFlags(b *registerv1.Breach) []*registerv1.Flag {
	f := &flags{Checker: c}
	for i, code := range b.GetConditions() {
		f.conditions("breach.conditions[%d]", code, i)
	}
	f.behaviours("breach.behaviours", b.GetBehaviours())
	f.actions("breach.actions", b.GetActions())
	f.offence(b.GetOffence(), "breach.offence")
	return f.all
}

func (c *Checker) assessmentFlags(force string, a *registerv1.Assessment) []*registerv1.Flag {
	f := &flags{Checker: c}
	own := c.ref.Questionnaires(force)
	_, ok := own.Tool(a.GetTool())
	f.need(ok, a.GetTool(), "assessment.tool")
	for i, answer := range a.GetAnswers() {
		q, known := own.Question(answer.GetQuestion())
		f.need(known && q.Tool == a.GetTool(), answer.GetQuestion(), "assessment.answers[%d].question", i)
	}
	return f.all
}

func (c *Checker) planFlags(p *registerv1.SafetyPlan) []*registerv1.Flag {
	f := &flags{Checker: c}
	for i, a := range p.GetActions() {
		f.list(refdata.PlanActions, a.GetCode(), "plan.actions[%d].code", i)
	}
	for i, r := range p.GetReferrals() {
		f.list(refdata.Referrals, r.GetCode(), "plan.referrals[%d].code", i)
	}
	return f.all
}
