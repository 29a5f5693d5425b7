package console

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"google.golang.org/grpc/codes"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/refdata"
)

// standardsPages are the pages of professional standards, with the permission that
// shows each.
var standardsPages = []struct{ title, path, needs, what string }{
	{"Sanctions", "/standards/sanctions", "sanction.list", "Suspend somebody, or demand a stronger or newer sign-in of him; lift it."},
	{"Unsealing", "/standards/unsealings", "log.unseal", "Open what is sealed of an entry: criteria, justification and what was shown. It takes two people."},
	{"Dip samples", "/standards/samples", "sample.judge", "Look at uses of the register that nobody has chosen, and give a verdict on each."},
	{"Evidence bundles", "/standards/evidence", "evidence.make", "Give entries of the log, with their proofs and the log’s signature, to a body that asks for them."},
	{"Legal holds", "/standards/holds", "hold.list", "Keep what is sealed from being dropped, and see from where on it is kept."},
	{"Readings by others", "/standards/readings", "log.review", "Review when another force’s people looked into the log, and for what purpose."},
	{"Case access", "/standards/case-access", "log.inquire", "Open what is sealed of a force’s entries for a case, two auditors together."},
	{"Clients", "/clients", "client.list", "Which sign-in services and force systems the register lets in, and as what."},
	{"Health of the log", "/log/health", "log.prove", "The newest checkpoint, who has co-signed it, and whether the log has only grown since."},
}

type standardsView struct {
	Frame
	Pages []standardsPage
}

type standardsPage struct{ Title, Path, What string }

// showStandards leads to what professional standards do.
func (c *Console) showStandards(v *visit) error {
	view := &standardsView{Frame: v.page("Professional standards")}
	for _, p := range standardsPages {
		if v.may(p.needs) {
			view.Pages = append(view.Pages, standardsPage{p.title, p.path, p.what})
		}
	}
	return v.show("standards", view)
}

// chosenForce is the code of the force that a page is about: the own one, or for a
// national role the one that was chosen; empty when none was.
func (v *visit) chosenForce() string {
	k := cmp.Or(v.r.PathValue("force"), v.r.FormValue("force"))
	switch {
	case v.s.data.Force != "":
		return v.s.data.Force
	case len(k) == 2:
		return k
	}
	return ""
}

// ofForce is the part of an address that keeps the force that was chosen.
func (v *visit) ofForce() string {
	if v.s.data.Force != "" || v.chosenForce() == "" {
		return ""
	}
	return "?" + url.Values{"force": {v.chosenForce()}}.Encode()
}

// forceChoice lets a national role choose whose force a page is about; nil for
// everybody else.
func (v *visit) forceChoice(none string) *choiceField {
	if v.s.data.Force != "" {
		return nil
	}
	options := []choice{{Title: none}}
	for _, x := range v.c.words.ref.Forces() {
		options = append(options, choice{Value: x.Code, Title: x.Name})
	}
	k := emptyForm().set("force", v.chosenForce()).choices("force", "Force", "", options)
	return &k
}

// ofStandards is the frame of a page that is reached from another one of
// professional standards.
func (v *visit) ofStandards(title, back, backText string) Frame {
	f := v.page(title)
	f.Back, f.BackText = back, backText
	return f
}

// lawfulPurpose is the purpose for which a log is read, as a form gives it.
type lawfulPurpose struct {
	Purpose   choiceField
	Reference textField
}

// lawfulPurpose makes the fields for a purpose; what was given last is offered.
func (v *visit) lawfulPurpose(f *form) lawfulPurpose {
	last := v.s.data.Log
	for name, value := range map[string]string{"purpose": last.Reason, "reference": last.Reference} {
		if _, sent := f.values[name]; !sent {
			f.set(name, value)
		}
	}
	return lawfulPurpose{
		Purpose:   f.choices("purpose", "Purpose", "The law lets the log be read for these alone (Data Protection Act 2018, section 62).", v.c.words.itemChoices(refdata.LogPurposes, "Choose a purpose")),
		Reference: f.text("reference", "Case or review reference", "", "govuk-input--width-20"),
	}
}

// takePurpose reads a purpose, and notes what is missing.
func takePurpose(f *form) (registerv1.LogPurpose, string) {
	p := registerv1.LogPurpose(registerv1.LogPurpose_value["LOG_PURPOSE_"+f.get("purpose")])
	if p == 0 {
		f.fault("purpose", "Choose a purpose")
	}
	if len([]rune(f.get("reference"))) < 3 {
		f.fault("reference", "Enter the reference of the case or review")
	}
	return p, f.get("reference")
}

// keepPurpose offers a purpose the next time too.
func (v *visit) keepPurpose(f *form) error {
	return v.c.change(v.r.Context(), v.s, func(k *kept) {
		k.Log = purpose{Reason: f.get("purpose"), Reference: f.get("reference")}
	})
}

// takeWhy reads a reason in words, as the register wants it.
func takeWhy(f *form, id string) string {
	if n := len([]rune(f.get(id))); n < 10 || n > 1000 {
		f.fault(id, "Say why, in 10 to 1000 characters")
	}
	return f.get(id)
}

// notThere reports whether the register knows nothing of the kind.
func notThere(err error) bool {
	p := client.AsProblem(err)
	return p != nil && p.Code == codes.NotFound
}

// enumCode is the code of an enum's value in the reference data.
func enumCode(prefix string, e fmt.Stringer) string { return strings.TrimPrefix(e.String(), prefix) }

// person is who stands in the log under a subject, a collar number or both.
func person(subject, collar string) string {
	short := shortSubject(subject)
	switch {
	case short == "":
		return "Collar number " + collar
	case collar == "":
		return short
	}
	return short + " (" + collar + ")"
}

// byWhom writes when something was done and by whom.
func byWhom(when, who string) string {
	return strings.TrimSpace(when + ", by " + shortSubject(who))
}
