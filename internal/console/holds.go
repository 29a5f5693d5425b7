package console

import (
	"fmt"
	"net/http"
	"strconv"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

type holdsView struct {
	Frame
	forceListed
	Place string
	Kept  string // from where on sealed parts are kept
	Holds []holdView
}

// holdView is what keeps sealed parts from being dropped.
type holdView struct {
	Title, State, Tag string
	Facts             []asked
	Lift              string // the address to lift it by; empty when it is lifted
	Why               textField
}

// showHolds lists legal holds, and from where on sealed parts are kept.
func (c *Console) showHolds(v *visit) error { return c.showHoldsForm(v, emptyForm(), http.StatusOK) }

func (c *Console) showHoldsForm(v *visit, f *form, status int) error {
	view := &holdsView{
		Frame: v.ofStandards("Legal holds", "/standards", "Professional standards"), forceListed: v.forceListed("/standards/holds", standingLists...),
		Place: "/standards/holds/new" + v.ofForce(),
	}
	view.Errors = f.faults
	if !view.Chosen {
		return v.showAs(status, "holds", view)
	}
	got, err := c.standards.ListHolds(v.ctx, &registerv1.ListHoldsRequest{
		Parent: "forces/" + v.chosenForce(), PageSize: 50, PageToken: view.token, NewestFirst: true, Standing: view.word != "all",
	}, v.noted())
	if err != nil {
		return err
	}
	view.Kept = "No sealed part is kept."
	if got.OldestKept != nil {
		view.Kept = fmt.Sprintf("The oldest sealed part that is kept is that of entry %d, of %s.", got.GetOldestKept(), stamp(got.GetOldestKeptTime()))
	}
	for _, h := range got.GetHolds() {
		view.Holds = append(view.Holds, holdViewOf(v, f, h))
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.showAs(status, "holds", view)
}

func holdViewOf(v *visit, f *form, h *registerv1.Hold) holdView {
	out := holdView{State: "Stands", Tag: "govuk-tag--blue"}
	switch {
	case h.GetSubject() != "":
		out.Title = "Calls of " + shortSubject(h.GetSubject())
	case h.GetRecord() != "":
		out.Title = "What met the record " + h.GetRecord()
	case h.GetCrimeReference() != "":
		out.Title = "Under the reference " + h.GetCrimeReference()
	default:
		out.Title = fmt.Sprintf("Entries %d to %d", h.GetFromIndex(), h.GetUntilIndex()-1)
	}
	out.Facts = []asked{{"Placed", byWhom(stamp(h.GetPlaceTime()), h.GetPlacer())}, {"Reference", h.GetReference()}, {"Why", h.GetReason()}}
	if h.GetLiftTime() != nil {
		out.State, out.Tag = "Lifted", "govuk-tag--grey"
		out.Facts = append(out.Facts, asked{"Lifted", byWhom(stamp(h.GetLiftTime()), h.GetLifter())}, asked{"Why lifted", h.GetLiftReason()})
		return out
	}
	id := lastPart(h.GetName())
	out.Lift = "/standards/holds/" + v.chosenForce() + "/" + id
	out.Why = f.area("why-"+id, "Why it is lifted", "At least 10 characters.", 2, 1000)
	return out
}

// liftHold ends a hold.
func (c *Console) liftHold(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	id := v.r.PathValue("hold")
	req := &registerv1.LiftHoldRequest{Name: "forces/" + v.r.PathValue("force") + "/holds/" + id, Reason: takeWhy(f, "why-"+id)}
	if len(f.faults) > 0 {
		return c.showHoldsForm(v, f, http.StatusUnprocessableEntity)
	}
	_, err = c.standards.LiftHold(v.ctx, req, v.noted())
	if status := f.refused(err, []fieldPlace{{"reason", "why-" + id}}); status != 0 {
		return c.showHoldsForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell("The hold is lifted. Retention may drop what it held."); err != nil {
		return err
	}
	return v.seeOther("/standards/holds" + v.ofForce())
}

type placeHoldView struct {
	Frame
	Force       *choiceField // for who may choose one
	Subject     textField
	Record      textField
	Crime       textField
	First, Last textField
	Why         textField
	Reference   textField
}

// holdForm asks what is to be held.
func (c *Console) holdForm(v *visit) error {
	return v.show("holdplace", c.placeHoldView(v, emptyForm().set("reference", v.s.data.Log.Reference)))
}

func (c *Console) placeHoldView(v *visit, f *form) *placeHoldView {
	view := &placeHoldView{
		Frame: v.ofStandards("Place a hold", "/standards/holds"+v.ofForce(), "Legal holds"), Force: v.forceChoice("Choose a force"),
		Subject: f.text("subject", "Whose calls", "The sign-in name of a person in the force, or the whole name of a system.", ""),
		Record:  f.text("record", "Or which record was met", "A record’s name, such as forces/33/nominals/0198…", ""),
		Crime:   f.text("crime", "Or under which crime or incident reference", "", "govuk-input--width-20"),
		First:   f.text("first", "Or entries from", "The number of the first, as the log lists it.", "govuk-input--width-10"), Last: f.text("last", "To", "The number of the last.", "govuk-input--width-10"),
		Why: f.area("why", "Why", "At least 10 characters.", 3, 1000), Reference: f.text("reference", "Reference of the case", "", "govuk-input--width-20"),
	}
	view.First.Mode, view.Last.Mode = "numeric", "numeric"
	view.Errors = f.faults
	return view
}

// placeHold keeps sealed parts from being dropped.
func (c *Console) placeHold(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	req := &registerv1.PlaceHoldRequest{
		Parent: "forces/" + v.chosenForce(), Subject: c.subjectOf(f.get("subject"), v.chosenForce()), Record: f.get("record"), CrimeReference: f.get("crime"), Reference: f.get("reference"),
	}
	if v.chosenForce() == "" {
		f.fault("force", "Choose the force")
	}
	given := 0
	for _, s := range []string{req.GetSubject(), req.GetRecord(), req.GetCrimeReference(), f.get("first") + f.get("last")} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		f.fault("subject", "Enter one of these: whose calls, a record, a reference, or a range of entries")
	}
	if f.get("first")+f.get("last") != "" {
		first, errFirst := strconv.ParseInt(f.get("first"), 10, 64)
		last, errLast := strconv.ParseInt(f.get("last"), 10, 64)
		if errFirst != nil || errLast != nil || first < 0 || last < first {
			f.fault("first", "Enter the numbers of the first and the last entry")
		}
		req.FromIndex, req.UntilIndex = first, last+1
	}
	req.Reason = takeWhy(f, "why")
	if len([]rune(req.GetReference())) < 3 {
		f.fault("reference", "Enter the reference of the case")
	}
	if len(f.faults) > 0 {
		return v.showAs(http.StatusUnprocessableEntity, "holdplace", c.placeHoldView(v, f))
	}
	_, err = c.standards.PlaceHold(v.ctx, req, v.noted())
	if status := f.refused(err, []fieldPlace{{"subject", "subject"}, {"record", "record"}, {"crime_reference", "crime"}, {"from_index", "first"}, {"until_index", "last"}, {"reason", "why"}, {"reference", "reference"}}); status != 0 {
		return v.showAs(status, "holdplace", c.placeHoldView(v, f))
	}
	if err != nil {
		return err
	}
	if err := v.tell("The hold is placed. Retention drops nothing of it until it is lifted."); err != nil {
		return err
	}
	return v.seeOther("/standards/holds" + v.ofForce())
}
