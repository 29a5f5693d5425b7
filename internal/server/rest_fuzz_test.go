package server_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/servertest"
)

// edge is a register whose REST edge is called in the process.
type edge struct {
	site    *servertest.Site
	replica *servertest.Replica
	handler http.Handler
	db      *postgres.DB

	token string
	fresh time.Time
}

func newEdge(f *testing.F) *edge {
	f.Helper()
	e := &edge{site: servertest.NewSite(f, slog.New(slog.DiscardHandler))}
	e.replica = e.site.Start(nil)
	e.handler, e.db = e.replica.Server.RESTHandler(), pgtest.Connect(f, e.site.DB)
	return e
}

// bearer is a good token, made anew before it runs out.
func (e *edge) bearer(tb testing.TB) string {
	tb.Helper()
	if time.Since(e.fresh) > 10*time.Minute {
		token, err := e.site.IDP.MintForTest("spoc-33", nil)
		if err != nil {
			tb.Fatal(err)
		}
		e.token, e.fresh = "Bearer "+token, time.Now()
	}
	return e.token
}

// send makes one request and holds the answer to what must always be true: no
// fault of the register's own, and nothing told without an entry in the log.
func (e *edge) send(t *testing.T, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	r.RemoteAddr = "127.0.0.1:40000"
	w := httptest.NewRecorder()
	e.handler.ServeHTTP(w, r)
	if w.Code >= 500 && w.Code != http.StatusNotImplemented && w.Code != http.StatusServiceUnavailable {
		t.Fatalf("%s %q: %d %s", r.Method, r.URL, w.Code, w.Body)
	}
	answer := w.Result()
	entry := answer.Header.Get(accesslog.EntryKey) + answer.Trailer.Get(accesslog.EntryKey)
	if entry == "" {
		if w.Code == http.StatusOK && strings.HasPrefix(r.URL.Path, "/v1/") {
			t.Fatalf("%s %q: answered without an entry in the log", r.Method, r.URL)
		}
		return w
	}
	index, err := strconv.ParseInt(entry, 10, 64)
	if err != nil {
		t.Fatalf("entry %q", entry)
	}
	head, err := e.db.Head(context.WithoutCancel(t.Context()))
	if err != nil || head.Size <= index {
		t.Fatalf("entry %d of a log of %d: %v", index, head.Size, err)
	}
	return w
}

func FuzzREST(f *testing.F) {
	e := newEdge(f)
	const search = `{"reason":"THREAT_TO_LIFE","justification":"a call to the control room","criteria":{"names":[{"full":"Jan Novak"}]}}`
	for _, s := range []struct{ method, target, header, value, body string }{
		{"GET", "/v1/self", "Authorization", "Bearer x.y.z", ""},
		{"GET", "/v1/forces", "", "", ""},
		{"GET", "/v1/forces/33", "Register-Officer", "1066", ""},
		{"GET", "/v1/forces/33/nominals?pageSize=3&pageToken=x", "", "", ""},
		{"GET", "/v1/forces/33/nominals/01980000-0000-7000-8000-0123456789ab", "", "", ""},
		{"GET", "/v1/log/inclusionProof?index=0&treeSize=1", "", "", ""},
		{"GET", "/v1/log/consistencyProof?firstTreeSize=1&secondTreeSize=9223372036854775807", "", "", ""},
		{"POST", "/v1/searches", "Content-Type", "application/json", search},
		{"POST", "/v1/searches?x=y", "Grpc-Metadata-Authorization", "Bearer a.b.c", search},
		{"POST", "/v1/records:register", "Transfer-Encoding", "chunked", "{\"sequence\":1}\n{}\n[]\nnull\n{\"nominal\":{"},
		{"POST", "/v1/forces/33/logEntries:list", "Grpc-Timeout", "1n", `{"purpose":"LOG_PURPOSE_SECURITY","reference":"abc"}`},
		{"PUT", "/v1/forces/33/contact", "X-HTTP-Method-Override", "GET", `{"force":"forces/10","team":"t"}`},
		{"PATCH", "/v1/../openapi.json", "", "", "\xff"},
		{"GET", "/v1/codeLists/%2e%2e/codes", "", "", ""},
		{"GET", "/v1/%7Bname=forces/*%7D", "Accept", "text/html", ""},
		{"OPTIONS", "*", "Origin", "https://elsewhere.example", ""},
	} {
		f.Add(s.method, s.target, s.header, s.value, s.body)
	}
	f.Fuzz(func(t *testing.T, method, target, header, value, body string) {
		// As long as the limits let it be short: a database stands behind it.
		u, err := url.ParseRequestURI(target)
		if err != nil || len(body) > 1<<16 {
			t.Skip()
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		r.URL, r.RequestURI = u, target
		r.Header.Set("Authorization", e.bearer(t))
		if header != "" {
			r.Header.Set(header, value)
		}
		e.send(t, r)
	})
}

// FuzzBody sends arbitrary bodies where most of the contract's fields are.
func FuzzBody(f *testing.F) {
	e := newEdge(f)
	paths := []string{"/v1/searches", "/v1/forces/33/nominals:register", "/v1/forces/33/courses:register", "/v1/records:register"}
	const (
		source  = `"source":{"system":"crime","reference":"R1","revision":"1"}`
		person  = `"names":[{"given":"Jan","surname":"van der Berg"}],"birthDates":[{"year":1980,"month":2,"day":29,"approximate":true}]`
		victim  = `"victim":{"names":[{"full":"Ann Other"}],"birthDate":{"year":1990},"phones":["07700 900001"],"addresses":[{"lines":["1 High St"],"postcode":"LE1 1AA"}]}`
		nominal = `{"nominal":{` + source + `,` + person + `,"identifiers":[{"kind":"IDENTIFIER_KIND_PHONE","value":"07700900123"},{"kind":5,"value":"2001/0171310S"}],"warnings":["WEAPON"]}}`
		course  = `{"course":{` + source + `,` + victim + `,"standing":"STANDING_REPORTED","incidents":[{"reference":"I1","occurTime":"2026-01-02T03:04:05Z","behaviours":["FOLLOWING"],"narrative":"seen by Ann"}]},"nominalSource":{"system":"crime","reference":"R1"}}`
	)
	for _, s := range []string{
		`{"reason":"CRIME_INVESTIGATION","reference":"33/1","criteria":{"names":[{"given":"Jan"}],"birthDate":{"year":1980},"phones":["+44"],"handles":[{"value":"@x","platform":"y"}],"postcodes":["LE1 1AA"],"identifiers":[{"kind":7,"value":"05/A"}]}}`,
		nominal, course, `{"parent":"forces/10",` + nominal[1:], "null", "[]", "{}", "", "{\"sequence\":1,\"nominal\":{\"parent\":\"forces/33\"," + nominal[1:] + "}\n",
		`{"nominal":{"names":[{"full":"` + "\u202e\u0000é𝔘" + `"}],` + source + `}}`,
	} {
		for i := range paths {
			f.Add(uint8(i), []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		if len(body) > 1<<16 {
			t.Skip()
		}
		path := paths[int(which)%len(paths)]
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(string(body)))
		r.Header.Set("Authorization", e.bearer(t))
		w := e.send(t, r)
		if path != paths[3] && !json.Valid(w.Body.Bytes()) {
			t.Errorf("the answer is not JSON: %s", w.Body)
		}
	})
}

// FuzzPageToken: only a token that the register gave out, for the same
// listing, is taken.
func FuzzPageToken(f *testing.F) {
	e := newEdge(f)
	given := e.givenToken(f)
	for _, s := range []string{
		given, given + "0", given[1:], strings.ToUpper(given), "", ".", "a.b", "AZgAAAAAcACAAAEjRWeJqw.1:0123456789abcdef",
		base64.RawURLEncoding.EncodeToString(make([]byte, 16)) + ".", strings.Repeat("A", 400), "\xff.\x00", given + "." + given,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/forces/33/nominals?"+url.Values{"pageToken": {token}}.Encode(), nil)
		r.Header.Set("Authorization", e.bearer(t))
		w := e.send(t, r)
		if good := token == "" || token == given; (w.Code == http.StatusOK) != good {
			t.Errorf("token %q: %d %s", token, w.Code, w.Body)
		}
	})
}

func (e *edge) givenToken(f *testing.F) string {
	f.Helper()
	for _, reference := range []string{"a", "b"} {
		body := `{"nominal":{"source":{"system":"crime","reference":"` + reference + `","revision":1},"names":[{"full":"Jan Novak"}]}}`
		r := httptest.NewRequestWithContext(f.Context(), http.MethodPost, "/v1/forces/33/nominals:register", strings.NewReader(body))
		r.Header.Set("Authorization", e.bearer(f))
		w := httptest.NewRecorder()
		if e.handler.ServeHTTP(w, r); w.Code != http.StatusOK {
			f.Fatal(w.Body)
		}
	}
	r := httptest.NewRequestWithContext(f.Context(), http.MethodGet, "/v1/forces/33/nominals?pageSize=1", nil)
	r.Header.Set("Authorization", e.bearer(f))
	w := httptest.NewRecorder()
	e.handler.ServeHTTP(w, r)
	var page struct{ NextPageToken string }
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || page.NextPageToken == "" {
		f.Fatalf("no token: %s %v", w.Body, err)
	}
	return page.NextPageToken
}

// FuzzResourceName: a name of nothing is refused as such wherever a name is
// taken, and never reaches beyond the caller's force.
func FuzzResourceName(f *testing.F) {
	e := newEdge(f)
	conn := e.replica.Dial("33")
	const id = "01980000-0000-7000-8000-0123456789ab"
	for _, s := range []string{
		"", "forces/33/nominals/" + id, "forces/10/nominals/" + id, "forces/33/courses/" + id, "searches/" + id, "searches/" + id + "/candidates/1",
		"searches/" + id + "/candidates/99", "forces/33/nominals/" + strings.Repeat("-", 36), "forces/33/nominals/../../10/nominals/" + id,
		"forces/-", "forces/99", "forces/33", "forces/33\x00", "FORCES/33", "codeLists/behaviours", "forces/33/nominals/" + id + "\n",
	} {
		f.Add(s)
	}
	fine := []codes.Code{codes.InvalidArgument, codes.NotFound, codes.PermissionDenied}
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) || len(name) > 1<<12 {
			t.Skip()
		}
		n, c := registerv1.NewNominalServiceClient(conn), registerv1.NewConductServiceClient(conn)
		s := registerv1.NewSearchServiceClient(conn)
		for what, call := range map[string]func(context.Context, ...grpc.CallOption) (proto.Message, error){
			"GetNominal": func(ctx context.Context, o ...grpc.CallOption) (proto.Message, error) {
				return n.GetNominal(ctx, &registerv1.GetNominalRequest{Name: name}, o...)
			},
			"CancelNominal": func(ctx context.Context, o ...grpc.CallOption) (proto.Message, error) {
				return n.CancelNominal(ctx, &registerv1.CancelNominalRequest{Name: name, Reason: registerv1.CancelReason_CANCEL_REASON_DUPLICATE}, o...)
			},
			"GetCourse": func(ctx context.Context, o ...grpc.CallOption) (proto.Message, error) {
				return c.GetCourse(ctx, &registerv1.GetCourseRequest{Name: name}, o...)
			},
			"ListCourses": func(ctx context.Context, o ...grpc.CallOption) (proto.Message, error) {
				return c.ListCourses(ctx, &registerv1.ListCoursesRequest{Parent: name}, o...)
			},
			"GetSearch": func(ctx context.Context, o ...grpc.CallOption) (proto.Message, error) {
				return s.GetSearch(ctx, &registerv1.GetSearchRequest{Name: name}, o...)
			},
		} {
			if m, err := call(t.Context()); !slices.Contains(fine, status.Code(err)) {
				t.Errorf("%s of %q: %v %v", what, name, m, err)
			}
		}
	})
}
