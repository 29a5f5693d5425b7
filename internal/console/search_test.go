package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// register registers a man of 1987 with one course of conduct in a force.
func (w *world) register(force, reference, given, surname string, behaviours ...string) string {
	w.t.Helper()
	conn := w.replica.Dial(force)
	n, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(w.t.Context(), &registerv1.RegisterNominalRequest{
		Parent: "forces/" + force, Nominal: &registerv1.Nominal{
			Source:     &registerv1.SourceKey{System: "niche", Reference: reference, Revision: 1},
			Names:      []*registerv1.PersonName{{Given: given, Surname: surname}},
			BirthDates: []*registerv1.PartialDate{{Year: 1987, Month: 3, Day: 14}}, Sex: registerv1.Sex_SEX_MALE,
			Identifiers: []*registerv1.Identifier{{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE, Value: "07700 900123"}},
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = registerv1.NewConductServiceClient(conn).RegisterCourse(w.t.Context(), &registerv1.RegisterCourseRequest{
		Parent: "forces/" + force, Course: &registerv1.CourseOfConduct{
			Source: &registerv1.SourceKey{System: "niche", Reference: reference, Revision: 1}, Nominal: n.GetName(),
			Victim:   &registerv1.Victim{Names: []*registerv1.PersonName{{Given: "Wilhelmina", Surname: "Canary"}}},
			Standing: registerv1.Standing_STANDING_REPORTED, Relationship: "EX_PARTNER",
			Incidents: []*registerv1.Incident{{
				Reference: reference + "/1", OccurTime: &timestamppb.Timestamp{Seconds: 1_750_000_000}, Behaviours: behaviours, Narrative: "Seen outside again.",
			}},
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return n.GetName()
}

var why = url.Values{"reason": {"CRIME_INVESTIGATION"}, "reference": {"33/1234/26"}}

// asking is a form of a search, with its reason.
func asking(pairs ...string) url.Values {
	out := url.Values{}
	for k, v := range why {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

func TestSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register("33", "A1", "Calum", "Thackery", "FOLLOWING", "THREATS_TO_KILL")
	w.register("10", "B1", "Callum", "Thackeray", "CONTACT")
	b := w.as("investigator-33")

	// No reason, nobody looked for: each fault is told at its field.
	b.post("/search", url.Values{"birth-day": {"31"}}).must(t, http.StatusUnprocessableEntity,
		"There is a problem", `href="#reason"`, "Choose why you are searching", `href="#given"`, `href="#birth-day"`, "must include a year", `id="reason-error"`)
	// What only the register can judge comes back at its field, with the form as it was.
	b.post("/search", asking("phone", "12", "surname", "O'Neill & Söhne")).must(t, http.StatusUnprocessableEntity, `href="#phone"`, `id="phone-error"`, "O&#39;Neill &amp; Söhne")

	found := b.post("/search", asking("given", "Calum", "surname", "Thackary", "birth-year", "1987")).must(t, http.StatusOK,
		"found", "Threats to kill", "Why it matched", "<svg", "Agrees", "Whom to ask", "recorded under your name in the access log, entry", "Crime investigation, 33/1234/26", "not proved")
	if !strings.HasPrefix(found.Request.URL.Path, "/searches/") || found.Request.URL.RawQuery != "" {
		t.Errorf("the answer stands at %s", found.Request.URL)
	}
	detail := b.get(firstLink(t, found.text, `/searches/[0-9a-f-]+/candidates/1`)).must(t, http.StatusOK,
		"Timeline", "<svg", "Courses of conduct", "Seen outside again.", "Do not advise her to block", "in the access log, entry", "Following")
	detail.mustNot(t, "Wilhelmina", "Canary")
	// The same search is nobody else's.
	w.as("investigator-10").get(found.Request.URL.Path).must(t, http.StatusNotFound)
	// The case is remembered for the next search.
	b.get("/search").must(t, http.StatusOK, "Crime investigation, 33/1234/26 – change")

	b.post("/search", asking("surname", "Nobodyheldthisname")).must(t, http.StatusOK, "No record found", "No record does not mean no risk", "Not searched by", "Date of birth, telephone number", "entry")
	// The control room has the answer, and not the detail.
	room := w.as("control_room-33")
	answer := room.post("/search", asking("surname", "Thackery", "given", "Calum"))
	answer.must(t, http.StatusOK, "found").mustNot(t, "/candidates/")
	room.get(answer.Request.URL.Path+"/candidates/1").must(t, http.StatusForbidden, "Your role does not allow this")
}

// When the register cannot answer, the page never looks like an answer.
func TestNotChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("investigator-33")
	conn, err := pgx.Connect(t.Context(), w.site.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE register.entry IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	b.post("/search", asking("surname", "Thackery")).must(t, http.StatusServiceUnavailable, "NOT CHECKED", "What to do", "was not looked up").mustNot(t, "No record found")
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.post("/search", asking("surname", "Thackery")).must(t, http.StatusOK, "No record found")
}

func TestOnlyWhatARoleMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for account, may := range map[string]bool{
		"investigator-33": true, "control_room-33": true, "spoc-33": true, "supervisor-33": true, "psd-33": false, "dpo-33": false, "auditor": false, "admin": false,
	} {
		b := w.as(account)
		p := b.get("/search")
		if may {
			p.must(t, http.StatusOK, `href="/search"`)
			continue
		}
		p.must(t, http.StatusForbidden, "Your role does not allow this").mustNot(t, `href="/search"`)
		b.post("/search", asking("surname", "Thackery")).must(t, http.StatusForbidden)
	}
}

func TestSelfSearchIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as("investigator-33").post("/search", asking("email", "investigator-33@police.example")).must(t, http.StatusForbidden, "You may not search for yourself")
}

// firstLink finds an address on a page.
func firstLink(t *testing.T, text, pattern string) string {
	t.Helper()
	at := regexp.MustCompile(pattern).FindString(text)
	if at == "" {
		t.Fatalf("no link like %s\n%s", pattern, text)
	}
	return at
}
