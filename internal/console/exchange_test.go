package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// query are the values of an address on a page, as a form sends them.
func query(t *testing.T, text, pattern string) (address string, values url.Values) {
	t.Helper()
	u, err := url.Parse(html.UnescapeString(firstLink(t, text, pattern)))
	if err != nil {
		t.Fatal(err)
	}
	return u.RequestURI(), u.Query()
}

// A force asks the owner of what its search found, and is answered; it asks to be
// told of him, and is.
func TestAskTheOwnerAndWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := w.register("33", "A1", "Calum", "Thackery", "FOLLOWING", "THREATS_TO_KILL")
	officer := w.as("investigator-10")
	found := officer.post("/search", asking("given", "Calum", "surname", "Thackary", "birth-year", "1987")).must(t, http.StatusOK, "Ask a question")
	person := officer.get(firstLink(t, found.text, `/searches/[0-9a-f-]+/candidates/1`)).must(t, http.StatusOK, "Ask a question", "Tell us when another force registers him").mustNot(t, "stalking protection order</a>")

	address, form := query(t, person.text, `/ask\?[^"]+`)
	officer.get(address).must(t, http.StatusOK, "Ask Leicestershire", `value="33/1234/26"`)
	officer.post("/ask", form).must(t, http.StatusUnprocessableEntity, `href="#text"`)
	form.Set("text", "Is he known to carry a knife <b>now</b>?")
	form.Set("reference", "10/55/26")
	asked := officer.post("/ask", form).must(t, http.StatusOK, "Your force asks Leicestershire", "Waits for an answer", "is told that you ask", "&lt;b&gt;now")
	officer.get("/questions").must(t, http.StatusOK, "Asked by me", "carry a knife").mustNot(t, "To answer")
	for _, bad := range []string{"/ask", "/ask?basis=forces/33/alerts/x&force=33", "/ask?basis=//evil.example/&force=33", "/ask?basis=forces/33/nominals/1&force=00", "/subscribe?basis=javascript:1"} {
		officer.get(bad).must(t, http.StatusNotFound).mustNot(t, "evil", "javascript:")
	}
	form.Set("force", "43")
	officer.post("/ask", form).must(t, http.StatusUnprocessableEntity, "Owns nothing of what you have been shown")

	// The owner is alerted, reads and answers; what is answered twice changes nothing.
	spoc := w.as("spoc-33")
	alert := spoc.get("/alerts").must(t, http.StatusOK, "A question to your force, Northumbria", "Open the question")
	at := firstLink(t, alert.text, `/questions/[0-9a-f-]{36}`)
	spoc.get("/questions").must(t, http.StatusOK, "To answer", "Northumbria asks your force", "10/55/26")
	spoc.get("/questions?list=asked").must(t, http.StatusOK, "There are none")
	spoc.get(at).must(t, http.StatusOK, "Your answer is a disclosure to Northumbria", `href="/nominals/`+name[strings.LastIndex(name, "/")+1:])
	spoc.post(at, url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#answer"`)
	spoc.post(at, url.Values{"answer": {"He was seen with one twice."}}).must(t, http.StatusOK, "Northumbria has your answer", "The answer").mustNot(t, "Your answer is a disclosure")
	spoc.post(at, url.Values{"answer": {"Once more."}}).must(t, http.StatusConflict, "has been answered")
	officer.get(asked.Request.URL.Path).must(t, http.StatusOK, "He was seen with one twice.", "Answered")
	w.as("spoc-10").get("/alerts").must(t, http.StatusOK, "Your question is answered, Leicestershire")
	w.as("investigator-33").get(at).must(t, http.StatusOK).mustNot(t, "Your answer is a disclosure")
	w.as("investigator-33").post(at, url.Values{"answer": {"It is not for me."}}).must(t, http.StatusForbidden)
	w.as("investigator-33").get("/questions").must(t, http.StatusOK, "There are none")
	w.as("spoc-43").get(at).must(t, http.StatusNotFound)

	// An investigator asks to be told of reports, a single point of contact of searches too.
	address, form = query(t, person.text, `/subscribe\?[^"]+`)
	officer.get(address).must(t, http.StatusOK, "Tell us when another force registers him</h1>", "90 days").mustNot(t, "another force searches")
	officer.post("/subscribe", form).must(t, http.StatusUnprocessableEntity, `href="#reason"`)
	form.Set("reason", "A victim of ours was with him.")
	form.Set("searches", "yes")
	officer.post("/subscribe", form).must(t, http.StatusForbidden)
	form.Del("searches")
	officer.post("/subscribe", form).must(t, http.StatusOK, "Your force is told", "A victim of ours was with him.", "Found by a search")
	own := "/subscribe?basis=" + url.QueryEscape(name)
	spoc.get(own).must(t, http.StatusOK, "another force searches for this person")
	watched := spoc.post("/subscribe", url.Values{"basis": {name}, "reason": {"He may be moving away."}, "days": {"30"}, "searches": {"yes"}}).must(t, http.StatusOK, "and of searches", "Your force’s record")
	w.as("investigator-43").post("/search", asking("given", "Calum", "surname", "Thackery", "birth-year", "1987")).must(t, http.StatusOK, "found")
	spoc.get("/alerts").must(t, http.StatusOK, "Searched for elsewhere: you asked to be told, Thames Valley").mustNot(t, "investigator-43")
	spoc.post(firstLink(t, watched.text, `/subscriptions/[0-9a-f-]+/end`), url.Values{}).must(t, http.StatusOK, "Ended.", "There is nobody")
	officer.get("/subscriptions").must(t, http.StatusOK, "A victim of ours was with him.")
	w.register("43", "C1", "Calum", "Thackery", "CONTACT")
	w.as("spoc-10").get("/alerts").must(t, http.StatusOK, "Registered elsewhere: you asked to be told, Thames Valley")
}

// A pack of evidence is a document of its own, for a named recipient.
func TestEvidencePack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := w.register("33", "A1", "Calum", "Thackery", "FOLLOWING", "THREATS_TO_KILL")
	record := "/nominals/" + name[strings.LastIndex(name, "/")+1:]
	spoc := w.as("spoc-33")
	spoc.get(record).must(t, http.StatusOK, `href="`+record+`/pack"`)
	spoc.get(record+"/pack").must(t, http.StatusOK, "To whom it goes", "legal services")
	spoc.post(record+"/pack", url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#kind"`, `href="#recipient"`, `href="#reference"`)
	pack := spoc.post(record+"/pack", url.Values{"kind": {"COURT"}, "recipient": {"Leicester <i>Magistrates</i>"}, "reference": {"SPO/33/7"}}).must(t, http.StatusOK,
		"OFFICIAL-SENSITIVE", "Evidence pack: stalking protection order", "SPO/33/7", "Leicester &lt;i&gt;Magistrates", "Calum Thackery", "An allegation is not a conviction", "<td>1 of 1 course</td>")
	pack.mustNot(t, "<script", "Wilhelmina", "Canary")
	policy := pack.Header.Get("Content-Security-Policy")
	if !regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; base-uri 'none'`).MatchString(policy) || strings.Contains(policy, "unsafe") {
		t.Errorf("policy of the pack: %s", policy)
	}
	if got := pack.Header.Get("Content-Disposition"); !strings.Contains(got, "evidence-pack.html") {
		t.Errorf("disposition %q", got)
	}
	spoc.get(record).must(t, http.StatusOK, "The evidence pack was made for Leicester", "of the access log")
	// Professional standards see that it was made.
	w.as("psd-33").post("/log", url.Values{"purpose": {"SELF_MONITORING"}, "reference": {"PSD/1"}, "show": {"list"}}).must(t, http.StatusOK, "Made a pack of evidence")
	officer := w.as("investigator-33")
	officer.get(record).must(t, http.StatusOK).mustNot(t, record+"/pack")
	officer.get(record+"/pack").must(t, http.StatusForbidden)
	officer.post(record+"/pack", url.Values{"kind": {"COURT"}, "recipient": {"Somebody"}, "reference": {"SPO/1"}}).must(t, http.StatusForbidden)
	w.as("spoc-10").post(record+"/pack", url.Values{"kind": {"COURT"}, "recipient": {"Somebody"}, "reference": {"SPO/1"}}).must(t, http.StatusNotFound)
}
