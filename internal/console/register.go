package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type suspectView struct {
	Frame
	Draft                  string // a report that was begun before
	Reference              textField
	Given, Surname, Other  textField
	Birth                  dateField
	Sex                    choiceField
	Phone, Email           textField
	Handle, Platform       textField
	Vehicle, PNC           textField
	Street, Postcode       textField
	Warnings               choiceField
	Police                 choiceField
	Restriction            *choiceField // for professional standards alone
	Description            textField
	OpenMore, OpenContacts bool
}

// suspectForm shows the first page of a report: who is suspected.
func (c *Console) suspectForm(v *visit) error {
	f := emptyForm()
	if d := v.s.data.Draft; d != nil && !d.Chosen {
		f.values = d.Suspect
	}
	return v.show("suspect", c.suspectView(v, f))
}

func (c *Console) suspectView(v *visit, f *form) *suspectView {
	view := &suspectView{
		Frame:     v.page("Register a report"),
		Reference: f.text("reference", "Crime or incident reference", "Of the report that you are registering, as in your force’s own system.", "govuk-input--width-20"),
		Given:     f.text("given", "Given names", "", ""), Surname: f.text("surname", "Surname", "", ""),
		Other: f.text("other-name", "Another name", "An alias, a former name or a nickname.", ""),
		Birth: f.date("birth", "Date of birth", "A year alone will do."), Sex: f.choices("sex", "Sex", "", sexChoices),
		Phone: f.text("phone", "Telephone number", "", "govuk-input--width-20"), Email: f.text("email", "E-mail address", "", ""),
		Handle: f.text("handle", "User name online", "", "govuk-input--width-20"), Platform: f.text("platform", "On which platform", "Leave empty if you do not know.", "govuk-input--width-20"),
		Vehicle: f.text("vehicle", "Vehicle registration", "", "govuk-input--width-10"), PNC: f.text("pnc", "PNC ID", "Such as 1981/0000034U.", "govuk-input--width-20"),
		Street: f.text("street", "Address", "Number, street and town.", ""), Postcode: f.text("postcode", "Postcode", "", "govuk-input--width-10"),
		Warnings:    f.choices("warnings", "Warnings", "What an officer must know before meeting him.", c.words.warningChoices()),
		Police:      f.choices("police", "Police", "", []choice{{Value: "yes", Title: "He is a police officer or a member of police staff"}}),
		Description: f.area("description", "Description", "Anything else by which he can be known. Nothing about a victim.", 3, 4000),
	}
	if v.may("nominal.restrict") {
		r := f.choices("restriction", "Who may know of the record", "", []choice{
			{Value: "", Title: "No restriction"}, {Value: "SILENT", Title: "Silent: nobody but your department can tell that it exists"},
			{Value: "CONTACT", Title: "Others are told to ask your force"}, {Value: "SAFETY", Title: "Others see warnings of weapons and violence alone"},
		})
		view.Restriction = &r
	}
	if d := v.s.data.Draft; d != nil {
		view.Draft = d.Label
	}
	view.Errors = f.faults
	view.OpenContacts = f.get("phone")+f.get("email")+f.get("handle")+f.get("platform")+f.get("vehicle")+f.get("pnc")+f.get("street")+f.get("postcode") != "" || len(f.faults) > 0
	view.OpenMore = f.get("description")+f.get("police")+f.get("warnings") != "" || len(f.faults) > 0
	return view
}

func (w *words) warningChoices() []choice {
	var out []choice
	for _, x := range w.ref.Warnings() {
		if !x.Retired {
			out = append(out, choice{Value: x.Code, Title: x.Title})
		}
	}
	return out
}

// takeSuspect keeps the first page and shows who may be the same person.
func (c *Console) takeSuspect(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	nominal, _ := nominalOf(f)
	if f.get("reference") == "" {
		f.fault("reference", "Enter the reference of the report")
	}
	if len(nominal.GetNames()) == 0 {
		f.fault("given", "Enter a name, or what he is called")
	}
	var found *registerv1.Search
	if len(f.faults) == 0 && v.may("search.create") {
		if found, err = c.possibleMatches(v, f, nominal); err != nil {
			return err
		}
	}
	if len(f.faults) > 0 {
		return v.showAs(http.StatusUnprocessableEntity, "suspect", c.suspectView(v, f))
	}
	err = c.change(v.r.Context(), v.s, func(k *kept) {
		if k.Draft == nil || k.Draft.Chosen {
			k.Draft = &draft{ID: uuid.NewString()}
		}
		k.Draft.Sent = false
		k.Draft.Suspect, k.Draft.Label, k.Draft.Search = withoutVictim(f.values), personName(nominal.GetNames()[0]), found.GetName()
	})
	if err != nil {
		return err
	}
	if found == nil {
		return v.seeOther("/register/conduct")
	}
	return v.seeOther("/register/matches")
}

// possibleMatches searches for the suspect before he is registered.
func (c *Console) possibleMatches(v *visit, f *form, n *registerv1.Nominal) (*registerv1.Search, error) {
	asked := &registerv1.Search{Reason: "CRIME_INVESTIGATION", Reference: f.get("reference"), Criteria: &registerv1.SearchCriteria{Names: n.GetNames(), Sex: n.GetSex()}}
	if len(n.GetBirthDates()) > 0 {
		asked.Criteria.BirthDate = n.GetBirthDates()[0]
	}
	k := asked.GetCriteria()
	places := []fieldPlace{
		{"search.reference", "reference"}, {"search.criteria.names[1]", "other-name"}, {"search.criteria.names", "surname"}, {"search.criteria.birth_date", "birth-day"},
		{"search.criteria.phones", "phone"}, {"search.criteria.emails", "email"}, {"search.criteria.handles", "handle"}, {"search.criteria.vehicles", "vehicle"},
		{"search.criteria.identifiers", "pnc"}, {"search.criteria.postcodes", "postcode"}, {"search", "reference"},
	}
	for _, i := range n.GetIdentifiers() {
		switch i.GetKind() {
		case registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE:
			k.Phones = append(k.Phones, i.GetValue())
		case registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL:
			k.Emails = append(k.Emails, i.GetValue())
		case registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE:
			k.Handles = append(k.Handles, &registerv1.Handle{Value: i.GetValue(), Platform: i.GetPlatform()})
		case registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE:
			k.Vehicles = append(k.Vehicles, i.GetValue())
		default:
			k.Identifiers = append(k.Identifiers, i)
		}
	}
	if p := f.get("postcode"); p != "" {
		k.Postcodes = []string{p}
	}
	found, err := c.searches.CreateSearch(v.ctx, &registerv1.CreateSearchRequest{Search: asked}, v.noted())
	if p := client.AsProblem(err); p != nil && p.Code == codes.InvalidArgument {
		f.take(p, places)
		return nil, nil //nolint:nilnil // the form's faults tell
	}
	if err != nil {
		return nil, err
	}
	return found, v.keepSearch(found)
}

// nominalOf reads the suspect, and says which field of the form each
// identifier comes from.
func nominalOf(f *form) (*registerv1.Nominal, []fieldPlace) {
	n := &registerv1.Nominal{
		Sex: registerv1.Sex(registerv1.Sex_value["SEX_"+f.get("sex")]), Warnings: f.values["warnings"], PoliceSuspect: f.get("police") == "yes",
		Description: f.get("description"), Restriction: registerv1.Restriction(registerv1.Restriction_value["RESTRICTION_"+f.get("restriction")]),
	}
	places := []fieldPlace{{"nominal.names[0].given", "given"}}
	if f.get("given")+f.get("surname") != "" {
		n.Names = append(n.Names, &registerv1.PersonName{Given: f.get("given"), Surname: f.get("surname"), Kind: registerv1.NameKind_NAME_KIND_PRIMARY})
		places = append(places, fieldPlace{"nominal.names[0]", "surname"})
	}
	if o := f.get("other-name"); o != "" {
		n.Names = append(n.Names, &registerv1.PersonName{Full: o, Kind: registerv1.NameKind_NAME_KIND_ALIAS})
		places = append(places, fieldPlace{"nominal.names", "other-name"})
	}
	if d := f.partialDate("birth", "Date of birth"); d != nil {
		n.BirthDates = append(n.BirthDates, d)
	}
	for _, i := range []struct {
		id   string
		kind registerv1.IdentifierKind
	}{
		{"phone", registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE}, {"email", registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL},
		{"handle", registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE}, {"vehicle", registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE}, {"pnc", registerv1.IdentifierKind_IDENTIFIER_KIND_PNC},
	} {
		value := f.get(i.id)
		if value == "" {
			continue
		}
		one := &registerv1.Identifier{Kind: i.kind, Value: value}
		if i.id == "handle" {
			one.Platform = strings.ToLower(f.get("platform"))
		}
		places = append(places, fieldPlace{fmt.Sprintf("nominal.identifiers[%d]", len(n.GetIdentifiers())), i.id})
		n.Identifiers = append(n.Identifiers, one)
	}
	if f.get("street")+f.get("postcode") != "" {
		a := &registerv1.Address{Postcode: f.get("postcode")}
		if s := f.get("street"); s != "" {
			a.Lines = []string{s}
		}
		n.Addresses = append(n.Addresses, a)
	}
	return n, append(places, fieldPlace{"nominal.addresses[0].lines", "street"}, fieldPlace{"nominal.addresses", "postcode"},
		fieldPlace{"nominal.birth_dates", "birth-day"}, fieldPlace{"nominal.warnings", "warnings"}, fieldPlace{"nominal.description", "description"},
		fieldPlace{"nominal.restriction", "restriction"}, fieldPlace{"nominal.sex", "sex"}, fieldPlace{"nominal", "given"})
}

// registerFor begins a report on a record that the force has already.
func (c *Console) registerFor(v *visit) error {
	name := v.force() + "/nominals/" + v.r.PathValue("nominal")
	n, err := c.nominals.GetNominal(v.ctx, &registerv1.GetNominalRequest{Name: name}, v.noted())
	if err != nil {
		return err
	}
	err = c.change(v.r.Context(), v.s, func(k *kept) {
		k.Draft = &draft{ID: uuid.NewString(), Nominal: n.GetName(), Chosen: true, Suspect: url.Values{}}
		if len(n.GetNames()) > 0 {
			k.Draft.Label = personName(n.GetNames()[0])
		}
	})
	if err != nil {
		return err
	}
	return v.seeOther("/register/conduct")
}

type matchesView struct {
	Frame
	Label      string
	Candidates []candidateView
	Improbable []candidateView // those that are folded away
}

// showMatches shows who may be the suspect, before he is registered anew.
func (c *Console) showMatches(v *visit) error {
	d := v.s.data.Draft
	if d == nil || d.Search == "" {
		return v.seeOther("/register")
	}
	s, err := c.searches.GetSearch(v.ctx, &registerv1.GetSearchRequest{Name: d.Search}, v.noted())
	if err != nil {
		return err
	}
	view := &matchesView{Frame: v.page("Possible matches"), Label: d.Label}
	view.Back, view.BackText = "/register", "Back"
	for _, k := range s.GetCandidates() {
		one := c.candidateView(k, false)
		one.MayOpen = v.may("candidate.read")
		view.Candidates = append(view.Candidates, one)
	}
	view.Candidates, view.Improbable = likely(view.Candidates)
	view.Receipt = v.receipt()
	return v.show("matches", view)
}

// dropDraft forgets a report that was begun.
func (c *Console) dropDraft(v *visit) error {
	if err := c.change(v.r.Context(), v.s, func(k *kept) { k.Draft, k.Notice = nil, "The report was not registered, and is forgotten." }); err != nil {
		return err
	}
	return v.seeOther("/register")
}
