package console

import (
	"net/http"

	"google.golang.org/grpc/codes"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type forcesView struct {
	Frame
	Forces  []forceView
	MayEdit bool
}

type forceView struct {
	Code, Name string
	Contact    contactView
	Edit       string
}

// showForces lists the forces and whom to ask there.
func (c *Console) showForces(v *visit) error {
	got, err := c.directory.ListForces(v.ctx, &registerv1.ListForcesRequest{}, v.noted())
	if err != nil {
		return err
	}
	view := &forcesView{Frame: v.page("Forces"), MayEdit: v.may("directory.update")}
	for _, f := range got.GetForces() {
		one := forceView{Code: f.GetCode(), Name: f.GetTitle(), Edit: "/forces/" + f.GetCode()}
		if k := f.GetContact(); k != nil {
			one.Contact = contactView{Team: k.GetTeam(), Phone: k.GetPhone(), Email: k.GetEmail(), Hours: k.GetHours()}
		}
		view.Forces = append(view.Forces, one)
	}
	view.Receipt = v.receipt()
	return v.show("forces", view)
}

type contactFormView struct {
	Frame
	Force                     string
	Team, Phone, Email, Hours textField
}

// contactForm shows whom other forces are told to ask, to be changed.
func (c *Console) contactForm(v *visit) error {
	got, err := c.directory.GetForce(v.ctx, &registerv1.GetForceRequest{Name: "forces/" + v.r.PathValue("force")}, v.noted())
	if err != nil {
		return err
	}
	k := got.GetContact()
	f := emptyForm().set("team", k.GetTeam()).set("phone", k.GetPhone()).set("email", k.GetEmail()).set("hours", k.GetHours())
	return v.show("contact", c.contactFormView(v, f))
}

func (c *Console) contactFormView(v *visit, f *form) *contactFormView {
	view := &contactFormView{
		Frame: v.page("Contact"), Force: c.words.force(v.r.PathValue("force")),
		Team: f.text("team", "Team", "", ""), Phone: f.text("phone", "Telephone number", "", "govuk-input--width-20"),
		Email: f.text("email", "E-mail address", "", ""), Hours: f.text("hours", "When it can be reached, and whom to ask at night", "", ""),
	}
	view.Back, view.BackText = "/forces", "All forces"
	view.Errors = f.faults
	return view
}

// takeContact sets whom other forces are told to ask.
func (c *Console) takeContact(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	_, err = c.directory.UpdateForceContact(v.ctx, &registerv1.UpdateForceContactRequest{Contact: &registerv1.ForceContact{
		Force: "forces/" + v.r.PathValue("force"), Team: f.get("team"), Phone: f.get("phone"), Email: f.get("email"), Hours: f.get("hours"),
	}}, v.noted())
	if p := client.AsProblem(err); p != nil && p.Code == codes.InvalidArgument {
		f.take(p, []fieldPlace{{"contact.team", "team"}, {"contact.phone", "phone"}, {"contact.email", "email"}, {"contact.hours", "hours"}})
		return v.showAs(http.StatusUnprocessableEntity, "contact", c.contactFormView(v, f))
	}
	if err != nil {
		return err
	}
	if err := v.tell("The contact of " + c.words.force(v.r.PathValue("force")) + " is changed."); err != nil {
		return err
	}
	return v.seeOther("/forces")
}

type administrationView struct {
	Frame
	PolicyHash string
	Health     healthView
	Clients    clientsView
}

// showAdministration shows how the service does, without a record.
func (c *Console) showAdministration(v *visit) error {
	self, err := c.directory.GetSelf(v.ctx, &registerv1.GetSelfRequest{}, v.noted())
	if err != nil {
		return err
	}
	health, err := c.health(v)
	if err != nil {
		return err
	}
	clients, err := c.clients(v)
	if err != nil {
		return err
	}
	view := &administrationView{Frame: v.page("Administration"), PolicyHash: self.GetPolicyHash(), Health: health, Clients: clients}
	return v.show("administration", view)
}
