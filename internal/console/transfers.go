package console

import (
	"net/http"
	"slices"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// transferLists are the lists of transfers by the word in their address.
var transferLists = []listName{{"answer", "To answer"}, {"offered", "Waiting for others"}, {"all", "All"}}

type transfersView struct {
	Frame
	listed
	Transfers []transferView
}

// transferView is the offer of a matter by one force to another, and its answer.
type transferView struct {
	Address, Head string
	Tag, State    string
	Other         string // the other force of it
	When, Officer string
	Reason        string
	Due           string // while it is open
	Answered, By  string
	Answer        string
	Record        string // the page of the own record that the matter hangs on
	Ours          bool   // the reader's force offers it
	Open          bool
	Matter        *matterView
}

// matterView is what a matter is, without anybody's name.
type matterView struct {
	Facts    []asked
	Warnings []string
	Measures []string
	Duties   []string
}

// showTransfers lists what the force offers and was offered.
func (c *Console) showTransfers(v *visit) error {
	view := &transfersView{Frame: v.page("Transfers"), listed: v.listed("/transfers", nil, transferLists...)}
	got, err := c.transfers.ListTransfers(v.ctx, &registerv1.ListTransfersRequest{
		Parent: v.force(), Open: view.word != "all", PageSize: 100, PageToken: view.token,
	}, v.noted())
	if err != nil {
		return err
	}
	for _, t := range got.GetTransfers() {
		if ours := t.GetFromForce() == v.force(); view.word == "answer" && ours || view.word == "offered" && !ours {
			continue
		}
		view.Transfers = append(view.Transfers, c.transferView(v, t))
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.show("transfers", view)
}

func (c *Console) transferView(v *visit, t *registerv1.Transfer) transferView {
	out := transferView{
		Address: "/transfers/" + lastPart(t.GetName()), When: dateTime(t.GetOfferTime().AsTime()), Officer: t.GetOfferedBy(), Reason: t.GetReason(),
		Ours: t.GetFromForce() == v.force(), Open: t.GetState() == registerv1.TransferState_TRANSFER_STATE_OFFERED,
		State: enum("TRANSFER_STATE_", t.GetState().String()), Tag: "govuk-tag--grey", Answer: t.GetAnswer(), By: t.GetAnsweredBy(),
	}
	record, offers := t.GetNewNominal(), " offers "
	if !out.Open { // it is history
		offers = " offered "
	}
	if out.Ours {
		out.Other, record = c.words.force(t.GetToForce()), t.GetNominal()
		out.Head = "Your force" + offers + "a matter to " + out.Other
	} else {
		out.Other = c.words.force(t.GetFromForce())
		out.Head = out.Other + offers + "your force a matter"
	}
	if record != "" && v.may("nominal.read") {
		out.Record = "/nominals/" + lastPart(record)
	}
	if t.GetAnswerTime() != nil {
		out.Answered = dateTime(t.GetAnswerTime().AsTime())
	}
	switch {
	case out.Open && t.GetDueTime().AsTime().Before(c.now()):
		out.Tag, out.State = "govuk-tag--red", "Overdue"
	case out.Open:
		out.Tag, out.State = "govuk-tag--orange", "Waits for an answer"
	case t.GetState() == registerv1.TransferState_TRANSFER_STATE_ACCEPTED:
		out.Tag = "govuk-tag--green"
	}
	if out.Open {
		out.Due = dateTime(t.GetDueTime().AsTime())
	}
	if m := t.GetMatter(); m != nil {
		out.Matter = c.words.matter(m)
	}
	return out
}

func (w *words) matter(m *registerv1.TransferMatter) *matterView {
	out := &matterView{Warnings: w.warnings(m.GetWarnings())}
	incidents := count(m.GetIncidents(), "incident", "incidents")
	if first, last := date(m.GetFirstTime().AsTime()), date(m.GetLastTime().AsTime()); first == last {
		incidents += ", on " + first
	} else {
		incidents += ", " + first + " to " + last
	}
	grade := riskGrade(m.GetGrade())
	if m.GetGrade() == registerv1.RiskGrade_RISK_GRADE_UNSPECIFIED {
		grade = "Nobody has assessed it"
	}
	out.Facts = []asked{{"Standing", w.standing(m.GetStanding())}, {"Conduct", incidents}, {"Risk", grade}}
	for _, k := range m.GetMeasures() {
		out.Measures = append(out.Measures, w.measure(k.GetKind())+", until "+until(k.GetUntilTime())+", "+count(k.GetBreaches(), "breach", "breaches"))
	}
	for _, d := range m.GetDuties() {
		out.Duties = append(out.Duties, d.GetTitle()+", due "+dateTime(d.GetDueTime().AsTime()))
	}
	return out
}

type offerView struct {
	Frame
	NoMatter bool
	Matter   choiceField
	To       choiceField
	Reason   textField
}

// offerForm asks which matter of an own record goes to which force.
func (c *Console) offerForm(v *visit) error {
	return c.showOfferForm(v, emptyForm(), http.StatusOK)
}

func (c *Console) showOfferForm(v *visit, f *form, status int) error {
	id := v.r.PathValue("nominal")
	matters, err := c.ownCourses(v, v.force()+"/nominals/"+id, true)
	if err != nil {
		return err
	}
	if len(matters) == 1 && f.get("matter") == "" {
		f.set("matter", matters[0].Value)
	}
	var forces []choice
	for _, k := range c.words.ref.Forces() {
		if !k.Retired && "forces/"+k.Code != v.force() {
			forces = append(forces, choice{Value: k.Code, Title: k.Name})
		}
	}
	slices.SortFunc(forces, func(a, b choice) int { return strings.Compare(a.Title, b.Title) })
	forces = append([]choice{{Title: "Choose a force"}}, forces...)
	view := &offerView{
		Frame: v.page("Offer a matter to another force"), NoMatter: len(matters) == 0,
		Matter: f.choices("matter", "Which matter", "", matters),
		To:     f.choices("to", "To which force", "", forces),
		Reason: f.area("reason", "Why", "The other force reads it. Without a victim’s name or other details; at least 10 characters.", 4, 2000),
	}
	view.Back, view.BackText = "/nominals/"+id, "The record"
	view.Errors = f.faults
	return v.showAs(status, "offer", view)
}

// takeOffer offers a matter.
func (c *Console) takeOffer(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	if f.get("matter") == "" {
		f.fault("matter", "Choose the matter")
	}
	if f.get("to") == "" {
		f.fault("to", "Choose the force that is to take it over")
	}
	if len([]rune(f.get("reason"))) < 10 {
		f.fault("reason", "Say why, in at least 10 characters")
	}
	if len(f.faults) > 0 {
		return c.showOfferForm(v, f, http.StatusUnprocessableEntity)
	}
	t, err := c.transfers.OfferTransfer(v.ctx, &registerv1.OfferTransferRequest{
		Parent: v.force(), Course: f.get("matter"), ToForce: "forces/" + f.get("to"), Reason: f.get("reason"),
	}, v.noted())
	if status := f.refused(err, []fieldPlace{{"to_force", "to"}, {"reason", "reason"}, {"", "matter"}}); status != 0 {
		return c.showOfferForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell(c.words.force(t.GetToForce()) + " is told of your offer. Until it accepts, your force answers for the matter."); err != nil {
		return err
	}
	return v.seeOther("/transfers/" + lastPart(t.GetName()))
}
