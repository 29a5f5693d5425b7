package console

import (
	"cmp"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// maxReceipts is how many receipts a session keeps.
const maxReceipts = 20

type searchView struct {
	Frame
	// Known says in short the case that was searched for last; the fields below
	// then stand folded away.
	Known         string
	OpenCase      bool
	Reason        choiceField
	Reference     textField
	Justification textField
	OnBehalfOf    textField

	Given, Surname   textField
	Birth            dateField
	Phone, Email     textField
	Handle, Platform textField
	Vehicle          textField
	Postcode         textField
	Sex              choiceField
	Kind             choiceField
	Number           textField
	OpenMore         bool
}

// identifierKinds are the kinds that are searched by number.
var identifierKinds = []choice{
	{Value: "", Title: "Choose a kind"},
	{Value: "PNC", Title: "PNC ID"}, {Value: "CRO", Title: "CRO number"}, {Value: "ASN", Title: "Arrest or summons number"},
	{Value: "DRIVING_LICENCE", Title: "Driving licence"}, {Value: "PASSPORT", Title: "Passport"},
	{Value: "NATIONAL_INSURANCE", Title: "National Insurance number"}, {Value: "OTHER", Title: "Other"},
}

var sexChoices = []choice{
	{Value: "", Title: "Not known"}, {Value: "MALE", Title: "Male"}, {Value: "FEMALE", Title: "Female"}, {Value: "NOT_APPLICABLE", Title: "Indeterminate"},
}

func (w *words) reasons(first string) []choice {
	out := []choice{{Value: "", Title: first}}
	for _, r := range w.ref.Reasons() {
		// Systems alone check when they register.
		if !r.Retired && r.Code != "REGISTRATION_CHECK" {
			out = append(out, choice{Value: r.Code, Title: r.Title})
		}
	}
	return out
}

// searchForm shows the form; the case that was searched for last is offered.
func (c *Console) searchForm(v *visit) error {
	f := emptyForm()
	last := v.s.data.Case
	f.set("reason", last.Reason).set("reference", last.Reference).set("justification", last.Justification).set("on-behalf-of", last.OnBehalfOf)
	return v.show("search", c.searchView(v, f))
}

func (c *Console) searchView(v *visit, f *form) *searchView {
	view := &searchView{
		Frame:         v.page("Search"),
		Reason:        f.choices("reason", "Reason", "", c.words.reasons("Choose a reason")),
		Reference:     f.text("reference", "Crime, incident or custody reference", "", "govuk-input--width-20"),
		Justification: f.area("justification", "In your own words", "Needed when there is no reference. It is stored sealed.", 3, 1000),
		OnBehalfOf:    f.text("on-behalf-of", "On behalf of", "The collar number of the officer you are asking for, if that is not you.", "govuk-input--width-10"),
		Given:         f.text("given", "Given names", "", ""), Surname: f.text("surname", "Surname", "", ""),
		Birth: f.date("birth", "Date of birth", "A year alone will do."),
		Phone: f.text("phone", "Telephone number", "", "govuk-input--width-20"), Email: f.text("email", "E-mail address", "", ""),
		Handle: f.text("handle", "User name online", "", "govuk-input--width-20"), Platform: f.text("platform", "On which platform", "Leave empty if you do not know.", "govuk-input--width-20"),
		Vehicle: f.text("vehicle", "Vehicle registration", "", "govuk-input--width-10"), Postcode: f.text("postcode", "Postcode", "Helps only together with a name.", "govuk-input--width-10"),
		Sex:    f.choices("sex", "Sex", "", sexChoices),
		Kind:   f.choices("kind", "Other identifier", "", identifierKinds),
		Number: f.text("number", "Its number", "", "govuk-input--width-20"),
	}
	view.Phone.Type, view.Phone.Mode = "tel", "tel"
	view.Email.Mode = "email"
	view.Errors = f.faults
	if f.get("reason") != "" && f.get("reference")+f.get("justification") != "" {
		view.Known = c.words.reason(f.get("reason"))
		if r := f.get("reference"); r != "" {
			view.Known += ", " + r
		}
	}
	for _, e := range f.faults {
		switch e.ID {
		case "reason", "reference", "justification", "on-behalf-of":
			view.OpenCase = true
		}
	}
	view.OpenMore = f.get("platform")+f.get("vehicle")+f.get("postcode")+f.get("sex")+f.get("kind")+f.get("number")+f.get("handle")+f.get("email") != "" ||
		f.faultOf("kind")+f.faultOf("number")+f.faultOf("vehicle")+f.faultOf("postcode")+f.faultOf("handle")+f.faultOf("platform")+f.faultOf("email") != ""
	return view
}

// searchFields are the form's fields by their place in the request.
var searchFields = []fieldPlace{
	{"search.reason", "reason"}, {"search.reference", "reference"}, {"search.justification", "justification"}, {"search.on_behalf_of", "on-behalf-of"},
	{"search.criteria.names[0].given", "given"}, {"search.criteria.names[0]", "surname"}, {"search.criteria.names", "surname"},
	{"search.criteria.birth_date", "birth-day"}, {"search.criteria.sex", "sex"},
	{"search.criteria.phones", "phone"}, {"search.criteria.emails", "email"}, {"search.criteria.handles[0].platform", "platform"}, {"search.criteria.handles", "handle"},
	{"search.criteria.vehicles", "vehicle"}, {"search.criteria.postcodes", "postcode"}, {"search.criteria.identifiers[0].kind", "kind"}, {"search.criteria.identifiers", "number"},
	{"search.criteria", "given"}, {"search", "reference"},
}

// createSearch makes a search and leads to its answer.
func (c *Console) createSearch(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	asked := searchOf(f)
	if len(f.faults) > 0 {
		return v.showAs(http.StatusUnprocessableEntity, "search", c.searchView(v, f))
	}
	found, err := c.searches.CreateSearch(v.ctx, &registerv1.CreateSearchRequest{Search: asked}, v.noted())
	if p := client.AsProblem(err); p != nil {
		switch {
		case p.Code == codes.InvalidArgument:
			f.take(p, searchFields)
			return v.showAs(http.StatusUnprocessableEntity, "search", c.searchView(v, f))
		case client.Unanswered(p.Code):
			c.problem(v.w, v.s, http.StatusServiceUnavailable, notChecked)
			return nil
		}
	}
	if err != nil {
		return err
	}
	if err := v.keepSearch(found); err != nil {
		return err
	}
	return v.seeOther("/" + found.GetName())
}

// keepSearch keeps why it was made, for the next search of the same case, and
// its receipt, for the page that shows it.
func (v *visit) keepSearch(s *registerv1.Search) error {
	receipt := v.receipt()
	return v.c.change(v.r.Context(), v.s, func(k *kept) {
		k.Case = purpose{Reason: s.GetReason(), Reference: s.GetReference(), Justification: s.GetJustification(), OnBehalfOf: s.GetOnBehalfOf()}
		if receipt != nil {
			k.Receipts = append(k.Receipts, keptReceipt{
				Search: s.GetName(), Entry: receipt.Entry, Receipt: receipt.Receipt,
				Time: v.c.now(), Why: strings.TrimSuffix(v.c.words.reason(s.GetReason())+", "+s.GetReference(), ", "),
			})
			k.Receipts = k.Receipts[max(0, len(k.Receipts)-maxReceipts):]
		}
	})
}

// searchOf reads the form. What only the register can judge, it judges.
func searchOf(f *form) *registerv1.Search {
	k := &registerv1.SearchCriteria{BirthDate: f.partialDate("birth", "Date of birth"), Sex: registerv1.Sex(registerv1.Sex_value["SEX_"+f.get("sex")])}
	if f.get("given")+f.get("surname") != "" {
		k.Names = append(k.Names, &registerv1.PersonName{Given: f.get("given"), Surname: f.get("surname")})
	}
	one := func(name string) []string {
		if s := f.get(name); s != "" {
			return []string{s}
		}
		return nil
	}
	k.Phones, k.Emails, k.Vehicles, k.Postcodes = one("phone"), one("email"), one("vehicle"), one("postcode")
	if h := f.get("handle"); h != "" {
		k.Handles = append(k.Handles, &registerv1.Handle{Value: h, Platform: strings.ToLower(f.get("platform"))})
	}
	switch kind, number := f.get("kind"), f.get("number"); {
	case kind != "" && number == "":
		f.fault("number", "Enter the number of the identifier")
	case kind == "" && number != "":
		f.fault("kind", "Choose what kind of identifier it is")
	case number != "":
		k.Identifiers = append(k.Identifiers, &registerv1.Identifier{Kind: registerv1.IdentifierKind(registerv1.IdentifierKind_value["IDENTIFIER_KIND_"+kind]), Value: number})
	}
	s := &registerv1.Search{
		Reason: f.get("reason"), Reference: f.get("reference"), Justification: f.get("justification"), OnBehalfOf: f.get("on-behalf-of"), Criteria: k,
	}
	if s.GetReason() == "" {
		f.fault("reason", "Choose why you are searching")
	}
	if s.GetReference() == "" && len(s.GetJustification()) < 10 {
		f.fault("reference", "Enter a reference, or say in your own words why you are searching, in at least 10 characters")
	}
	if cmp.Or(f.get("given"), f.get("surname"), f.get("phone"), f.get("email"), f.get("handle"), f.get("vehicle"), f.get("postcode"), f.get("number")) == "" {
		f.fault("given", "Enter a name, a telephone number or another identifier; a date of birth alone finds nobody in particular")
	}
	return s
}

// fieldPlace says which field of a form stands for a place in a request.
type fieldPlace struct{ place, id string }

// take notes the register's violations at the fields that they are about.
func (f *form) take(p *client.Problem, places []fieldPlace) {
	for _, v := range p.Violations {
		id := ""
		for _, at := range places {
			if strings.HasPrefix(v.Field, at.place) {
				id = at.id
				break
			}
		}
		f.fault(id, v.Description)
	}
	if len(p.Violations) == 0 {
		f.fault("", p.Message)
	}
}
