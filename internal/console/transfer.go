package console

import (
	"net/http"

	"github.com/google/uuid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type oneTransferView struct {
	Frame
	Transfer transferView

	MayAnswer, MayWithdraw bool

	Once       []choice // by which a new record is known when it is sent again
	Record     choiceField
	Unheld     bool // the force holds no record of the person
	Reference  textField
	Officer    textField
	Answer     textField
	DeclineWhy textField
	Why        textField
}

// newRecord is the choice of a record made from that of the other force.
const newRecord = "new"

// showTransfer shows one transfer with what can be done about it.
func (c *Console) showTransfer(v *visit) error {
	return c.showTransferForm(v, emptyForm(), http.StatusOK)
}

func transferName(v *visit) string { return v.force() + "/transfers/" + v.r.PathValue("transfer") }

func (c *Console) showTransferForm(v *visit, f *form, status int) error {
	t, err := c.transfers.GetTransfer(v.ctx, &registerv1.GetTransferRequest{Name: transferName(v)}, v.noted())
	if err != nil {
		return err
	}
	view := &oneTransferView{Frame: v.page("Transfer"), Transfer: c.transferView(v, t)}
	view.Title = view.Transfer.Head
	if v.may("transfer.list") {
		view.Back, view.BackText = "/transfers", "All transfers"
	}
	view.MayWithdraw = view.Transfer.Open && view.Transfer.Ours && v.may("transfer.offer")
	view.MayAnswer = view.Transfer.Open && !view.Transfer.Ours && v.may("transfer.answer")
	if view.MayAnswer {
		if err := c.answerFields(v, f, view, t); err != nil {
			return err
		}
	}
	view.Why = f.area("why", "Why", "The other force reads it. At least 10 characters.", 3, 2000)
	view.Errors = f.faults
	view.Receipt = v.receipt()
	return v.showAs(status, "transfer", view)
}

// answerFields makes the fields of an answer: on which own record the matter is to
// hang, and under which reference.
func (c *Console) answerFields(v *visit, f *form, view *oneTransferView, t *registerv1.Transfer) error {
	var records []choice
	for _, name := range t.GetMatter().GetNominals() {
		n, err := c.nominals.GetNominal(v.ctx, &registerv1.GetNominalRequest{Name: name})
		if err != nil {
			return err
		}
		known := c.words.nominal(n)
		title := known.Names
		if births := n.GetBirthDates(); len(births) > 0 {
			title += ", born " + partialDate(births[0])
		}
		records = append(records, choice{Value: name, Title: title})
	}
	view.Unheld = len(records) == 0
	if f.get("record") == "" && len(records) < 2 {
		f.set("record", append(records, choice{Value: newRecord})[0].Value)
	}
	if f.get("id") == "" { // the page was opened, or comes back from another of its forms
		f.set("id", uuid.NewString())
	}
	other := view.Transfer.Other
	view.Once = once(f)[:1]
	view.Record = f.choices("record", "On which record of your force", "", append(records, choice{Value: newRecord, Title: "A new one, made from that of " + other}))
	view.Reference = f.text("reference", "Your reference of the matter", "Crime or incident reference, as in your force’s own system.", "govuk-input--width-20")
	view.Officer = f.text("officer", "Collar number of the officer in the case", "Leave empty when nobody is named yet.", "govuk-input--width-10")
	view.Answer = f.area("answer", "What "+other+" should know", "It may be left empty. Without a victim’s name or other details.", 3, 2000)
	view.DeclineWhy = f.area("decline-why", "Why", "The other force reads it. At least 10 characters.", 3, 2000)
	return nil
}

// takeTransfer accepts, declines or withdraws an offer.
func (c *Console) takeTransfer(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	switch f.get("do") {
	case "accept":
		return c.acceptTransfer(v, f)
	case "decline":
		return c.endTransfer(v, f, "decline-why", "The matter is declined: it stays with the other force, which has been told.", func(why string) error {
			_, err := c.transfers.DeclineTransfer(v.ctx, &registerv1.DeclineTransferRequest{Name: transferName(v), Reason: why}, v.noted())
			return err
		})
	}
	return c.endTransfer(v, f, "why", "The offer is taken back. The other force has been told.", func(why string) error {
		_, err := c.transfers.WithdrawTransfer(v.ctx, &registerv1.WithdrawTransferRequest{Name: transferName(v), Reason: why}, v.noted())
		return err
	})
}

// endTransfer ends an offer without acceptance. The reason stands at field.
func (c *Console) endTransfer(v *visit, f *form, field, done string, end func(why string) error) error {
	if len([]rune(f.get(field))) < 10 {
		f.fault(field, "Say why, in at least 10 characters")
		return c.showTransferForm(v, f, http.StatusUnprocessableEntity)
	}
	err := end(f.get(field))
	if status := f.refused(err, []fieldPlace{{"reason", field}}); status != 0 {
		return c.showTransferForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell(done); err != nil {
		return err
	}
	return v.seeOther("/transfers/" + v.r.PathValue("transfer"))
}

// acceptPlaces are the fields of an acceptance by their place in the request.
var acceptPlaces = []fieldPlace{{"source", "reference"}, {"officer", "officer"}, {"answer", "answer"}, {"nominal", "record"}}

// acceptTransfer takes a matter over.
func (c *Console) acceptTransfer(v *visit, f *form) error {
	if f.get("reference") == "" {
		f.fault("reference", "Enter your reference of the matter")
	}
	if f.get("record") == "" {
		f.fault("record", "Choose the record on which it is to hang")
	}
	if len(f.faults) > 0 {
		return c.showTransferForm(v, f, http.StatusUnprocessableEntity)
	}
	req := &registerv1.AcceptTransferRequest{
		Name: transferName(v), Source: &registerv1.SourceKey{System: ownSystem, Reference: f.get("reference"), Revision: 1}, Officer: f.get("officer"), Answer: f.get("answer"),
	}
	if f.get("record") == newRecord {
		req.NominalSource = &registerv1.SourceKey{System: ownSystem, Reference: f.get("id"), Revision: 1}
	} else {
		req.Nominal = f.get("record")
	}
	t, err := c.transfers.AcceptTransfer(v.ctx, req, v.noted())
	if p := client.AsProblem(err); p != nil {
		// What is about a field, and not about the offer, is said there.
		switch p.Reason {
		case "SOURCE_TAKEN":
			f.fault("reference", "Your force has a matter under this reference: give it another")
		case "RESTRICTION_KEPT":
			f.fault("record", "The other force’s record is restricted: choose a new one, so that its restriction goes over with it")
		case "NOT_ONE_PERSON":
			f.fault("record", "This record is not held to be of the same person: confirm their link first, or choose another")
		}
		if len(f.faults) > 0 {
			return c.showTransferForm(v, f, http.StatusConflict)
		}
	}
	if status := f.refused(err, acceptPlaces); status != 0 {
		return c.showTransferForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell("The matter is your force’s now, with its duties. " + c.words.force(t.GetFromForce()) + " has been told."); err != nil {
		return err
	}
	return v.seeOther("/transfers/" + v.r.PathValue("transfer"))
}
