package console

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/console/picture"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/uktime"
)

const (
	logPage      = 100
	activityPage = 500
	// activityMost bounds what a picture of somebody's activity is made of.
	activityMost = 5000
)

type logView struct {
	Frame
	Known           string // the purpose that was given last, in short
	OpenPurpose     bool
	Purpose         choiceField
	Reference       textField
	Force           *choiceField // for who may read all forces' logs
	Subject         textField
	Method, Outcome choiceField
	Record, Crime   textField
	From, Until     dateField
	Asked           bool
	Heading         string
	Entries         []entryView
	Next            string // page token
	Hours           *picture.Hours
	Facts           []asked // of somebody's activity
	Bounded         bool
	Hidden          []choice // what the list was asked for, to ask on
	Basis           []choice // the part of it that holds for whom one asks about next
	Sanction        *actor   // whom the picture is of, for who may impose a sanction on him
}

// actor is somebody whom the log names.
type actor struct{ Subject, Short, Collar, Force string }

type entryView struct {
	Index                                  int64
	Time                                   string
	Subject, Short, Force, Collar, Officer string
	Method, Outcome, Reason                string
	Calls                                  string // how many, and from where, when they are refusals counted together
	Count                                  int32
	Refused                                bool
	Leaf, Metadata                         string
	Unseal                                 string // the address to ask at, for who may
}

// logForm shows what the log can be asked for. Nothing is read yet.
func (c *Console) logForm(v *visit) error {
	f := emptyForm()
	last := v.s.data.Log
	f.set("purpose", last.Reason).set("reference", last.Reference)
	return v.show("log", c.logView(v, f))
}

func (c *Console) logView(v *visit, f *form) *logView {
	view := &logView{
		Frame:     v.page("Access log"),
		Purpose:   f.choices("purpose", "Purpose", "The law lets the log be read for these alone (Data Protection Act 2018, section 62).", c.words.itemChoices(refdata.LogPurposes, "Choose a purpose")),
		Reference: f.text("reference", "Case or review reference", "", "govuk-input--width-20"),
		Subject:   f.text("subject", "Whose calls", "The sign-in name of a person in the force, or the whole name of a system.", ""),
		Method:    f.choices("method", "What was done", "", logMethods), Outcome: f.choices("outcome", "Outcome", "", logOutcomes),
		Record: f.text("record", "Which record was seen", "A record’s name, such as forces/33/nominals/0198… It shows users of every force, and those who met a silent record without being told.", ""),
		Crime:  f.text("crime", "Under which crime or incident reference", "", "govuk-input--width-20"),
		From:   f.date("from", "From", ""), Until: f.date("until", "Until", "The day itself included."),
	}
	if v.s.data.Force == "" {
		forces := []choice{{Value: "-", Title: "All forces"}}
		for _, x := range c.words.ref.Forces() {
			forces = append(forces, choice{Value: x.Code, Title: x.Name})
		}
		k := f.choices("force", "Force", "", forces)
		view.Force = &k
	}
	if f.get("purpose") != "" && f.get("reference") != "" {
		view.Known = c.words.item(refdata.LogPurposes, f.get("purpose")) + ", " + f.get("reference")
	}
	view.OpenPurpose = f.faultOf("purpose")+f.faultOf("reference") != ""
	view.Errors = f.faults
	view.Wide = true
	return view
}

var logOutcomes = []choice{
	{Value: "", Title: "Any"}, {Value: "OK", Title: "Done"}, {Value: "PERMISSION_DENIED", Title: "Refused"}, {Value: "NOT_FOUND", Title: "Not found"}, {Value: "INVALID_ARGUMENT", Title: "Not accepted"},
}

// outcomeTitle says in words how a call ended.
func outcomeTitle(outcome string) string {
	if i := slices.IndexFunc(logOutcomes, func(k choice) bool { return k.Value == outcome }); i > 0 {
		return logOutcomes[i].Title
	}
	// Refusals counted together say of what kind, and why.
	if _, why, ok := strings.Cut(outcome, "/"); ok {
		outcome = why
	}
	return enum("", outcome)
}

// logFields are the form's fields by their place in the request.
var logFields = []fieldPlace{
	{"purpose", "purpose"}, {"reference", "reference"}, {"subject", "subject"}, {"record", "record"}, {"method", "method"}, {"outcome", "outcome"}, {"crime_reference", "crime"},
	{"start_time", "from-day"}, {"end_time", "until-day"}, {"parent", "force"},
}

// entriesAsked reads what the log is asked for.
func (c *Console) entriesAsked(v *visit, f *form) *registerv1.ListEntriesRequest {
	req := &registerv1.ListEntriesRequest{
		Parent: v.force(), Purpose: registerv1.LogPurpose(registerv1.LogPurpose_value["LOG_PURPOSE_"+f.get("purpose")]), Reference: f.get("reference"),
		Subject: f.get("subject"), Method: f.get("method"), Outcome: f.get("outcome"), Record: f.get("record"), CrimeReference: f.get("crime"),
		PageSize: logPage, PageToken: f.get("page"),
	}
	if v.s.data.Force == "" {
		req.Parent = "forces/-"
		if k := f.get("force"); k != "" {
			req.Parent = "forces/" + k
		}
	}
	req.Subject = c.subjectOf(req.GetSubject(), strings.TrimPrefix(req.GetParent(), "forces/"))
	if req.GetPurpose() == 0 {
		f.fault("purpose", "Choose for what purpose you read the log")
	}
	if len(req.GetReference()) < 3 {
		f.fault("reference", "Enter the reference of the case or review")
	}
	req.StartTime, req.EndTime = wholeDay(f, "from", "From", 0), wholeDay(f, "until", "Until", 1)
	return req
}

// subjectOf completes a sign-in name, as a person writes it, to what the log
// knows its owner by: the provider of the force, and the name there.
func (c *Console) subjectOf(name, force string) string {
	if name == "" || strings.Contains(name, "#") || strings.Contains(name, "://") {
		return name
	}
	for _, i := range c.issuers {
		if slices.Contains(i.Forces, force) || force == "" && i.National {
			return i.URL + "#" + name
		}
	}
	return name
}

// shortSubject is the sign-in name alone, or which system of which force it is.
func shortSubject(subject string) string {
	if at, ok := strings.CutPrefix(subject, "register://forces/"); ok {
		force, name, _ := strings.Cut(at, "/systems/")
		return name + " system of force " + force
	}
	return subject[strings.LastIndex(subject, "#")+1:]
}

// readLog reads a page of the log, or all that somebody did. It is a form that
// is posted: whom one asks about does not stand in an address.
func (c *Console) readLog(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	req := c.entriesAsked(v, f)
	picturing := f.get("show") == "activity"
	if picturing && req.GetSubject() == "" {
		f.fault("subject", "Enter whose activity you want to see")
	}
	if len(f.faults) > 0 {
		return v.showAs(http.StatusUnprocessableEntity, "log", c.logView(v, f))
	}
	if picturing {
		req.PageSize, req.PageToken = activityPage, ""
	}
	var entries []*registerv1.LogEntry
	var next string
	for {
		got, err := c.accessLog.ListEntries(v.ctx, req, v.noted())
		if p := client.AsProblem(err); p != nil && p.Code == codes.InvalidArgument {
			f.take(p, logFields)
			return v.showAs(http.StatusUnprocessableEntity, "log", c.logView(v, f))
		}
		if err != nil {
			return err
		}
		entries, next = append(entries, got.GetEntries()...), got.GetNextPageToken()
		if !picturing || next == "" || len(entries) >= activityMost {
			break
		}
		req.PageToken = next
	}
	if err := c.change(v.r.Context(), v.s, func(k *kept) {
		k.Log = purpose{Reason: f.get("purpose"), Reference: f.get("reference")}
	}); err != nil {
		return err
	}
	return v.show("log", c.logAnswer(v, f, entries, next, picturing))
}

func (c *Console) logAnswer(v *visit, f *form, entries []*registerv1.LogEntry, next string, picturing bool) *logView {
	view := c.logView(v, f)
	view.Asked, view.Next = true, next
	view.Receipt = v.receipt()
	var times []time.Time
	for _, e := range entries {
		times = append(times, e.GetTime().AsTime())
		if len(view.Entries) < activityPage {
			one := c.entryView(e)
			one.Unseal = v.unsealAt(e)
			view.Entries = append(view.Entries, one)
		}
	}
	view.Heading = count(len(entries), "entry", "entries")
	if len(entries) == 0 {
		view.Heading = "no entries"
	}
	if next != "" {
		view.Heading = "the newest " + view.Heading
	}
	if picturing {
		view.Bounded, view.Next = next != "", ""
		view.Heading = "What " + shortSubject(f.get("subject")) + " did: " + view.Heading
		h := picture.NewHours("Calls of "+shortSubject(f.get("subject"))+" by day and hour", times, uktime.London)
		view.Hours, view.Facts = &h, c.activityFacts(entries)
		view.Sanction = v.sanctionable(c.subjectOf(f.get("subject"), v.s.data.Force), entries)
	}
	view.Heading = sentenceCase(view.Heading)
	for name, values := range f.values {
		if name != "page" && name != "show" {
			for _, value := range values {
				view.Hidden = append(view.Hidden, choice{ID: name, Value: value})
				switch name {
				case "purpose", "reference", "force":
					view.Basis = append(view.Basis, choice{ID: name, Value: value})
				}
			}
		}
	}
	slices.SortFunc(view.Hidden, func(a, b choice) int { return strings.Compare(a.ID, b.ID) })
	return view
}

// sanctionable is whom a sanction may be imposed on; nil for who may not impose one, and
// of oneself.
// His collar number is the one that he proved last.
func (v *visit) sanctionable(subject string, entries []*registerv1.LogEntry) *actor {
	if !v.may("sanction.impose") || subject == v.s.data.Subject {
		return nil
	}
	a := &actor{Subject: subject, Short: shortSubject(subject), Force: v.s.data.Force}
	if a.Force == "" && len(entries) > 0 {
		a.Force = strings.TrimPrefix(entries[0].GetForce(), "forces/")
	}
	if a.Force == "" { // he is of no force
		return nil
	}
	if i := slices.IndexFunc(entries, func(e *registerv1.LogEntry) bool { return e.GetOfficerVerified() }); i >= 0 {
		a.Collar = entries[i].GetCollarNumber()
	}
	return a
}

// unsealAt is where to ask that a search be opened; empty for who may not, and for
// what is not a search.
func (v *visit) unsealAt(e *registerv1.LogEntry) string {
	force := strings.TrimPrefix(e.GetForce(), "forces/")
	if !v.may("log.unseal") || e.GetMethod() != "SearchService.CreateSearch" || force == "" || e.GetOutcome() != "OK" || e.GetSubject() == v.s.data.Subject {
		return ""
	}
	return unsealAddress(e.GetIndex(), force)
}

// unsealAddress is where to ask that an entry of a force be opened.
func unsealAddress(entry int64, force string) string {
	return "/standards/unsealings/new?" + url.Values{"entry": {strconv.FormatInt(entry, 10)}, "force": {force}}.Encode()
}

func (c *Console) entryView(e *registerv1.LogEntry) entryView {
	out := entryView{
		Index: e.GetIndex(), Time: e.GetTime().AsTime().In(uktime.London).Format("2 Jan 2006, 15:04:05"), Subject: e.GetSubject(), Short: shortSubject(e.GetSubject()), Collar: e.GetCollarNumber(),
		Method: methodTitle(e.GetMethod()), Outcome: outcomeTitle(e.GetOutcome()), Reason: c.words.reason(e.GetReason()), Count: e.GetResultCount(),
		Refused: e.GetOutcome() != "OK", Leaf: hex.EncodeToString(e.GetLeafHash()), Metadata: string(e.GetMetadata()), Force: "National",
	}
	switch {
	case e.GetForce() != "":
		out.Force = c.words.force(e.GetForce())
	case e.GetSubject() == "":
		out.Force = "Caller not known"
	}
	if e.GetSource() != "" {
		out.Calls = count(e.GetCount(), "call", "calls") + " from " + e.GetSource()
	}
	if e.GetCollarNumber() != "" && !e.GetOfficerVerified() {
		out.Officer = "named by the system, not proved"
	}
	return out
}
