package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/uktime"
)

// assessmentView is one assessment of risk, with the grades given later.
type assessmentView struct {
	Address     string // of an own one
	Tool        string
	Edition     string // the version of the questionnaire, and whose own it is
	Grade, Tag  string // the grade that stands
	When, Force string
	By          string
	Course      string
	Stale       string // what came since, when it is out of date
	First       string // the assessor's grade, when another one stands
	Rationale   string
	Answers     []answerView
	Regrades    []decisionView
	Withdrawn   bool
	Version     int64
	Record      string // the nominal's page
}

type answerView struct {
	Question, Answer, Note string
	Risk                   bool // the answer speaks for risk
}

// gradeTags are the colours of grades; a grade never rests on colour alone.
var gradeTags = map[registerv1.RiskGrade]string{
	registerv1.RiskGrade_RISK_GRADE_HIGH: "govuk-tag--red", registerv1.RiskGrade_RISK_GRADE_MEDIUM: "govuk-tag--orange", registerv1.RiskGrade_RISK_GRADE_STANDARD: "govuk-tag--blue",
}

// answerWords are the answers of the scales, in the order to offer them.
var answerWords = map[string][]choice{
	"yes_no": {{Value: "YES", Title: "Yes"}, {Value: "NO", Title: "No"}, {Value: "UNKNOWN", Title: "Not known"}},
	"frequency": {
		{Value: "NEVER", Title: "Never"}, {Value: "OCCASIONALLY", Title: "Occasionally"}, {Value: "OFTEN", Title: "Often"}, {Value: "ALL_THE_TIME", Title: "All the time"}, {Value: "UNKNOWN", Title: "Not known"},
	},
	"judgement": {{Value: "YES", Title: "Yes"}, {Value: "NO", Title: "No"}, {Value: "UNKNOWN", Title: "Not known"}},
}

func riskGrade(g registerv1.RiskGrade) string { return enum("RISK_GRADE_", g.String()) }

func (c *Console) assessmentView(v *visit, a *registerv1.Assessment) assessmentView {
	out := assessmentView{
		Tool: c.words.tool(a), Grade: riskGrade(a.GetStandingGrade()), Tag: gradeTags[a.GetStandingGrade()], When: date(a.GetAssessTime().AsTime()),
		Force: c.words.force(strings.Split(a.GetName()+"//", "/")[1]), By: a.GetAssessor(), Rationale: a.GetRationale(), Version: a.GetVersion(),
		Withdrawn: a.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED,
	}
	if out.Edition = a.GetToolVersion(); a.GetWordingForce() != "" {
		out.Edition += ", " + c.words.force(strings.TrimPrefix(a.GetWordingForce(), "forces/")) + "’s own"
	}
	if ownedBy(a.GetName(), v.force()) && v.may("course.read") {
		out.Address = "/assessments/" + lastPart(a.GetName())
	}
	if a.GetStandingGrade() != a.GetGrade() {
		out.First = riskGrade(a.GetGrade())
	}
	for _, k := range a.GetAnswers() {
		one := answerView{Question: c.words.question(a, k), Answer: enum("", k.GetAnswer()), Note: k.GetNote()}
		one.Risk = slices.Contains([]string{"YES", "OFTEN", "ALL_THE_TIME"}, k.GetAnswer())
		if k.GetAnswer() == "UNKNOWN" {
			one.Answer = "Not known"
		}
		out.Answers = append(out.Answers, one)
	}
	for _, r := range a.GetRegrades() {
		out.Regrades = append(out.Regrades, decisionView{dateTime(r.GetRegradeTime().AsTime()), riskGrade(r.GetGrade()), r.GetSupervisor(), r.GetRationale()})
	}
	return out
}

// assessmentViews are the assessments of a history; the last of each course says
// when it is out of date, as the rule does.
func (c *Console) assessmentViews(v *visit, h *registerv1.History, labels map[string]string) []assessmentView {
	stale := map[string]string{}
	for _, p := range h.GetPrompts() {
		if p.GetCode() == "NO_REASSESSMENT" {
			stale[p.GetCourse()] = sentence(p.GetReason())
		}
	}
	var out []assessmentView
	for _, a := range h.GetAssessments() { // newest first
		one := c.assessmentView(v, a)
		one.Course = labels[a.GetCourse()]
		if !one.Withdrawn {
			one.Stale = stale[a.GetCourse()]
			delete(stale, a.GetCourse())
		}
		out = append(out, one)
	}
	return out
}

// asked are the questionnaires of those with which an assessment was made.
func (w *words) asked(a *registerv1.Assessment) *refdata.Questionnaires {
	return w.ref.Questionnaires(strings.TrimPrefix(a.GetWordingForce(), "forces/"))
}

func (w *words) tool(a *registerv1.Assessment) string {
	if t, ok := w.asked(a).Tool(a.GetTool()); ok {
		return t.Title
	}
	return a.GetTool()
}

// question is the question as it was put; as it reads now where nobody noted that.
func (w *words) question(a *registerv1.Assessment, answer *registerv1.AssessmentAnswer) string {
	if answer.GetWording() != "" {
		return answer.GetWording()
	}
	if q, ok := w.asked(a).Question(answer.GetQuestion()); ok {
		return q.Title
	}
	return answer.GetQuestion()
}

// questionnaires are those that the visitor's force uses.
func (v *visit) questionnaires() *refdata.Questionnaires {
	return v.c.words.ref.Questionnaires(v.s.data.Force)
}

type assessmentFormView struct {
	Frame
	Once      []choice
	Tools     []navItem
	Tool      string
	Purpose   string
	Bounds    string
	NoCourse  bool
	Course    choiceField
	Questions []choiceField
	Grade     choiceField
	Rationale textField
	Date      dateField
	Assessor  textField
}

// assessmentForm asks for an assessment about an own nominal, by one questionnaire.
func (c *Console) assessmentForm(v *visit) error {
	f := c.freshForm().set("tool", v.r.URL.Query().Get("tool")).set("assessor", v.s.data.Collar)
	today := c.now().In(uktime.London)
	f.set("assessed-day", strconv.Itoa(today.Day())).set("assessed-month", strconv.Itoa(int(today.Month()))).set("assessed-year", strconv.Itoa(today.Year()))
	return c.showAssessmentForm(v, f, http.StatusOK)
}

func (c *Console) showAssessmentForm(v *visit, f *form, status int) error {
	id := v.r.PathValue("nominal")
	courses, err := c.ownCourses(v, v.force()+"/nominals/"+id, false)
	if err != nil {
		return err
	}
	tools := v.questionnaires().Tools()
	tool := tools[0]
	if t, ok := v.questionnaires().Tool(f.get("tool")); ok {
		tool = t
	}
	f.set("tool", tool.Code)
	if len(courses) == 1 && f.get("course") == "" {
		f.set("course", courses[0].Value)
	}
	view := &assessmentFormView{
		Frame: v.page("Assess the risk"), Tool: tool.Title, Purpose: printed(tool.Purpose), NoCourse: len(courses) == 0,
		Once:   append(once(f), choice{ID: "tool", Value: tool.Code}),
		Course: f.choices("course", "Which course of conduct", "One for each victim.", courses),
		Grade: f.choices("grade", "Grade", "Your judgement, on all that you know. That there was no violence today is no ground for a low grade.", []choice{
			{Value: "STANDARD", Title: "Standard"}, {Value: "MEDIUM", Title: "Medium"}, {Value: "HIGH", Title: "High"},
		}),
		Rationale: f.area("rationale", "Why this grade", "Without the victim’s name or other details.", 4, 2000),
		Date:      f.date("assessed", "When it was made", ""),
		Assessor:  f.text("assessor", "Collar number of who made it", "", "govuk-input--width-10"),
	}
	if tool.MediumAt > 0 {
		view.Bounds = count(tool.MediumAt, "answer that speaks", "answers that speak") + " for risk show at least a medium grade, " + strconv.Itoa(tool.HighAt) + " a high one."
	}
	for _, t := range tools {
		if !t.Retired {
			view.Tools = append(view.Tools, navItem{t.Title, "/nominals/" + id + "/assessment?tool=" + t.Code, t.Code == tool.Code})
		}
	}
	for _, q := range v.questionnaires().Questions(tool.Code) {
		if !q.Retired {
			k := f.choices(questionField(q.Number), strconv.Itoa(q.Number)+". "+q.Title, "", answerWords[tool.Scale])
			k.Inline = true
			view.Questions = append(view.Questions, k)
		}
	}
	view.Back, view.BackText = "/nominals/"+id, "The record"
	view.Errors = f.faults
	return v.showAs(status, "assessmentform", view)
}

func questionField(number int) string { return "question-" + strconv.Itoa(number) }

// takeAssessment registers an assessment.
func (c *Console) takeAssessment(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	a := &registerv1.Assessment{
		Source: &registerv1.SourceKey{System: ownSystem, Reference: f.get("id"), Revision: 1}, Nominal: v.force() + "/nominals/" + v.r.PathValue("nominal"),
		Course: f.get("course"), Tool: f.get("tool"), Grade: registerv1.RiskGrade(registerv1.RiskGrade_value["RISK_GRADE_"+f.get("grade")]),
		Assessor: f.get("assessor"), Rationale: f.get("rationale"), AssessTime: c.lately(f, "assessed", "The date"),
	}
	var places []fieldPlace
	for _, q := range v.questionnaires().Questions(a.GetTool()) {
		if answer := f.get(questionField(q.Number)); answer != "" {
			places = append(places, fieldPlace{"assessment.answers[" + strconv.Itoa(len(a.GetAnswers())) + "]", questionField(q.Number)})
			a.Answers = append(a.Answers, &registerv1.AssessmentAnswer{Question: q.Code, Answer: answer})
		}
	}
	if a.GetCourse() == "" {
		f.fault("course", "Choose the course of conduct that you assess")
	}
	if a.GetGrade() == 0 {
		f.fault("grade", "Choose a grade")
	}
	if len([]rune(a.GetRationale())) < 10 {
		f.fault("rationale", "Say why, in at least 10 characters: a grade without its reason helps nobody")
	}
	if a.GetAssessor() == "" {
		f.fault("assessor", "Enter the collar number of who made it")
	}
	if len(f.faults) > 0 {
		return c.showAssessmentForm(v, f, http.StatusUnprocessableEntity)
	}
	_, err = c.assessments.RegisterAssessment(v.ctx, &registerv1.RegisterAssessmentRequest{Parent: v.force(), Assessment: a}, v.noted())
	if status := f.refused(err, append(places, fieldPlace{"assessment.course", "course"}, fieldPlace{"assessment.assess_time", "assessed-day"},
		fieldPlace{"assessment.assessor", "assessor"}, fieldPlace{"assessment.rationale", "rationale"}, fieldPlace{"assessment", "grade"})); status != 0 {
		return c.showAssessmentForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell("The assessment is recorded: " + strings.ToLower(riskGrade(a.GetGrade())) + "."); err != nil {
		return err
	}
	return v.seeOther("/nominals/" + v.r.PathValue("nominal"))
}

// lately reads a whole day on which something was done; of the day on which the
// form was opened it is that moment, so that it comes after what led to it.
func (c *Console) lately(f *form, id, what string) *timestamppb.Timestamp {
	at, opened := c.day(f, id, what, true), c.opened(f)
	if at == nil {
		return nil
	}
	day := func(t time.Time) string { return t.In(uktime.London).Format(time.DateOnly) }
	switch {
	case day(at.AsTime()) == day(opened):
		return timestamppb.New(opened)
	case at.AsTime().After(opened):
		f.fault(id+"-day", what+" must not lie in the future")
	}
	return at
}

type oneAssessmentView struct {
	Frame
	Assessment assessmentView
	MayRegrade bool
	Grade      choiceField
	Rationale  textField
}

// showAssessment shows an assessment of the own force with its answers.
func (c *Console) showAssessment(v *visit) error {
	return c.showOneAssessment(v, emptyForm(), http.StatusOK)
}

func assessmentName(v *visit) string {
	return v.force() + "/assessments/" + v.r.PathValue("assessment")
}

func (c *Console) showOneAssessment(v *visit, f *form, status int) error {
	a, err := c.assessments.GetAssessment(v.ctx, &registerv1.GetAssessmentRequest{Name: assessmentName(v)}, v.noted())
	if err != nil {
		return err
	}
	view := &oneAssessmentView{
		Frame: v.page("Assessment of risk"), Assessment: c.assessmentView(v, a),
		MayRegrade: v.may("assessment.regrade") && a.GetState() != registerv1.RecordState_RECORD_STATE_CANCELLED && (v.s.data.Collar == "" || v.s.data.Collar != a.GetAssessor()),
		Grade:      f.choices("grade", "The grade that stands from now on", "", []choice{{Value: "STANDARD", Title: "Standard"}, {Value: "MEDIUM", Title: "Medium"}, {Value: "HIGH", Title: "High"}}),
		Rationale:  f.area("rationale", "Why", "It stands beside the assessor’s own. Without the victim’s details; at least 10 characters.", 4, 2000),
	}
	if v.may("nominal.read") {
		view.Back, view.BackText = "/nominals/"+lastPart(a.GetNominal()), "The record"
	}
	view.Errors = f.faults
	view.Receipt = v.receipt()
	return v.showAs(status, "assessment", view)
}

// takeRegrade gives an assessment another grade, or confirms it, with a supervisor's reason.
func (c *Console) takeRegrade(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	grade := registerv1.RiskGrade(registerv1.RiskGrade_value["RISK_GRADE_"+f.get("grade")])
	if grade == 0 {
		f.fault("grade", "Choose a grade")
	}
	if len([]rune(f.get("rationale"))) < 10 {
		f.fault("rationale", "Say why, in at least 10 characters")
	}
	if len(f.faults) > 0 {
		return c.showOneAssessment(v, f, http.StatusUnprocessableEntity)
	}
	_, err = c.assessments.RegradeAssessment(v.ctx, &registerv1.RegradeAssessmentRequest{Name: assessmentName(v), Version: f.number("version"), Grade: grade, Rationale: f.get("rationale")}, v.noted())
	if status := f.refused(err, []fieldPlace{{"rationale", "rationale"}, {"", "grade"}}); status != 0 {
		return c.showOneAssessment(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell("Graded " + strings.ToLower(riskGrade(grade)) + ". Your reason stands beside the first grade."); err != nil {
		return err
	}
	return v.seeOther("/assessments/" + v.r.PathValue("assessment"))
}
