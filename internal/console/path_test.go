package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

var suspect = url.Values{
	"reference": {"10/777/26"}, "given": {"Calum"}, "surname": {"Thackery"}, "birth-day": {"14"}, "birth-month": {"3"}, "birth-year": {"1987"},
	"sex": {"MALE"}, "phone": {"07700 900123"}, "postcode": {"LE3 5VB"},
}

func conduct(pairs ...string) url.Values {
	out := url.Values{
		"occurred-day": {"2"}, "occurred-month": {"5"}, "occurred-year": {"2026"}, "behaviours": {"FOLLOWING", "THREATS_TO_KILL"}, "offence": {"PH97006"}, "included": {"CRIMINAL_DAMAGE"},
		"relationship": {"STRANGER"}, "standing": {"REPORTED"}, "source": {"VICTIM"}, "narrative": {"He waited outside, twice."}, "four": {"fixated", "unwanted"},
		"victim-given": {"Wilhelmina"}, "victim-surname": {"Canary"}, "victim-phone": {"07700 900777"}, "victim-sex": {"FEMALE"}, "victim-age": {"25_TO_34"}, "action": {"register"},
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// The main path: registered in one force, found in another under a misspelt
// name, opened, linked and confirmed; the first force is told; professional
// standards see it all.
func TestMainPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register("10", "B1", "Calum", "Thackery", "CONTACT")

	// Force 33 registers the same man; who may be the same is shown before.
	b := w.as("investigator-33")
	b.post("/register", url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#reference"`, `href="#given"`)
	matches := b.post("/register", suspect).must(t, http.StatusOK, "Is Calum Thackery one of these?", "Northumbria", "Register Calum Thackery")
	if matches.Request.URL.Path != "/register/matches" {
		t.Errorf("the matches stand at %s", matches.Request.URL)
	}
	b.get("/register/conduct").must(t, http.StatusOK, "Register a report on Calum Thackery", "leave this page as one-way codes", "Attending home")

	// Kept for later without the victim and without free text.
	kept := b.post("/register/conduct", conduct("action", "save")).must(t, http.StatusOK, "without the victim", `value="FOLLOWING" checked`)
	kept.mustNot(t, "Wilhelmina", "Canary", "900777", "waited outside")

	// Faults come back at their fields; the form alone repeats the victim.
	b.post("/register/conduct", url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#behaviours"`, `href="#occurred-day"`, `href="#victim-given"`)
	b.post("/register/conduct", conduct("occurred-day", "31", "occurred-month", "2")).must(t, http.StatusUnprocessableEntity, "no such day")
	b.post("/register/conduct", conduct("narrative", "He rang Wilhelmina Canary on 07700 900777.")).must(t, http.StatusUnprocessableEntity, `href="#narrative"`, "Wilhelmina")
	b.get("/register/conduct").mustNot(t, "Wilhelmina")

	done := b.post("/register/conduct", conduct()).must(t, http.StatusOK, "The report on Calum Thackery is registered", "Northumbria", "See why", "access log, entry",
		"What the register knows of him", "What you can do now", "Possible, unconfirmed", "Victims")
	done.mustNot(t, "Wilhelmina")
	// What the register knows of him was told under the registration's entry: it is not
	// shown again without one.
	b.get("/register/done").must(t, http.StatusOK, "The report on Calum Thackery is registered", "was shown once").
		mustNot(t, "Northumbria", "See why", "What the register knows of him</h2>", "No other record is linked", "Threats to kill")
	link := firstLink(t, done.text, `/links/[0-9a-f-]+`)
	// An investigator sees why, and does not decide.
	b.get(link).must(t, http.StatusOK, "Are these the same person?", "Leicestershire", "Northumbria", "<svg", "Agrees").mustNot(t, "Your decision")
	b.post(link, url.Values{"version": {"1"}, "decision": {"confirm"}, "why": {"Same telephone number."}}).must(t, http.StatusForbidden)

	// The other force is told, and its point of contact confirms.
	spoc := w.as("spoc-10")
	alerts := spoc.get("/alerts").must(t, http.StatusOK, "same person, Leicestershire", "Take up", "data-live")
	other := firstLink(t, alerts.text, `/links/[0-9a-f-]+`)
	spoc.get("/links").must(t, http.StatusOK, "To decide")
	spoc.get("/links?list=automatic").must(t, http.StatusOK, "Calum Thackery", "See why")
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(spoc.get(other).must(t, http.StatusOK, "Your decision").text)[1]
	spoc.post(other, url.Values{"version": {version}, "decision": {"confirm"}, "why": {"short"}}).must(t, http.StatusUnprocessableEntity, `href="#why"`)
	spoc.post(other, url.Values{"version": {version}, "decision": {"confirm"}, "why": {"Both forces hold the same address."}}).must(t, http.StatusOK, "The link is confirmed", "Confirmed", "Both forces hold the same address.")
	spoc.post(other, url.Values{"version": {version}, "decision": {"reject"}, "why": {"On second thoughts, no."}}).must(t, http.StatusConflict, "has changed since you read it")
	spoc.post(firstLink(t, spoc.get("/alerts").text, `/alerts/[0-9a-f-]+/acknowledge`), url.Values{}).must(t, http.StatusOK, "The alert is taken up")

	// The first force is told of the confirmation.
	own := w.as("spoc-33")
	told := own.get("/alerts").must(t, http.StatusOK, "Link confirmed, Northumbria")
	record := firstLink(t, told.text, `/nominals/[0-9a-f-]+`)
	own.get(record).must(t, http.StatusOK, "Your force’s record", "He waited outside, twice.", "Register a report on this record", "Records that may be the same person").mustNot(t, "Wilhelmina")
	own.get(record+"/person").must(t, http.StatusOK, "One person, as far as is known", "Northumbria", "Confirmed", "Some are somebody else")

	// Another report on the same record.
	own.post(strings.Replace(record, "/nominals/", "/register/for/", 1), url.Values{}).must(t, http.StatusOK, "Register a report on Calum Thackery", `id="reference"`)
	own.post("/register/conduct", conduct("reference", "33/778/26", "victim-given", "Petra", "victim-surname", "Vexillum", "victim-phone", "")).must(t, http.StatusOK, "is registered")
	own.get(record).must(t, http.StatusOK, "2: Leicestershire, stranger")

	// A search finds the person as one, and says so without "unconfirmed".
	found := w.as("investigator-10").post("/search", asking("given", "Kalum", "surname", "Thackary", "birth-year", "1987")).must(t, http.StatusOK, "1 person found", "Leicestershire", "Northumbria", "Threats to kill")
	found.mustNot(t, "Possible, unconfirmed")

	// Professional standards of force 33 see who did what, and who saw the record.
	psd := w.as("psd-33")
	psd.post("/log", url.Values{"show": {"list"}}).must(t, http.StatusUnprocessableEntity, `href="#purpose"`, `href="#reference"`)
	reading := url.Values{"purpose": {"SELF_MONITORING"}, "reference": {"PSD/1"}, "show": {"list"}}
	psd.post("/log", reading).must(t, http.StatusOK, "investigator-33", "Registered a nominal", "PERMISSION_DENIED", "Self-monitoring, PSD/1 – change").mustNot(t, "investigator-10")
	seen := psd.get(record).must(t, http.StatusOK, "Who saw this record")
	seen.mustNot(t, "Take up")
	who := url.Values{"purpose": {"SELF_MONITORING"}, "reference": {"PSD/1"}, "record": {"forces/33" + record}}
	psd.post("/log", who).must(t, http.StatusOK, "investigator-10", "investigator-33", "Northumbria", "Searched")
	reading.Set("subject", "investigator-33")
	reading.Set("show", "activity")
	psd.post("/log", reading).must(t, http.StatusOK, "By day and hour", "<svg", "calls on 1 day;")
	psd.get("/log/health").must(t, http.StatusOK, "No witness has co-signed", "Root hash")

	// The auditor sees the log of all forces, and no nominal.
	auditor := w.as("auditor")
	auditor.post("/log", url.Values{"purpose": {"LAWFULNESS"}, "reference": {"IOPC/1"}, "force": {"-"}}).must(t, http.StatusOK, "investigator-10", "investigator-33", "spoc-10")
	auditor.get(record).must(t, http.StatusForbidden)
	auditor.get("/search").must(t, http.StatusForbidden)
}

func TestProfessionalStandardsRegisterInSilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	psd := w.as("psd-33")
	psd.get("/register").must(t, http.StatusOK, "Silent: nobody but your department")
	form := url.Values{}
	for k, v := range suspect {
		form[k] = v
	}
	form.Set("restriction", "SILENT")
	form.Set("police", "yes")
	psd.post("/register", form).must(t, http.StatusOK, "2 of 2")
	psd.post("/register/conduct", conduct()).must(t, http.StatusOK, "is registered").mustNot(t, "What the register knows of him")
	w.as("investigator-33").get("/register").must(t, http.StatusOK).mustNot(t, "Silent:")
	w.as("investigator-33").post("/search", asking("given", "Calum", "surname", "Thackery", "phone", "07700900123")).must(t, http.StatusOK, "No record found")
}

func TestSplitAndAdministration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.register("33", "A1", "Calum", "Thackery", "CONTACT")
	w.register("33", "A2", "Calum", "Thackery", "FOLLOWING")
	other := w.register("33", "A3", "Calum", "Thackery", "WATCHING")
	spoc := w.as("spoc-33")
	page := "/nominals/" + a[strings.LastIndex(a, "/")+1:]
	spoc.get(page+"/person").must(t, http.StatusOK, other)
	spoc.post(page+"/split", url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#apart"`, `href="#why"`)
	spoc.post(page+"/split", url.Values{"apart": {other}, "why": {"Another man of the same name."}}).must(t, http.StatusOK, "The records are set apart")
	spoc.get(page+"/person").must(t, http.StatusOK).mustNot(t, other)

	admin := w.as("admin")
	admin.get("/").must(t, http.StatusOK, "Policy in force", "Root hash")
	admin.post("/forces/33", url.Values{"team": {""}, "phone": {"1"}}).must(t, http.StatusUnprocessableEntity, `href="#team"`)
	admin.post("/forces/33", url.Values{"team": {"Night desk"}, "phone": {"01632 960033"}}).must(t, http.StatusOK, "The contact of Leicestershire is changed", "Night desk")
	spoc.get("/forces").must(t, http.StatusOK, "Night desk").mustNot(t, "Change<")
	spoc.post("/forces/33", url.Values{"team": {"Mine"}}).must(t, http.StatusForbidden)
	spoc.get("/activity").must(t, http.StatusOK, "What you were shown that no longer holds", "spoc-33")
}

// What a role may not do is not in its menu, and refused when asked for by URL.
func TestEveryPageForEveryRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pages := map[string]string{
		"/search": "investigator control_room spoc supervisor", "/register": "investigator spoc supervisor psd", "/alerts": "spoc supervisor psd", "/duties": "investigator spoc supervisor psd dpo", "/links": "spoc supervisor psd",
		"/work": "spoc supervisor", "/questions": "investigator spoc supervisor", "/transfers": "spoc supervisor", "/subscriptions": "investigator spoc supervisor",
		"/log": "psd auditor", "/cases": "psd auditor", "/standards": "psd auditor", "/forces": "investigator control_room spoc supervisor psd dpo auditor admin", "/administration": "admin",
		"/activity": "investigator control_room spoc supervisor psd dpo auditor admin",
	}
	for _, role := range []string{"investigator", "control_room", "spoc", "supervisor", "psd", "dpo", "auditor", "admin"} {
		account := role
		if role != "auditor" && role != "admin" {
			account += "-33"
		}
		b := w.as(account)
		home := b.get("/").must(t, http.StatusOK)
		for path, roles := range pages {
			may := strings.Contains(" "+roles+" ", " "+role+" ")
			if listed := strings.Contains(home.text, `class="govuk-service-navigation__link" href="`+path+`"`); listed != may {
				t.Errorf("%s: %s in the menu: %v", role, path, listed)
			}
			if got := b.get(path).StatusCode; may && got != http.StatusOK || !may && got != http.StatusForbidden {
				t.Errorf("%s: %s: %d", role, path, got)
			}
		}
		for _, path := range []string{"/register/conduct", "/register/matches", "/register/done"} {
			if got := b.still().get(path).StatusCode; got != http.StatusSeeOther && got != http.StatusForbidden {
				t.Errorf("%s: %s without a report: %d", role, path, got)
			}
			b.CheckRedirect = nil
		}
		b.get("/nowhere").must(t, http.StatusNotFound, "There is no such page")
	}
}

// What the register knows of a suspect was told once, under the entry of his registration:
// of many who ask for the page at once, in whatever tabs, one is shown it.
func TestToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register("10", "B1", "Calum", "Thackery", "CONTACT")
	b := w.as("investigator-33").still()
	b.post("/register", suspect).must(t, http.StatusSeeOther)
	b.post("/register/conduct", conduct()).must(t, http.StatusSeeOther)
	pages := make([]page, 4) // a session is changed again when others were quicker, five times
	var wg sync.WaitGroup
	for i := range pages {
		wg.Go(func() { pages[i] = b.get("/register/done") })
	}
	wg.Wait()
	told := 0
	for _, p := range pages {
		p.must(t, http.StatusOK, "The report on Calum Thackery is registered")
		if strings.Contains(p.text, "What the register knows of him</h2>") {
			told++
		} else {
			p.must(t, http.StatusOK, "was shown once").mustNot(t, "Northumbria", "See why")
		}
	}
	if told != 1 {
		t.Errorf("shown %d times", told)
	}
}

// No text becomes markup, whatever field it comes in by and page it stands on.
func TestScriptStaysText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, psd := w.as("spoc-33"), w.as("psd-33")
	name := w.register("33", "A1", "Calum", "Thackery", "THREATS_TO_KILL")
	record := "/nominals/" + name[strings.LastIndex(name, "/")+1:]
	assess := b.get(record + "/assessment")
	course := firstLink(t, assess.text, `forces/33/courses/[0-9a-f-]{36}`)
	other, taken := w.as("spoc-10"), w.offerFrom10("X1", `<script>alert(1)</script> and more`)
	for i, bad := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'-alert(1)-'`, `</textarea><svg onload=alert(1)>`, "javascript:alert(1)", `{{.Title}}`, "\u2028<b>x</b>", `</title><script>1</script>`,
	} {
		form := url.Values{"reference": {"33/1/26" + bad}, "given": {bad}, "surname": {"Quoin"}, "other-name": {bad}, "description": {bad}, "street": {bad}}
		for _, p := range []page{
			b.post("/search", asking("given", bad, "surname", bad, "phone", bad, "email", bad, "handle", bad, "platform", bad, "vehicle", bad, "postcode", bad, "number", bad, "kind", "OTHER", "justification", bad, "on-behalf-of", bad, "birth-day", bad, "birth-year", bad)),
			b.post("/search", asking("surname", "Quoin", "given", bad, "reference", bad)),
			b.post("/register", form),
			b.get("/register/conduct"),
			b.post("/register/conduct", conduct("narrative", bad+" Canary", "victim-given", bad)),
			b.post("/register/conduct", conduct("narrative", bad+" and again")),
			b.get("/alerts"), b.get("/links"), b.get("/search"), b.get("/register"),
			psd.post("/log", url.Values{"purpose": {"SECURITY"}, "reference": {bad}, "subject": {bad}, "record": {bad}}),
			psd.post("/standards/sanctions/new", url.Values{"subject": {bad}, "collar": {bad}, "why": {bad}, "reference": {bad}}),
			psd.post("/standards/sanctions", url.Values{"subject": {"https://login.example#" + strconv.Itoa(i)}, "kind": {"SUSPENSION"}, "why": {bad + " and more"}, "reference": {bad}}),
			psd.post("/standards/unsealings", url.Values{"force": {"33"}, "entry": {"1"}, "purpose": {"SECURITY"}, "why": {bad}, "reference": {bad}, "access": {bad}}),
			psd.post("/standards/samples", url.Values{"size": {bad}, "commitment": {bad}, "from-day": {bad}, "reference": {bad}}),
			psd.post("/standards/evidence", url.Values{"crime": {bad}, "subject": {bad}, "recipient": {bad}, "reference": {bad}}),
			psd.post("/standards/holds", url.Values{"crime": {bad}, "why": {bad + " and more"}, "reference": {bad}}),
			psd.post("/standards/readings", url.Values{"of": {bad}, "reference": {bad}, "purpose": {"SECURITY"}, "do": {"judge-" + bad}}),
			psd.get("/standards/unsealings/new?entry=" + url.QueryEscape(bad)), psd.get("/standards/sanctions?list=all"), psd.get("/standards/holds"),
			b.post(record+"/assessment", url.Values{"tool": {bad}, "assessor": {bad}, "rationale": {bad}, "course": {bad}, "id": {bad}, "at": {bad}, "assessed-day": {bad}}),
			b.post(record+"/assessment", url.Values{"tool": {"S_DASH"}, "assessor": {"A1"}, "rationale": {bad + " and more"}, "course": {course}, "id": {fmt.Sprintf("0198aaaa-0000-7000-8000-%012d", i)}, "grade": {"HIGH"}, "assessed-day": {"1"}, "assessed-month": {"3"}, "assessed-year": {"2026"}}),
			b.post(record+"/plan", url.Values{"course": {course}, "id": {fmt.Sprintf("0198bbbb-0000-7000-8000-%012d", i)}, "actions": {"ALARM"}, "owner": {bad}, "officer": {"A1"}, "due-day": {"1"}, "due-month": {"3"}, "due-year": {"2027"}}),
			b.post(record+"/plan", url.Values{"course": {bad}, "actions": {bad}, "owner": {bad}, "officer": {bad}, "due-day": {bad}}),
			b.post("/ask", url.Values{"basis": {bad}, "force": {bad}, "text": {bad + " and more"}}), b.post("/ask", url.Values{"basis": {name}, "force": {"10"}, "text": {bad}, "reference": {bad}}),
			b.post("/subscribe", url.Values{"basis": {name}, "reason": {bad + " and more"}, "days": {bad}}), b.post("/subscribe", url.Values{"basis": {bad}, "reason": {bad}}),
			b.post(record+"/transfer", url.Values{"matter": {course}, "to": {bad}, "reason": {bad + " and more"}}), b.post(record+"/transfer", url.Values{"matter": {bad}, "to": {bad}, "reason": {bad}}),
			b.post(taken, url.Values{"do": {"accept"}, "record": {bad}, "reference": {bad}, "officer": {bad}, "answer": {bad}, "id": {bad}}), b.post(taken, url.Values{"do": {"decline"}, "decline-why": {bad}}), b.get(taken), other.get("/transfers?list=" + url.QueryEscape(bad)), b.get("/transfers?page=" + url.QueryEscape(bad)),
			b.post(record+"/pack", url.Values{"kind": {"COURT"}, "recipient": {bad + " xx"}, "reference": {"SPO" + bad}}), b.get(record), b.get("/subscriptions"),
			b.get("/questions?list=" + url.QueryEscape(bad)), b.get("/duties?list=" + url.QueryEscape(bad) + "&role=" + url.QueryEscape(bad)), b.get(record + "/assessment?tool=" + url.QueryEscape(bad)),
			b.get("/links?list=" + url.QueryEscape(bad)), b.get("/alerts?page=" + url.QueryEscape(bad)), b.get("/sign-in?to=" + url.QueryEscape(bad)), b.get("/" + url.PathEscape(bad)),
		} {
			for _, raw := range []string{"<script>alert", "<img src=x", "<svg onload", "<b>x</b>", "<script>1", `href="javascript:`} {
				if strings.Contains(p.text, raw) {
					t.Errorf("%d: %s %s holds %s", i, p.Request.Method, p.Request.URL.Path, raw)
				}
			}
			if strings.Contains(p.Request.URL.RawQuery, "Quoin") {
				t.Errorf("%d: a name stands in the address %s", i, p.Request.URL)
			}
		}
	}
}
