package console_test

import (
	"net/http"
	"net/url"
	"testing"
)

// Somebody is suspended from the page of his activity; it holds at once, his
// department sees it stand, and lifts it.
func TestSanctions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	him := w.as("investigator-33")
	him.get("/search").must(t, http.StatusOK)
	him.post("/search", asking("surname", "Thackery")).must(t, http.StatusOK)

	psd := w.as("psd-33")
	psd.get("/standards").must(t, http.StatusOK, "Sanctions", "Unsealing", "Dip samples")
	psd.get("/standards/sanctions").must(t, http.StatusOK, "There are none", "Impose a sanction")
	seen := psd.post("/log", url.Values{"purpose": {"SELF_MONITORING"}, "reference": {"PSD/26/7"}, "subject": {"investigator-33"}, "show": {"activity"}}).must(t, http.StatusOK, "Impose a sanction on investigator-33")
	subject := hiddenValue(t, seen.text, "subject")
	asked := psd.post("/standards/sanctions/new", url.Values{"subject": {subject}, "collar": {hiddenValue(t, seen.text, "collar")}}).must(t, http.StatusOK, "investigator-33", `value="PSD/26/7"`)
	asked.mustNot(t, "There is a problem")
	psd.post("/standards/sanctions", url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#kind"`, `href="#subject"`, `href="#why"`, `href="#reference"`)
	psd.post("/standards/sanctions", url.Values{"subject": {subject}, "kind": {"STEP_UP"}, "why": {"He must prove who he is."}, "reference": {"PSD/26/7"}}).must(t, http.StatusUnprocessableEntity, `href="#fresh"`)
	form := url.Values{"subject": {subject}, "kind": {"SUSPENSION"}, "why": {"Thirty searches without a case."}, "reference": {"PSD/26/7"}, "fresh": {"yes"}}
	psd.post("/standards/sanctions", form).must(t, http.StatusOK, "is suspended", "Thirty searches without a case.", "No call of his is answered")
	if to := him.post("/search", asking("surname", "Thackery")); to.StatusCode == http.StatusOK {
		t.Errorf("the suspended was answered: %s", to.text)
	}

	// Who may not, sees nothing of it and is refused by address.
	for _, account := range []string{"spoc-33", "supervisor-33", "dpo-33", "admin"} {
		b := w.as(account)
		b.get("/standards/sanctions").must(t, http.StatusForbidden).mustNot(t, `href="/standards"`)
		b.get("/standards/sanctions/new").must(t, http.StatusForbidden)
		b.post("/standards/sanctions", form).must(t, http.StatusForbidden)
	}
	auditor := w.as("auditor")
	auditor.get("/standards/sanctions").must(t, http.StatusOK, "Choose a force").mustNot(t, "Impose a sanction")
	list := auditor.get("/standards/sanctions?force=33").must(t, http.StatusOK, "Thirty searches without a case.", "Lift it")
	list.mustNot(t, "Impose a sanction")
	auditor.post("/standards/sanctions", form).must(t, http.StatusForbidden)
	w.as("psd-10").get("/standards/sanctions?force=33").must(t, http.StatusOK, "There are none")

	// Whoever imposed it says why it is lifted.
	at := firstLink(t, psd.get("/standards/sanctions").text, `/standards/sanctions/33/[0-9a-f-]{36}`)
	why := "why-" + at[len(at)-36:]
	w.as("psd-10").post(at, url.Values{why: {"It is not ours to lift."}}).must(t, http.StatusForbidden)
	psd.post(at, url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#`+why+`"`)
	psd.post(at, url.Values{why: {"Every search was for his inspector."}}).must(t, http.StatusOK, "is lifted", "There are none")
	psd.get("/standards/sanctions?list=all").must(t, http.StatusOK, "Suspended, lifted", "Every search was for his inspector.").mustNot(t, "Lift the sanction")
	w.as("investigator-33").get("/search").must(t, http.StatusOK)
}
