package console

import (
	"net/http"
	"strconv"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
)

type unsealingsView struct {
	Frame
	forceListed
	Ask        string
	Unsealings []unsealingView
}

// unsealingView is a request to open what is sealed of an entry.
type unsealingView struct {
	Entry       int64
	State, Tag  string
	Facts       []asked
	Address     string
	MayApprove  bool // and refuse
	MayRefuse   bool // what another has approved
	MayOpen     bool
	Declaration choiceField
	Why         textField // of a refusal
}

// noConflict is what both people declare who open an entry together.
var noConflict = []choice{{Value: "yes", Title: "I am neither the caller nor in one line of management with him"}}

// conflictChecked says how it is known that somebody may review another's use.
func conflictChecked(k registerv1.ConflictCheck) string {
	switch k {
	case registerv1.ConflictCheck_CONFLICT_CHECK_COMPUTED:
		return ", who has no conflict by what forces told"
	case registerv1.ConflictCheck_CONFLICT_CHECK_DECLARED:
		return ", who declares no conflict"
	case registerv1.ConflictCheck_CONFLICT_CHECK_UNSPECIFIED:
	}
	return ""
}

// showUnsealings lists what was asked to be opened, the newest first.
func (c *Console) showUnsealings(v *visit) error {
	return c.showUnsealingsForm(v, emptyForm(), http.StatusOK)
}

func (c *Console) showUnsealingsForm(v *visit, f *form, status int) error {
	view := &unsealingsView{
		Frame: v.ofStandards("Unsealing", "/standards", "Professional standards"), forceListed: v.forceListed("/standards/unsealings"),
		Ask: "/standards/unsealings/new" + v.ofForce(),
	}
	view.Errors = f.faults
	if !view.Chosen {
		return v.showAs(status, "unsealings", view)
	}
	got, err := c.standards.ListUnsealings(v.ctx, &registerv1.ListUnsealingsRequest{
		Parent: "forces/" + v.chosenForce(), PageSize: 50, PageToken: view.token, NewestFirst: true,
	}, v.noted())
	if err != nil {
		return err
	}
	for _, u := range got.GetUnsealings() {
		view.Unsealings = append(view.Unsealings, c.unsealingView(v, f, u))
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.showAs(status, "unsealings", view)
}

func (c *Console) unsealingView(v *visit, f *form, u *registerv1.Unsealing) unsealingView {
	id, mine := lastPart(u.GetName()), u.GetAsker() == v.s.data.Subject
	second := !mine && u.GetSubject() != v.s.data.Subject
	over := !c.now().Before(u.GetExpireTime().AsTime())
	out := unsealingView{Entry: u.GetEntry(), Address: "/standards/unsealings/" + v.chosenForce() + "/" + id}
	until := ""
	switch {
	case u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_OPENED:
		out.State, out.Tag = "Opened", "govuk-tag--grey"
	case u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_REFUSED:
		out.State, out.Tag = "Refused", "govuk-tag--red"
	case over && u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_REQUESTED:
		out.State, out.Tag = "Not approved in time", "govuk-tag--grey"
	case over:
		out.State, out.Tag = "Not opened in time", "govuk-tag--grey"
	case u.GetState() == registerv1.UnsealingState_UNSEALING_STATE_REQUESTED:
		out.State, out.Tag = "Waits for a second person", "govuk-tag--orange"
		out.MayApprove, out.MayRefuse = second, second
		until = "Another member may approve it until " + stamp(u.GetExpireTime()) + "; after that it lapses."
	default:
		out.State, out.Tag, out.MayOpen, out.MayRefuse = "Approved", "govuk-tag--green", mine, second
		until = "Whoever asked may open it once, until " + stamp(u.GetExpireTime()) + "."
	}
	out.Facts = []asked{
		{"Call of", shortSubject(u.GetSubject())}, {"Purpose", c.words.item(refdata.LogPurposes, enumCode("LOG_PURPOSE_", u.GetPurpose())) + ", " + u.GetReference()},
		{"Why", u.GetReason()}, {"Asked", byWhom(stamp(u.GetAskTime()), u.GetAsker()) + conflictChecked(u.GetAskerCheck())},
	}
	if u.GetApprover() != "" {
		out.Facts = append(out.Facts, asked{"Approved", byWhom(stamp(u.GetApproveTime()), u.GetApprover()) + conflictChecked(u.GetApproverCheck())})
	}
	if u.GetRefuser() != "" {
		out.Facts = append(out.Facts, asked{"Refused", byWhom(stamp(u.GetRefuseTime()), u.GetRefuser()) + conflictChecked(u.GetRefuserCheck())}, asked{"Why refused", u.GetRefuseReason()})
	}
	if u.GetOpenTime() != nil {
		out.Facts = append(out.Facts, asked{"Opened", byWhom(stamp(u.GetOpenTime()), u.GetAsker())})
	}
	if until != "" {
		out.Facts = append(out.Facts, asked{"Next", until})
	}
	if out.MayRefuse {
		out.Declaration = f.choices("declared-"+id, "You declare", "", noConflict)
		out.Why = f.area("why-"+id, "Why you refuse", "To refuse alone. Whoever asked reads it. At least 10 characters.", 2, 1000)
	}
	return out
}

type askUnsealingView struct {
	Frame
	lawfulPurpose
	Force       string
	Code        string
	Entry       textField
	Access      *choiceField // the national auditor's alone
	Why         textField
	Declaration choiceField
}

// unsealingForm asks that an entry be opened. Which entry comes by its number alone.
func (c *Console) unsealingForm(v *visit) error {
	if v.chosenForce() == "" {
		return v.seeOther("/standards/unsealings")
	}
	f := emptyForm()
	if _, err := strconv.ParseUint(v.r.URL.Query().Get("entry"), 10, 63); err == nil {
		f.set("entry", v.r.URL.Query().Get("entry"))
	}
	if k := v.r.URL.Query().Get("access"); k != "" {
		f.set("access", "forces/"+v.chosenForce()+"/caseAccesses/"+k)
	}
	return c.showAskUnsealing(v, f, http.StatusOK)
}

func (c *Console) showAskUnsealing(v *visit, f *form, status int) error {
	view := &askUnsealingView{
		Frame: v.ofStandards("Ask to unseal an entry", "/standards/unsealings"+v.ofForce(), "Unsealing"), lawfulPurpose: v.lawfulPurpose(f), Code: v.chosenForce(),
		Entry: f.text("entry", "Entry of the log", "Its number, as the log lists it.", "govuk-input--width-10"),
		Why:   f.area("why", "Why it must be opened", "The second person reads it. At least 10 characters.", 3, 1000), Declaration: f.choices("declared", "You declare", "", noConflict),
	}
	if v.s.data.Force == "" {
		view.Force = c.words.force(v.chosenForce())
		accesses, err := c.openAccesses(v)
		if err != nil {
			return err
		}
		k := f.choices("access", "Case access", "Under which you ask.", accesses)
		view.Access = &k
	}
	view.Entry.Mode = "numeric"
	view.Errors = f.faults
	return v.showAs(status, "unseal", view)
}

// askUnsealing asks that an entry be opened.
func (c *Console) askUnsealing(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	entry, err := strconv.ParseInt(f.get("entry"), 10, 64)
	if err != nil || entry < 0 {
		f.fault("entry", "Enter the number of the entry")
	}
	req := &registerv1.RequestUnsealingRequest{Parent: "forces/" + v.chosenForce(), Entry: entry, NoConflict: true, CaseAccess: f.get("access")}
	req.Purpose, req.Reference = takePurpose(f)
	req.Reason = takeWhy(f, "why")
	if f.get("declared") != "yes" {
		f.fault("declared", "Whoever is concerned, or in one line of management with the caller, may not ask")
	}
	if len(f.faults) > 0 {
		return c.showAskUnsealing(v, f, http.StatusUnprocessableEntity)
	}
	_, err = c.standards.RequestUnsealing(v.ctx, req, v.noted())
	if notThere(err) {
		f.fault("entry", "No entry of the force with this number has a sealed part that is kept")
		return c.showAskUnsealing(v, f, http.StatusUnprocessableEntity)
	}
	if status := f.refused(err, []fieldPlace{{"entry", "entry"}, {"purpose", "purpose"}, {"reference", "reference"}, {"reason", "why"}, {"case_access", "access"}}); status != 0 {
		return c.showAskUnsealing(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.keepPurpose(f); err != nil {
		return err
	}
	if err := v.tell("Your request is made. Another member of your department has 24 hours to approve it."); err != nil {
		return err
	}
	return v.seeOther("/standards/unsealings" + v.ofForce())
}

// takeUnsealing approves an unsealing, refuses it, or opens it.
func (c *Console) takeUnsealing(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	id := v.r.PathValue("unsealing")
	name := "forces/" + v.r.PathValue("force") + "/unsealings/" + id
	if f.get("do") == "open" {
		got, err := c.standards.OpenUnsealing(v.ctx, &registerv1.OpenUnsealingRequest{Name: name}, v.noted())
		if status := f.refused(err, nil); status != 0 {
			return c.showUnsealingsForm(v, f, status)
		}
		if err != nil {
			return err
		}
		return v.show("unsealed", c.unsealedView(v, got))
	}
	if f.get("declared-"+id) != "yes" {
		f.fault("declared-"+id, "Whoever is concerned, or in one line of management with the caller, may not decide")
	}
	done := "It is approved. Whoever asked may open it once, within 24 hours."
	if refuses := f.get("do") == "refuse"; refuses {
		done = "It is refused. Nothing can be opened by it."
		if why := takeWhy(f, "why-"+id); len(f.faults) == 0 {
			_, err = c.standards.RefuseUnsealing(v.ctx, &registerv1.RefuseUnsealingRequest{Name: name, NoConflict: true, Reason: why}, v.noted())
		}
	} else if len(f.faults) == 0 {
		_, err = c.standards.ApproveUnsealing(v.ctx, &registerv1.ApproveUnsealingRequest{Name: name, NoConflict: true}, v.noted())
	}
	if len(f.faults) > 0 {
		return c.showUnsealingsForm(v, f, http.StatusUnprocessableEntity)
	}
	if status := f.refused(err, []fieldPlace{{"reason", "why-" + id}}); status != 0 {
		return c.showUnsealingsForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell(done); err != nil {
		return err
	}
	return v.seeOther("/standards/unsealings" + v.ofForce())
}

type unsealedView struct {
	Frame
	Entry      entryView
	Given      []asked // what the caller gave
	Search     bool
	Searched   []asked
	Candidates []candidateView
	Hidden     bool // some of what was shown is not the reader's to see
}

// unsealedView shows what was sealed. It is shown once, so it is never made again.
func (c *Console) unsealedView(v *visit, u *registerv1.UnsealedEntry) *unsealedView {
	view := &unsealedView{Frame: v.ofStandards("What was sealed", "/standards/unsealings"+v.ofForce(), "Unsealing"), Entry: c.entryView(u.GetEntry())}
	given := func(what, value string) {
		if value != "" {
			view.Given = append(view.Given, asked{what, value})
		}
	}
	if g := u.GetReason(); g != nil {
		given("Reason", c.words.reason(g.GetCode()))
		given("In words", g.GetExplanation())
		given("Reference", g.GetReference())
		given("About", shortSubject(g.GetSubject()))
	}
	if s := u.GetSearch(); s != nil {
		view.Search = true
		given("Reason", c.words.reason(s.GetReason()))
		given("In words", s.GetJustification())
		given("Reference", s.GetReference())
		given("For", s.GetOnBehalfOf())
		view.Searched, _ = c.words.criteria(s.GetCriteria())
		for _, k := range s.GetCandidates() {
			if k.GetDisplayName() == "" && len(k.GetTerms()) == 0 && len(k.GetRecords()) == 0 {
				view.Hidden = true
				continue
			}
			view.Candidates = append(view.Candidates, c.candidateView(k, false))
		}
	}
	view.Receipt = v.receipt()
	return view
}
