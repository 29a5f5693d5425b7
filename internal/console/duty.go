package console

import (
	"net/http"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

type oneDutyView struct {
	Frame
	Duty     dutyView
	Open     bool
	Proposed bool

	MayClose, MayAssign, MayApprove bool

	Action, Record choiceField
	CloseWhy       textField
	Role           choiceField
	Officer        textField
	AssignWhy      textField
	ApproveWhy     textField
}

// showDuty shows one duty with what can be done about it.
func (c *Console) showDuty(v *visit) error { return c.showDutyForm(v, emptyForm(), http.StatusOK) }

func (c *Console) showDutyForm(v *visit, f *form, status int) error {
	d, err := c.duties.GetDuty(v.ctx, &registerv1.GetDutyRequest{Name: v.force() + "/duties/" + v.r.PathValue("duty")}, v.noted())
	if err != nil {
		return err
	}
	view := &oneDutyView{Frame: v.page("Duty"), Duty: c.dutyView(v, d)}
	view.Title = view.Duty.Title
	view.Back, view.BackText = "/duties", "All duties"
	view.Proposed = d.GetState() == registerv1.DutyState_DUTY_STATE_PROPOSED_CLOSURE
	view.Open = view.Proposed || d.GetState() == registerv1.DutyState_DUTY_STATE_OPEN
	view.MayClose, view.MayAssign, view.MayApprove = view.Open && d.GetTransfer() == "" && v.may("duty.close"), view.Open && v.may("duty.assign"), view.Proposed && v.may("duty.approve")
	actions := []choice{{Title: "Choose an action"}}
	for _, a := range d.GetClosingActions() {
		actions = append(actions, choice{Value: a, Title: c.words.action(a)})
	}
	records := []choice{{Title: "Choose a record"}}
	for _, e := range d.GetEvidence() {
		if e.GetRecord() != "" {
			records = append(records, choice{Value: e.GetRecord(), Title: sentenceCase(e.GetKind()) + " of " + date(e.GetTime().AsTime())})
		}
	}
	view.Action = f.choices("action", "What was done", "", actions)
	view.Record = f.choices("record", "The record that says so", "The register looks there: what it does not find has not been done.", records)
	view.CloseWhy = f.area("reason", "Why it needs no action", "Another person must approve. Without the victim’s details; at least 10 characters.", 3, 1000)
	view.Role = f.choices("role", "Whose it is", "", []choice{
		{Title: "As it is"}, {Value: "OFFICER_IN_CASE", Title: "Officer in the case"}, {Value: "SUPERVISOR", Title: "Supervisor"},
		{Value: "DUTY_INSPECTOR", Title: "Duty inspector"}, {Value: "SPOC", Title: "Single point of contact"},
	})
	view.Officer = f.text("officer", "Collar number", "Of an officer of your force; empty gives it to the role.", "govuk-input--width-10")
	view.AssignWhy = f.area("assign-reason", "Why", "", 2, 1000)
	view.ApproveWhy = f.area("approve-reason", "Why", "Needed to refuse; at least 10 characters.", 2, 1000)
	view.Errors = f.faults
	view.Receipt = v.receipt()
	return v.showAs(status, "duty", view)
}

// takeDuty closes a duty, gives it to somebody, or decides on its closing.
func (c *Console) takeDuty(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	name := v.force() + "/duties/" + v.r.PathValue("duty")
	version := f.number("version")
	var (
		places []fieldPlace
		done   string
	)
	switch f.get("do") {
	case "action":
		places, done = []fieldPlace{{"action", "action"}, {"record", "record"}, {"", "action"}}, "The duty is done."
		_, err = c.duties.CloseDuty(v.ctx, &registerv1.CloseDutyRequest{Name: name, Action: f.get("action"), Record: f.get("record")}, v.noted())
	case "propose":
		places, done = []fieldPlace{{"", "reason"}}, "The closing is proposed. The duty stays open until another person approves."
		_, err = c.duties.CloseDuty(v.ctx, &registerv1.CloseDutyRequest{Name: name, Reason: f.get("reason")}, v.noted())
	case "assign":
		places, done = []fieldPlace{{"officer", "officer"}, {"reason", "assign-reason"}, {"", "role"}}, "The duty is given over."
		_, err = c.duties.AssignDuty(v.ctx, &registerv1.AssignDutyRequest{
			Name: name, Role: registerv1.DutyRole(registerv1.DutyRole_value["DUTY_ROLE_"+f.get("role")]), Officer: f.get("officer"), Reason: f.get("assign-reason"),
		}, v.noted())
	case "approve":
		places, done = []fieldPlace{{"", "approve-reason"}}, "The duty is closed."
		_, err = c.duties.ApproveClosure(v.ctx, &registerv1.ApproveClosureRequest{Name: name, Version: version, Reason: f.get("approve-reason")}, v.noted())
	default:
		places, done = []fieldPlace{{"", "approve-reason"}}, "The closing is refused. The duty stays open."
		_, err = c.duties.RefuseClosure(v.ctx, &registerv1.RefuseClosureRequest{Name: name, Version: version, Reason: f.get("approve-reason")}, v.noted())
	}
	if status := f.refused(err, places); status != 0 {
		return c.showDutyForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell(done); err != nil {
		return err
	}
	return v.seeOther("/duties/" + v.r.PathValue("duty"))
}
