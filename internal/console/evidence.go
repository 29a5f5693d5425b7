package console

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const (
	// maxBundles is how many bundles of evidence a session remembers.
	maxBundles = 10
	// downloadLongest bounds the sending of a bundle.
	downloadLongest = 10 * time.Minute
)

// keptBundle is a bundle of evidence that was made during a sign-in.
type keptBundle struct {
	Reference string `json:"reference"`
	Recipient string `json:"recipient"`
	Made      string `json:"made"`
	Entries   int32  `json:"entries"`
	Entry     int64  `json:"entry"`
	Receipt   string `json:"receipt"`
}

type evidenceView struct {
	Frame
	lawfulPurpose
	Force       *choiceField // for who may read all forces'
	Crime       textField
	Subject     textField
	From, Until dateField
	Recipient   textField
	Bundles     []keptBundle
}

// evidenceForm asks for what a bundle is to be made. It makes no call.
func (c *Console) evidenceForm(v *visit) error {
	return v.show("evidence", c.evidenceView(v, emptyForm()))
}

func (c *Console) evidenceView(v *visit, f *form) *evidenceView {
	view := &evidenceView{
		Frame: v.ofStandards("Evidence bundles", "/standards", "Professional standards"), lawfulPurpose: v.lawfulPurpose(f), Force: v.forceChoice("All forces"),
		Crime:   f.text("crime", "Crime or incident reference", "All that was done under it.", "govuk-input--width-20"),
		Subject: f.text("subject", "Whose calls", "The sign-in name of a person in the force, or the whole name of a system.", ""),
		From:    f.date("from", "From", ""), Until: f.date("until", "Until", "The day itself included."),
		Recipient: f.text("recipient", "Who receives it", "The code of a body: iopc, cps, or forces/33. Not a person: it stands in the log for all to read.", "govuk-input--width-20"),
		Bundles:   v.s.data.Bundles,
	}
	view.Reference.Label, view.Reference.Hint = "Reference of the proceedings", "For which the bundle is made."
	view.Errors = f.faults
	return view
}

// evidencePlaces are the form's fields by their place in the request.
var evidencePlaces = []fieldPlace{
	{"purpose", "purpose"}, {"reference", "reference"}, {"recipient", "recipient"}, {"start_time", "from-day"}, {"end_time", "until-day"}, {"crime_reference", "crime"}, {"subject", "subject"}, {"parent", "force"},
}

// makeEvidence makes a bundle and sends it as a file. The session remembers where the
// disclosure is recorded, for the page stays while the file comes.
func (c *Console) makeEvidence(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	req := &registerv1.MakeEvidenceRequest{Parent: "forces/-", Recipient: f.get("recipient"), CrimeReference: f.get("crime"), Subject: c.subjectOf(f.get("subject"), v.chosenForce())}
	if v.chosenForce() != "" {
		req.Parent = "forces/" + v.chosenForce()
	}
	req.Purpose, req.Reference = takePurpose(f)
	req.StartTime, req.EndTime = wholeDay(f, "from", "From", 0), wholeDay(f, "until", "Until", 1)
	switch {
	case req.GetCrimeReference() == "" && req.GetSubject() == "" && req.GetStartTime() == nil:
		f.fault("crime", "Enter a reference, whose calls, or from when")
	case req.GetCrimeReference() != "" && v.chosenForce() == "":
		f.fault("force", "A reference is a force’s own: choose the force")
	case req.GetStartTime() != nil && req.GetEndTime() != nil && !req.GetStartTime().AsTime().Before(req.GetEndTime().AsTime()):
		f.fault("until-day", "Until must be after From")
	}
	if req.GetRecipient() == "" {
		f.fault("recipient", "Enter who receives the bundle")
	}
	if len(f.faults) > 0 {
		return v.showAs(http.StatusUnprocessableEntity, "evidence", c.evidenceView(v, f))
	}
	stream, err := c.standards.MakeEvidence(v.ctx, req)
	if err != nil {
		return err
	}
	first, err := stream.Recv()
	if status := f.refused(err, evidencePlaces); status != 0 {
		return v.showAs(status, "evidence", c.evidenceView(v, f))
	}
	if err != nil {
		return err
	}
	head := first.GetHead()
	if err := c.change(v.r.Context(), v.s, func(k *kept) {
		k.Log = purpose{Reason: f.get("purpose"), Reference: f.get("reference")}
		one := keptBundle{Reference: req.GetReference(), Recipient: req.GetRecipient(), Made: dateTime(c.now()), Entries: head.GetEntries(), Entry: head.GetDisclosure(), Receipt: head.GetReceipt()}
		k.Bundles = append([]keptBundle{one}, k.Bundles...)
		k.Bundles = k.Bundles[:min(len(k.Bundles), maxBundles)]
	}); err != nil {
		return err
	}
	return c.download(v, stream, head.GetDisclosure())
}

// download sends what is left of a bundle. The browser is told of a file that breaks
// off: it has no signature, and is no evidence.
func (c *Console) download(v *visit, stream registerv1.StandardsService_MakeEvidenceClient, entry int64) error {
	if err := http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(downloadLongest)); err != nil {
		c.log.DebugContext(v.r.Context(), "deadline not set", "err", err)
	}
	v.w.Header().Set("Content-Type", "application/zip")
	v.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="evidence-entry-%d.zip"`, entry))
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			_, err = v.w.Write(part.GetChunk())
		}
		if err != nil {
			c.log.WarnContext(v.r.Context(), "a bundle of evidence broke off", "entry", entry, "err", err)
			panic(http.ErrAbortHandler)
		}
	}
}
