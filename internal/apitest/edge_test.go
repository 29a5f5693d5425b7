package apitest

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/server"
)

// restWith is rawREST with one more header.
func restWith(t *testing.T, w *world, verb, path, authorization string, body []byte, header, value string) *answer {
	t.Helper()
	a, _ := restBytes(t, w, verb, path, authorization, body, header, value)
	return a
}

func restBytes(t *testing.T, w *world, verb, path, authorization string, body []byte, header, value string) (*answer, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), verb, w.replica.REST()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	if header != "" {
		r.Header.Set(header, value)
	}
	response, err := w.clients[""].Do(r)
	if err != nil {
		return &answer{err: err}, nil
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return &answer{err: err}, nil
	}
	a := &answer{http: response.StatusCode, header: response.Header, receipt: response.Header.Get(accesslog.ReceiptKey)}
	if response.StatusCode != http.StatusOK {
		a.err = statusOf(raw, response.StatusCode)
	}
	return a, raw
}

// secret is personal data that no refusal may repeat.
const secret = "Zebediah Quackenbush"

// TestRESTRefusals sends what no contract allows: each gets a clear refusal,
// which does not repeat what was sent.
func TestRESTRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *server.Config) { c.Limits.MaxMessage = 64 << 10 })
	good := "Bearer " + w.token("spoc-33", false)
	const searches = "/v1/searches"
	for name, c := range map[string]struct {
		verb, path, body, header, value string
		code                            codes.Code
		http                            int
		says                            string
	}{
		"oversize":                      {verb: "POST", path: searches, body: `{"justification":"` + strings.Repeat(secret, 5000) + `"}`, code: codes.ResourceExhausted, http: 413},
		"deep":                          {verb: "POST", path: searches, body: strings.Repeat(`{"criteria":`, 5000) + "{}" + strings.Repeat("}", 5000), code: codes.InvalidArgument, http: 400},
		"deep lists":                    {verb: "POST", path: searches, body: `{"candidates":` + strings.Repeat("[", 30000), code: codes.InvalidArgument, http: 400},
		"an unknown field":              {verb: "POST", path: searches, body: `{"reason":"AUDIT","` + secret + `":1}`, code: codes.InvalidArgument, http: 400, says: "there is no such field"},
		"a value of another type":       {verb: "POST", path: searches, body: `{"reason":["` + secret + `"]}`, code: codes.InvalidArgument, http: 400, says: "field reason"},
		"an unknown enum value":         {verb: "POST", path: searches, body: `{"criteria":{"sex":"` + secret + `"}}`, code: codes.InvalidArgument, http: 400},
		"a field twice":                 {verb: "POST", path: searches, body: `{"reason":"AUDIT","reason":"` + secret + `"}`, code: codes.InvalidArgument, http: 400, says: "stands twice"},
		"not JSON":                      {verb: "POST", path: searches, body: secret, code: codes.InvalidArgument, http: 400, says: "is not JSON"},
		"not UTF-8":                     {verb: "POST", path: searches, body: "{\"reason\":\"\xff\xfe\"}", code: codes.InvalidArgument, http: 400},
		"no path":                       {verb: "GET", path: "/v1/people/" + strings.ReplaceAll(secret, " ", "%20"), code: codes.NotFound, http: 404},
		"no such method":                {verb: "DELETE", path: searches, code: codes.Unimplemented, http: 501},
		"a name in the query":           {verb: "GET", path: "/v1/forces?name=" + strings.ReplaceAll(secret, " ", "+"), code: codes.InvalidArgument, http: 400},
		"a search in the query":         {verb: "POST", path: searches + "?criteria.names.full=" + strings.ReplaceAll(secret, " ", "+"), body: `{}`, code: codes.InvalidArgument, http: 400},
		"a query with a field's name":   {verb: "POST", path: searches + "?page_token=" + strings.ReplaceAll(secret, " ", "+"), body: `{}`, code: codes.InvalidArgument, http: 400},
		"a query that is none":          {verb: "GET", path: "/v1/forces/33/nominals?%zz;" + strings.ReplaceAll(secret, " ", "+"), code: codes.InvalidArgument, http: 400},
		"a number that is none":         {verb: "GET", path: "/v1/forces/33/nominals?pageSize=" + strings.ReplaceAll(secret, " ", "+"), code: codes.InvalidArgument, http: 400, says: "page_size"},
		"a time that is none":           {verb: "POST", path: "/v1/forces/33/logEntries:list", body: `{"startTime":"` + secret + `"}`, code: codes.InvalidArgument, http: 400, says: "a time is given like"},
		"a method in a header":          {verb: "POST", path: "/v1/self", body: "{}", header: "X-HTTP-Method-Override", value: "GET", code: codes.Unimplemented, http: 501},
		"a form instead of JSON":        {verb: "POST", path: searches, body: "reason=AUDIT", header: "Content-Type", value: "application/x-www-form-urlencoded", code: codes.InvalidArgument, http: 400},
		"a parent other than the URL's": {verb: "POST", path: "/v1/forces/33/nominals:register", body: `{"parent":"` + secret + `","nominal":{}}`, code: codes.InvalidArgument, http: 400, says: "parent: must be what the URL names"},
		"a name other than the URL's":   {verb: "POST", path: "/v1/forces/33/duties/x:close", body: `{"name":"forces/33/duties/y","reason":"` + secret + `"}`, code: codes.InvalidArgument, http: 400, says: "name: must be what the URL names"},
		"a force other than the URL's":  {verb: "PUT", path: "/v1/forces/33/contact", body: `{"force":"forces/10","team":"` + secret + `"}`, code: codes.InvalidArgument, http: 400, says: "contact.force: must be what the URL names"},
		"a path with an encoded slash":  {verb: "GET", path: "/v1/forces/33%2Fnominals%2F" + unknownRecord("33", "nominals")[len("forces/33/nominals/"):], code: codes.NotFound, http: 404},
	} {
		a, raw := restBytes(t, w, c.verb, c.path, good, []byte(c.body), c.header, c.value)
		code, reason, _ := refusal(a.err)
		if code != c.code || a.http != c.http || reason == "" || !bytes.Contains(raw, []byte(c.says)) {
			t.Errorf("%s: HTTP %d %s %s, want %d %s: %s", name, a.http, code, reason, c.http, c.code, raw)
		}
		for _, word := range strings.Fields(secret) {
			if bytes.Contains(raw, []byte(word)) {
				t.Errorf("%s: the refusal repeats what was sent: %s", name, raw)
			}
		}
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", name, a.header)
		}
	}
	if a := w.call(t.Context(), overREST, "spoc-33", getSelf, &pb.GetSelfRequest{}); a.err != nil {
		t.Errorf("a good call afterwards: %v", a.err)
	}
	// What the URL names, the body may say again.
	const nominal = `"nominal":{"source":{"system":"crime","reference":"R1","revision":1},"names":[{"full":"Jan Novak"}]}}`
	for _, body := range []string{`{"parent":"forces/33",` + nominal, `{"parent":"",` + nominal, "{" + nominal} {
		if a, raw := restBytes(t, w, "POST", "/v1/forces/33/nominals:register", good, []byte(body), "", ""); a.http != http.StatusOK {
			t.Errorf("%s: HTTP %d %s", body, a.http, raw)
		}
	}
	// Over REST too, calls are measured.
	if m := w.admin(t, "/metrics"); !regexp.MustCompile(`register_rest_call_duration_seconds_count\{[^}]*rpc_method="register.v1.DirectoryService/GetSelf",rpc_response_status_code="OK"\} 1\n`).MatchString(m) {
		t.Error("the good call is not measured")
	}
}

// rawBytes sends bytes as they are in place of a message.
type rawBytes struct{}

func (rawBytes) Name() string { return "proto" }

func (rawBytes) Marshal(v any) ([]byte, error) { return v.([]byte), nil }

func (rawBytes) Unmarshal([]byte, any) error { return nil }

var _ encoding.Codec = rawBytes{}

// TestGRPCRefusals sends what is no message of the contract.
func TestGRPCRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *server.Config) { c.Limits.MaxMessage = 64 << 10 })
	reader := w.site.Start(nil)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+w.token("spoc-33", false))
	big := search("nobody")
	big.Search.Justification = strings.Repeat(secret, 5000)
	_, err := pb.NewSearchServiceClient(w.conns[""]).CreateSearch(ctx, big)
	if code, _, _ := refusal(err); code != codes.ResourceExhausted || strings.Contains(err.Error(), "Zebediah") {
		t.Errorf("oversize: %v", err)
	}
	err = w.conns[""].Invoke(ctx, w.methods[createSearch].Full, []byte("\x0a\xff\xff\xff\xff"+secret), &pb.Search{}, grpc.ForceCodec(rawBytes{}))
	if code, _, _ := refusal(err); code != codes.Internal || strings.Contains(err.Error(), "Zebediah") {
		t.Errorf("undecodable: %v", err)
	}
	err = w.conns[""].Invoke(ctx, "/register.v1.SearchService/"+strings.ReplaceAll(secret, " ", ""), &pb.GetSelfRequest{}, &pb.Self{})
	if code, _, _ := refusal(err); code != codes.Unimplemented {
		t.Errorf("unknown method: %v", err)
	}
	w.replica.Stop()
	w.replica = reader
	w.conns[""] = dial(t, reader.Server.GRPCAddr(), w.site.ClientTLS(""))
	want := map[string]bool{createSearch + " TRANSPORT/RESOURCE_EXHAUSTED": true, createSearch + " TRANSPORT/INTERNAL": true, "unknown UNIMPLEMENTED/MALFORMED_REQUEST": true}
	for _, e := range readLog(t, w, "auditor", "forces/-") {
		if bytes.Contains(e.GetMetadata(), []byte("Zebediah")) {
			t.Errorf("the log repeats what was sent: %s", e.GetMetadata())
		}
		delete(want, e.GetMethod()+" "+e.GetOutcome())
	}
	if len(want) > 0 {
		t.Errorf("not counted: %v", want)
	}
}

// TestTooManyRequests: whoever asks too often is slowed down, by name, and
// that is counted; others are not touched.
func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *server.Config) { c.Limits.PersonPerSecond, c.Limits.PersonBurst = 1e-6, 3 })
	reader := w.site.Start(nil)
	for _, via := range []transport{overToken, overREST, overMTLS} {
		if a := w.call(t.Context(), via, "spoc-33", getSelf, &pb.GetSelfRequest{}); a.err != nil {
			t.Errorf("%s: %v", via, a.err)
		}
	}
	for _, via := range []transport{overToken, overREST, overMTLS} {
		a := w.call(t.Context(), via, "spoc-33", getSelf, &pb.GetSelfRequest{})
		if code, reason, _ := refusal(a.err); code != codes.ResourceExhausted || reason != "TOO_MANY_REQUESTS" {
			t.Errorf("%s: %s %s", via, code, reason)
		}
	}
	if a := w.call(t.Context(), overREST, "spoc-10", getSelf, &pb.GetSelfRequest{}); a.err != nil {
		t.Errorf("another caller: %v", a.err)
	}
	for range 4 { // a system calls more often than anybody types
		if a := w.call(t.Context(), overMTLS, "system-33", getSelf, &pb.GetSelfRequest{}); a.err != nil {
			t.Errorf("a system: %v", a.err)
		}
	}
	w.replica.Stop()
	w.replica = reader
	w.conns[""] = dial(t, reader.Server.GRPCAddr(), w.site.ClientTLS(""))
	counted := int64(0)
	for _, e := range readLog(t, w, "psd-33", "forces/33") {
		if e.GetOutcome() == "RESOURCE_EXHAUSTED/TOO_MANY_REQUESTS" && e.GetMethod() == getSelf && strings.HasSuffix(e.GetSubject(), "#spoc-33") && e.GetSource() != "" {
			counted += e.GetCount()
		}
	}
	if counted != 3 {
		t.Errorf("%d refusals stand in the log for his force to see, want 3", counted)
	}
}

// TestParentIsAskedFor: whoever leaves out whose record it is has asked for no other
// force's, and is told what is missing; who names another force's is refused.
func TestParentIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for short, request := range map[string]proto.Message{registerNominal: &pb.RegisterNominalRequest{}, registerCourse: &pb.RegisterCourseRequest{}} {
		a := w.call(t.Context(), overMTLS, "system-33", short, request)
		if code, reason, fields := refusal(a.err); code != codes.InvalidArgument || reason != "INVALID_FIELDS" || !slices.Contains(fields, "parent") {
			t.Errorf("%s: %s %s %s", short, code, reason, fields)
		}
	}
	a := w.call(t.Context(), overMTLS, "system-33", registerCourse, &pb.RegisterCourseRequest{Parent: "forces/10"})
	if code, reason, _ := refusal(a.err); code != codes.PermissionDenied || reason != "OTHER_FORCE" {
		t.Errorf("another force's: %s %s", code, reason)
	}
}
