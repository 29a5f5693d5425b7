package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// One person searches for name after name that nobody bears; professional
// standards are told, and work on it.
func TestMisuseBecomesACase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("investigator-33")
	for i := range 30 {
		b.post("/search", asking("given", "Odd", "surname", fmt.Sprintf("Name%c%c", 'A'+i%26, 'a'+i/26), "birth-year", "1991")).must(t, http.StatusOK, "No record found")
	}
	psd := w.as("psd-33")
	until := time.Now().Add(time.Minute)
	list := psd.get("/cases").must(t, http.StatusOK, "A flag is a question")
	for !strings.Contains(list.text, "investigator-33") && time.Now().Before(until) {
		time.Sleep(200 * time.Millisecond) // the rules follow the log
		list = psd.get("/cases")
	}
	at := firstLink(t, list.text, `/cases/33/[0-9a-f-]{36}`)
	psd.get(at).must(t, http.StatusOK, "Case of investigator-33", "What was noticed", "Take the case", "Searches")
	psd.post(at, url.Values{"do": {"open"}}).must(t, http.StatusOK, "The case is yours", "Ask for an explanation")
	psd.post(at, url.Values{"do": {"ask"}, "question": {"x"}}).must(t, http.StatusUnprocessableEntity, `href="#question"`)
	psd.post(at, url.Values{"do": {"ask"}, "question": {"For what enquiry were these thirty names?"}}).must(t, http.StatusOK, "The question is recorded", "thirty names")
	psd.post(at, url.Values{"do": {"note"}, "note": {"Spoke with the line manager."}}).must(t, http.StatusOK, "Spoke with the line manager.")
	psd.post(at, url.Values{"do": {"decide"}}).must(t, http.StatusUnprocessableEntity, `href="#outcome"`)
	psd.post(at, url.Values{"do": {"decide"}, "outcome": {"CONCERN"}, "rationale": {"No enquiry was found that needed them."}}).must(t, http.StatusOK, "The case is decided", "Decided: concern")
	psd.get("/cases/rules").must(t, http.StatusOK, "How often the rules are right", "Upheld")
	psd.get("/cases?list=all").must(t, http.StatusOK, "investigator-33")
	w.as("auditor").get("/cases?list=all&force=33").must(t, http.StatusOK, "investigator-33")
	w.as("psd-10").get(at).must(t, http.StatusForbidden)
	b.get("/cases").must(t, http.StatusForbidden)
}
