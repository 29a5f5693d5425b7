package console

import (
	"encoding/json"
	"fmt"
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

// maxRests is how much of what a duty rests on is told in a list.
const maxRests = 2

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
	Rests       string `json:"rests"` // what it rests on, in short

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
	var rests []string
	for _, e := range d.GetEvidence() {
		when := date(e.GetTime().AsTime())
		if e.GetKind() == "incident" && e.GetItem() != "" { // what item other kinds have is a code
			when = strings.TrimPrefix(when+", "+e.GetItem(), ", ")
		}
		out.Evidence = append(out.Evidence, asked{sentenceCase(e.GetKind()) + ", " + c.words.force(e.GetForce()), when})
		rests = append(rests, strings.TrimSuffix(e.GetKind()+" of "+when, " of "))
	}
	out.Rests = sentenceCase(strings.Join(rests[:min(maxRests, len(rests))], "; "))
	if more := len(rests) - maxRests; more > 0 {
		out.Rests += fmt.Sprintf("; and %d more", more)
	}
	for _, a := range d.GetClosingActions() {
		out.Actions = append(out.Actions, c.words.action(a))
	}
	for _, e := range d.GetEvents() {
		by := e.GetBy()
		if by == "register" {
			by = "the register"
		}
		what := enum("", e.GetCode())
		if what == "Climbed" {
			what = "Passed up the line"
		}
		out.Events = append(out.Events, decisionView{dateTime(e.GetTime().AsTime()), what, by, e.GetReason()})
	}
	if k := d.GetClosing(); k != nil {
		out.Closing = strings.Trim(c.words.action(k.GetAction())+" "+k.GetReason(), " ")
	}
	return out
}

// dutiesOn are the open duties of the own force about one of its records, for who may
// list them.
func (c *Console) dutiesOn(v *visit, nominal string) ([]dutyView, error) {
	if !v.may("duty.list") {
		return nil, nil
	}
	got, err := c.duties.ListDuties(v.ctx, &registerv1.ListDutiesRequest{Parent: v.force(), Nominal: nominal}, v.noted())
	if err != nil {
		return nil, err
	}
	var out []dutyView
	for _, d := range got.GetDuties() {
		out = append(out, c.dutyView(v, d))
	}
	return out, nil
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
