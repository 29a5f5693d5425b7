package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// dutyList is one list of duties, by the word in its address.
type dutyList struct {
	word, title string
	tile        string   // its title on the page of work
	codes       []string // of the prompts that it holds; nil for all
}

var dutyLists = []dutyList{
	{"open", "Open", "Open duties", nil}, {"overdue", "Overdue", "", nil}, {"mine", "Mine", "", nil},
	{"breaches", "Breaches", "Breaches not acted upon", []string{"UNACTIONED_BREACH", "BREACH_ESCALATION"}},
	{"measures", "Measures", "Measures ending or ended", []string{"MEASURE_ENDING", "MEASURE_ENDED", "NOTIFICATION_OVERDUE", "ADDRESS_NEAR_VICTIM"}},
	{"risk", "Assessments", "Assessments missing or out of date", []string{"NO_ASSESSMENT", "NO_REASSESSMENT", "GRADE_BELOW_INDICATORS"}},
	{"all", "Closed too", "", nil},
}

// takes reports whether a duty belongs to a list that holds certain kinds, or all.
func (l *dutyList) takes(d *registerv1.Duty) bool {
	return l.codes == nil || slices.Contains(l.codes, d.GetCode())
}

// dutyRoles are those whose duties can be listed, by the word in the address.
var dutyRoles = []struct {
	word, title string
	role        registerv1.DutyRole
}{
	{"", "All", registerv1.DutyRole_DUTY_ROLE_UNSPECIFIED}, {"officer", "Officer in the case", registerv1.DutyRole_DUTY_ROLE_OFFICER_IN_CASE},
	{"supervisor", "Supervisor", registerv1.DutyRole_DUTY_ROLE_SUPERVISOR}, {"inspector", "Duty inspector", registerv1.DutyRole_DUTY_ROLE_DUTY_INSPECTOR},
	{"spoc", "Single point of contact", registerv1.DutyRole_DUTY_ROLE_SPOC},
}

type dutiesView struct {
	Frame
	Lists  []navItem
	Roles  []navItem
	List   string
	Duties []dutyView
	Next   string
	Live   string
	Every  int
	Empty  dutyView // of which the script makes rows
}

// dutyView is something critical that the force must do.
type dutyView struct {
	ID          string `json:"id"`
	Address     string `json:"address"`
	Title       string `json:"title"`
	Message     string `json:"message"`
	Owner       string `json:"owner"`
	Due         string `json:"due"`
	Overdue     bool   `json:"-"`
	State       string `json:"state"`
	Tag         string `json:"tag"`
	Unconfirmed bool   `json:"unconfirmed"`
	Climbs      string `json:"climbs"`

	Since    string         `json:"-"`
	Evidence []asked        `json:"-"`
	Actions  []string       `json:"-"`
	Events   []decisionView `json:"-"`
	Closing  string         `json:"-"`
	Record   string         `json:"-"`
	Lead     string         `json:"-"` // where what it asks for is recorded
	LeadText string         `json:"-"`
	Transfer string         `json:"-"` // the offer that it waits for the answer to
	Version  int64          `json:"-"`
}

// dutiesAsked is the list of duties that an address asks for.
func (v *visit) dutiesAsked() (list, role int, req *registerv1.ListDutiesRequest) {
	q := v.r.URL.Query()
	list = max(0, slices.IndexFunc(dutyLists, func(l dutyList) bool { return l.word == q.Get("list") }))
	for i, r := range dutyRoles {
		if r.word == q.Get("role") {
			role = i
		}
	}
	req = &registerv1.ListDutiesRequest{Parent: v.force(), PageSize: 50, PageToken: q.Get("page"), Codes: dutyLists[list].codes, Role: dutyRoles[role].role}
	switch dutyLists[list].word {
	case "overdue":
		req.Overdue = true
	case "mine":
		req.Officer = v.s.data.Collar
	case "all":
		req.Closed = true
	}
	return list, role, req
}

// showDuties lists the force's duties, the earliest deadline first.
func (c *Console) showDuties(v *visit) error {
	at, role, req := v.dutiesAsked()
	got, err := c.duties.ListDuties(v.ctx, req, v.noted())
	if err != nil {
		return err
	}
	address := func(path string, list, role int, page string) string {
		q := url.Values{"list": {dutyLists[list].word}}
		if role > 0 {
			q.Set("role", dutyRoles[role].word)
		}
		if page != "" {
			q.Set("page", page)
		}
		return path + "?" + q.Encode()
	}
	view := &dutiesView{Frame: v.page("Duties"), List: dutyLists[at].title, Every: liveEvery}
	for i, l := range dutyLists {
		view.Lists = append(view.Lists, navItem{l.title, address("/duties", i, role, ""), i == at})
	}
	for i, r := range dutyRoles {
		view.Roles = append(view.Roles, navItem{r.title, address("/duties", at, i, ""), i == role})
	}
	if role > 0 {
		view.List += ": " + strings.ToLower(dutyRoles[role].title)
	}
	for _, d := range got.GetDuties() {
		view.Duties = append(view.Duties, c.dutyView(v, d))
	}
	if t := got.GetNextPageToken(); t != "" {
		view.Next = address("/duties", at, role, t)
	} else if req.GetPageToken() == "" {
		view.Live = address("/duties/live", at, role, "")
	}
	view.Receipt = v.receipt()
	return v.show("duties", view)
}

// liveDuties answers a list that keeps itself up to date: all that is in it now.
func (c *Console) liveDuties(v *visit) error {
	_, _, req := v.dutiesAsked()
	got, err := c.duties.ListDuties(v.ctx, req)
	if err != nil {
		v.w.WriteHeader(http.StatusServiceUnavailable)
		return nil //nolint:nilerr // the script tells the person
	}
	answer := struct {
		Rows  []dutyView `json:"rows"`
		Next  string     `json:"next"`
		Whole bool       `json:"whole"`
	}{Rows: []dutyView{}, Next: v.r.URL.RequestURI(), Whole: true}
	for _, d := range got.GetDuties() {
		answer.Rows = append(answer.Rows, c.dutyView(v, d))
	}
	v.w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(v.w).Encode(answer)
}

func (c *Console) dutyView(v *visit, d *registerv1.Duty) dutyView {
	out := dutyView{
		ID: "duty-" + lastPart(d.GetName()), Address: "/duties/" + lastPart(d.GetName()), Title: d.GetTitle(), Message: sentence(d.GetMessage()), Owner: dutyOwner(d.GetOwner()),
		Due: dateTime(d.GetDueTime().AsTime()), Unconfirmed: d.GetUnconfirmed(), Since: dateTime(d.GetSinceTime().AsTime()), Version: d.GetVersion(),
		State: enum("DUTY_STATE_", d.GetState().String()),
	}
	open := d.GetState() == registerv1.DutyState_DUTY_STATE_OPEN || d.GetState() == registerv1.DutyState_DUTY_STATE_PROPOSED_CLOSURE
	out.Overdue = open && d.GetDueTime() != nil && d.GetDueTime().AsTime().Before(c.now())
	switch {
	case out.Overdue:
		out.Tag, out.State = "govuk-tag--red", "Overdue"
	case open:
		out.Tag = "govuk-tag--orange"
	default:
		out.Tag = "govuk-tag--grey"
	}
	if d.GetState() == registerv1.DutyState_DUTY_STATE_PROPOSED_CLOSURE {
		out.State = "Closing proposed"
	}
	if d.GetClimbTime() != nil {
		out.Climbs = dateTime(d.GetClimbTime().AsTime())
	}
	if d.GetNominal() != "" && v.may("nominal.read") {
		out.Record = "/nominals/" + lastPart(d.GetNominal())
		if to, ok := answering[d.GetCode()]; ok && open && v.may("course.register") {
			out.Lead, out.LeadText = out.Record+to.page, to.text
		}
	}
	if d.GetTransfer() != "" && v.may("transfer.read") {
		out.Transfer = "/transfers/" + lastPart(d.GetTransfer())
	}
	for _, e := range d.GetEvidence() {
		out.Evidence = append(out.Evidence, asked{sentenceCase(e.GetKind()) + ", " + c.words.force(e.GetForce()), date(e.GetTime().AsTime())})
	}
	for _, a := range d.GetClosingActions() {
		out.Actions = append(out.Actions, c.words.action(a))
	}
	for _, e := range d.GetEvents() {
		by := e.GetBy()
		if by == "register" {
			by = "the register"
		}
		out.Events = append(out.Events, decisionView{dateTime(e.GetTime().AsTime()), enum("", e.GetCode()), by, e.GetReason()})
	}
	if k := d.GetClosing(); k != nil {
		out.Closing = strings.Trim(c.words.action(k.GetAction())+" "+k.GetReason(), " ")
	}
	return out
}

func (w *words) action(code string) string {
	if a, ok := w.ref.Action(code); ok {
		return a.Title
	}
	return code
}

// dutyOwner says whose a duty is.
func dutyOwner(o *registerv1.DutyOwner) string {
	role := enum("DUTY_ROLE_", o.GetRole().String())
	if o.GetRole() == registerv1.DutyRole_DUTY_ROLE_SPOC {
		role = "Single point of contact"
	}
	if o.GetOfficer() == "" {
		return role
	}
	return strings.TrimPrefix(role+", "+o.GetOfficer(), ", ")
}

// lastPart is the last part of a resource name.
func lastPart(name string) string { return name[strings.LastIndex(name, "/")+1:] }

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
