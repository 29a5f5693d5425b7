package console

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/uktime"
)

type samplesView struct {
	Frame
	forceListed
	MayBegin bool
	Samples  []sampleView
}

// sampleView is a dip sample in a list.
type sampleView struct {
	Address, Title string
	State, Tag     string
	Facts          []asked
}

// showSamples lists a force's dip samples, the newest first.
func (c *Console) showSamples(v *visit) error {
	view := &samplesView{
		Frame: v.ofStandards("Dip samples", "/standards", "Professional standards"), forceListed: v.forceListed("/standards/samples"),
		MayBegin: v.may("sample.begin"),
	}
	if !view.Chosen {
		return v.show("samples", view)
	}
	got, err := c.standards.ListSamples(v.ctx, &registerv1.ListSamplesRequest{
		Parent: "forces/" + v.chosenForce(), PageSize: 50, PageToken: view.token, NewestFirst: true,
	}, v.noted())
	if err != nil {
		return err
	}
	for _, o := range got.GetSamples() {
		view.Samples = append(view.Samples, c.sampleView(v, o))
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.show("samples", view)
}

func (c *Console) sampleView(v *visit, o *registerv1.Sample) sampleView {
	out := sampleView{Address: "/standards/samples/" + v.chosenForce() + "/" + lastPart(o.GetName()), Title: o.GetReference(), Tag: "govuk-tag--orange"}
	out.Facts = []asked{
		{"Purpose", c.words.item(refdata.LogPurposes, enumCode("LOG_PURPOSE_", o.GetPurpose()))},
		{"Drawn of", fmt.Sprintf("what the force’s users did with personal data, entries %d to %d", o.GetFromIndex(), o.GetUntilIndex()-1)}, {"Size", strconv.Itoa(int(o.GetSize()))},
	}
	if begun := stamp(o.GetBeginTime()); begun != "" {
		out.Facts = append(out.Facts, asked{"Begun", begun})
	}
	switch o.GetState() { //nolint:exhaustive // what is not known has no words
	case registerv1.SampleState_SAMPLE_STATE_BEGUN:
		out.State = "Waits for the national auditor’s commitment"
	case registerv1.SampleState_SAMPLE_STATE_COMMITTED:
		out.State = "Waits for both to reveal"
		out.Facts = append(out.Facts, asked{"Until", stamp(o.GetRevealUntil())})
	case registerv1.SampleState_SAMPLE_STATE_DRAWN:
		judged, total := judgedOf(o)
		out.State, out.Tag = fmt.Sprintf("Drawn, %d of %d judged", judged, total), "govuk-tag--blue"
		if judged == total {
			out.State, out.Tag = "All judged", "govuk-tag--green"
			out.Facts = append(out.Facts, asked{"Result", resultOf(o)})
		}
	}
	return out
}

// judgedOf counts the entries of a sample that have a verdict.
func judgedOf(o *registerv1.Sample) (judged, total int) {
	for _, e := range o.GetEntries() {
		if e.GetVerdict() != registerv1.Verdict_VERDICT_UNSPECIFIED {
			judged++
		}
	}
	return judged, len(o.GetEntries())
}

// resultOf says how many of a sample were found proper, questioned and improper.
func resultOf(o *registerv1.Sample) string {
	n := map[registerv1.Verdict]int{}
	for _, e := range o.GetEntries() {
		n[e.GetVerdict()]++
	}
	out := fmt.Sprintf("%d proper, %d questioned, %d improper", n[registerv1.Verdict_VERDICT_PROPER], n[registerv1.Verdict_VERDICT_QUESTIONED], n[registerv1.Verdict_VERDICT_IMPROPER])
	if left := n[registerv1.Verdict_VERDICT_UNSPECIFIED]; left > 0 {
		out += fmt.Sprintf(", %d to judge", left)
	}
	return out
}

type beginSampleView struct {
	Frame
	lawfulPurpose
	Size        textField
	From, Until dateField
	Commitment  textField
}

// sampleForm shows the terms of a sample, to be fixed.
func (c *Console) sampleForm(v *visit) error {
	return v.show("samplebegin", c.beginSampleView(v, emptyForm().set("size", "20")))
}

func (c *Console) beginSampleView(v *visit, f *form) *beginSampleView {
	view := &beginSampleView{
		Frame: v.ofStandards("Begin a dip sample", "/standards/samples", "Dip samples"), lawfulPurpose: v.lawfulPurpose(f),
		Size: f.text("size", "How many", "1 to 200.", "govuk-input--width-4"), From: f.date("from", "From", "Leave empty for the whole log."), Until: f.date("until", "Until", "The day itself included; empty for now."),
		Commitment: commitmentField(f),
	}
	view.Size.Mode = "numeric"
	view.Errors = f.faults
	return view
}

// commitmentField takes the hash of a secret that never comes to the register before
// it is to be revealed.
func commitmentField(f *form) textField {
	return f.text("commitment", "Commitment", "The SHA-256 of a secret nonce of 32 random bytes, both in 64 hexadecimal digits.", "")
}

// takeCommitment reads a commitment.
func takeCommitment(f *form, id, what string) string {
	if !hex64(f.get(id)) {
		f.fault(id, what+" must be 64 hexadecimal digits, in small letters")
	}
	return f.get(id)
}

func hex64(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return len(s) == 64
}

// wholeDay reads a date that must be whole; add counts days on. Nil when none was
// given.
func wholeDay(f *form, id, what string, add int) *timestamppb.Timestamp {
	d := f.partialDate(id, what)
	if d == nil {
		return nil
	}
	if d.GetDay() == 0 {
		f.fault(id+"-day", what+" must be a whole date")
		return nil
	}
	return timestamppb.New(time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay())+add, 0, 0, 0, 0, uktime.London))
}

// beginSample fixes of what a sample is drawn.
func (c *Console) beginSample(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(f.get("size"), 10, 32)
	if err != nil || size < 1 || size > 200 {
		f.fault("size", "How many must be a number from 1 to 200")
	}
	req := &registerv1.BeginSampleRequest{
		Parent: v.force(), Size: int32(size), StartTime: wholeDay(f, "from", "From", 0), EndTime: wholeDay(f, "until", "Until", 1), Commitment: takeCommitment(f, "commitment", "The commitment"),
	}
	req.Purpose, req.Reference = takePurpose(f)
	if len(f.faults) > 0 {
		return v.showAs(http.StatusUnprocessableEntity, "samplebegin", c.beginSampleView(v, f))
	}
	o, err := c.standards.BeginSample(v.ctx, req, v.noted())
	if status := f.refused(err, []fieldPlace{{"size", "size"}, {"commitment", "commitment"}, {"start_time", "from-day"}, {"end_time", "until-day"}, {"purpose", "purpose"}, {"reference", "reference"}}); status != 0 {
		return v.showAs(status, "samplebegin", c.beginSampleView(v, f))
	}
	if err != nil {
		return err
	}
	if err := v.keepPurpose(f); err != nil {
		return err
	}
	if err := v.tell("The sample is begun. Its terms can no longer be changed; the national auditor commits to a nonce now."); err != nil {
		return err
	}
	return v.seeOther("/standards/samples/" + v.s.data.Force + "/" + lastPart(o.GetName()))
}
