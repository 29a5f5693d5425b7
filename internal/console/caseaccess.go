package console

import (
	"net/http"
	"net/url"
	"strconv"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
)

type caseAccessView struct {
	Frame
	lawfulPurpose
	forceListed
	Name     string // of the force
	Code     string
	Why      textField
	Days     textField
	Accesses []accessView
}

// accessView is a case access of the national auditor's.
type accessView struct {
	Title, State, Tag string
	Facts             []asked
	Unseal            string
}

// showCaseAccess lists the national auditor's accesses to a force's sealed entries,
// and opens another.
func (c *Console) showCaseAccess(v *visit) error {
	return c.showCaseAccessForm(v, emptyForm().set("days", "30"), http.StatusOK)
}

func (c *Console) showCaseAccessForm(v *visit, f *form, status int) error {
	view := &caseAccessView{
		Frame: v.ofStandards("Case access", "/standards", "Professional standards"), lawfulPurpose: v.lawfulPurpose(f), forceListed: v.forceListed("/standards/case-access"),
		Name: c.words.force(v.chosenForce()), Code: v.chosenForce(),
		Why: f.area("why", "Why", "At least 10 characters.", 3, 1000), Days: f.text("days", "For how many days", "1 to 90.", "govuk-input--width-4"),
	}
	view.Days.Mode = "numeric"
	view.Errors = f.faults
	if !view.Chosen {
		return v.showAs(status, "caseaccess", view)
	}
	got, err := c.caseAccesses(v, view.token)
	if err != nil {
		return err
	}
	for _, k := range got.GetCaseAccesses() {
		one := accessView{Title: k.GetReference(), State: "Open", Tag: "govuk-tag--green", Unseal: "/standards/unsealings/new?" + url.Values{"force": {v.chosenForce()}, "access": {lastPart(k.GetName())}}.Encode()}
		if !c.now().Before(k.GetExpireTime().AsTime()) {
			one.State, one.Tag, one.Unseal = "Ended", "govuk-tag--grey", ""
		}
		one.Facts = []asked{
			{"Purpose", c.words.item(refdata.LogPurposes, enumCode("LOG_PURPOSE_", k.GetPurpose()))}, {"Opened", byWhom(stamp(k.GetOpenTime()), k.GetOpener())}, {"Until", stamp(k.GetExpireTime())},
		}
		view.Accesses = append(view.Accesses, one)
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.showAs(status, "caseaccess", view)
}

func (c *Console) caseAccesses(v *visit, page string) (*registerv1.ListCaseAccessesResponse, error) {
	return c.standards.ListCaseAccesses(v.ctx, &registerv1.ListCaseAccessesRequest{Parent: "forces/" + v.chosenForce(), PageSize: 50, PageToken: page, NewestFirst: true}, v.noted())
}

// openAccesses are the accesses under which something may be asked now, to choose
// from.
func (c *Console) openAccesses(v *visit) ([]choice, error) {
	out := []choice{{Title: "Choose a case access"}}
	got, err := c.caseAccesses(v, "")
	if err != nil {
		return nil, err
	}
	for _, k := range got.GetCaseAccesses() {
		if c.now().Before(k.GetExpireTime().AsTime()) {
			out = append(out, choice{Value: k.GetName(), Title: k.GetReference() + ", until " + stamp(k.GetExpireTime())})
		}
	}
	return out, nil
}

// openCaseAccess lets the national auditor ask that entries of a force be opened.
func (c *Console) openCaseAccess(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	days, errDays := strconv.ParseInt(f.get("days"), 10, 32)
	req := &registerv1.OpenCaseAccessRequest{Parent: "forces/" + v.chosenForce(), Days: int32(days)}
	req.Purpose, req.Reference = takePurpose(f)
	req.Reason = takeWhy(f, "why")
	if errDays != nil || days < 1 || days > 90 {
		f.fault("days", "For how many days must be a number from 1 to 90")
	}
	if len(f.faults) > 0 {
		return c.showCaseAccessForm(v, f, http.StatusUnprocessableEntity)
	}
	_, err = c.standards.OpenCaseAccess(v.ctx, req, v.noted())
	if status := f.refused(err, []fieldPlace{{"purpose", "purpose"}, {"reference", "reference"}, {"reason", "why"}, {"days", "days"}, {"parent", "force"}}); status != 0 {
		return c.showCaseAccessForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.keepPurpose(f); err != nil {
		return err
	}
	if err := v.tell("The case access is open. Nobody in the force is told."); err != nil {
		return err
	}
	return v.seeOther("/standards/case-access" + v.ofForce())
}
