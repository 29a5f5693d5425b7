package console_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
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
	seen := psd.post("/log", url.Values{"purpose": {"SELF_MONITORING"}, "reference": {"PSD/26/7"}, "subject": {"investigator-33"}, "show": {"activity"}}).must(t, http.StatusOK, "Impose a sanction on investigator-33", "What, and why", "Searches</dt>")
	psd.post("/log", url.Values{"purpose": {"SELF_MONITORING"}, "reference": {"PSD/26/7"}, "subject": {"psd-33"}, "show": {"activity"}}).must(t, http.StatusOK, "Read the log (").mustNot(t, "Impose a sanction on")
	subject := hiddenValue(t, seen.text, "subject")
	asked := psd.post("/standards/sanctions/new", url.Values{"subject": {subject}, "collar": {hiddenValue(t, seen.text, "collar")}}).must(t, http.StatusOK, "investigator-33", `value="PSD/26/7"`, "Makes him sign in again, or more strongly", `<option value="aal3"`)
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
	auditor.get("/standards/sanctions?force=33").must(t, http.StatusOK, "Thirty searches without a case.", "Lift it", `href="/standards/sanctions/new?force=33"`)
	auditor.get("/standards/sanctions/new").must(t, http.StatusOK, "Choose a force") // whose user it is comes first
	auditor.get("/standards/sanctions/new?force=33").must(t, http.StatusOK, "Impose a sanction in Leicestershire", `name="force" value="33"`)
	auditor.post("/standards/sanctions", url.Values{
		"force": {"33"}, "subject": {"psd2-33"}, "kind": {"SUSPENSION"}, "why": {"He is the department's own man."}, "reference": {"IOPC/26/7"},
	}).must(t, http.StatusOK, "psd2-33 is suspended")
	psd.post("/standards/sanctions", url.Values{"subject": {"psd-33"}, "kind": {"SUSPENSION"}, "why": {"He may not judge himself."}, "reference": {"PSD/26/9"}}).must(t, http.StatusForbidden)
	auditor.post(firstLink(t, auditor.get("/standards/sanctions?force=33").text, `/standards/sanctions/33/[0-9a-f-]{36}`), url.Values{}).must(t, http.StatusUnprocessableEntity) // he imposed it, and says why
	w.as("auditor2").post(firstLink(t, auditor.get("/standards/sanctions?force=33").text, `/standards/sanctions/33/[0-9a-f-]{36}`), url.Values{}).must(t, http.StatusOK, "psd2-33 is lifted")
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

// What one member asks to have opened, another approves, and the first opens it once.
func TestUnsealing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register("33", "A1", "Calum", "Thackery", "FOLLOWING")
	w.as("investigator-33").post("/search", asking("given", "Calum", "surname", "Thackery", "birth-year", "1987")).must(t, http.StatusOK, "1 person found")
	psd, second := w.as("psd-33"), w.as("psd2-33")
	psd.get("/standards/unsealings").must(t, http.StatusOK, "There are none")
	log := psd.post("/log", url.Values{"purpose": {"SELF_MONITORING"}, "reference": {"PSD/26/8"}, "method": {"SearchService.CreateSearch"}, "outcome": {"OK"}}).must(t, http.StatusOK, "Ask to unseal")
	at := strings.ReplaceAll(firstLink(t, log.text, `/standards/unsealings/new\?entry=\d+&amp;force=33`), "&amp;", "&")
	form := psd.get(at).must(t, http.StatusOK, `value="PSD/26/8"`)
	entry := strings.Split(strings.Split(at, "entry=")[1], "&")[0]
	form.must(t, http.StatusOK, `value="`+entry+`"`)
	psd.post("/standards/unsealings", url.Values{"force": {"33"}, "purpose": {""}, "reference": {""}}).must(t, http.StatusUnprocessableEntity, `href="#entry"`, `href="#why"`, `href="#declared"`, `href="#purpose"`, `href="#reference"`)
	ask := url.Values{"force": {"33"}, "entry": {entry}, "purpose": {"SELF_MONITORING"}, "reference": {"PSD/26/8"}, "why": {"No case is known for this search."}, "declared": {"yes"}}
	ask.Set("entry", "99999999")
	psd.post("/standards/unsealings", ask).must(t, http.StatusUnprocessableEntity, `href="#entry"`)
	ask.Set("entry", entry)
	w.as("psd-10").post("/standards/unsealings", ask).must(t, http.StatusUnprocessableEntity, `href="#entry"`) // its own force's, so it is not there
	list := psd.post("/standards/unsealings", ask).must(t, http.StatusOK, "Your request is made", "Waits for a second person", "No case is known for this search.")
	list.mustNot(t, `value="approve"`, `value="open"`)

	one := firstLink(t, second.get("/standards/unsealings").must(t, http.StatusOK, `value="approve"`).text, `/standards/unsealings/33/[0-9a-f-]{36}`)
	declared := "declared-" + one[len(one)-36:]
	second.post(one, url.Values{"do": {"approve"}}).must(t, http.StatusUnprocessableEntity, `href="#`+declared+`"`)
	psd.post(one, url.Values{"do": {"approve"}, declared: {"yes"}}).must(t, http.StatusForbidden, "A second person must decide")
	psd.post(one, url.Values{"do": {"open"}}).must(t, http.StatusConflict, "There is a problem")
	second.post(one, url.Values{"do": {"approve"}, declared: {"yes"}}).must(t, http.StatusOK, "It is approved", "by psd2-33").mustNot(t, `value="open"`)
	second.post(one, url.Values{"do": {"open"}}).must(t, http.StatusForbidden)
	psd.get("/standards/unsealings").must(t, http.StatusOK, `value="open"`)
	psd.post(one, url.Values{"do": {"open"}}).must(t, http.StatusOK, "This is shown once", "He searched by", "1987", "He was shown", "Calum Thackery", "access log, entry")
	psd.post(one, url.Values{"do": {"open"}}).must(t, http.StatusConflict, "opened before")
	psd.get("/standards/unsealings").must(t, http.StatusOK, "Opened").mustNot(t, `value="open"`, `value="refuse"`)

	// What the second person refuses stays shut, also when it was approved before.
	psd.post("/standards/unsealings", ask).must(t, http.StatusOK, "Your request is made")
	one = firstLink(t, second.get("/standards/unsealings").must(t, http.StatusOK, `value="refuse"`).text, `/standards/unsealings/33/[0-9a-f-]{36}`)
	declared, why := "declared-"+one[len(one)-36:], "why-"+one[len(one)-36:]
	second.post(one, url.Values{"do": {"refuse"}}).must(t, http.StatusUnprocessableEntity, `href="#`+declared+`"`, `href="#`+why+`"`)
	second.post(one, url.Values{"do": {"approve"}, declared: {"yes"}}).must(t, http.StatusOK, "It is approved", "Take the approval back")
	psd.get("/standards/unsealings").must(t, http.StatusOK, `value="open"`).mustNot(t, `value="refuse"`)
	second.post(one, url.Values{"do": {"refuse"}, declared: {"yes"}, why: {"No case bears this reference."}}).must(t, http.StatusOK, "It is refused", "by psd2-33", "No case bears this reference.").mustNot(t, `value="refuse"`)
	psd.get("/standards/unsealings").must(t, http.StatusOK, "Refused", "No case bears this reference.").mustNot(t, `value="open"`)
	psd.post(one, url.Values{"do": {"open"}}).must(t, http.StatusConflict, "refused it")

	for _, account := range []string{"investigator-33", "supervisor-33", "dpo-33", "admin"} {
		w.as(account).get("/standards/unsealings").must(t, http.StatusForbidden)
		w.as(account).post("/standards/unsealings", ask).must(t, http.StatusForbidden)
	}
	// What the department asks, the auditor is not told of, and the other way round.
	w.as("auditor").get("/standards/unsealings?force=33").must(t, http.StatusOK, "There are none")
}

// A sample is begun, both commit and reveal, it is drawn, judged and told.
func TestDipSample(t *testing.T) {
	t.Parallel()
	w := newWitnessedWorld(t)
	w.as("investigator-33").post("/search", asking("surname", "Thackery", "given", "Calum")).must(t, http.StatusOK)
	psd, auditor := w.as("psd-33"), w.as("auditor")
	psd.get("/standards/samples").must(t, http.StatusOK, "There are none", "Begin a dip sample")
	psd.get("/standards/samples/new").must(t, http.StatusOK, "openssl rand", "data-nonce")
	nonce := func(secret string) (string, string) {
		n := sha256.Sum256([]byte(secret))
		h := sha256.Sum256(n[:])
		return hex.EncodeToString(n[:]), hex.EncodeToString(h[:])
	}
	mine, bound := nonce("psd")
	his, hisBound := nonce("iopc")
	psd.post("/standards/samples", url.Values{"size": {"0"}, "purpose": {""}, "reference": {""}}).must(t, http.StatusUnprocessableEntity, `href="#size"`, `href="#commitment"`, `href="#purpose"`, `href="#reference"`)
	form := url.Values{"size": {"3"}, "commitment": {bound}, "purpose": {"SELF_MONITORING"}, "reference": {"DIP/26/1"}}
	auditor.get("/standards/samples/new").must(t, http.StatusForbidden)
	auditor.post("/standards/samples", form).must(t, http.StatusForbidden)
	begun := psd.post("/standards/samples", form).must(t, http.StatusOK, "The sample is begun", "Waits for the national auditor", "verifylog sample", bound)
	begun.must(t, http.StatusOK, "Begun</dt>").mustNot(t, `value="commit"`, `value="reveal"`, `value="draw"`)
	at := begun.Request.URL.Path

	auditor.get("/standards/samples?force=33").must(t, http.StatusOK, "DIP/26/1", "Begun</dt>").mustNot(t, "Begin a dip sample")
	auditor.get(at).must(t, http.StatusOK, `value="commit"`)
	auditor.post(at, url.Values{"do": {"commit"}, "commitment": {"12"}}).must(t, http.StatusUnprocessableEntity, `href="#commitment"`)
	auditor.post(at, url.Values{"do": {"commit"}, "commitment": {hisBound}}).must(t, http.StatusOK, "You are bound", "Waits for both to reveal", `value="reveal"`).mustNot(t, `value="draw"`)
	auditor.post(at, url.Values{"do": {"reveal"}, "nonce": {strings.Repeat("ab", 32)}})
	psd.post(at, url.Values{"do": {"draw"}}).must(t, http.StatusConflict)
	revealed := psd.post(at, url.Values{"do": {"reveal"}, "nonce": {mine}})
	for until := time.Now().Add(time.Minute); revealed.StatusCode == http.StatusConflict && time.Now().Before(until); {
		time.Sleep(50 * time.Millisecond) // until witnesses have co-signed
		revealed = psd.post(at, url.Values{"do": {"reveal"}, "nonce": {mine}})
	}
	revealed.must(t, http.StatusOK, "Your nonce is revealed", mine).mustNot(t, `value="reveal"`)
	auditor.post(at, url.Values{"do": {"reveal"}, "nonce": {hisBound}}).must(t, http.StatusUnprocessableEntity, `href="#nonce"`)
	auditor.post(at, url.Values{"do": {"reveal"}, "nonce": {his}}).must(t, http.StatusOK, "What was drawn", "To judge", "Co-signed tree")

	drawn := psd.get(at).must(t, http.StatusOK, "investigator-33")
	entry := strings.TrimPrefix(firstLink(t, drawn.text, `judge-\d+`), "judge-")
	psd.post(at, url.Values{"do": {"judge-" + entry}}).must(t, http.StatusUnprocessableEntity, `href="#verdict-`+entry+`"`)
	psd.post(at, url.Values{"do": {"judge-" + entry}, "verdict-" + entry: {"IMPROPER"}}).must(t, http.StatusUnprocessableEntity, `href="#note-`+entry+`"`)
	psd.post(at, url.Values{"do": {"judge-" + entry}, "verdict-" + entry: {"IMPROPER"}, "note-" + entry: {"No such case was ever opened."}}).must(t, http.StatusOK, "1 improper", "No such case was ever opened.", "by psd-33")
	psd.get("/standards/samples").must(t, http.StatusOK, "judged")
	w.as("psd-10").get(at).must(t, http.StatusForbidden)
	w.as("psd-33").get(at[:len(at)-1]+"x").must(t, http.StatusNotFound)
	for _, account := range []string{"spoc-33", "supervisor-33", "dpo-33", "admin"} {
		w.as(account).get("/standards/samples").must(t, http.StatusForbidden)
		w.as(account).get(at).must(t, http.StatusForbidden)
		w.as(account).post(at, url.Values{"do": {"draw"}}).must(t, http.StatusForbidden)
	}
}
