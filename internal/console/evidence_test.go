package console_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A bundle of evidence comes as a file; the page says where it is recorded.
func TestEvidenceBundle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as("investigator-33").post("/search", asking("surname", "Thackery", "reference", "33CR/41/26")).must(t, http.StatusOK)
	psd := w.as("psd-33")
	psd.get("/standards/evidence").must(t, http.StatusOK, "Make and download").mustNot(t, "Made during this sign-in")
	psd.post("/standards/evidence", url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#crime"`, `href="#recipient"`, `href="#purpose"`, `href="#reference"`)
	form := url.Values{"crime": {"33CR/41/26"}, "recipient": {"Inspector Lark"}, "purpose": {"CRIMINAL_PROCEEDINGS"}, "reference": {"CPS/26/3"}}
	psd.post("/standards/evidence", form).must(t, http.StatusUnprocessableEntity, `href="#recipient"`, "CPS/26/3")
	form.Set("recipient", "cps")
	form.Set("crime", "33CR/none")
	psd.post("/standards/evidence", form).must(t, http.StatusConflict, "No entry is selected")
	form.Set("crime", "33CR/41/26")
	file := psd.post("/standards/evidence", form).must(t, http.StatusOK)
	if got := file.Header.Get("Content-Disposition"); !strings.HasPrefix(got, `attachment; filename="evidence-entry-`) || file.Header.Get("Content-Type") != "application/zip" {
		t.Errorf("sent as %q, %q", got, file.Header.Get("Content-Type"))
	}
	archive, err := zip.NewReader(bytes.NewReader([]byte(file.text)), int64(len(file.text)))
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for _, f := range archive.File {
		held[f.Name] = true
	}
	if !held["report.html"] || !held["checkpoint"] || len(held) < 7 {
		t.Errorf("the bundle holds %v", held)
	}
	psd.get("/standards/evidence").must(t, http.StatusOK, "Made during this sign-in", "CPS/26/3", "1 entry", "as a disclosure, entry", "index=")
	psd.post("/log", url.Values{"purpose": {"LAWFULNESS"}, "reference": {"PSD/1"}}).must(t, http.StatusOK, "Made an evidence bundle")

	auditor := w.as("auditor")
	form.Set("force", "")
	auditor.post("/standards/evidence", form).must(t, http.StatusUnprocessableEntity, `href="#force"`)
	form.Set("force", "33")
	if got := auditor.post("/standards/evidence", form).must(t, http.StatusOK).Header.Get("Content-Type"); got != "application/zip" {
		t.Errorf("the auditor is sent %q", got)
	}
	if got := w.as("psd-10").post("/standards/evidence", form).must(t, http.StatusConflict, "No entry is selected"); strings.Contains(got.text, "investigator-33") {
		t.Error("another force's entries are told")
	}
	for _, account := range []string{"spoc-33", "supervisor-33", "dpo-33", "admin"} {
		w.as(account).get("/standards/evidence").must(t, http.StatusForbidden)
		w.as(account).post("/standards/evidence", form).must(t, http.StatusForbidden)
	}
}

// What is held is listed until it is lifted.
func TestLegalHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as("investigator-33").post("/search", asking("surname", "Thackery")).must(t, http.StatusOK)
	psd := w.as("psd-33")
	psd.get("/standards/holds").must(t, http.StatusOK, "There are none", "The oldest sealed part that is kept")
	psd.get("/standards/holds/new").must(t, http.StatusOK, "Place the hold")
	psd.post("/standards/holds", url.Values{"subject": {"investigator-33"}, "crime": {"33CR/1"}}).must(t, http.StatusUnprocessableEntity, `href="#subject"`, `href="#why"`, `href="#reference"`)
	form := url.Values{"first": {"9"}, "last": {"3"}, "why": {"Misconduct proceedings are under way."}, "reference": {"PSD/26/4"}}
	psd.post("/standards/holds", form).must(t, http.StatusUnprocessableEntity, `href="#first"`)
	form.Set("last", "12")
	psd.post("/standards/holds", form).must(t, http.StatusOK, "The hold is placed", "Entries 9 to 12", "Misconduct proceedings are under way.")
	psd.post("/standards/holds", url.Values{"subject": {"investigator-33"}, "why": {"Misconduct proceedings are under way."}, "reference": {"PSD/26/4"}}).must(t, http.StatusOK, "Calls of investigator-33")
	at := firstLink(t, psd.get("/standards/holds").text, `/standards/holds/33/[0-9a-f-]{36}`)
	why := "why-" + at[len(at)-36:]
	psd.post(at, url.Values{why: {"short"}}).must(t, http.StatusUnprocessableEntity, `href="#`+why+`"`)
	w.as("psd-10").post(at, url.Values{why: {"It is not ours to lift."}}).must(t, http.StatusForbidden)
	auditor := w.as("auditor")
	auditor.get("/standards/holds").must(t, http.StatusOK, "Choose a force").mustNot(t, "The oldest sealed part")
	auditor.get("/standards/holds?force=33").must(t, http.StatusOK, "Calls of investigator-33")
	auditor.post(at, url.Values{why: {"The proceedings have ended."}}).must(t, http.StatusOK, "The hold is lifted")
	psd.get("/standards/holds?list=all").must(t, http.StatusOK, "The proceedings have ended.", "Lifted")
	for _, account := range []string{"spoc-33", "dpo-33", "admin"} {
		w.as(account).get("/standards/holds").must(t, http.StatusForbidden)
		w.as(account).post("/standards/holds", form).must(t, http.StatusForbidden)
	}
}

// Another force's department reviews who looked into the log; nobody his own.
func TestReadingsAreReviewed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as("psd-33").post("/log", url.Values{"purpose": {"SECURITY"}, "reference": {"PSD/9"}, "subject": {"investigator-33"}}).must(t, http.StatusOK)
	psd := w.as("psd-10")
	psd.get("/standards/readings").must(t, http.StatusOK, "Nobody reviews his own force").mustNot(t, `value="10"`)
	psd.post("/standards/readings", url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#of"`, `href="#purpose"`)
	form := url.Values{"of": {"33"}, "purpose": {"SELF_MONITORING"}, "reference": {"REVIEW/1"}}
	list := psd.post("/standards/readings", form).must(t, http.StatusOK, "psd-33", "Read the log", "To judge")
	list.mustNot(t, "investigator-33", "PSD/9")
	do := firstLink(t, list.text, `judge-\d+`)
	n := strings.TrimPrefix(do, "judge-")
	form.Set("do", do)
	psd.post("/standards/readings", form).must(t, http.StatusUnprocessableEntity, `href="#verdict-`+n+`"`)
	form.Set("verdict-"+n, "QUESTIONED")
	form.Set("note-"+n, "No case bears this reference.")
	psd.post("/standards/readings", form).must(t, http.StatusOK, "is recorded", "Needs an explanation", "No case bears this reference.")
	w.as("psd-33").post("/standards/readings", form).must(t, http.StatusForbidden)
	w.as("auditor").post("/standards/readings", url.Values{"of": {"33"}, "purpose": {"LAWFULNESS"}, "reference": {"IOPC/1"}}).must(t, http.StatusOK, "No case bears this reference.")
	for _, account := range []string{"spoc-33", "dpo-33", "admin"} {
		w.as(account).get("/standards/readings").must(t, http.StatusForbidden)
		w.as(account).post("/standards/readings", form).must(t, http.StatusForbidden)
	}
}

// Two auditors open an entry under a case access, of which the force learns nothing.
func TestCaseAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as("investigator-33").post("/search", asking("surname", "Thackery")).must(t, http.StatusOK, "No record found")
	auditor, second := w.as("auditor"), w.as("auditor2")
	auditor.get("/standards/case-access").must(t, http.StatusOK, "Choose a force").mustNot(t, "Open the case access")
	auditor.get("/standards/case-access?force=33").must(t, http.StatusOK, "There are none")
	auditor.post("/standards/case-access", url.Values{"force": {"33"}, "days": {"400"}}).must(t, http.StatusUnprocessableEntity, `href="#days"`, `href="#why"`, `href="#purpose"`)
	form := url.Values{"force": {"33"}, "days": {"30"}, "purpose": {"CRIMINAL_PROCEEDINGS"}, "reference": {"IOPC/26/9"}, "why": {"A complaint about an officer."}}
	opened := auditor.post("/standards/case-access", form).must(t, http.StatusOK, "The case access is open", "IOPC/26/9")
	at := strings.ReplaceAll(firstLink(t, opened.text, `/standards/unsealings/new\?access=[0-9a-f-]+&amp;force=33`), "&amp;", "&")
	asked := auditor.get(at).must(t, http.StatusOK, "IOPC/26/9, until")
	access := firstLink(t, asked.text, `forces/33/caseAccesses/[0-9a-f-]+`)
	log := auditor.post("/log", url.Values{"purpose": {"CRIMINAL_PROCEEDINGS"}, "reference": {"IOPC/26/9"}, "force": {"33"}, "method": {"SearchService.CreateSearch"}}).must(t, http.StatusOK)
	entry := strings.Split(strings.Split(firstLink(t, log.text, `entry=\d+&amp;force=33`), "entry=")[1], "&")[0]
	ask := url.Values{"force": {"33"}, "entry": {entry}, "purpose": {"CRIMINAL_PROCEEDINGS"}, "reference": {"IOPC/26/9"}, "why": {"A complaint about an officer."}, "declared": {"yes"}}
	auditor.post("/standards/unsealings", ask).must(t, http.StatusUnprocessableEntity, `href="#access"`)
	ask.Set("access", access)
	auditor.post("/standards/unsealings", ask).must(t, http.StatusOK, "Your request is made")
	one := firstLink(t, second.get("/standards/unsealings?force=33").text, `/standards/unsealings/33/[0-9a-f-]{36}`)
	second.post(one, url.Values{"do": {"approve"}, "declared-" + one[len(one)-36:]: {"yes"}}).must(t, http.StatusOK, "It is approved")
	auditor.post(one, url.Values{"do": {"open"}}).must(t, http.StatusOK, "Thackery", "Nobody: no record was found")
	w.as("psd-33").get("/standards/unsealings").must(t, http.StatusOK, "There are none")
	w.as("psd-33").get("/standards/case-access").must(t, http.StatusForbidden)
	w.as("psd-33").post("/standards/case-access", form).must(t, http.StatusForbidden)
	w.as("psd-33").get("/standards").must(t, http.StatusOK).mustNot(t, "Case access")
	auditor.get("/standards").must(t, http.StatusOK, "Case access")
}

// The page of the log's health says what was co-signed and proved, and what stands.
func TestLogHealth(t *testing.T) {
	t.Parallel()
	w := newWitnessedWorld(t)
	psd := w.as("psd-33")
	waitFor(t, func() bool {
		return strings.Contains(psd.get("/log/health").must(t, http.StatusOK).text, "holds all that was co-signed, unchanged")
	})
	psd.get("/log/health").must(t, http.StatusOK, "Newest checkpoint", "less than a minute ago", "No sanction stands in your force").mustNot(t, "history was rewritten")
	w.as("auditor").get("/log/health").must(t, http.StatusOK, "Newest checkpoint").mustNot(t, "in your force")
	w.as("admin").get("/administration").must(t, http.StatusOK, "Newest checkpoint")
}
