package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/uktime"
)

// measureView is one thing that restrains a suspect.
type measureView struct {
	Title, Status, Tag string
	Facts              []asked
	Breach             string // where a breach of it is recorded
	Held               string // from when until when it holds
	Folded             bool   // its facts stand elsewhere on the page already
}

func (c *Console) measureView(v *visit, m *registerv1.Measure) measureView {
	out := measureView{Title: c.words.measure(m.GetKind()), Status: enum("MEASURE_STATUS_", m.GetStatus().String()), Tag: "govuk-tag--grey"}
	add := func(what, value string) {
		if value != "" {
			out.Facts = append(out.Facts, asked{what, value})
		}
	}
	var conditions []string
	for _, k := range m.GetConditions() {
		text := k.GetCode()
		if x, ok := c.words.ref.Condition(k.GetCode()); ok {
			text = x.Title
		}
		if z := k.GetZone(); z.GetArea() != "" {
			text += " " + z.GetArea()
			if z.GetMetres() > 0 {
				text += ", " + strconv.Itoa(int(z.GetMetres())) + " m"
			}
		}
		if k.GetText() != "" {
			text += ": " + uncapitalised(strings.TrimSuffix(k.GetText(), "."))
		}
		conditions = append(conditions, text)
	}
	add("Conditions", series(conditions, "; "))
	add("From", date(m.GetFromTime().AsTime()))
	add("Until", sentenceCase(until(m.GetUntilTime())))
	out.Held = "From " + date(m.GetFromTime().AsTime()) + " until " + until(m.GetUntilTime())
	if m.GetVerifyTime() != nil {
		add("Last verified", dateTime(m.GetVerifyTime().AsTime()))
	}
	if k, ok := c.words.ref.Measure(m.GetKind()); ok {
		add("If he breaks it", k.Says)
	}
	if !ownedBy(m.GetName(), v.force()) {
		add("Force", c.words.force(strings.Split(m.GetName()+"//", "/")[1]))
	}
	if m.GetStatus() == registerv1.MeasureStatus_MEASURE_STATUS_IN_FORCE {
		out.Tag = "govuk-tag--green"
		if m.GetUntilTime() != nil && m.GetUntilTime().AsTime().Before(c.now()) {
			out.Tag, out.Status = "govuk-tag--grey", "Ended"
		} else if v.may("course.register") && ownedBy(m.GetName(), v.force()) {
			out.Breach = "/measures/" + lastPart(m.GetName()) + "/breach"
		}
	}
	return out
}

func (w *words) measure(code string) string {
	if k, ok := w.ref.Measure(code); ok {
		return k.Title
	}
	return code
}

// freshForm is an empty form that counts once, however often it is sent.
func (c *Console) freshForm() *form {
	return emptyForm().set("id", uuid.NewString()).set("at", strconv.FormatInt(c.now().Unix(), 10))
}

// once are the hidden fields by which a form that is sent again is known.
func once(f *form) []choice {
	return []choice{{ID: "id", Value: f.get("id")}, {ID: "at", Value: f.get("at")}}
}

// opened is when a form was opened: within the last day, else now.
func (c *Console) opened(f *form) time.Time {
	seconds, err := strconv.ParseInt(f.get("at"), 10, 64)
	at := time.Unix(seconds, 0)
	if now := c.now(); err != nil || at.After(now) || now.Sub(at) > 24*time.Hour {
		return now
	}
	return at
}

type measureFormView struct {
	Frame
	Once             []choice // by which the register knows this report again
	Kind, Status     choiceField
	From, Until      dateField
	Conditions       choiceField
	Court, Reference textField
}

// measureForm asks for a measure against an own nominal.
func (c *Console) measureForm(v *visit) error {
	return c.showMeasureForm(v, c.freshForm(), http.StatusOK)
}

func (c *Console) showMeasureForm(v *visit, f *form, status int) error {
	kinds := []choice{{Title: "Choose"}}
	for _, k := range c.words.ref.Measures() {
		if !k.Retired {
			kinds = append(kinds, choice{Value: k.Code, Title: k.Title})
		}
	}
	var conditions []choice
	for _, k := range c.words.ref.Conditions() {
		// A zone is a coded place, which the force's own system gives.
		if !k.Retired && !k.Zone {
			conditions = append(conditions, choice{Value: k.Code, Title: k.Title})
		}
	}
	view := &measureFormView{
		Frame: v.page("Record a measure"), Once: once(f), Kind: f.choices("kind", "What restrains him", "", kinds),
		Status:     f.choices("status", "Where it stands", "", []choice{{Value: "IN_FORCE", Title: "In force"}, {Value: "APPLIED_FOR", Title: "Applied for"}, {Value: "REFUSED", Title: "Refused"}}),
		From:       f.date("from", "From", ""),
		Until:      f.date("until", "Until", "Leave empty when it holds until further order."),
		Conditions: f.choices("conditions", "Conditions", "Exclusion zones come from your force’s own system.", conditions),
		Court:      f.text("court", "Court", "", ""), Reference: f.text("order-reference", "Reference of the order", "", "govuk-input--width-20"),
	}
	view.Back, view.BackText = "/nominals/"+v.r.PathValue("nominal"), "The record"
	view.Errors = f.faults
	return v.showAs(status, "measure", view)
}

// takeMeasure registers a measure.
func (c *Console) takeMeasure(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	nominal := v.force() + "/nominals/" + v.r.PathValue("nominal")
	m := &registerv1.Measure{
		Source: &registerv1.SourceKey{System: ownSystem, Reference: f.get("id"), Revision: 1}, Nominal: nominal, Kind: f.get("kind"),
		Status: registerv1.MeasureStatus(registerv1.MeasureStatus_value["MEASURE_STATUS_"+f.get("status")]), Court: f.get("court"), Reference: f.get("order-reference"),
		FromTime: c.day(f, "from", "From", true), UntilTime: c.day(f, "until", "Until", false), VerifyTime: timestamppb.New(c.opened(f)),
	}
	for _, code := range f.values["conditions"] {
		m.Conditions = append(m.Conditions, &registerv1.MeasureCondition{Code: code})
	}
	if m.GetKind() == "" {
		f.fault("kind", "Choose what restrains him")
	}
	if m.GetStatus() == 0 {
		f.fault("status", "Choose where it stands")
	}
	if len(f.faults) > 0 {
		return c.showMeasureForm(v, f, http.StatusUnprocessableEntity)
	}
	_, err = c.measures.RegisterMeasure(v.ctx, &registerv1.RegisterMeasureRequest{Parent: v.force(), Measure: m}, v.noted())
	if p := client.AsProblem(err); p != nil && p.Code == codes.InvalidArgument {
		f.take(p, []fieldPlace{{"measure.kind", "kind"}, {"measure.from_time", "from-day"}, {"measure.until_time", "until-day"}, {"measure.conditions", "conditions"}, {"measure.court", "court"}, {"measure.reference", "order-reference"}, {"measure", "kind"}})
		return c.showMeasureForm(v, f, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	if err := v.tell("The measure is recorded."); err != nil {
		return err
	}
	return v.seeOther("/nominals/" + v.r.PathValue("nominal"))
}

// day reads a whole date at noon.
func (c *Console) day(f *form, id, what string, needed bool) *timestamppb.Timestamp {
	d := f.partialDate(id, what)
	if d == nil || d.GetDay() == 0 {
		if needed || d != nil {
			f.fault(id+"-day", what+" must be a whole date")
		}
		return nil
	}
	t := time.Date(int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay()), 12, 0, 0, 0, uktime.London)
	if t.Day() != int(d.GetDay()) {
		f.fault(id+"-day", "The month has no such day")
	}
	return timestamppb.New(t)
}
