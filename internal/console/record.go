package console

import (
	"slices"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/console/picture"
)

// recordView is what is recorded of the person of an own record, as far as the
// reader may see it.
type recordView struct {
	History     *historyView // nil for who may read the own records alone
	Notices     []string
	Pattern     patternView // in short what he is known to have done
	Unconfirmed bool
	Courses     []courseView
	Measures    []measureView
	Breaches    []breachView
	Assessments []assessmentView
	Plans       []planView
	Timeline    picture.Timeline
	HasTimeline bool
}

// recordOf reads what is recorded: of all forces, or of the own force alone for
// who may not read a history. It is nil for who may read neither.
func (c *Console) recordOf(v *visit, name string) (*recordView, error) {
	switch {
	case v.may("history.read"):
		h, err := c.histories.GetHistory(v.ctx, &registerv1.GetHistoryRequest{Name: name}, v.noted())
		if err != nil {
			return nil, err
		}
		return c.recordView(v, lastPart(name), h), nil
	case v.may("course.list"):
		h, err := c.ownHistory(v, name)
		if err != nil {
			return nil, err
		}
		out := c.recordView(v, lastPart(name), h)
		out.History = nil
		return out, nil
	}
	return nil, nil //nolint:nilnil // nothing may be read
}

// ownHistory reads what the own force has recorded on one record.
func (c *Console) ownHistory(v *visit, name string) (*registerv1.NominalHistory, error) {
	out := &registerv1.NominalHistory{History: &registerv1.History{}}
	courses, err := c.conduct.ListCourses(v.ctx, &registerv1.ListCoursesRequest{Parent: name}, v.noted())
	if err != nil {
		return nil, err
	}
	out.Courses = courses.GetCourses()
	measures, err := c.measures.ListMeasures(v.ctx, &registerv1.ListMeasuresRequest{Parent: name}, v.noted())
	if err != nil {
		return nil, err
	}
	out.History.Measures = measures.GetMeasures()
	breaches, err := c.measures.ListBreaches(v.ctx, &registerv1.ListBreachesRequest{Parent: name}, v.noted())
	if err != nil {
		return nil, err
	}
	out.History.Breaches = breaches.GetBreaches()
	assessments, err := c.assessments.ListAssessments(v.ctx, &registerv1.ListAssessmentsRequest{Parent: name}, v.noted())
	if err != nil {
		return nil, err
	}
	out.History.Assessments = assessments.GetAssessments()
	plans, err := c.assessments.ListPlans(v.ctx, &registerv1.ListPlansRequest{Parent: name}, v.noted())
	if err != nil {
		return nil, err
	}
	out.History.Plans = plans.GetPlans()
	return out, nil
}

func (c *Console) recordView(v *visit, id string, h *registerv1.NominalHistory) *recordView {
	k := h.GetHistory()
	out := &recordView{History: c.words.history(k, c.now()), Unconfirmed: h.GetUnconfirmed(), Courses: c.words.courses(h.GetCourses())}
	var records []*registerv1.ForceRecords
	for _, n := range h.GetNominals() {
		force := strings.Join(strings.Split(n.GetName(), "/")[:2], "/")
		if !slices.ContainsFunc(records, func(r *registerv1.ForceRecords) bool { return r.GetForce() == force }) {
			records = append(records, &registerv1.ForceRecords{Force: force})
		}
	}
	out.Pattern = c.words.pattern(h.GetPattern(), records)
	for _, n := range h.GetNotices() {
		out.Notices = append(out.Notices, sentence(n.GetMessage()))
	}
	for _, m := range k.GetMeasures() {
		one := c.measureView(v, m)
		one.Folded = out.History.binds(m.GetName())
		out.Measures = append(out.Measures, one)
	}
	out.Breaches = c.words.breaches(k.GetBreaches(), k.GetMeasures())
	labels := c.words.courseLabels(h.GetCourses())
	out.Assessments = c.assessmentViews(v, k, labels)
	for _, p := range k.GetPlans() {
		out.Plans = append(out.Plans, c.planView(v, p, labels))
	}
	for i, k := range h.GetCourses() {
		if k.GetOffer() != "" && ownedBy(k.GetOffer(), v.force()) && v.may("transfer.read") {
			out.Courses[i].Offer = "/transfers/" + lastPart(k.GetOffer())
		}
	}
	out.Timeline, out.HasTimeline = c.words.timeline(h.GetCourses(), c.words.measureLanes(k.GetMeasures(), k.GetBreaches(), c.now()))
	if v.may("course.register") && out.History != nil {
		leadOn(out.History.Prompts, k.GetPrompts(), v.force(), "/nominals/"+id)
	}
	return out
}

// answering are the pages on which what a prompt asks for is recorded.
var answering = map[string]struct{ page, text string }{
	"NO_ASSESSMENT":          {"/assessment", "Assess the risk"},
	"NO_REASSESSMENT":        {"/assessment", "Assess the risk afresh"},
	"NO_PLAN":                {"/plan", "Make a safety plan"},
	"MEASURE_NOT_CONSIDERED": {"/measure", "Record a measure"},
	"MEASURE_ENDING":         {"/measure", "Record a measure"},
	"MEASURE_ENDED":          {"/measure", "Record a measure"},
}

// leadOn gives the prompts of a force the page on which it can do what they ask.
func leadOn(shown []promptView, prompts []*registerv1.Prompt, force, record string) {
	for i, p := range prompts {
		if to, ok := answering[p.GetCode()]; ok && p.GetForce() == force {
			shown[i].Lead, shown[i].LeadText = record+to.page, to.text
		}
	}
}

// courseLabels are the courses' labels by resource name.
func (w *words) courseLabels(courses []*registerv1.CourseOfConduct) map[string]string {
	out := map[string]string{}
	for i, k := range courses {
		out[k.GetName()] = w.courseLabel(i, k)
	}
	return out
}

// ownCourses reads the courses of conduct of an own record that stand, for a
// form in which one is chosen; those that are offered to another force are left out
// of the form by which one is.
func (c *Console) ownCourses(v *visit, name string, offering bool) ([]choice, error) {
	var courses []*registerv1.CourseOfConduct
	if v.may("history.read") {
		h, err := c.histories.GetHistory(v.ctx, &registerv1.GetHistoryRequest{Name: name}, v.noted())
		if err != nil {
			return nil, err
		}
		courses = h.GetCourses()
	} else {
		got, err := c.conduct.ListCourses(v.ctx, &registerv1.ListCoursesRequest{Parent: name}, v.noted())
		if err != nil {
			return nil, err
		}
		courses = got.GetCourses()
	}
	var out []choice
	for i, k := range courses {
		if k.GetNominal() == name && k.GetState() == registerv1.RecordState_RECORD_STATE_ACTIVE && (!offering || k.GetOffer() == "") {
			out = append(out, choice{Value: k.GetName(), Title: c.words.courseChoice(i, k)})
		}
	}
	return out, nil
}

// courseChoice tells a course from others without its victim: since when it
// goes on beside its label.
func (w *words) courseChoice(i int, k *registerv1.CourseOfConduct) string {
	title := w.courseLabel(i, k)
	if n := len(k.GetIncidents()); n > 0 {
		last := slices.MaxFunc(k.GetIncidents(), func(a, b *registerv1.Incident) int {
			return a.GetOccurTime().AsTime().Compare(b.GetOccurTime().AsTime())
		})
		title += ", " + count(n, "incident", "incidents") + ", the last on " + date(last.GetOccurTime().AsTime())
	}
	return title
}

// ownedBy reports whether a record is a force's, by its name.
func ownedBy(name, force string) bool { return strings.HasPrefix(name, force+"/") }
