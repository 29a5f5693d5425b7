package console

import (
	"net/http"
	"strconv"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

type oneSampleView struct {
	Frame
	Sample  sampleView
	ID      string
	Terms   []asked
	Missing string // who did not reveal
	Drawn   bool
	Result  string
	Entries []drawnView

	MayCommit  bool
	MayReveal  bool
	MayDraw    bool
	Commitment textField
	Nonce      textField
}

// drawnView is an entry that was drawn.
type drawnView struct {
	entryView
	Verdict, Tag string
	Note, Judged string
	MayJudge     bool
	Choice       choiceField
	Why          textField
}

var verdicts = []choice{
	{Value: "PROPER", Title: "Proper"}, {Value: "QUESTIONED", Title: "Needs an explanation"}, {Value: "IMPROPER", Title: "Improper"},
}

// verdictView is a verdict in words, with its colour.
func verdictView(k registerv1.Verdict) (title, tag string) {
	switch k {
	case registerv1.Verdict_VERDICT_PROPER:
		return "Proper", "govuk-tag--green"
	case registerv1.Verdict_VERDICT_QUESTIONED:
		return "Needs an explanation", "govuk-tag--orange"
	case registerv1.Verdict_VERDICT_IMPROPER:
		return "Improper", "govuk-tag--red"
	case registerv1.Verdict_VERDICT_UNSPECIFIED:
	}
	return "", ""
}

// takeVerdict reads a verdict with its note.
func takeVerdict(f *form, verdict, note string) (registerv1.Verdict, string) {
	k := registerv1.Verdict(registerv1.Verdict_value["VERDICT_"+f.get(verdict)])
	if k == registerv1.Verdict_VERDICT_UNSPECIFIED {
		f.fault(verdict, "Choose a verdict")
	}
	if k > registerv1.Verdict_VERDICT_PROPER && len([]rune(f.get(note))) < 10 {
		f.fault(note, "Say why, in at least 10 characters")
	}
	return k, f.get(note)
}

// showSample shows one sample with what was drawn.
func (c *Console) showSample(v *visit) error {
	return c.showSampleForm(v, emptyForm(), http.StatusOK)
}

// findSample reads a sample; nil when the force has none of that id.
func (c *Console) findSample(v *visit, id string) (*registerv1.Sample, error) {
	req := &registerv1.ListSamplesRequest{Parent: "forces/" + v.chosenForce(), PageSize: 200, NewestFirst: true}
	for {
		got, err := c.standards.ListSamples(v.ctx, req, v.noted())
		if err != nil {
			return nil, err
		}
		for _, o := range got.GetSamples() {
			if lastPart(o.GetName()) == id {
				return o, nil
			}
		}
		if req.PageToken = got.GetNextPageToken(); req.GetPageToken() == "" {
			return nil, nil //nolint:nilnil // there is none
		}
	}
}

func (c *Console) showSampleForm(v *visit, f *form, status int) error {
	if v.chosenForce() != v.r.PathValue("force") {
		c.problem(v.w, v.s, http.StatusForbidden, notAllowed)
		return nil
	}
	o, err := c.findSample(v, v.r.PathValue("sample"))
	if err != nil {
		return err
	}
	if o == nil {
		c.problem(v.w, v.s, http.StatusNotFound, problemView{Heading: "There is no such sample"})
		return nil
	}
	view := &oneSampleView{
		Frame: v.ofStandards("Dip sample", "/standards/samples"+v.ofForce(), "Dip samples"), Sample: c.sampleView(v, o), ID: v.r.PathValue("sample"),
		Drawn: o.GetState() == registerv1.SampleState_SAMPLE_STATE_DRAWN, Commitment: commitmentField(f),
		Nonce: f.text("nonce", "Your nonce", "The secret itself, 64 hexadecimal digits.", ""),
	}
	committed := o.GetState() == registerv1.SampleState_SAMPLE_STATE_COMMITTED
	mine := o.GetPsdNonce()
	if v.s.data.Force == "" {
		mine = o.GetAuditorNonce()
	}
	view.MayCommit = v.may("sample.commit") && o.GetState() == registerv1.SampleState_SAMPLE_STATE_BEGUN
	view.MayReveal = v.may("sample.take_part") && committed && mine == ""
	view.MayDraw = v.may("sample.take_part") && committed && c.now().After(o.GetRevealUntil().AsTime())
	view.Terms = sampleTerms(o)
	view.Missing = list(o.GetMissing())
	if view.Drawn {
		view.Result = resultOf(o)
		if view.Entries, err = c.drawnEntries(v, f, o); err != nil {
			return err
		}
	}
	view.Errors = f.faults
	view.Receipt = v.receipt()
	return v.showAs(status, "sample", view)
}

// sampleTerms is what a draw rests on.
func sampleTerms(o *registerv1.Sample) []asked {
	out := []asked{{"PSD bound to", o.GetPsdCommitment()}}
	for _, k := range []asked{{"IOPC bound to", o.GetAuditorCommitment()}, {"PSD revealed", o.GetPsdNonce()}, {"IOPC revealed", o.GetAuditorNonce()}} {
		if k.Value != "" {
			out = append(out, k)
		}
	}
	if o.GetTreeSize() > 0 {
		out = append(out, asked{"Co-signed tree", count(o.GetTreeSize(), "entry", "entries")})
	}
	return out
}

// drawnEntries are the entries of a sample with what the log says of them.
func (c *Console) drawnEntries(v *visit, f *form, o *registerv1.Sample) ([]drawnView, error) {
	req := &registerv1.ListEntriesRequest{Parent: "forces/" + v.chosenForce(), Purpose: o.GetPurpose(), Reference: o.GetReference()}
	for _, e := range o.GetEntries() {
		req.Indices = append(req.Indices, e.GetIndex())
	}
	got, err := c.accessLog.ListEntries(v.ctx, req, v.noted())
	if err != nil {
		return nil, err
	}
	entries := map[int64]*registerv1.LogEntry{}
	for _, e := range got.GetEntries() {
		entries[e.GetIndex()] = e
	}
	var out []drawnView
	for _, e := range o.GetEntries() {
		entry := entries[e.GetIndex()]
		if entry == nil {
			continue
		}
		n := strconv.FormatInt(e.GetIndex(), 10)
		one := drawnView{
			entryView: c.entryView(entry), Note: e.GetNote(), MayJudge: v.may("sample.judge") && entry.GetSubject() != v.s.data.Subject,
			Choice: f.choices("verdict-"+n, "Verdict", "", verdicts), Why: f.area("note-"+n, "Note", "Needed unless it was proper: at least 10 characters.", 2, 1000),
		}
		one.Unseal = v.unsealAt(entry)
		if one.Verdict, one.Tag = verdictView(e.GetVerdict()); one.Verdict != "" {
			one.Judged = byWhom(stamp(e.GetReviewTime()), e.GetReviewer()) + conflictChecked(e.GetReviewCheck())
		}
		out = append(out, one)
	}
	return out, nil
}

// takeSample goes a step on with a sample: commits, reveals, draws or judges.
func (c *Console) takeSample(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	name := "forces/" + v.r.PathValue("force") + "/samples/" + v.r.PathValue("sample")
	var done, at string
	var places []fieldPlace
	var step func() error
	switch does, n, _ := strings.Cut(f.get("do"), "-"); does {
	case "commit":
		done, places = "You are bound to your nonce. Keep it secret until it is to be revealed.", []fieldPlace{{"commitment", "commitment"}}
		commitment := takeCommitment(f, "commitment", "The commitment")
		step = func() error {
			_, err := c.standards.CommitSample(v.ctx, &registerv1.CommitSampleRequest{Name: name, Commitment: commitment}, v.noted())
			return err
		}
	case "reveal":
		done, places = "Your nonce is revealed.", []fieldPlace{{"nonce", "nonce"}}
		nonce := takeCommitment(f, "nonce", "The nonce")
		step = func() error {
			_, err := c.standards.RevealSample(v.ctx, &registerv1.RevealSampleRequest{Name: name, Nonce: nonce}, v.noted())
			return err
		}
	case "draw":
		done = "The sample is drawn. The log says whose nonce is missing."
		step = func() error {
			_, err := c.standards.DrawSample(v.ctx, &registerv1.DrawSampleRequest{Name: name}, v.noted())
			return err
		}
	default:
		index, err := strconv.ParseInt(n, 10, 64)
		if err != nil {
			index = -1 // refused by the register
		}
		verdict, note := takeVerdict(f, "verdict-"+n, "note-"+n)
		done, at, places = "The verdict on entry "+n+" is recorded.", "#entry-"+n, []fieldPlace{{"note", "note-" + n}, {"verdict", "verdict-" + n}}
		step = func() error {
			_, err := c.standards.JudgeSample(v.ctx, &registerv1.JudgeSampleRequest{Name: name, Index: index, Verdict: verdict, Note: note}, v.noted())
			return err
		}
	}
	if len(f.faults) > 0 {
		return c.showSampleForm(v, f, http.StatusUnprocessableEntity)
	}
	err = step()
	if status := f.refused(err, places); status != 0 {
		return c.showSampleForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell(done); err != nil {
		return err
	}
	return v.seeOther("/standards/samples/" + v.r.PathValue("force") + "/" + v.r.PathValue("sample") + at)
}
