package console

import (
	"net/http"
	"strconv"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// nationalReaders stands for the national auditor among the forces that are reviewed.
const nationalReaders = "-"

type readingsView struct {
	Frame
	lawfulPurpose
	Force    choiceField
	Name     string // whose they are, once it was asked for: "in Leicestershire"
	Readings []readingView
	Hidden   []choice // what was asked for, to ask on
	Next     string
}

// readingView is one look of somebody into the log.
type readingView struct {
	Entry        string
	Facts        []asked
	Who, What    string
	Verdict, Tag string
	Choice       choiceField
	Note         textField
}

// readingsForm asks whose readings are to be reviewed. It makes no call.
func (c *Console) readingsForm(v *visit) error {
	return v.show("readings", c.readingsView(v, emptyForm()))
}

func (c *Console) readingsView(v *visit, f *form) *readingsView {
	options := []choice{{Title: "Choose a force"}}
	for _, x := range c.words.ref.Forces() {
		if x.Code != v.s.data.Force {
			options = append(options, choice{Value: x.Code, Title: x.Name})
		}
	}
	hint := "Nobody reviews his own force."
	if v.s.data.Force != "" { // it does not review itself
		options = append(options, choice{Value: nationalReaders, Title: "The national auditor"})
		hint += " Of the national auditor you see what is about other forces."
	}
	view := &readingsView{
		Frame: v.ofStandards("Readings of the log", "/standards", "Professional standards"), lawfulPurpose: v.lawfulPurpose(f),
		Force: f.choices("of", "Whose force", hint, options),
	}
	view.Errors = f.faults
	return view
}

// readReadings lists when another force's people looked into the log, or gives a
// verdict on one time that they did. It is posted: it has a purpose of its own.
func (c *Console) readReadings(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	req := &registerv1.ListReadingsRequest{Parent: "forces/" + f.get("of"), PageSize: 50, PageToken: f.get("page")}
	req.Purpose, req.Reference = takePurpose(f)
	if f.get("of") == "" {
		f.fault("of", "Choose a force")
	}
	if len(f.faults) > 0 {
		return v.showAs(http.StatusUnprocessableEntity, "readings", c.readingsView(v, f))
	}
	status, notice := http.StatusOK, ""
	if n, judges := strings.CutPrefix(f.get("do"), "judge-"); judges {
		status, notice, err = c.judgeReading(v, f, n)
		if err != nil {
			return err
		}
	}
	got, err := c.standards.ListReadings(v.ctx, req, v.noted())
	if bad := f.refused(err, []fieldPlace{{"purpose", "purpose"}, {"reference", "reference"}, {"parent", "of"}}); bad != 0 {
		return v.showAs(bad, "readings", c.readingsView(v, f))
	}
	if err != nil {
		return err
	}
	if err := v.keepPurpose(f); err != nil {
		return err
	}
	view := c.readingsView(v, f)
	view.Name = "in " + c.words.force(f.get("of"))
	if f.get("of") == nationalReaders {
		view.Name = "by the national auditor"
	}
	view.Next, view.Receipt = got.GetNextPageToken(), v.receipt()
	if notice != "" {
		view.Notice = notice
	}
	for _, name := range []string{"of", "purpose", "reference"} {
		view.Hidden = append(view.Hidden, choice{ID: name, Value: f.get(name)})
	}
	for _, r := range got.GetReadings() {
		view.Readings = append(view.Readings, c.readingView(f, r))
	}
	return v.showAs(status, "readings", view)
}

// judgeReading records a verdict; a fault of the form is noted at its field.
func (c *Console) judgeReading(v *visit, f *form, entry string) (status int, notice string, err error) {
	verdict, note := takeVerdict(f, "verdict-"+entry, "note-"+entry)
	if _, err := strconv.ParseUint(entry, 10, 63); err != nil {
		f.fault("", "There is no such reading")
	}
	if len(f.faults) > 0 {
		return http.StatusUnprocessableEntity, "", nil
	}
	_, err = c.standards.ReviewReading(v.ctx, &registerv1.ReviewReadingRequest{Name: "forces/" + f.get("of") + "/readings/" + entry, Verdict: verdict, Note: note}, v.noted())
	if bad := f.refused(err, []fieldPlace{{"note", "note-" + entry}, {"verdict", "verdict-" + entry}}); bad != 0 {
		return bad, "", nil
	}
	return http.StatusOK, "The verdict on reading " + entry + " is recorded.", err
}

func (c *Console) readingView(f *form, r *registerv1.Reading) readingView {
	n := lastPart(r.GetName())
	out := readingView{
		Entry: n, Who: person(r.GetSubject(), r.GetCollarNumber()), What: methodTitle(r.GetMethod()),
		Choice: f.choices("verdict-"+n, "Verdict", "", verdicts), Note: f.area("note-"+n, "Note", "Needed unless it was proper: at least 10 characters.", 2, 1000),
		Facts: []asked{{"When", stamp(r.GetTime())}, {"Purpose", c.words.reason(r.GetPurpose())}, {"Shown", count(r.GetResultCount(), "entry", "entries")}},
	}
	if out.Verdict, out.Tag = verdictView(r.GetVerdict()); out.Verdict != "" {
		out.Facts = append(out.Facts, asked{"Judged", byWhom(stamp(r.GetReviewTime()), r.GetReviewer()) + conflictChecked(r.GetReviewCheck())})
		if r.GetNote() != "" {
			out.Facts = append(out.Facts, asked{"Note", r.GetNote()})
		}
	}
	return out
}
