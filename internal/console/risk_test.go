package console_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
)

// version reads the version or revision that a form carries.
func version(t *testing.T, p page, field string) string {
	t.Helper()
	found := regexp.MustCompile(`name="` + field + `" value="(\d+)"`).FindStringSubmatch(p.text)
	if found == nil {
		t.Fatalf("the form carries no %s\n%s", field, p.text)
	}
	return found[1]
}

// ownQuestions is a folder of lists in which force 33 has questions of its own to DARA.
func ownQuestions(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "33"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"tools.csv":     "code,scale,version,medium_at,high_at,refer_at,title,purpose\nDARA,frequency,L1,0,0,0,DARA of ours,p\n",
		"questions.csv": "code,tool,number,grave,title,purpose\nDARA.RINGS,DARA,1,false,How often does he ring?,p\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "33", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// The risk is assessed by a questionnaire, a supervisor grades it anew, and a new
// report makes it out of date; a safety plan is made and ticked off.
func TestRiskAndSafetyPlan(t *testing.T) {
	t.Parallel()
	dir := ownQuestions(t)
	w := newWorldWith(t, func(_ *servertest.Site, config *server.Config) { config.CodesDir = dir })
	name := w.register("33", "A1", "Calum", "Thackery", "THREATS_TO_KILL", "ATTENDING_HOME")
	record := "/nominals/" + name[strings.LastIndex(name, "/")+1:]
	officer, supervisor, spoc := w.as("investigator-33"), w.as("supervisor-33"), w.as("spoc-33")

	// The officer's own record of him says what is missing and leads to it.
	officer.get(record).must(t, http.StatusOK, "Your force’s record", "What you can do now", "Risk not assessed", `href="`+record+`/assessment"`, "Assess the risk", "Do not advise her to block")
	form := officer.get(record+"/assessment").must(t, http.StatusOK, "S-DASH", "4. Does he come more than three times a week?", "show at least a medium grade", `aria-current="page">S-DASH`)
	officer.get(record+"/assessment?tool=SST").must(t, http.StatusOK, "No question of this tool is loaded here").mustNot(t, "three times a week")
	officer.get(record+"/assessment?tool=DARA").must(t, http.StatusOK, "DARA of ours", "1. How often does he ring?", "All the time")
	elsewhere := w.register("10", "B1", "Odalys", "Penhallow", "FOLLOWING")
	w.as("spoc-10").get("/nominals/"+elsewhere[strings.LastIndex(elsewhere, "/")+1:]+"/assessment?tool=DARA").must(t, http.StatusOK, "No question of this tool is loaded here").mustNot(t, "DARA of ours")
	officer.get(record+"/assessment?tool=nonsense").must(t, http.StatusOK, "three times a week")
	id, opened := onceOf(t, form)
	officer.post(record+"/assessment", url.Values{"id": {id}, "at": {opened}, "tool": {"S_DASH"}, "question-1": {"YES"}}).must(t, http.StatusUnprocessableEntity,
		`href="#course"`, `href="#grade"`, `href="#rationale"`, `href="#assessed-day"`, `href="#assessor"`, `name="question-1" type="radio" value="YES" checked`)
	course := firstLink(t, form.text, `forces/33/courses/[0-9a-f-]{36}`)
	day := regexp.MustCompile(`name="assessed-(day|month|year)"[^>]*value="(\d+)"`).FindAllStringSubmatch(form.text, -1)
	if len(day) != 3 {
		t.Fatalf("today is not filled in: %v", day)
	}
	filled := url.Values{
		"id": {id}, "at": {opened}, "tool": {"S_DASH"}, "course": {course}, "question-1": {"YES"}, "question-4": {"YES"}, "question-6": {"NO"}, "question-10": {"UNKNOWN"},
		"grade": {"STANDARD"}, "rationale": {"He came to her home twice."}, "assessor": {"A3301"},
	}
	for _, d := range day {
		filled.Set("assessed-"+d[1], d[2])
	}
	kept := officer.post(record+"/assessment", filled).must(t, http.StatusOK, "The assessment is recorded: standard", "He came to her home twice.", "S-DASH, ")
	officer.post(record+"/assessment", filled).must(t, http.StatusOK) // sent twice, recorded once
	if n := strings.Count(officer.get(record).text, `href="/assessments/`); n != 1 {
		t.Errorf("%d assessments after sending one twice", n)
	}
	at := firstLink(t, kept.text, `/assessments/[0-9a-f-]{36}`)
	assessed := at
	officer.get(at).must(t, http.StatusOK, "S-DASH of ", "more than three times a week", "Not known", "Version 2026-11-1<").mustNot(t, "Grade it anew")
	officer.post(at, url.Values{"version": {"1"}, "grade": {"HIGH"}, "rationale": {"I think better of it."}}).must(t, http.StatusForbidden)

	// Another person grades anew; the first grade stays to be seen.
	one := supervisor.get(at).must(t, http.StatusOK, "Grade it anew, or confirm it")
	supervisor.post(at, url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#grade"`, `href="#rationale"`)
	again := url.Values{"version": {version(t, one, "version")}, "grade": {"HIGH"}, "rationale": {"Threats to kill, and he came to her home."}}
	supervisor.post(at, again).must(t, http.StatusOK, "Graded high", "The assessor graded Standard", "Threats to kill, and he came to her home.")
	supervisor.post(at, again).must(t, http.StatusConflict, "has changed")
	supervisor.get(record).must(t, http.StatusOK, "The assessor graded Standard; a supervisor graded High.", "<dt>Victim</dt><dd>Ex-partner")
	w.as("investigator-10").get(at).must(t, http.StatusNotFound)
	w.as("psd-33").get(record).must(t, http.StatusOK, "S-DASH, ", "Assessments of risk").mustNot(t, "What you can do now")

	// The plan, for one victim.
	planForm := officer.get(record+"/plan").must(t, http.StatusOK, "Make a safety plan", "Personal alarm", "MARAC")
	id, opened = onceOf(t, planForm)
	officer.post(record+"/plan", url.Values{"id": {id}, "at": {opened}, "actions": {"ALARM"}}).must(t, http.StatusUnprocessableEntity, `href="#course"`, `href="#owner"`, `href="#due-day"`)
	officer.post(record+"/plan", url.Values{"id": {id}, "at": {opened}, "course": {course}}).must(t, http.StatusUnprocessableEntity, `href="#actions"`)
	plan := officer.post(record+"/plan", url.Values{
		"id": {id}, "at": {opened}, "course": {course}, "actions": {"ALARM", "LOCKS"}, "owner": {"A3301"}, "due-day": {"1"}, "due-month": {"2"}, "due-year": {"2026"}, "referrals": {"MARAC"}, "officer": {"A3301"},
	}).must(t, http.StatusOK, "The safety plan is recorded", "Personal alarm", "Overdue", "MARAC", "not answered yet", "No date is set")
	at = plan.Request.URL.Path
	revision := version(t, plan, "revision")
	ticked := officer.post(at, url.Values{"revision": {revision}, "number": {"0"}, "do": {"done"}, "outcome": {"Fitted and tested."}}).must(t, http.StatusOK, "ticked off", "Fitted and tested.")
	officer.post(at, url.Values{"revision": {revision}, "number": {"1"}, "do": {"done"}}).must(t, http.StatusConflict, "has changed since you read it")
	revision = version(t, ticked, "revision")
	officer.post(at, url.Values{"revision": {revision}, "do": {"add"}}).must(t, http.StatusUnprocessableEntity, `href="#action"`, `href="#owner"`, `href="#due-day"`)
	added := officer.post(at, url.Values{"revision": {revision}, "do": {"add"}, "action": {"PATROLS"}, "owner": {"Response team"}, "due-day": {"1"}, "due-month": {"2"}, "due-year": {"2030"}}).must(t, http.StatusOK, "added to the plan", "Patrols", "To be done")
	answered := officer.post(at, url.Values{"revision": {version(t, added, "revision")}, "number": {"0"}, "do": {"ACCEPTED"}}).must(t, http.StatusOK, "MARAC: accepted")
	officer.post(at, url.Values{"revision": {version(t, answered, "revision")}, "do": {"refer"}, "referral": {"ADVOCATE"}}).must(t, http.StatusOK, "The referral is recorded", "Independent advocate")
	officer.post(at, url.Values{"revision": {"6"}, "number": {"9"}, "do": {"done"}}).must(t, http.StatusConflict)
	spoc.get(record).must(t, http.StatusOK, "1 overdue", "Referred to MARAC (accepted); independent advocate.")
	w.as("control_room-33").get(at).must(t, http.StatusForbidden)
	w.as("investigator-10").get(at).must(t, http.StatusNotFound)

	// An assessment that is older than a report says that it is out of date.
	name = w.register("33", "A2", "Lorcan", "Oyelaran", "CONTACT")
	record = "/nominals/" + name[strings.LastIndex(name, "/")+1:]
	form = officer.get(record + "/assessment")
	id, opened = onceOf(t, form)
	for k, text := range map[string]string{"id": id, "at": opened, "course": firstLink(t, form.text, `forces/33/courses/[0-9a-f-]{36}`), "assessed-day": "3", "assessed-month": "2", "assessed-year": "2025"} {
		filled.Set(k, text)
	}
	officer.post(record+"/assessment", filled).must(t, http.StatusOK, "Out of date", "Assess the risk afresh")
	filled.Set("assessed-year", "2099")
	officer.post(record+"/assessment", filled).must(t, http.StatusUnprocessableEntity, "must not lie in the future")

	// One by the force's own questions keeps them, and says whose they are.
	id, opened = onceOf(t, officer.get(record+"/assessment?tool=DARA"))
	own := officer.post(record+"/assessment", url.Values{
		"id": {id}, "at": {opened}, "tool": {"DARA"}, "course": filled["course"], "question-1": {"OFTEN"}, "grade": {"MEDIUM"}, "rationale": {"He rings all day long."}, "assessor": {"A3301"},
		"assessed-day": {"4"}, "assessed-month": {"2"}, "assessed-year": {"2025"},
	}).must(t, http.StatusOK, "The assessment is recorded: medium", "DARA of ours, ")
	officer.get(firstLink(t, own.text, `/assessments/[0-9a-f-]{36}`)).must(t, http.StatusOK, "DARA of ours of ", "How often does he ring?", "Often", "Version L1, Leicestershire’s own")

	// A search by another force tells that there is a plan, not what is in it.
	other := w.as("investigator-10")
	found := other.post("/search", asking("given", "Calum", "surname", "Thackery", "birth-year", "1987"))
	other.get(firstLink(t, found.text, `/searches/[0-9a-f-]+/candidates/1`)).must(t, http.StatusOK, "Leicestershire has made a plan", "Assessments of risk").mustNot(t, "Personal alarm", `href="/assessments/`, "Open your force’s record")

	// What a role may not do is refused by address, too.
	for path, may := range map[string]string{
		record: "investigator spoc supervisor psd dpo", record + "/assessment": "investigator spoc supervisor psd", record + "/plan": "investigator spoc supervisor psd",
		assessed: "investigator spoc supervisor psd dpo", at: "investigator spoc supervisor psd dpo", record + "/pack": "spoc supervisor",
		"/subscribe?basis=" + url.QueryEscape(name): "investigator spoc supervisor", "/ask?force=10&basis=" + url.QueryEscape("forces/33/links/"+assessed[len("/assessments/"):]): "investigator spoc supervisor",
	} {
		for _, role := range []string{"investigator", "control_room", "spoc", "supervisor", "psd", "dpo"} {
			want := http.StatusForbidden
			if strings.Contains(" "+may+" ", " "+role+" ") {
				want = http.StatusOK
			}
			if got := w.once(role + "-33").get(path).StatusCode; got != want {
				t.Errorf("%s: %s: %d, want %d", role, path, got, want)
			}
		}
	}
}
