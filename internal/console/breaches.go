package console

import (
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/refdata"
)

// breachView is one contravention, with what was done about it.
type breachView struct {
	When, Of, What, Done, Narrative string
	Unanswered                      bool
}

// breaches are those of a history, each with what was broken.
func (w *words) breaches(all []*registerv1.Breach, measures []*registerv1.Measure) []breachView {
	titles := map[string]string{}
	for _, m := range measures {
		titles[m.GetName()] = w.measure(m.GetKind()) + ", " + w.force(strings.Split(m.GetName()+"//", "/")[1])
	}
	var out []breachView
	for _, b := range all {
		one := w.breach(b)
		one.Of = uncapitalised(titles[b.GetMeasure()])
		out = append(out, one)
	}
	return out
}

func (w *words) breach(b *registerv1.Breach) breachView {
	out := breachView{When: date(b.GetOccurTime().AsTime()), Narrative: b.GetNarrative(), Unanswered: true}
	var what, done []string
	for _, k := range b.GetBehaviours() {
		what = append(what, w.behaviour(k))
	}
	for _, a := range b.GetActions() {
		text := w.action(a.GetCode())
		if a.GetWhy() != "" {
			text += ", " + uncapitalised(w.item(refdata.NoActionReasons, a.GetWhy()))
		}
		done = append(done, text)
		if k, ok := w.ref.Action(a.GetCode()); ok && k.Enforces {
			out.Unanswered = false
		}
	}
	out.What, out.Done = series(what, ", "), series(done, "; ")
	return out
}

type breachFormView struct {
	Frame
	Once        []choice
	Measure     measureView
	Date        dateField
	Behaviours  choiceField
	Action, Why choiceField
	Reference   textField
	Narrative   textField
}

// breachForm asks for a breach of an own measure.
func (c *Console) breachForm(v *visit) error {
	return c.showBreachForm(v, c.freshForm(), http.StatusOK)
}

func (c *Console) readMeasure(v *visit) (*registerv1.Measure, error) {
	return c.measures.GetMeasure(v.ctx, &registerv1.GetMeasureRequest{Name: v.force() + "/measures/" + v.r.PathValue("measure")}, v.noted())
}

func (c *Console) showBreachForm(v *visit, f *form, status int) error {
	m, err := c.readMeasure(v)
	if err != nil {
		return err
	}
	actions := []choice{{Title: "Choose"}}
	for _, a := range c.words.ref.Actions() {
		if !a.Retired && slices.Contains(a.ShownBy, "breach") {
			actions = append(actions, choice{Value: a.Code, Title: a.Title})
		}
	}
	broken := c.measureView(v, m)
	broken.Breach = "" // it is this page
	view := &breachFormView{
		Frame: v.page("Record a breach"), Once: once(f), Measure: broken, Date: f.date("occurred", "When did it happen?", ""),
		Behaviours: f.choices("behaviours", "What did he do?", "", c.words.behaviourChoices()),
		Action:     f.choices("action", "What was done about it?", "A breach that nobody acts upon becomes a duty.", actions),
		Why:        f.choices("why", "If nothing was done, why?", "", c.words.itemChoices(refdata.NoActionReasons, "Something was done")),
		Reference:  f.text("crime-reference", "Crime or incident reference", "Of this breach, as in your force’s own system.", "govuk-input--width-20"),
		Narrative:  f.area("narrative", "What happened", "Without the victim’s name, address, telephone number or other details: they are refused here.", 4, 4000),
	}
	view.Behaviours.Columns = true
	view.Back, view.BackText = "/nominals/"+lastPart(m.GetNominal()), "The record"
	view.Errors = f.faults
	return v.showAs(status, "breach", view)
}

// takeBreach registers a breach.
func (c *Console) takeBreach(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	m, err := c.readMeasure(v)
	if err != nil {
		return err
	}
	b := &registerv1.Breach{
		Source: &registerv1.SourceKey{System: ownSystem, Reference: f.get("id"), Revision: 1}, Nominal: m.GetNominal(), Measure: m.GetName(),
		OccurTime: c.day(f, "occurred", "The date", true), Behaviours: f.values["behaviours"], CrimeReference: f.get("crime-reference"), Narrative: f.get("narrative"),
	}
	if b.GetOccurTime() != nil && b.GetOccurTime().AsTime().After(c.opened(f)) {
		b.OccurTime = timestamppb.New(c.opened(f)) // today, before noon
	}
	switch action := f.get("action"); action {
	case "":
		f.fault("action", "Choose what was done about it")
	case "NONE":
		if f.get("why") == "" {
			f.fault("why", "Say why nothing was done")
		}
		fallthrough
	default:
		b.Actions = []*registerv1.PoliceAction{{Code: action, ActTime: timestamppb.New(c.opened(f)), Why: f.get("why"), Officer: v.s.data.Collar}}
	}
	check := checkBasis(v, breachReason, b.GetCrimeReference())
	if check != nil && b.GetCrimeReference() == "" {
		f.fault("crime-reference", "Enter the reference of the breach")
	}
	if len(f.faults) > 0 {
		return c.showBreachForm(v, f, http.StatusUnprocessableEntity)
	}
	made, err := c.measures.RegisterBreach(v.ctx, &registerv1.RegisterBreachRequest{Parent: v.force(), Breach: b, Check: check}, v.noted())
	if p := client.AsProblem(err); p != nil && p.Code == codes.InvalidArgument {
		f.take(p, []fieldPlace{{"breach.occur_time", "occurred-day"}, {"breach.behaviours", "behaviours"}, {"breach.actions[0].why", "why"}, {"breach.actions", "action"}, {"breach.crime_reference", "crime-reference"}, {"breach", "narrative"}, {"check", "crime-reference"}})
		return c.showBreachForm(v, f, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return v.done(&registered{Breach: true, Nominal: m.GetNominal(), Flags: flagTexts(made.GetFlags()), Receipt: v.receipt()}, made.GetCheck())
}
