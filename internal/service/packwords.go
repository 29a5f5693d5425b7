package service

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/uktime"
)

// packWords writes codes, dates and forces as whoever reads a pack on paper knows
// them: it goes to people who have never seen the register.
type packWords struct{ ref *refdata.Set }

// printed is a time as it is printed, in London; "not recorded" without one.
func printed(t *timestamppb.Timestamp, layout string) string {
	if t == nil {
		return "not recorded"
	}
	return t.AsTime().In(uktime.London).Format(layout)
}

// happenedAt is when something happened. Who knows the day alone sends its midnight or its
// noon: an hour that nobody has said is not printed for a court.
func happenedAt(t *timestamppb.Timestamp) string {
	local := t.AsTime().In(uktime.London).Format(time.TimeOnly)
	if local == "00:00:00" || local == "12:00:00" || t.AsTime().Format(time.TimeOnly) == "00:00:00" {
		return printed(t, "2 January 2006")
	}
	return printed(t, "2 January 2006, 15:04")
}

// born is a date of which parts may be unknown.
func (w packWords) born(d *registerv1.PartialDate) string {
	switch {
	case d.GetMonth() == 0:
		return fmt.Sprint(d.GetYear())
	case d.GetDay() == 0:
		return fmt.Sprintf("%s %d", time.Month(d.GetMonth()), d.GetYear())
	}
	return fmt.Sprintf("%d %s %d", d.GetDay(), time.Month(d.GetMonth()), d.GetYear())
}

// month writes "2023-04" as April 2023.
func (w packWords) month(s string) string {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return s
	}
	return t.Format("January 2006")
}

// force is a force's name.
func (w packWords) force(name string) string {
	code := strings.TrimPrefix(name, "forces/")
	if f, ok := w.ref.Force(code); ok {
		return f.Name
	}
	return code
}

// title is what the reference data calls a code; of one that no list has, or an
// enum's value, its own words.
func (w packWords) title(code any) string {
	text, ok := code.(string)
	if !ok {
		if named, is := code.(interface{ String() string }); is {
			text = named.String()
		}
	}
	if text == "OTHER" { // several lists have one of their own
		return "Other"
	}
	if t := w.listed(text); t != "" {
		return t
	}
	for _, prefix := range []string{"STANDING_", "MEASURE_STATUS_", "RISK_GRADE_", "TIMELINE_KIND_", "SERIAL_TIER_"} {
		text = strings.TrimPrefix(text, prefix)
	}
	text = strings.ToLower(strings.ReplaceAll(text, "_", " "))
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// tool is what a tool is called by whoever made the assessment.
func (w packWords) tool(a *registerv1.Assessment) string {
	if x, ok := w.ref.Questionnaires(call.ForceCode(a.GetWordingForce())).Tool(a.GetTool()); ok {
		return x.Title
	}
	return w.title(a.GetTool())
}

// listed looks a code up in the lists; empty when none has it.
func (w packWords) listed(code string) string {
	if x, ok := w.ref.Behaviour(code); ok {
		return x.Title
	}
	if x, ok := w.ref.Offence(code); ok {
		return x.Title
	}
	if x, ok := w.ref.Measure(code); ok {
		return x.Title
	}
	if x, ok := w.ref.Condition(code); ok {
		return x.Title
	}
	if x, ok := w.ref.Action(code); ok {
		return x.Title
	}
	if x, ok := w.ref.Standing(strings.TrimPrefix(code, "STANDING_")); ok {
		return x.Title
	}
	if x, ok := w.ref.Questionnaires("").Tool(code); ok {
		return x.Title
	}
	for _, l := range refdata.PlainLists() {
		if x, ok := w.ref.Item(l, code); ok && l != refdata.Sexes && l != refdata.Sources && l != refdata.Handlings {
			return x.Title
		}
	}
	return ""
}

func (w packWords) titles(codes []string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = w.title(c)
	}
	return strings.Join(out, ", ")
}
