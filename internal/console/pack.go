package console

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

type packView struct {
	Frame
	Kind                 choiceField
	Recipient, Reference textField
}

// packForm asks for whom a pack of evidence is made.
func (c *Console) packForm(v *visit) error {
	return c.showPackForm(v, emptyForm(), http.StatusOK)
}

func (c *Console) showPackForm(v *visit, f *form, status int) error {
	view := &packView{
		Frame: v.page("Evidence for a stalking protection order"),
		Kind: f.choices("kind", "To whom it goes", "It stands in the access log.", []choice{
			{Value: "LEGAL_SERVICES", Title: "Your force’s legal services"}, {Value: "COURT", Title: "A court"}, {Value: "PROSECUTOR", Title: "A prosecutor"}, {Value: "OTHER_FORCE", Title: "Another force"},
		}),
		Recipient: f.text("recipient", "Name of who receives it", "It is printed on each page.", ""), Reference: f.text("reference", "Reference of the application", "", "govuk-input--width-20"),
	}
	view.Back, view.BackText = "/nominals/"+v.r.PathValue("nominal"), "The record"
	view.Errors = f.faults
	return v.showAs(status, "pack", view)
}

// makePack answers with the pack: a document that is printed or saved, and kept
// nowhere. It is no page of the console, and its policy allows its own style alone.
func (c *Console) makePack(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	kind := registerv1.PackRecipient(registerv1.PackRecipient_value["PACK_RECIPIENT_"+f.get("kind")])
	if kind == 0 {
		f.fault("kind", "Choose to whom it goes")
	}
	if len([]rune(f.get("recipient"))) < 3 {
		f.fault("recipient", "Enter who receives it, in at least 3 characters")
	}
	if len([]rune(f.get("reference"))) < 3 {
		f.fault("reference", "Enter the reference of the application, in at least 3 characters")
	}
	if len(f.faults) > 0 {
		return c.showPackForm(v, f, http.StatusUnprocessableEntity)
	}
	pack, err := c.histories.CreateEvidencePack(v.ctx, &registerv1.CreateEvidencePackRequest{
		Name: v.force() + "/nominals/" + v.r.PathValue("nominal"), Recipient: f.get("recipient"), Reference: f.get("reference"), RecipientKind: kind,
	}, v.noted())
	if status := f.refused(err, []fieldPlace{{"reference", "reference"}, {"", "recipient"}}); status != 0 {
		return c.showPackForm(v, f, status)
	}
	if err != nil {
		return err
	}
	notice := "The evidence pack was made for " + f.get("recipient") + "."
	if r := v.receipt(); r != nil {
		notice += " It is entry " + r.Entry + " of the access log."
	}
	if err := v.tell(notice); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="evidence-pack.html"`)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleHashes(pack.GetHtml())+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, err = v.w.Write([]byte(pack.GetHtml()))
	return err
}

// styleHashes are the sources, as a policy names them, of the styles that stand
// in a document.
func styleHashes(html string) string {
	var out []string
	for {
		_, rest, found := strings.Cut(html, "<style>")
		if !found {
			break
		}
		style, after, _ := strings.Cut(rest, "</style>")
		sum := sha256.Sum256([]byte(style))
		out, html = append(out, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'"), after
	}
	if len(out) == 0 {
		return "'none'"
	}
	return strings.Join(out, " ")
}
