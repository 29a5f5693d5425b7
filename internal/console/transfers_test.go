package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// offerFrom10 has force 10 register a report and offer it to force 33, for a reason.
// It returns the page of the transfer.
func (w *world) offerFrom10(reference, reason string) string {
	w.t.Helper()
	name := w.register("10", reference, "Odhran", "Quillfeather", "FOLLOWING")
	form := "/nominals/" + name[strings.LastIndex(name, "/")+1:] + "/transfer"
	spoc := w.once("spoc-10")
	matter := firstLink(w.t, spoc.get(form).text, `forces/10/courses/[0-9a-f-]{36}`)
	offer := spoc.post(form, url.Values{"matter": {matter}, "to": {"33"}, "reason": {reason}}).must(w.t, http.StatusOK, "is told of your offer")
	return offer.Request.URL.Path
}

// A force offers a matter, the other takes it over with its duties, both see it.
func TestTransferOfAMatter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := w.register("10", "B1", "Calum", "Thackery", "THREATS_TO_KILL", "ATTENDING_HOME")
	record := "/nominals/" + name[strings.LastIndex(name, "/")+1:]
	ours, theirs := w.once("spoc-10"), w.once("spoc-33")

	ours.get(record).must(t, http.StatusOK, `href="`+record+`/transfer"`, "Offer a matter to another force")
	form := ours.get(record+"/transfer").must(t, http.StatusOK, "is a disclosure to that force", "1: Northumbria, ", "checked", `value="33">Leicestershire`).mustNot(t, `value="10">Northumbria`)
	ours.post(record+"/transfer", url.Values{}).must(t, http.StatusUnprocessableEntity, `href="#matter"`, `href="#to"`, `href="#reason"`)
	matter := firstLink(t, form.text, `forces/10/courses/[0-9a-f-]{36}`)
	offered := ours.post(record+"/transfer", url.Values{"matter": {matter}, "to": {"33"}, "reason": {"The victim has moved <b>there</b>."}}).must(t, http.StatusOK,
		"Leicestershire is told of your offer", "Your force offers a matter to Leicestershire", "Waits for an answer", "&lt;b&gt;there", "Take the offer back", "Threats to kill", `href="`+record+`"`)
	offered.mustNot(t, "Accept the matter", "Decline the matter")
	at := offered.Request.URL.Path
	ours.get(record).must(t, http.StatusOK, "It is offered to another force", `href="`+at+`"`)
	ours.get(record+"/transfer").must(t, http.StatusOK, "each is offered already")
	ours.post(record+"/transfer", url.Values{"matter": {matter}, "to": {"33"}, "reason": {"The victim has moved there."}}).must(t, http.StatusConflict, "is offered to another force")
	ours.get("/transfers").must(t, http.StatusOK, "There are none")
	ours.get("/transfers?list=offered").must(t, http.StatusOK, "Waiting for others", at)

	// The other force is told, has a duty that the answer alone closes, and counts it.
	theirs.get("/alerts").must(t, http.StatusOK, "A matter is offered to your force, Northumbria", `href="`+at+`"`)
	theirs.get("/work").must(t, http.StatusOK, `data-count="transfers">1</span> <span class="tile__title">Transfers to answer`)
	theirs.get("/work/live").must(t, http.StatusOK, `"transfers":"1"`)
	duty := firstLink(t, theirs.get("/duties").must(t, http.StatusOK, "Matter offered by another force").text, `/duties/[0-9a-f-]{36}`)
	theirs.get(duty).must(t, http.StatusOK, "nothing else closes this duty", `href="`+at+`"`).mustNot(t, "It is done", "It needs no action")
	theirs.get("/transfers").must(t, http.StatusOK, "Northumbria offers your force a matter", "due ")
	theirs.get(at).must(t, http.StatusOK, "What would go over", "1 incident, on", "Threats to kill", "Nobody has assessed it", "Your force holds no record of the person", "Accept the matter", "Decline the matter").mustNot(t, "Thackery", "Take the offer back")
	w.as("investigator-33").get(at).must(t, http.StatusOK, "Northumbria offers").mustNot(t, "Accept the matter", "Decline the matter", "All transfers")
	w.as("investigator-33").post(at, url.Values{"do": {"decline"}, "decline-why": {"It is not for me."}}).must(t, http.StatusForbidden)
	w.as("investigator-10").get(record+"/transfer").must(t, http.StatusForbidden)
	w.as("spoc-43").get(at).must(t, http.StatusNotFound)

	theirs.post(at, url.Values{"do": {"decline"}}).must(t, http.StatusUnprocessableEntity, `href="#decline-why"`)
	theirs.post(at, url.Values{"do": {"accept"}}).must(t, http.StatusUnprocessableEntity, `href="#reference"`)
	theirs.post(at, url.Values{"do": {"withdraw"}, "why": {"It is not ours to withdraw."}}).must(t, http.StatusConflict, "for the other force")
	id := hiddenValue(t, theirs.post(at, url.Values{"do": {"decline"}}).text, "id")
	accept := url.Values{"do": {"accept"}, "id": {id}, "record": {"new"}, "reference": {"33/77/26"}, "officer": {"not a collar number"}, "answer": {"We have her now."}}
	theirs.post(at, accept).must(t, http.StatusUnprocessableEntity, `href="#officer"`, `value="33/77/26"`)
	accept.Set("officer", "5150")
	taken := theirs.post(at, accept).must(t, http.StatusOK, "The matter is your force’s now", "Accepted", "Why it was offered", "We have her now.", "Open your force’s record").mustNot(t, "Accept the matter")
	own := firstLink(t, taken.text, `/nominals/[0-9a-f-]{36}`)
	theirs.get(own).must(t, http.StatusOK, "Calum Thackery", "Northumbria since", "Leicestershire since")
	theirs.post(at, accept).must(t, http.StatusConflict, "nothing was changed")
	theirs.get("/work/live").must(t, http.StatusOK, `"transfers":"0"`)

	// Who offered it sees what became of it, and hands it over no more.
	ours.get("/alerts").must(t, http.StatusOK, "A matter has changed hands, Leicestershire", `href="`+at+`"`)
	ours.get(at).must(t, http.StatusOK, "Accepted", "We have her now.").mustNot(t, "Take the offer back", own)
	ours.get("/transfers?list=all").must(t, http.StatusOK, "Accepted")
	ours.get(record+"/transfer").must(t, http.StatusOK, "There is no matter of your force")
}

// What is declined or taken back stays, and is not taken over; a force that holds a
// record of the person is asked on which the matter is to hang.
func TestTransferDeclinedTakenBackAndOnAnOwnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	name := w.register("10", "B1", "Calum", "Thackery", "FOLLOWING")
	held := w.register("33", "A1", "Calum", "Thackery", "CONTACT")
	record := "/nominals/" + name[strings.LastIndex(name, "/")+1:]
	ours, theirs := w.once("spoc-10"), w.once("supervisor-33")
	offer := func() string {
		t.Helper()
		matter := firstLink(t, ours.get(record+"/transfer").text, `forces/10/courses/[0-9a-f-]{36}`)
		return ours.post(record+"/transfer", url.Values{"matter": {matter}, "to": {"33"}, "reason": {"The victim has moved there."}}).must(t, http.StatusOK).Request.URL.Path
	}
	at := offer()
	ours.post(at, url.Values{"do": {"withdraw"}, "why": {"short"}}).must(t, http.StatusUnprocessableEntity, `href="#why"`)
	ours.post(at, url.Values{"do": {"withdraw"}, "why": {"She has come back."}}).must(t, http.StatusOK, "The offer is taken back", "Withdrawn", "She has come back.")
	theirs.get("/alerts").must(t, http.StatusOK, "An offered matter is taken back, Northumbria")
	at = offer()
	theirs.post(at, url.Values{"do": {"decline"}, "decline-why": {"She has not moved here."}}).must(t, http.StatusOK, "it stays with the other force", "Declined", "She has not moved here.")
	ours.get("/alerts").must(t, http.StatusOK, "A matter you offered is declined, Leicestershire")
	theirs.get("/transfers?list=all").must(t, http.StatusOK, "Declined", "Withdrawn")

	at = offer()
	page := theirs.get(at).must(t, http.StatusOK, "On which record of your force", "Calum Thackery, born", "A new one, made from that of Northumbria")
	if !regexp.MustCompile(`value="` + held + `" checked`).MatchString(page.text) {
		t.Errorf("the only own record is not chosen\n%s", page.text)
	}
	accept := url.Values{"do": {"accept"}, "record": {strings.Replace(held, held[len(held)-4:], "0000", 1)}, "reference": {"33/78/26"}}
	theirs.post(at, accept).must(t, http.StatusNotFound)
	stranger := w.register("33", "A2", "Odhran", "Quillfeather", "CONTACT")
	accept.Set("record", stranger)
	theirs.post(at, accept).must(t, http.StatusConflict, `href="#record"`, "not held to be of the same person")
	accept.Set("record", held)
	theirs.post(at, accept).must(t, http.StatusOK, "The matter is your force’s now", `href="/nominals/`+held[strings.LastIndex(held, "/")+1:])
	// Its reference is in use from then on.
	next := w.offerFrom10("B2", "The victim has moved there.")
	theirs.post(next, url.Values{"do": {"accept"}, "record": {stranger}, "reference": {"33/78/26"}}).must(t, http.StatusConflict, `href="#reference"`, "give it another")
}
