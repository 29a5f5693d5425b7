package console

import (
	"net/http"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/uktime"
)

type conductView struct {
	Frame
	Label                                 string
	Date                                  dateField
	Behaviours                            choiceField
	Offence                               choiceField
	Included                              choiceField
	Relationship, Standing, Source        choiceField
	Motivation                            choiceField
	Four                                  choiceField
	Narrative                             textField
	Reference                             textField // asked here when the suspect was chosen
	AskReference                          bool
	VictimGiven, VictimSurname            textField
	VictimBirth                           dateField
	VictimPhone, VictimEmail, VictimPlace textField
	VictimSex, VictimAge                  choiceField
	OpenIncluded, OpenMore                bool
}

// conductForm shows the second page of a report: what happened, and to whom.
func (c *Console) conductForm(v *visit) error {
	d := v.s.data.Draft
	if d == nil {
		return v.seeOther("/register")
	}
	f := emptyForm()
	for name, values := range d.Conduct {
		f.values[name] = values
	}
	if f.get("standing") == "" {
		f.set("standing", "REPORTED")
	}
	return v.show("conduct", c.conductView(v, f))
}

func (c *Console) conductView(v *visit, f *form) *conductView {
	d := v.s.data.Draft
	view := &conductView{
		Frame: v.page("What happened"), Label: d.Label, AskReference: d.Chosen,
		Reference:    f.text("reference", "Crime or incident reference", "Of this report, as in your force’s own system.", "govuk-input--width-20"),
		Date:         f.date("occurred", "When did it happen?", "The day it happened or began, such as 27 3 2026."),
		Behaviours:   f.choices("behaviours", "What did he do?", "Choose all that were reported, however slight.", c.words.behaviourChoices()),
		Offence:      f.choices("offence", "Recorded as", "The principal offence.", c.words.offenceChoices("Not recorded as a crime")),
		Included:     f.choices("included", "Included classifications", "Offences that the principal one stands for.", c.words.offenceChoices("")),
		Relationship: f.choices("relationship", "Suspect’s relationship to the victim", "Do not assume that they were partners.", c.words.itemChoices(refdata.Relationships, "Choose")),
		Standing:     f.choices("standing", "Where the matter stands", "", c.words.standingChoices()),
		Motivation:   f.choices("motivation", "Motivation", "", c.words.itemChoices(refdata.Motivations, "Not assessed")),
		Source: f.choices("source", "Who reported it?", "", []choice{
			{Value: "VICTIM", Title: "The victim"}, {Value: "THIRD_PARTY", Title: "Somebody else"}, {Value: "PROFESSIONAL", Title: "An officer or another agency"}, {Value: "ANONYMOUS", Title: "Anonymous"},
		}),
		Four:        f.choices("four", "Signs of stalking", "", []choice{{Value: "fixated", Title: "Fixated"}, {Value: "obsessive", Title: "Obsessive"}, {Value: "unwanted", Title: "Unwanted"}, {Value: "repeated", Title: "Repeated"}}),
		Narrative:   f.area("narrative", "What happened", "Without the victim’s name, address, telephone number or other details: they are refused here.", 5, 4000),
		VictimGiven: f.text("victim-given", "Victim’s given names", "", ""), VictimSurname: f.text("victim-surname", "Victim’s surname", "", ""),
		VictimBirth: f.date("victim-birth", "Victim’s date of birth", "It tells sisters and namesakes apart."),
		VictimPhone: f.text("victim-phone", "Victim’s telephone number", "", "govuk-input--width-20"), VictimEmail: f.text("victim-email", "Victim’s e-mail address", "", ""),
		VictimPlace: f.text("victim-postcode", "Victim’s postcode", "", "govuk-input--width-10"),
		VictimSex:   f.choices("victim-sex", "Victim’s sex", "", sexChoices),
		VictimAge: f.choices("victim-age", "Victim’s age when it began", "", []choice{
			{Value: "", Title: "Not known"}, {Value: "UNDER_18", Title: "Under 18"}, {Value: "18_TO_24", Title: "18 to 24"}, {Value: "25_TO_34", Title: "25 to 34"},
			{Value: "35_TO_49", Title: "35 to 49"}, {Value: "50_TO_64", Title: "50 to 64"}, {Value: "65_AND_OVER", Title: "65 and over"},
		}),
	}
	view.Behaviours.Columns = true
	view.Errors = f.faults
	view.OpenIncluded = f.get("included") != ""
	view.OpenMore = f.get("motivation")+f.get("four") != ""
	view.Back, view.BackText = "/register", "Back to the suspect"
	return view
}

func (w *words) behaviourChoices() []choice {
	var out []choice
	for _, b := range w.ref.Behaviours() {
		if !b.Retired {
			out = append(out, choice{Value: b.Code, Title: b.Title})
		}
	}
	return out
}

// offenceChoices are the offences; those that count crimes are left out.
func (w *words) offenceChoices(none string) []choice {
	var out []choice
	if none != "" {
		out = append(out, choice{Title: none})
	}
	for _, o := range w.ref.Offences() {
		if !o.Retired && o.Scheme != "HO" {
			out = append(out, choice{Value: o.Code, Title: o.Title})
		}
	}
	return out
}

func (w *words) itemChoices(l refdata.List, none string) []choice {
	out := []choice{{Title: none}}
	for _, i := range w.ref.Items(l) {
		if !i.Retired {
			out = append(out, choice{Value: i.Code, Title: printed(i.Title)})
		}
	}
	return out
}

func (w *words) standingChoices() []choice {
	var out []choice
	for _, s := range w.ref.Standings() {
		if !s.Retired {
			out = append(out, choice{Value: s.Code, Title: s.Title})
		}
	}
	return out
}

// takeConduct registers the report, or keeps it for later without the victim.
func (c *Console) takeConduct(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	if d := v.s.data.Draft; d == nil {
		return v.seeOther("/register")
	}
	if f.get("action") == "save" {
		err := c.change(v.r.Context(), v.s, func(k *kept) {
			k.Draft.Conduct = withoutVictim(f.values)
			k.Notice = "Kept until you sign out, without the victim and without free text."
		})
		if err != nil {
			return err
		}
		return v.seeOther("/register/conduct")
	}
	course := c.courseOf(v, f)
	if len(f.faults) > 0 {
		return v.showAs(http.StatusUnprocessableEntity, "conduct", c.conductView(v, f))
	}
	if accepted, err := c.registerReport(v, f, course); accepted || err != nil {
		return err
	}
	return v.showAs(http.StatusUnprocessableEntity, "conduct", c.conductView(v, f))
}

// courseFields are the form's fields by their place in the request.
var courseFields = []fieldPlace{
	{"course.incidents[0].reference", "reference"}, {"course.incidents[0].occur_time", "occurred-day"}, {"course.incidents[0].behaviours", "behaviours"},
	{"course.incidents[0].principal_offence", "offence"}, {"course.incidents[0].included_classifications", "included"}, {"course.incidents[0].narrative", "narrative"},
	{"course.victim.birth_date", "victim-birth-day"}, {"course.victim.phones", "victim-phone"}, {"course.victim.emails", "victim-email"}, {"course.victim.addresses", "victim-postcode"},
	{"course.victim", "victim-surname"}, {"course.relationship", "relationship"}, {"course.standing", "standing"}, {"course.motivation", "motivation"}, {"course", "narrative"}, {"check", "reference"},
}

// courseOf reads the second page.
func (c *Console) courseOf(v *visit, f *form) *registerv1.CourseOfConduct {
	d := v.s.data.Draft
	reference := d.Suspect.Get("reference")
	if d.Chosen {
		reference = f.get("reference")
	}
	if reference == "" {
		f.fault("reference", "Enter the reference of the report")
	}
	in := &registerv1.Incident{
		Reference: strings.TrimSpace(reference), Behaviours: f.values["behaviours"], PrincipalOffence: f.get("offence"), IncludedClassifications: f.values["included"],
		ReportSource: registerv1.ReportSource(registerv1.ReportSource_value["REPORT_SOURCE_"+f.get("source")]), Narrative: f.get("narrative"),
	}
	switch when := f.partialDate("occurred", "The date"); {
	case when != nil && when.GetDay() > 0:
		t := time.Date(int(when.GetYear()), time.Month(when.GetMonth()), int(when.GetDay()), 12, 0, 0, 0, uktime.London)
		switch {
		case t.Day() != int(when.GetDay()):
			f.fault("occurred-day", "The month has no such day")
		case t.After(c.now().Add(24 * time.Hour)):
			f.fault("occurred-day", "The date must not lie in the future")
		}
		in.OccurTime = timestamppb.New(t)
	default:
		f.fault("occurred-day", "Enter the day, month and year on which it happened")
	}
	if len(in.GetBehaviours()) == 0 {
		f.fault("behaviours", "Choose at least one thing that he did")
	}
	victim := &registerv1.Victim{BirthDate: f.partialDate("victim-birth", "The victim’s date of birth")}
	if f.get("victim-given")+f.get("victim-surname") == "" {
		f.fault("victim-given", "Enter the victim’s name: without it nobody can tell whether he has gone on to another victim")
	} else {
		victim.Names = []*registerv1.PersonName{{Given: f.get("victim-given"), Surname: f.get("victim-surname")}}
	}
	if s := f.get("victim-phone"); s != "" {
		victim.Phones = []string{s}
	}
	if s := f.get("victim-email"); s != "" {
		victim.Emails = []string{s}
	}
	if s := f.get("victim-postcode"); s != "" {
		victim.Addresses = []*registerv1.Address{{Postcode: s}}
	}
	k := &registerv1.CourseOfConduct{
		Victim: victim, Relationship: f.get("relationship"), Motivation: f.get("motivation"), Incidents: []*registerv1.Incident{in},
		Standing:      registerv1.Standing(registerv1.Standing_value["STANDING_"+f.get("standing")]),
		VictimSex:     registerv1.Sex(registerv1.Sex_value["SEX_"+f.get("victim-sex")]),
		VictimAgeBand: registerv1.AgeBand(registerv1.AgeBand_value["AGE_BAND_"+f.get("victim-age")]),
		Four:          &registerv1.FourIndicators{},
	}
	for _, sign := range f.values["four"] {
		switch sign {
		case "fixated":
			k.Four.Fixated = true
		case "obsessive":
			k.Four.Obsessive = true
		case "unwanted":
			k.Four.Unwanted = true
		case "repeated":
			k.Four.RepeatedConduct = true
		}
	}
	return k
}
