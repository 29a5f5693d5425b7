package console

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// questionLists are the lists of questions by the word in their address.
var questionLists = []listName{{"answer", "To answer"}, {"asked", "Waiting for others"}, {"mine", "Asked by me"}, {"all", "All"}}

type questionsView struct {
	Frame
	listed
	Questions []questionView
}

// questionView is what one force asks another about a record, and the answer.
type questionView struct {
	Address, Head string
	Tag, State    string
	Asking, Asked string
	Officer       string
	Reference     string
	When          string
	Text          string
	Answer        string
	Answered      string
	Records       []string // pages of the own records that it is about
	ToAnswer      bool     // by the reader's force
}

// showQuestions lists what the force has asked and was asked. Who answers none
// has those alone that he has asked.
func (c *Console) showQuestions(v *visit) error {
	lists := questionLists
	if !v.may("question.answer") {
		lists = lists[2:3]
	}
	view := &questionsView{Frame: v.page("Questions"), listed: v.listed("/questions", nil, lists...)}
	got, err := c.exchange.ListQuestions(v.ctx, &registerv1.ListQuestionsRequest{
		Parent: v.force(), Open: view.word == "answer" || view.word == "asked", Mine: view.word == "mine", PageSize: 100, PageToken: view.token,
	}, v.noted())
	if err != nil {
		return err
	}
	for _, q := range got.GetQuestions() {
		if put := q.GetAskedForce() == v.force(); view.word == "answer" && !put || view.word == "asked" && put {
			continue
		}
		view.Questions = append(view.Questions, c.questionView(v, q))
	}
	view.goOn(got.GetNextPageToken())
	view.Receipt = v.receipt()
	return v.show("questions", view)
}

func (c *Console) questionView(v *visit, q *registerv1.Question) questionView {
	out := questionView{
		Address: "/questions/" + lastPart(q.GetName()), Asking: c.words.force(q.GetAskingForce()), Asked: c.words.force(q.GetAskedForce()), Officer: q.GetOfficer(),
		Reference: q.GetReference(), When: dateTime(q.GetAskTime().AsTime()), Text: q.GetText(), Answer: q.GetAnswer(), Tag: "govuk-tag--orange", State: "Waits for an answer",
	}
	put := q.GetAskedForce() == v.force()
	if out.Head = "Your force asks " + out.Asked; put {
		out.Head = out.Asking + " asks your force"
	}
	if q.GetAnswerTime() != nil {
		out.Answered, out.Tag, out.State = dateTime(q.GetAnswerTime().AsTime()), "govuk-tag--green", "Answered"
	}
	out.ToAnswer = put && out.Answered == "" && v.may("question.answer")
	for _, n := range q.GetNominals() {
		if put && v.may("nominal.read") {
			out.Records = append(out.Records, "/nominals/"+lastPart(n))
		}
	}
	return out
}

type oneQuestionView struct {
	Frame
	Question questionView
	Answer   textField
}

// showQuestion shows one question with its answer.
func (c *Console) showQuestion(v *visit) error {
	return c.showOneQuestion(v, emptyForm(), http.StatusOK)
}

func questionName(v *visit) string { return v.force() + "/questions/" + v.r.PathValue("question") }

func (c *Console) showOneQuestion(v *visit, f *form, status int) error {
	q, err := c.exchange.GetQuestion(v.ctx, &registerv1.GetQuestionRequest{Name: questionName(v)}, v.noted())
	if err != nil {
		return err
	}
	view := &oneQuestionView{Frame: v.page("Question"), Question: c.questionView(v, q), Answer: f.area("answer", "Your answer", "Without a victim’s name or other details.", 6, 8000)}
	view.Title = view.Question.Head
	if v.may("question.list") {
		view.Back, view.BackText = "/questions", "All questions"
	}
	view.Errors = f.faults
	view.Receipt = v.receipt()
	return v.showAs(status, "question", view)
}

// takeAnswer answers a question that was put to the force.
func (c *Console) takeAnswer(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	if len([]rune(f.get("answer"))) < 2 {
		f.fault("answer", "Enter the answer")
		return c.showOneQuestion(v, f, http.StatusUnprocessableEntity)
	}
	q, err := c.exchange.AnswerQuestion(v.ctx, &registerv1.AnswerQuestionRequest{Name: questionName(v), Text: f.get("answer")}, v.noted())
	if status := f.refused(err, []fieldPlace{{"", "answer"}}); status != 0 {
		return c.showOneQuestion(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell(c.words.force(q.GetAskingForce()) + " has your answer, and is recorded as its recipient."); err != nil {
		return err
	}
	return v.seeOther("/questions/" + v.r.PathValue("question"))
}

// basisShape is what a question or a subscription can hang on.
var basisShape = regexp.MustCompile(`^(forces/[0-9]{2}/(alerts|links|nominals)|searches/[0-9a-f-]{36}/candidates)/[0-9a-f-]{1,36}$`)

// basisPage is the page of what something hangs on; empty when it hangs on nothing.
func basisPage(basis string) string {
	if !basisShape.MatchString(basis) {
		return ""
	}
	if _, rest, own := strings.Cut(strings.TrimPrefix(basis, "forces/"), "/"); strings.HasPrefix(basis, "forces/") && own {
		if strings.HasPrefix(rest, "alerts/") {
			return "/alerts"
		}
		return "/" + rest
	}
	return "/" + basis
}

type askView struct {
	Frame
	Basis, Force, Code string
	Text, Reference    textField
}

// askForm asks for a question to the owner of a record. The address holds what
// was shown to the asker, by its id, and the force.
func (c *Console) askForm(v *visit) error {
	q := v.r.URL.Query()
	f := emptyForm().set("basis", q.Get("basis")).set("force", q.Get("force")).set("reference", v.s.data.Case.Reference)
	return c.showAskForm(v, f, http.StatusOK)
}

func (c *Console) showAskForm(v *visit, f *form, status int) error {
	page := basisPage(f.get("basis"))
	force, ok := c.words.ref.Force(f.get("force"))
	if page == "" || !ok {
		c.problem(v.w, v.s, http.StatusNotFound, problemView{Heading: "There is nothing here to ask about", Paragraphs: []string{"Ask from the page of a person, a link or an alert."}})
		return nil
	}
	view := &askView{
		Frame: v.page("Ask " + force.Name), Basis: f.get("basis"), Force: force.Name, Code: force.Code,
		Text:      f.area("text", "Your question", "Without a victim’s name or other details. At least 10 characters.", 5, 4000),
		Reference: f.text("reference", "Crime or incident reference", "Of your own matter. It may be left empty.", "govuk-input--width-20"),
	}
	view.Back, view.BackText = page, "Back"
	view.Errors = f.faults
	return v.showAs(status, "ask", view)
}

// takeQuestion puts a question to the owner of a record.
func (c *Console) takeQuestion(v *visit) error {
	f, err := readForm(v.r)
	if err != nil {
		return err
	}
	if len([]rune(f.get("text"))) < 10 {
		f.fault("text", "Enter your question, in at least 10 characters")
		return c.showAskForm(v, f, http.StatusUnprocessableEntity)
	}
	q, err := c.exchange.AskOwner(v.ctx, &registerv1.AskOwnerRequest{
		Parent: v.force(), Basis: f.get("basis"), AskedForce: "forces/" + f.get("force"), Text: f.get("text"), Reference: f.get("reference"),
	}, v.noted())
	if status := f.refused(err, []fieldPlace{{"reference", "reference"}, {"", "text"}}); status != 0 {
		return c.showAskForm(v, f, status)
	}
	if err != nil {
		return err
	}
	if err := v.tell(c.words.force(q.GetAskedForce()) + " is told that you ask. If it cannot wait, telephone."); err != nil {
		return err
	}
	return v.seeOther("/questions/" + lastPart(q.GetName()))
}

// asking gives other forces' contacts the page on which they are asked about
// what the reader was shown.
func (v *visit) asking(shown []contactView, basis string) {
	for i := range shown {
		if code := shown[i].Code; v.may("question.ask") && code != "" && "forces/"+code != v.force() {
			shown[i].Ask = askPage(basis, code)
		}
	}
}

func askPage(basis, force string) string {
	return "/ask?" + url.Values{"basis": {basis}, "force": {strings.TrimPrefix(force, "forces/")}}.Encode()
}
