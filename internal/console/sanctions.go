package console

import (
	"net/http"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
)

type sanctionsView struct {
	Frame
	forceListed
	Sanctions []sanctionView
	Impose    string // the address of the form; empty for who may not
}

// sanctionView is what was ordered for one user.
type sanctionView struct {
	Who, Kind, Tag string
	Standing       bool
	Facts          []asked
	Lift           string // the address to lift it by; empty for who may not
	Why            textField
}

// showSanctions lists what stands, or all.
func (c *Console) showSanctions(v *visit) error {
	return c.showSanctionsForm(v, emptyForm(), http.StatusOK)
}

func (c *Console) showSanctionsForm(v *visit, f *form, status int) error {
	view := &sanctionsView{Frame: v.ofStandards("Sanctions", "/standards", "Professional standards"), forceListed: v.forceListed("/standards/sanctions", standingLists...)}
	view.Errors = f.faults
	if !view.Chosen {
		return v.showAs(status, "sanctions", view)
	}
	if v.may("sanction.impose") {
		view.Impose = "/standards/sanctions/new" + v.ofForce()
	}
	got, err := v.c.standards.ListSanctions(v.ctx, &registerv1.ListSanctionsRequest{
		Parent: "forces/" + v.chosenForce(), PageSize: 50, PageToken: view.token, NewestFirst: true, Standing: view.word != "all",
	}, v.noted())
	if err != nil {
		return err
	}
	for _, o := range got.GetSanctions() {
		view.Sanctions = append(view.Sanctions, sanctionViewOf(v, f, o))
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.showAs(status, "sanctions", view)
}

func sanctionViewOf(v *visit, f *form, o *registerv1.Sanction) sanctionView {
	out := sanctionView{Who: person(o.GetSubject(), o.GetCollarNumber()), Kind: "Suspended", Tag: "govuk-tag--red", Standing: o.GetLiftTime() == nil}
	demands := "No call of his is answered."
	if o.GetKind() == registerv1.SanctionKind_SANCTION_KIND_STEP_UP {
		out.Kind, out.Tag = "Must sign in anew", "govuk-tag--orange"
		var what []string
		if o.GetMinStrength() != "" {
			what = append(what, "at least "+o.GetMinStrength())
		}
		if o.GetFresh() {
			what = append(what, "after "+dateTime(o.GetImposeTime().AsTime()))
		}
		demands = "A sign-in " + list(what) + "."
	}
	if !out.Standing {
		out.Kind, out.Tag = out.Kind+", lifted", "govuk-tag--grey"
	}
	out.Facts = []asked{
		{"What", demands}, {"Imposed", byWhom(stamp(o.GetImposeTime()), o.GetImposer()) + conflictChecked(o.GetImposerCheck())}, {"Reference", o.GetReference()}, {"Why", o.GetReason()},
	}
	if !out.Standing {
		out.Facts = append(out.Facts, asked{"Lifted", byWhom(stamp(o.GetLiftTime()), o.GetLifter()) + conflictChecked(o.GetLifterCheck())})
		if o.GetLiftReason() != "" {
			out.Facts = append(out.Facts, asked{"Why lifted", o.GetLiftReason()})
		}
	}
	if id := lastPart(o.GetName()); out.Standing && v.may("sanction.lift") {
		out.Lift = "/standards/sanctions/" + v.chosenForce() + "/" + id
		hint := "Another member may leave it out."
		if o.GetImposer() == v.s.data.Subject {
			hint = "You imposed it: say why you lift it, in at least 10 characters."
		}
		out.Why = f.area("why-"+id, "Why it is lifted", hint, 2, 1000)
	}
	return out
}

// stamp writes a moment that may be absent.
func stamp(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return dateTime(t.AsTime())
}

// liftSanction ends a sanction.
func (c *Console) liftSanction(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	id := v.r.PathValue("sanction")
	o, err := c.standards.LiftSanction(v.ctx, &registerv1.LiftSanctionRequest{
		Name: "forces/" + v.r.PathValue("force") + "/sanctions/" + id, Reason: f.get("why-" + id),
	}, v.noted())
	if status := f.refused(err, []fieldPlace{{"reason", "why-" + id}}); status != 0 {
		return c.showSanctionsForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell("The sanction of " + person(o.GetSubject(), o.GetCollarNumber()) + " is lifted."); err != nil {
		return err
	}
	return v.seeOther("/standards/sanctions" + v.ofForce())
}

type imposeView struct {
	Frame
	Force       string // for who may of all forces
	Code        string
	Kind        choiceField
	Subject     textField
	Collar      textField
	MinStrength *choiceField // nil when the force's sign-in knows one strength alone
	Fresh       choiceField
	Why         textField
	Reference   textField
}

// imposeForm shows the form; whom it is about comes by a form too, so that he does not
// stand in an address.
func (c *Console) imposeForm(v *visit) error {
	if v.chosenForce() == "" {
		return v.seeOther("/standards/sanctions")
	}
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	if _, sent := f.values["reference"]; !sent {
		f.set("reference", v.s.data.Log.Reference)
	}
	return v.show("impose", c.imposeView(v, f))
}

func (c *Console) imposeView(v *visit, f *form) *imposeView {
	view := &imposeView{
		Frame: v.ofStandards("Impose a sanction", "/standards/sanctions"+v.ofForce(), "Sanctions"), Code: v.chosenForce(),
		Kind: f.choices("kind", "What the sanction does", "", []choice{
			{Value: "SUSPENSION", Title: "Suspends him: no call of his is answered"}, {Value: "STEP_UP", Title: "Makes him sign in again"},
		}),
		Subject:   f.text("subject", "His sign-in name", "As the log names him, or as it was filled in from there. Give the collar number too where you can: a force system names an officer by it.", ""),
		Collar:    f.text("collar", "His collar number", "", "govuk-input--width-10"),
		Fresh:     f.choices("fresh", "If he must sign in again", "", []choice{{Value: "yes", Title: "From now on: what he signed in with before no longer counts"}}),
		Why:       f.area("why", "Why", "Your department and the national auditor read it; he does not. At least 10 characters.", 3, 1000),
		Reference: f.text("reference", "Reference of the case", "", "govuk-input--width-20"),
	}
	if v.s.data.Force == "" {
		view.Force = c.words.force(v.chosenForce())
	}
	if known := access.Strengths(c.issuers, v.chosenForce()); len(known) > 0 {
		options := []choice{{Title: "No stronger than now"}}
		for _, s := range known {
			options = append(options, choice{Value: s, Title: s})
		}
		view.Kind.Choices[1].Title = "Makes him sign in again, or more strongly"
		k := f.choices("strength", "If more strongly: how", "The weakest sign-in that counts.", options)
		view.MinStrength = &k
	}
	view.Errors = f.faults
	return view
}

// imposeSanction suspends somebody, or demands another sign-in of him.
func (c *Console) imposeSanction(v *visit) error {
	if v.chosenForce() == "" {
		return v.seeOther("/standards/sanctions")
	}
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	req := &registerv1.ImposeSanctionRequest{
		Parent: "forces/" + v.chosenForce(), Kind: registerv1.SanctionKind(registerv1.SanctionKind_value["SANCTION_KIND_"+f.get("kind")]), Subject: c.subjectOf(f.get("subject"), v.chosenForce()),
		CollarNumber: f.get("collar"), MinStrength: f.get("strength"), Fresh: f.get("fresh") == "yes", Reference: f.get("reference"),
	}
	if req.GetSubject() == "" && req.GetCollarNumber() == "" {
		f.fault("subject", "Enter his sign-in name, his collar number or both")
	}
	if req.GetKind() == 0 {
		f.fault("kind", "Choose what the sanction does")
	}
	if suspends := req.GetKind() == registerv1.SanctionKind_SANCTION_KIND_SUSPENSION; suspends {
		req.MinStrength, req.Fresh = "", false // nothing to demand of who may not sign in at all
	} else if req.GetKind() != 0 && req.GetMinStrength() == "" && !req.GetFresh() {
		f.fault("fresh", "Say how strong or how new the sign-in must be")
	}
	req.Reason = takeWhy(f, "why")
	if len([]rune(req.GetReference())) < 3 {
		f.fault("reference", "Enter the reference of the case")
	}
	if len(f.faults) > 0 {
		return v.showAs(http.StatusUnprocessableEntity, "impose", c.imposeView(v, f))
	}
	o, err := c.standards.ImposeSanction(v.ctx, req, v.noted())
	if status := f.refused(err, []fieldPlace{{"kind", "kind"}, {"subject", "subject"}, {"collar_number", "collar"}, {"min_strength", "strength"}, {"reason", "why"}, {"reference", "reference"}}); status != 0 {
		return v.showAs(status, "impose", c.imposeView(v, f))
	}
	if err != nil {
		return err
	}
	done := " is suspended. It holds at his next call."
	if o.GetKind() == registerv1.SanctionKind_SANCTION_KIND_STEP_UP {
		done = " must sign in anew. It holds at his next call."
	}
	if err := v.tell(strings.TrimSpace(person(o.GetSubject(), o.GetCollarNumber())) + done); err != nil {
		return err
	}
	return v.seeOther("/standards/sanctions" + v.ofForce())
}
