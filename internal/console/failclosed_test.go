package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/perpetrator-register/register/internal/console"
)

// ownPages are answered while the log cannot be written: they show an empty form and no
// more, and ownText what the person has written himself, or what came of it, which was
// logged when he was told it.
var ownPages, ownText = []string{
	"POST /session/extend", "GET /search", "POST /register/drop", "GET /nominals/{nominal}/measure", "GET /standards",
	"GET /standards/sanctions/new", "POST /standards/sanctions/new", "GET /log", "GET /ask", "GET /subscribe",
	"GET /nominals/{nominal}/pack", "GET /standards/unsealings/new", "GET /standards/samples/new", "GET /standards/holds/new", "GET /standards/evidence", "GET /standards/readings",
}, []string{"GET /register", "POST /register", "GET /register/conduct", "POST /register/conduct", "GET /register/done"}

// walker asks for every page as one account, and notes what came of it.
type walker struct {
	*browser
	account string
	mux     *http.ServeMux
	asked   []asked
	known   map[string]bool
}

// asked is one request with the pattern of its page.
type asked struct {
	pattern, path string
	form          url.Values // nil for GET
	status        int        // while the log could be written; of a form 0
}

func (w *walker) patternOf(method, path string) string {
	r, err := http.NewRequest(method, path, nil)
	if err != nil {
		w.w.t.Fatal(err)
	}
	_, pattern := w.mux.Handler(r)
	return pattern
}

var (
	hrefs  = regexp.MustCompile(`href="(/[^"#]*)"`)
	forms  = regexp.MustCompile(`(?s)<form([^>]*method="post"[^>]*)>(.*?)</form>`)
	action = regexp.MustCompile(`action="([^"]*)"`)
	hidden = regexp.MustCompile(`name="([^"]*)" value="([^"]*)"`)
)

// note takes in a page with its links and forms, and asks for what it leads to.
func (w *walker) note(p page) {
	for _, f := range forms.FindAllStringSubmatch(p.text, -1) {
		path := p.Request.URL.RequestURI()
		if to := action.FindStringSubmatch(f[1]); to != nil && to[1] != "" {
			path = html.UnescapeString(to[1])
		}
		pattern := w.patternOf(http.MethodPost, path)
		if pattern == "" || w.known["POST "+path] {
			continue
		}
		w.known["POST "+path] = true
		form := url.Values{}
		for _, field := range hidden.FindAllStringSubmatch(f[2], -1) {
			form.Set(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
		}
		w.asked = append(w.asked, asked{pattern: pattern, path: path, form: form})
	}
	for _, l := range hrefs.FindAllStringSubmatch(p.text, -1) {
		w.walk(html.UnescapeString(l[1]))
	}
}

// walk asks for a page, and for all that it leads to, of each page a few at most.
func (w *walker) walk(path string) {
	pattern := w.patternOf(http.MethodGet, path)
	n := 0
	for _, a := range w.asked {
		if a.pattern == pattern && a.form == nil {
			n++
		}
	}
	if pattern == "" || w.known[path] || n >= 4 {
		return
	}
	w.known[path] = true
	p := w.get(path)
	w.asked = append(w.asked, asked{pattern: pattern, path: path, status: p.StatusCode})
	if p.StatusCode == http.StatusOK {
		w.note(p)
	}
}

// sends sends a form and takes in the page that comes of it.
func (w *walker) sends(path string, form url.Values) page {
	w.w.t.Helper()
	p := w.post(path, form).must(w.w.t, http.StatusOK)
	w.asked = append(w.asked, asked{pattern: w.patternOf(http.MethodPost, path), path: path, form: form})
	if p.Request.Method == http.MethodGet {
		w.walk(p.Request.URL.RequestURI())
	}
	w.note(p)
	return p
}

// While the log cannot be written no page tells anything: every page of every role is
// asked for before and during an outage, by its links and its forms.
func TestPagesFailClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mux := http.NewServeMux()
	for _, p := range console.Patterns() {
		mux.Handle(p, http.NotFoundHandler())
	}
	w.register("10", "B1", "Calum", "Thackery", "CONTACT")
	name := w.register("33", "A1", "Calum", "Thackery", "THREATS_TO_KILL", "ATTENDING_HOME")
	at := "/nominals/" + name[strings.LastIndex(name, "/")+1:]
	var all []*walker
	by := map[string]*walker{}
	for _, account := range []string{"investigator-33", "control_room-33", "spoc-33", "spoc-10", "supervisor-33", "psd-33", "dpo-33", "auditor", "admin"} {
		a := &walker{browser: w.as(account), account: account, mux: mux, known: map[string]bool{}}
		all, by[account] = append(all, a), a
	}

	// What stands behind pages: a search, a report on the way, a measure, its breach and
	// the duty of that, a reading of the log, a sanction.
	spoc := by["spoc-33"]
	for _, who := range []string{"investigator-33", "control_room-33", "spoc-33", "supervisor-33"} {
		by[who].sends("/search", asking("given", "Calum", "surname", "Thackery", "birth-year", "1987"))
	}
	spoc.sends("/register", suspect)
	spoc.walk("/register/matches")
	spoc.walk("/register/conduct")
	investigator := by["investigator-33"]
	investigator.post("/register", suspect)
	investigator.sends("/register/conduct", conduct())
	id, opened := onceOf(t, spoc.get(at+"/measure"))
	kept := spoc.sends(at+"/measure", url.Values{"id": {id}, "at": {opened}, "kind": {"COURT_BAIL"}, "status": {"IN_FORCE"}, "from-day": {"1"}, "from-month": {"6"}, "from-year": {"2025"}, "conditions": {"NO_CONTACT"}})
	breach := firstLink(t, kept.text, `/measures/[0-9a-f-]+/breach`)
	id, opened = onceOf(t, spoc.get(breach))
	spoc.sends(breach, url.Values{"id": {id}, "at": {opened}, "occurred-day": {"2"}, "occurred-month": {"9"}, "occurred-year": {"2025"}, "behaviours": {"CONTACT"}, "action": {"NONE"}, "why": {"LOWER_LEVEL"}, "crime-reference": {"33/905/26"}, "narrative": {"Rang her again."}})
	spoc.sends(at+"/transfer", url.Values{"matter": {firstLink(t, spoc.get(at+"/transfer").text, `forces/33/courses/[0-9a-f-]{36}`)}, "to": {"10"}, "reason": {"Thirty searches found her there."}})
	by["spoc-10"].walk("/transfers")
	psd := by["psd-33"]
	for i := range 20 {
		by["supervisor-33"].post("/search", asking("given", "Odd", "surname", "Name"+string(rune('a'+i)), "birth-year", "1991"))
	}
	for until := time.Now().Add(time.Minute); !strings.Contains(psd.get("/cases").text, "supervisor-33"); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("there is no case")
		}
	}
	psd.sends("/log", url.Values{"purpose": {"SELF_MONITORING"}, "reference": {"PSD/1"}, "show": {"list"}})
	psd.sends("/standards/sanctions", url.Values{"subject": {"https://login.example#somebody"}, "kind": {"SUSPENSION"}, "why": {"Thirty searches without a case."}, "reference": {"PSD/26/7"}})
	psd.sends("/standards/holds", url.Values{"first": {"1"}, "last": {"9"}, "why": {"Thirty searches without a case."}, "reference": {"PSD/26/7"}})
	psd.sends("/standards/samples", url.Values{"size": {"3"}, "commitment": {strings.Repeat("ab", 32)}, "purpose": {"SELF_MONITORING"}, "reference": {"DIP/26/1"}})
	by["auditor"].walk("/standards/samples?force=33")
	by["auditor"].walk("/standards/case-access?force=33")
	by["auditor"].sends("/log", url.Values{"purpose": {"LAWFULNESS"}, "reference": {"IOPC/1"}, "force": {"-"}})
	for _, a := range all {
		a.walk("/")
		a.asked = append(a.asked, asked{pattern: "POST /session/extend", path: "/session/extend", form: url.Values{}})
		for _, pattern := range console.Patterns() {
			if path, get := strings.CutPrefix(pattern, "GET "); get && !strings.Contains(path, "{") {
				a.walk(path)
			}
		}
	}

	conn, err := pgx.Connect(t.Context(), w.site.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "REVOKE INSERT ON register.entry FROM register_service"); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range all {
		a.still()
		for _, r := range a.asked {
			var p page
			if r.form == nil {
				p = a.get(r.path)
			} else {
				p = a.post(r.path, r.form)
			}
			seen[r.pattern] = true
			a.closed(t, r, p)
		}
	}
	// Pages to which nothing has led are asked for under a name that nobody bears.
	for _, pattern := range console.Patterns() {
		if seen[pattern] {
			continue
		}
		method, path, _ := strings.Cut(pattern, " ")
		path = placeholder.ReplaceAllString(strings.ReplaceAll(path, "{force}", "33"), "01a201cb-0000-7000-8000-000000000000")
		r := asked{pattern: pattern, path: path}
		if method == http.MethodPost {
			r.form = url.Values{}
		}
		for _, a := range all {
			a.closed(t, r, a.send(method, path, r.form, nil))
		}
	}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// closed checks an answer during the outage.
func (w *walker) closed(t *testing.T, r asked, p page) {
	t.Helper()
	if slices.Contains(ownText, r.pattern) {
		return
	}
	own := slices.Contains(ownPages, r.pattern) || strings.Contains(p.text, "Choose a force")
	elsewhere := r.form == nil && p.StatusCode == http.StatusSeeOther // to another page, asked for by itself
	switch {
	case own, elsewhere:
	case p.StatusCode < http.StatusBadRequest, r.status == http.StatusOK && p.StatusCode != http.StatusServiceUnavailable:
		t.Errorf("%s: %s (%s) is answered with %d", w.account, r.pattern, r.path, p.StatusCode)
	}
	for _, text := range []string{"Thackery", "Canary", "waited outside", "Rang her again", "Thirty searches"} {
		if strings.Contains(p.text, text) && !strings.Contains(r.form.Encode(), url.QueryEscape(text)) {
			t.Errorf("%s: %s (%s) says %q", w.account, r.pattern, r.path, text)
		}
	}
}
