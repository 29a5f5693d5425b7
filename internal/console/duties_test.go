package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// A measure is recorded and breached; that nobody acts becomes a duty, which
// one person cannot close for a reason.
func TestMeasureBreachAndDuty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := w.register("33", "A1", "Calum", "Thackery", "THREATS_TO_KILL", "ATTENDING_HOME")
	page := "/nominals/" + name[strings.LastIndex(name, "/")+1:]
	spoc := w.as("spoc-33")
	id, opened := onceOf(t, spoc.get(page+"/measure").must(t, http.StatusOK, "Record a measure"))
	spoc.post(page+"/measure", url.Values{"id": {id}}).must(t, http.StatusUnprocessableEntity, `href="#kind"`, `href="#status"`, `href="#from-day"`)
	measure := url.Values{"id": {id}, "at": {opened}, "kind": {"COURT_BAIL"}, "status": {"IN_FORCE"}, "from-day": {"1"}, "from-month": {"6"}, "from-year": {"2025"}, "conditions": {"NO_CONTACT"}}
	kept := spoc.post(page+"/measure", measure).must(t, http.StatusOK, "The measure is recorded", "Court bail with conditions", "No contact with the victim", "Further order", "Record a breach", "power of arrest")
	spoc.post(page+"/measure", measure).must(t, http.StatusOK) // sent twice, recorded once
	if n := strings.Count(spoc.get(page).text, "Record a breach"); n != 1 {
		t.Errorf("%d measures after sending one twice", n)
	}
	at := firstLink(t, kept.text, `/measures/[0-9a-f-]+/breach`)
	id, opened = onceOf(t, spoc.get(at).must(t, http.StatusOK, "Court bail with conditions", "becomes a duty"))
	breach := url.Values{"id": {id}, "at": {opened}, "occurred-day": {"2"}, "occurred-month": {"9"}, "occurred-year": {"2025"}, "behaviours": {"CONTACT"}, "action": {"NONE"}, "narrative": {"Rang her again."}}
	spoc.post(at, breach).must(t, http.StatusUnprocessableEntity, `href="#why"`, `href="#crime-reference"`)
	breach.Set("why", "LOWER_LEVEL")
	breach.Set("crime-reference", "33/905/26")
	// Whoever records it is told what the register knows of him, once.
	spoc.post(at, breach).must(t, http.StatusOK, "The breach is recorded", "What the register knows of him", "Threats to kill", "Court bail with conditions", "power of arrest",
		"Breach without action</a>, by", "Assess the risk", "access log, entry").mustNot(t, "Register another report", "Vesna", "Harcastle")
	spoc.get("/register/done").must(t, http.StatusOK, "The breach is recorded", "was shown once").mustNot(t, "What the register knows of him</h2>", "Threats to kill", "No other record is linked")
	spoc.post(at, breach).must(t, http.StatusOK, "What the register knows of him", "Last checked") // sent twice, recorded once
	if n := strings.Count(spoc.get(page).must(t, http.StatusOK, "Not acted upon", "No action, thought to be of a lower level").text, "Rang her again."); n != 1 {
		t.Errorf("%d breaches after sending one twice", n)
	}

	// The record itself leads to what is open on it, for the own force and not for another's.
	spoc.get(page).must(t, http.StatusOK, "Your force’s open duties", "Breach without action</a>, by", `href="#duties"`, "Victims")
	found := spoc.post("/search", asking("given", "Calum", "surname", "Thackery", "birth-year", "1987")).must(t, http.StatusOK)
	spoc.get(found.Request.URL.Path+"/candidates/1").must(t, http.StatusOK, "Your force’s open duties", "Breach without action</a>, by", "Reference A1/1.")
	other := w.as("spoc-10")
	found = other.post("/search", asking("given", "Calum", "surname", "Thackery", "birth-year", "1987")).must(t, http.StatusOK)
	other.get(found.Request.URL.Path+"/candidates/1").must(t, http.StatusOK, "What must be looked at").mustNot(t, "open duties")

	supervisor := w.as("supervisor-33")
	work := supervisor.get("/").must(t, http.StatusOK, "Next to be done", "Overdue", `data-count="breaches">1</span> <span class="tile__title">Breaches not acted upon`, `data-count="breaches-remark">1 overdue`, `data-count="measures">0<`, "Assessments missing or out of date", "Links to decide", "Questions to answer")
	if work.Request.URL.Path != "/work" {
		t.Errorf("the work of a supervisor begins at %s", work.Request.URL.Path)
	}
	if got := supervisor.get("/work/live").must(t, http.StatusOK, `"breaches":"1"`, `"breaches-remark":"1 overdue"`).Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("the numbers come as %s", got)
	}
	supervisor.get("/work/ranked").must(t, http.StatusOK, "Ranked list", "Calum Thackery", "of 100", "Different principal victims at least: 1", `href="`+page+`"`, "open duties")
	w.as("investigator-33").get("/work/ranked").must(t, http.StatusForbidden)
	w.as("investigator-33").get("/work").must(t, http.StatusForbidden)
	w.as("investigator-33").get("/work/live").must(t, http.StatusForbidden)
	list := supervisor.get("/duties?list=breaches").must(t, http.StatusOK, "What your force must do", "Overdue", "Breach without action", `data-live="/duties/live?list=breaches"`).mustNot(t, "Risk not assessed")
	supervisor.get("/duties/live?list=breaches").must(t, http.StatusOK, `"whole":true`, `"title":"Breach without action"`, `"next":"/duties/live?list=breaches"`).mustNot(t, "Risk not assessed")
	supervisor.get("/duties?list=risk").must(t, http.StatusOK, "Risk not assessed", "Incident of ", "2025, A1/1").mustNot(t, "Breach without action")
	supervisor.get("/duties/live?list=risk").must(t, http.StatusOK, `"rests":"Incident of `)
	supervisor.get("/duties?list=measures").must(t, http.StatusOK, "There are none")
	supervisor.get("/duties?list=nonsense&role=nonsense").must(t, http.StatusOK, "Breach without action")
	duty := firstLink(t, list.text, `/duties/[0-9a-f-]{36}`)
	supervisor.get("/duties?list=overdue").must(t, http.StatusOK)
	supervisor.get("/duties?list=mine").must(t, http.StatusOK, "There are none")
	supervisor.get(duty).must(t, http.StatusOK, "What closes it", "Arrested", "What happened to it", "Give it to somebody")
	supervisor.post(duty, url.Values{"do": {"assign"}, "role": {"DUTY_INSPECTOR"}, "assign-reason": {"He is on duty tonight."}}).must(t, http.StatusOK, "The duty is given over", "Duty inspector")
	supervisor.get("/duties?list=breaches&role=inspector").must(t, http.StatusOK, "Breaches: duty inspector", "Breach without action")
	supervisor.get("/duties?list=breaches&role=spoc").must(t, http.StatusOK, "There are none")
	supervisor.post(duty, url.Values{"do": {"action"}}).must(t, http.StatusUnprocessableEntity, "There is a problem")
	supervisor.post(duty, url.Values{"do": {"propose"}, "reason": {"short"}}).must(t, http.StatusUnprocessableEntity, `href="#reason"`)
	proposed := supervisor.post(duty, url.Values{"do": {"propose"}, "reason": {"He was in custody all that day."}}).must(t, http.StatusOK, "stays open until another person approves", "He was in custody")
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(proposed.text)[1]
	supervisor.post(duty, url.Values{"do": {"approve"}, "version": {version}}).must(t, http.StatusConflict)
	spoc.post(duty, url.Values{"do": {"refuse"}, "version": {version}, "approve-reason": {"The custody record says otherwise."}}).must(t, http.StatusOK, "The duty stays open")
	// An investigator may propose, and not approve or give over.
	w.as("investigator-33").get(duty).must(t, http.StatusOK, "It needs no action").mustNot(t, "Give it to somebody")
	w.as("investigator-33").post(duty, url.Values{"do": {"assign"}, "role": {"SPOC"}}).must(t, http.StatusForbidden)
	w.as("investigator-10").get(duty).must(t, http.StatusNotFound)
}

// onceOf reads by what a form is known when it is sent again.
func onceOf(t *testing.T, p page) (id, opened string) {
	t.Helper()
	found := regexp.MustCompile(`name="id" value="([0-9a-f-]+)"><input type="hidden" name="at" value="(\d+)"`).FindStringSubmatch(p.text)
	if found == nil {
		t.Fatalf("the form does not count once\n%s", p.text)
	}
	return found[1], found[2]
}
