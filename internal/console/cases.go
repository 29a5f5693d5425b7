package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/misuse"
)

type casesView struct {
	Frame
	listed
	Force *choiceField // for who may read all forces'
	Cases []caseView
}

// caseView is the work on what a rule of misuse has flagged.
type caseView struct {
	Address        string
	Subject, Short string
	Force          string
	State, Tag     string
	Outcome        string
	Reviewer       string
	Rules          string
	Flags          []flagView
	FlagCount      string
	Neighbours     []string
	Events         []decisionView
	Created        string
	Updated        string
}

// flagView is one thing that a rule has noticed, and what it weighed.
type flagView struct {
	Title, Seen, When string
	Weighed           []string
	Facts             []asked
	Entries           []flagEntry
}

// flagEntry is an entry of the log that shows what a flag is about.
type flagEntry struct {
	Index  int64
	Unseal string // the address to ask at that it be opened, for who may
}

// casesOf is the force whose cases are asked for: the own one, or for a national
// role the one chosen. Those of "-" are the national auditor's own.
func (v *visit) casesOf() string {
	if v.s.data.Force != "" {
		return v.force()
	}
	if k := v.r.URL.Query().Get("force"); k != "" {
		return "forces/" + k
	}
	return "forces/-"
}

// showCases is the queue of professional standards.
func (c *Console) showCases(v *visit) error {
	view, keep := &casesView{Frame: v.page("Cases")}, url.Values{}
	if v.s.data.Force == "" {
		keep.Set("force", strings.TrimPrefix(v.casesOf(), "forces/"))
		options := []choice{{Value: "-", Title: "The national auditor’s own"}}
		for _, x := range c.words.ref.Forces() {
			options = append(options, choice{Value: x.Code, Title: x.Name})
		}
		k := emptyForm().set("force", strings.TrimPrefix(v.casesOf(), "forces/")).choices("force", "Whose cases", "", options)
		view.Force = &k
	}
	view.listed = v.listed("/cases", keep, listName{"new", "To work on"}, listName{"all", "Decided too"})
	got, err := c.misuse.ListCases(v.ctx, &registerv1.ListCasesRequest{Parent: v.casesOf(), Undecided: view.word != "all", PageSize: 50, PageToken: view.token}, v.noted())
	if err != nil {
		return err
	}
	for _, k := range got.GetMisuseCases() {
		view.Cases = append(view.Cases, c.caseView(k))
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.show("cases", view)
}

func (c *Console) caseView(k *registerv1.MisuseCase) caseView {
	parts := strings.Split(k.GetName(), "/") // forces/33/misuseCases/…
	out := caseView{
		Subject: k.GetSubject(), Short: shortSubject(k.GetSubject()), Force: c.words.force(k.GetForce()), State: enum("CASE_STATE_", k.GetState().String()),
		Outcome: enum("CASE_OUTCOME_", k.GetOutcome().String()), Reviewer: shortSubject(k.GetReviewer()), FlagCount: count(k.GetFlagCount(), "flag", "flags"),
		Created: dateTime(k.GetCreateTime().AsTime()), Updated: dateTime(k.GetUpdateTime().AsTime()), Tag: "govuk-tag--orange",
	}
	if len(parts) == 4 {
		out.Address = "/cases/" + parts[1] + "/" + parts[3]
	}
	switch k.GetState() { //nolint:exhaustive // the others are to be worked on
	case registerv1.CaseState_CASE_STATE_NEW:
		out.Tag = "govuk-tag--red"
	case registerv1.CaseState_CASE_STATE_DECIDED:
		out.Tag, out.State = "govuk-tag--grey", "Decided: "+strings.ToLower(out.Outcome)
	}
	var rules []string
	for _, f := range k.GetFlags() {
		out.Flags = append(out.Flags, flagOf(f))
	}
	for _, r := range k.GetRules() {
		rules = append(rules, ruleTitle(r))
	}
	out.Rules = sentence(series(rules, "; "))
	for _, n := range k.GetNeighbours() {
		out.Neighbours = append(out.Neighbours, shortSubject(n))
	}
	for _, e := range k.GetEvents() {
		out.Events = append(out.Events, decisionView{dateTime(e.GetEventTime().AsTime()), enum("", strings.ToUpper(e.GetAction())), shortSubject(e.GetSubject()), e.GetText()})
	}
	return out
}

// ruleTitle is what a rule of misuse is called; its code, when it is no longer one.
func ruleTitle(code string) string {
	for _, r := range misuse.Rules() {
		if r.Code == code {
			return r.Title
		}
	}
	return code
}

func flagOf(f *registerv1.MisuseFlag) flagView {
	out := flagView{Title: f.GetTitle(), Seen: sentence(f.GetSeen()), When: dateTime(f.GetFirstTime().AsTime())}
	for _, w := range f.GetWeighed() {
		if role, ok := strings.CutPrefix(w, "role "); ok {
			w = "his role: " + uncapitalised(roleTitle(role))
		}
		out.Weighed = append(out.Weighed, w)
	}
	if last := dateTime(f.GetLastTime().AsTime()); last != out.When {
		out.When += " to " + last
	}
	for _, n := range []struct {
		what string
		n    int32
	}{{"Searches", f.GetSearches()}, {"People", f.GetPersons()}, {"Days", f.GetDays()}, {"References", f.GetReferences()}} {
		if n.n > 0 {
			out.Facts = append(out.Facts, asked{n.what, strconv.Itoa(int(n.n))})
		}
	}
	for _, e := range f.GetEntries() {
		out.Entries = append(out.Entries, flagEntry{Index: e})
	}
	return out
}

type oneCaseView struct {
	Frame
	Case     caseView
	MayWork  bool
	New      bool
	Question textField
	Note     textField
	Outcome  choiceField
	Why      textField
	Purpose  string // with which the log was read last
	Ref      string
	Sanction *actor // for who may impose one
}

// showCase shows one case with what was flagged.
func (c *Console) showCase(v *visit) error { return c.showCaseForm(v, emptyForm(), http.StatusOK) }

func caseName(v *visit) string {
	return "forces/" + v.r.PathValue("force") + "/misuseCases/" + v.r.PathValue("case")
}

func (c *Console) showCaseForm(v *visit, f *form, status int) error {
	k, err := c.misuse.GetCase(v.ctx, &registerv1.GetCaseRequest{Name: caseName(v)}, v.noted())
	if err != nil {
		return err
	}
	view := &oneCaseView{
		Frame: v.page("Case"), Case: c.caseView(k), New: k.GetState() == registerv1.CaseState_CASE_STATE_NEW,
		MayWork:  v.may("misuse_case.work") && k.GetState() != registerv1.CaseState_CASE_STATE_DECIDED,
		Question: f.area("question", "What you ask", "At least 10 characters.", 3, 4000), Note: f.area("note", "Note", "", 3, 8000),
		Outcome: f.choices("outcome", "Outcome", "It also tells how often the rule is right.", []choice{
			{Value: "JUSTIFIED", Title: "Justified"}, {Value: "NOT_ESTABLISHED", Title: "Not established"}, {Value: "CONCERN", Title: "A concern"},
			{Value: "MISCONDUCT", Title: "Misconduct"}, {Value: "CRIMINAL", Title: "Criminal"},
		}),
		Why: f.area("rationale", "Why", "At least 10 characters.", 3, 8000), Purpose: v.s.data.Log.Reason, Ref: v.s.data.Log.Reference,
	}
	view.Title = "Case of " + view.Case.Short
	if v.s.data.Force != "" && k.GetForce() == v.force() {
		view.Sanction = v.sanctionable(k.GetSubject(), nil)
	}
	if force := strings.TrimPrefix(k.GetForce(), "forces/"); v.may("log.unseal") && force != "" {
		for _, f := range view.Case.Flags {
			for i := range f.Entries {
				f.Entries[i].Unseal = unsealAddress(f.Entries[i].Index, force)
			}
		}
	}
	view.Back, view.BackText = "/cases", "All cases"
	view.Errors = f.faults
	view.Receipt = v.receipt()
	return v.showAs(status, "case", view)
}

// takeCase works on a case.
func (c *Console) takeCase(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	name := caseName(v)
	var id, done string
	switch f.get("do") {
	case "open":
		done = "The case is yours."
		_, err = c.misuse.OpenCase(v.ctx, &registerv1.OpenCaseRequest{Name: name}, v.noted())
	case "ask":
		id, done = "question", "The question is recorded. The answer comes by your force’s own ways."
		_, err = c.misuse.AskExplanation(v.ctx, &registerv1.AskExplanationRequest{Name: name, Question: f.get("question")}, v.noted())
	case "note":
		id, done = "note", "The note is recorded."
		_, err = c.misuse.AddNote(v.ctx, &registerv1.AddNoteRequest{Name: name, Text: f.get("note")}, v.noted())
	default:
		id, done = "rationale", "The case is decided."
		if f.get("outcome") == "" {
			f.fault("outcome", "Choose an outcome")
			takeWhy(f, "rationale")
			return c.showCaseForm(v, f, http.StatusUnprocessableEntity)
		}
		_, err = c.misuse.DecideCase(v.ctx, &registerv1.DecideCaseRequest{
			Name: name, Outcome: registerv1.CaseOutcome(registerv1.CaseOutcome_value["CASE_OUTCOME_"+f.get("outcome")]), Rationale: f.get("rationale"),
		}, v.noted())
	}
	if status := f.refused(err, []fieldPlace{{"outcome", "outcome"}, {"", id}}); status != 0 {
		return c.showCaseForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell(done); err != nil {
		return err
	}
	return v.seeOther("/cases/" + v.r.PathValue("force") + "/" + v.r.PathValue("case"))
}

type rulesView struct {
	Frame
	Rules []ruleView
}

type ruleView struct {
	Title, Looks, Precision string
	Flags, Decided, Upheld  int32
}

// showRules tells how often each rule of misuse was right.
func (c *Console) showRules(v *visit) error {
	got, err := c.misuse.GetRuleReport(v.ctx, &registerv1.GetRuleReportRequest{Parent: v.casesOf()}, v.noted())
	if err != nil {
		return err
	}
	view := &rulesView{Frame: v.page("Rules of misuse")}
	view.Back, view.BackText = "/cases", "All cases"
	for _, r := range got.GetRules() {
		one := ruleView{Title: r.GetTitle(), Looks: sentence(r.GetLooks()), Flags: r.GetFlags(), Decided: r.GetDecided(), Upheld: r.GetUpheld()}
		if r.Precision != nil {
			one.Precision = strconv.Itoa(int(r.GetPrecision()*100+0.5)) + "%"
		}
		view.Rules = append(view.Rules, one)
	}
	view.Receipt = v.receipt()
	return v.show("rules", view)
}
