package console

import (
	"fmt"
	"slices"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/console/picture"
	"github.com/perpetrator-register/register/internal/refdata"
)

type detailView struct {
	Frame
	Candidate   candidateView
	Notices     []string
	History     *historyView
	Nominals    []nominalView
	Courses     []courseView
	Assessments []assessmentView
	Plans       []planView
	Timeline    picture.Timeline
	HasTimeline bool
	Duties      []dutyView
	Subscribe   string // where one asks to be told of him
	Printed     string
}

// showCandidate opens the detail of a person found.
func (c *Console) showCandidate(v *visit) error {
	name := "searches/" + v.r.PathValue("search") + "/candidates/" + v.r.PathValue("candidate")
	d, err := c.searches.GetCandidate(v.ctx, &registerv1.GetCandidateRequest{Name: name}, v.noted())
	if err != nil {
		return err
	}
	view := &detailView{Frame: v.page("Person"), Candidate: c.candidateView(d.GetCandidate(), true), Printed: dateTime(c.now())}
	view.Back, view.BackText = "/searches/"+v.r.PathValue("search"), "Back to the search"
	view.Title = view.Candidate.Name
	for _, n := range d.GetNotices() {
		view.Notices = append(view.Notices, sentence(n.GetMessage()))
	}
	view.History = c.words.history(d.GetHistory(), c.now())
	for _, n := range d.GetNominals() {
		one := c.words.nominal(n)
		if own, id, ok := strings.Cut(n.GetName(), "/nominals/"); ok && own == v.force() && v.may("course.register") {
			one.Report, one.Open = "/register/for/"+id, "/nominals/"+id
			if v.may("history.export") {
				one.Pack = one.Open + "/pack"
			}
			leadOn(view.History.prompts(), d.GetHistory().GetPrompts(), v.force(), one.Open)
			on, err := c.dutiesOn(v, n.GetName())
			if err != nil {
				return err
			}
			view.Duties = append(view.Duties, on...)
		}
		view.Nominals = append(view.Nominals, one)
	}
	view.Courses = c.words.courses(d.GetCourses())
	view.Timeline, view.HasTimeline = c.words.timeline(d.GetCourses(), c.words.measureLanes(d.GetHistory().GetMeasures(), d.GetHistory().GetBreaches(), c.now()))
	labels := c.words.courseLabels(d.GetCourses())
	view.Assessments = c.assessmentViews(v, d.GetHistory(), labels)
	for _, p := range d.GetHistory().GetPlans() {
		view.Plans = append(view.Plans, c.planView(v, p, labels))
	}
	v.asking(view.Candidate.Contacts, name)
	if v.may("subscription.create") {
		view.Subscribe = subscribePage(name)
	}
	view.Receipt = v.receipt()
	return v.show("person", view)
}

// nominalView is one force's record of a person.
type nominalView struct {
	Force, Names, Others string
	Facts                []asked
	Description          string
	Police               bool
	Updated              string
	Report               string // where a report on it is begun; own records alone
	Pack                 string // where a pack of evidence is made of it
	Open                 string // its page, where it is shown among others; own records alone
}

func (w *words) nominal(n *registerv1.Nominal) nominalView {
	out := nominalView{
		Force: w.force(strings.Split(n.GetName()+"//", "/")[1]), Description: n.GetDescription(), Police: n.GetPoliceSuspect(), Updated: date(n.GetUpdateTime().AsTime()),
	}
	for i, p := range n.GetNames() {
		if i == 0 {
			out.Names = personName(p)
			continue
		}
		also := personName(p)
		switch kind := enum("NAME_KIND_", p.GetKind().String()); {
		case p.GetKind() == registerv1.NameKind_NAME_KIND_FORMER:
			also += " (former name)"
		case kind != "" && kind != "Primary":
			also += " (" + strings.ToLower(kind) + ")"
		}
		if out.Others != "" {
			out.Others += ", "
		}
		out.Others += also
	}
	add := func(what, value string) {
		if value != "" {
			out.Facts = append(out.Facts, asked{what, value})
		}
	}
	add("Also known as", out.Others)
	var births []string
	for _, b := range n.GetBirthDates() {
		births = append(births, partialDate(b))
	}
	add("Born", strings.Join(births, "; "))
	add("Sex", enum("SEX_", n.GetSex().String()))
	for _, i := range n.GetIdentifiers() {
		value := i.GetValue()
		if i.GetPlatform() != "" {
			value += " on " + sentenceCase(i.GetPlatform())
		}
		if i.GetUnverified() {
			value += " (not verified)"
		}
		add(identifierTitle(i.GetKind()), value)
	}
	for _, a := range n.GetAddresses() {
		add("Address", strings.Join(append(slices.Clone(a.GetLines()), a.GetPostcode()), ", "))
	}
	return out
}

// standingTags are the colours of standings: red for what is proved, grey for what was
// ended. A standing never rests on colour alone.
var standingTags = map[registerv1.Standing]string{
	registerv1.Standing_STANDING_CONVICTED: "govuk-tag--red", registerv1.Standing_STANDING_NO_FURTHER_ACTION: "govuk-tag--grey",
	registerv1.Standing_STANDING_ACQUITTED: "govuk-tag--grey", registerv1.Standing_STANDING_CANCELLED: "govuk-tag--grey",
}

// victim says what is known of a victim who is not named, of what is known.
func victim(parts ...string) string {
	return series(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// courseView is one course of conduct, without its victim.
type courseView struct {
	Label, Force  string
	Standing, Tag string
	Facts         []asked
	Summary       string
	Incidents     []incidentView
	Offer         string // the offer of it to another force
}

type incidentView struct {
	When, Reported, Behaviours, Reference, Offence, Included, Source, Grade, Narrative string
	Threat                                                                             bool
}

func (w *words) courseLabel(i int, k *registerv1.CourseOfConduct) string {
	label := fmt.Sprintf("%d: %s", i+1, w.force(strings.Split(k.GetName()+"//", "/")[1]))
	if r := w.item(refdata.Relationships, k.GetRelationship()); r != "" {
		label += ", " + strings.ToLower(r)
	}
	return label
}

func (w *words) courses(courses []*registerv1.CourseOfConduct) []courseView {
	var out []courseView
	for i, k := range courses {
		v := courseView{Label: w.courseLabel(i, k), Force: w.force(strings.Split(k.GetName()+"//", "/")[1]), Summary: k.GetSummary()}
		add := func(what, value string) {
			if value != "" {
				v.Facts = append(v.Facts, asked{what, value})
			}
		}
		v.Standing, v.Tag = w.standing(k.GetStanding()), standingTags[k.GetStanding()]
		add("Victim", victim(w.item(refdata.Relationships, k.GetRelationship()), enum("SEX_", k.GetVictimSex().String()), ageBand(k.GetVictimAgeBand())))
		if n := k.GetAssociatedVictimCount(); n > 0 {
			add("Others harmed", fmt.Sprint(n))
		}
		add("Motivation", w.item(refdata.Motivations, k.GetMotivation()))
		add("Signs", four(k.GetFour()))
		if k.GetState() == registerv1.RecordState_RECORD_STATE_TRANSFERRED {
			add("Taken over", "By "+w.force(strings.Split(k.GetTransferredTo()+"//", "/")[1]))
		}
		var owners []string
		for _, o := range k.GetOwners() {
			owners = append(owners, w.force(o.GetForce())+" since "+date(o.GetSinceTime().AsTime()))
		}
		add("Owners", strings.Join(owners, "; "))
		incidents := slices.Clone(k.GetIncidents())
		slices.SortFunc(incidents, func(a, b *registerv1.Incident) int {
			return b.GetOccurTime().AsTime().Compare(a.GetOccurTime().AsTime())
		})
		for _, in := range incidents {
			v.Incidents = append(v.Incidents, w.incident(in))
		}
		out = append(out, v)
	}
	return out
}

func (w *words) incident(in *registerv1.Incident) incidentView {
	out := incidentView{
		When: date(in.GetOccurTime().AsTime()), Narrative: in.GetNarrative(), Offence: w.offence(in.GetPrincipalOffence()),
		Included: w.offences(in.GetIncludedClassifications()), Source: enum("REPORT_SOURCE_", in.GetReportSource().String()),
		Reference: in.GetReference(), Threat: w.kind(in) == picture.Threat,
	}
	if in.GetReportTime() != nil {
		out.Reported = date(in.GetReportTime().AsTime())
	}
	var behaviours []string
	for _, b := range in.GetBehaviours() {
		behaviours = append(behaviours, w.behaviour(b))
	}
	out.Behaviours = series(behaviours, ", ")
	if g := in.GetGrade(); g != nil {
		out.Grade = grading(g)
	}
	return out
}

// grading is a 3x5x2 grade of intelligence with what it says.
func grading(g *registerv1.IntelligenceGrade) string {
	source := map[int32]string{1: "reliable source", 2: "untested source", 3: "source not reliable"}[g.GetSource()]
	known := map[string]string{"A": "known directly", "B": "known indirectly and corroborated", "C": "known indirectly", "D": "not known", "E": "suspected false"}[g.GetAssessment()]
	if g.GetHandling() == "C" {
		known += ", to be handled with conditions"
	}
	return fmt.Sprintf("%d%s%s: %s, %s", g.GetSource(), g.GetAssessment(), g.GetHandling(), source, known)
}

func ageBand(a registerv1.AgeBand) string {
	switch a {
	case registerv1.AgeBand_AGE_BAND_UNSPECIFIED:
		return ""
	case registerv1.AgeBand_AGE_BAND_UNDER_18:
		return "under 18"
	case registerv1.AgeBand_AGE_BAND_65_AND_OVER:
		return "65 and over"
	default:
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(a.String(), "AGE_BAND_"), "_", " "))
}

func four(f *registerv1.FourIndicators) string {
	var out []string
	for _, x := range []struct {
		is   bool
		word string
	}{{f.GetFixated(), "fixated"}, {f.GetObsessive(), "obsessive"}, {f.GetUnwanted(), "unwanted"}, {f.GetRepeatedConduct(), "repeated"}} {
		if x.is {
			out = append(out, x.word)
		}
	}
	return sentenceCase(strings.Join(out, ", "))
}

// kind is what an incident's mark shows: the gravest of its behaviours.
func (w *words) kind(in *registerv1.Incident) picture.Kind {
	rank := map[picture.Kind]int{picture.Other: 0, picture.Contact: 1, picture.Presence: 2, picture.Threat: 3}
	kind := picture.Other
	for _, b := range in.GetBehaviours() {
		if k := w.behaviourKind(b); rank[k] > rank[kind] {
			kind = k
		}
	}
	return kind
}

func (w *words) behaviourKind(code string) picture.Kind {
	switch code {
	case "FOLLOWING", "LOITERING", "WATCHING", "ATTENDING_HOME", "ATTENDING_WORKPLACE", "PROPERTY", "UNWANTED_GIFTS":
		return picture.Presence
	case "CONTACT", "PUBLISHING", "MONITORING", "THIRD_PARTY_CONTACT", "INTIMATE_IMAGES", "TRACKING", "HACKING", "HIDDEN_CAMERAS":
		return picture.Contact
	}
	if b, ok := w.ref.Behaviour(code); ok && len(b.Warnings) > 0 {
		return picture.Threat
	}
	return picture.Other
}

func (w *words) timeline(courses []*registerv1.CourseOfConduct, measures []picture.Lane) (picture.Timeline, bool) {
	var lanes []picture.Lane
	for i, k := range courses {
		l := picture.Lane{Label: w.courseLabel(i, k)}
		for _, in := range k.GetIncidents() {
			l.Incidents = append(l.Incidents, picture.Incident{Time: in.GetOccurTime().AsTime(), Kind: w.kind(in)})
		}
		lanes = append(lanes, l)
	}
	return picture.NewTimeline("Incidents over time, one lane for each course of conduct and each measure", append(lanes, measures...))
}
