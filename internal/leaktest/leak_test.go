package leaktest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/devstack/pgserver"
	"github.com/perpetrator-register/register/internal/postgres/pgtest"
	"github.com/perpetrator-register/register/internal/servertest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.RemoveBinary()
	os.Exit(code)
}

// streamPath is where records are streamed to over REST.
const streamPath = "/v1/records:register"

// sampled makes the server trace a call.
const sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// leaks is a register under observation.
type leaks struct {
	*canaries
	site       *servertest.Site
	program    *servertest.Program
	conn       *grpc.ClientConn
	client     *http.Client
	methods    call.Methods
	transports map[string]transport
	system     transport // of a force's crime system

	errs struct {
		sync.Mutex
		text  []byte
		codes map[codes.Code]int
	}
}

// heard keeps an error that a caller was told, details and headers included.
func (l *leaks) heard(a answer) {
	l.errs.Lock()
	defer l.errs.Unlock()
	l.errs.codes[a.code()]++
	if a.err == nil {
		return
	}
	l.errs.text = append(l.errs.text, a.err.Error()+"\n"+prototext.Format(status.Convert(a.err).Proto())+a.raw+"\n"...)
}

func traced(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "traceparent", sampled)
}

// Distinctive personal data are sent through every RPC, in good requests and
// in bad ones of every kind. They must not appear in the journal, metrics,
// traces, errors, the database, its dump, or PostgreSQL's own log.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	dir := pgtest.Dir(t)
	pg, err := pgserver.Start(context.WithoutCancel(t.Context()), pgserver.Options{Dir: dir, Settings: map[string]string{
		"log_statement": "all", "log_parameter_max_length": "-1", "log_parameter_max_length_on_error": "-1",
		"log_min_error_statement": "error", "log_error_verbosity": "verbose", "log_duration": "on", "log_min_messages": "info",
	}})
	must(t, err)
	t.Cleanup(func() { must(t, pg.Stop(context.Background())) })
	db, err := pgtest.Prepare(t.Context(), pg, "register")
	must(t, err)
	site := servertest.NewSiteOn(t, db, slog.New(slog.DiscardHandler))
	traces, endpoint := collect(t)
	config := site.Config()
	config.OTLPEndpoint = endpoint
	l := &leaks{canaries: newCanaries(), site: site, methods: methods(t), program: site.StartProgram(config, "--log-level=debug")}
	l.errs.codes = map[codes.Code]int{}
	l.conn = l.program.Dial("")
	l.client = &http.Client{Transport: &http.Transport{TLSClientConfig: site.ClientTLS("")}}
	l.transports = map[string]transport{"gRPC": overGRPC(l.conn), "REST": overREST(site, "https://"+l.program.REST)}
	l.system = overGRPC(l.program.Dial("33"))

	l.good(t)
	l.bad(t)
	l.malformed(t)
	if t.Failed() {
		t.Logf("the journal ends with:\n%s", l.program.Journal()[max(0, len(l.program.Journal())-3000):])
	}
	metrics := l.get(t, "http://"+l.program.Admin+"/metrics")
	l.program.Stop() // what is left of traces and counts is written
	t.Logf("%d canaries; answers %v", len(l.where), l.errs.codes)

	l.clean(t, "an error", l.errs.text)
	l.clean(t, "the journal", []byte(l.program.Journal()))
	l.clean(t, "the metrics", metrics)
	spans, text := traces.all()
	t.Logf("%d spans", spans)
	l.clean(t, "a trace", text)
	// For whom an officer searches is a colleague's collar number, and stands
	// in the entry as the caller's own does.
	l.forget("search.on_behalf_of")
	l.clean(t, "the dump", decoded(dump(t, pg, db)))
	raw, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	must(t, err)
	if !strings.Contains(string(raw), "insert") && !strings.Contains(string(raw), "INSERT") {
		t.Error("PostgreSQL's log holds no statements")
	}
	// By subject, method and outcome the log is filtered in the clear: they
	// are what stands in it in the clear, and its reviewers alone may ask.
	l.forget("ListEntriesRequest.")
	l.forget("SummariseActivityRequest.")
	l.forget("ListReadingsRequest.")
	l.forget("MakeEvidenceRequest.subject")
	l.clean(t, "PostgreSQL's log", decoded(raw))
}

// good sends requests that succeed, full of canaries.
func (l *leaks) good(t *testing.T) {
	t.Helper()
	ctx := traced(t.Context())
	for name, send := range l.transports {
		for short, s := range samples(t, l.site, l.conn) {
			m := l.method(t, short)
			var requests []proto.Message
			for _, r := range s.requests {
				requests = append(requests, l.planted(r))
			}
			by, token, ok := s.over(l.site, name, send, l.system)
			if !ok {
				continue
			}
			a := by(ctx, m, token, requests...)
			l.heard(a)
			if a.err != nil {
				t.Errorf("%s over %s: a good request is refused: %v", short, name, a.err)
			}
			for _, message := range a.messages {
				if e := message.ProtoReflect().Descriptor().Fields().ByName("error"); e != nil && message.ProtoReflect().Has(e) {
					t.Errorf("%s over %s: a good record is refused: %v", short, name, message)
				}
			}
		}
	}
}

func (l *leaks) method(t *testing.T, short string) *call.Method {
	t.Helper()
	for _, m := range l.methods {
		if m.Short == short {
			return m
		}
	}
	t.Fatalf("no method %s", short)
	return nil
}

// bad sends requests that are well-formed and refused: by each field's own
// rule, by the policy, and for want of a credential.
func (l *leaks) bad(t *testing.T) {
	t.Helper()
	ctx := traced(t.Context())
	prepared := samples(t, l.site, l.conn)
	var jobs []func()
	for short, s := range prepared {
		m := l.method(t, short)
		for name, plain := range l.transports {
			send, token, ok := s.over(l.site, name, plain, l.system)
			if !ok {
				continue
			}
			for _, r := range s.requests {
				for _, bad := range l.spoilt(r) {
					jobs = append(jobs, func() {
						a := send(ctx, m, token, bad)
						l.heard(a)
						l.records(a)
						if c := a.code(); c == codes.Internal || c == codes.Unknown || c == codes.Unavailable {
							t.Errorf("%s over %s: %v", short, name, a.err)
						}
					})
				}
				r := l.planted(r)
				for _, who := range []string{l.site.Token("auditor", nil), l.site.Token("admin", nil), l.site.Token("dpo-10", nil), "", l.word("a token"), l.site.Token("investigator-33", map[string]any{
					"name": l.word("claim of " + name), "email": l.word("claim"), "roles": []string{l.word("role")}, "acr": l.word("acr"),
				})} {
					jobs = append(jobs, func() {
						a := send(ctx, m, who, r)
						l.heard(a)
						l.records(a)
					})
				}
			}
		}
	}
	work := make(chan func())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for job := range work {
				job()
			}
		})
	}
	for _, job := range jobs {
		work <- job
	}
	close(work)
	wg.Wait()
}

// records keeps what the answers to the records of a stream say is wrong.
func (l *leaks) records(a answer) {
	l.errs.Lock()
	defer l.errs.Unlock()
	for _, m := range a.messages {
		if e := m.ProtoReflect().Descriptor().Fields().ByName("error"); e != nil && m.ProtoReflect().Has(e) {
			l.errs.text = append(l.errs.text, prototext.Format(m)+"\n"...)
		}
	}
}

// malformed sends what is no request of the contract at all.
func (l *leaks) malformed(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	token := l.site.Token("investigator-33", nil)
	base := "https://" + l.program.REST
	rest := func(verb, path, body string, header ...string) {
		req, err := http.NewRequestWithContext(ctx, verb, base+path, strings.NewReader(body))
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := l.client.Do(req)
		if err != nil {
			return // cut off
		}
		defer func() { _ = resp.Body.Close() }() // only read
		raw, err := io.ReadAll(resp.Body)
		must(t, err)
		a := answer{err: status.Error(codes.Unknown, "over REST"), raw: fmt.Sprint(resp.Header, string(raw))}
		if resp.StatusCode == http.StatusOK && path != streamPath {
			t.Errorf("%s %s was answered", verb, path)
			a.err = nil
		}
		l.heard(a)
	}
	good, err := protojson.Marshal(l.planted(sampleSearch()).(*registerv1.CreateSearchRequest).GetSearch())
	must(t, err)
	for _, path := range []string{"/v1/searches", "/v1/forces/33/nominals:register", "/v1/forces/33/courses:register", streamPath} {
		w := func(what string) string { return l.word(what + " to " + path) }
		for _, body := range []string{
			`{"criteria":{"names":[{"given":"` + w("cut off"),
			`{"` + w("unknown field") + `":"` + w("its value") + `"}`,
			`{"criteria":{"sex":"` + w("no enum") + `"}}`,
			`{"nominal":{"sex":"` + w("no enum") + `"}}`,
			`{"nominal":{"birthDates":["` + w("no date") + `"]}}`,
			`{"nominal":{"birthDates":[{"year":"` + w("no number") + `"}]}}`,
			`{"nominal":{"policeSuspect":"` + w("no boolean") + `"}}`,
			`{"course":{"incidents":[{"occurTime":"` + w("no time") + `"}]}}`,
			`{"reason":{"` + w("no string") + `":1}}`,
			`{"nominal":{"names":[{"given":"` + w("bad escape") + `\q"}]}}`,
			`"` + w("no object") + `"`, w("no JSON"), `[` + "`" + w("no JSON") + "`]",
			`{"nominal":{"description":"` + w("bad UTF-8") + "\xff\xfe" + `"}}`,
			strings.Repeat(`{"`+w("deep")+`":`, 200) + "1" + strings.Repeat("}", 200),
			`{"nominal":{"description":"` + strings.Repeat(w("oversize"), 200_000) + `"}}`,
		} {
			rest(http.MethodPost, path, body)
		}
	}
	q := func(s string) string { return url.QueryEscape(l.word(s)) }
	for _, path := range []string{
		"/v1/forces?name=" + q("query"), "/v1/self?" + q("query key") + "=1", "/v1/" + q("path"), "/" + q("path"), "/v1/forces/" + q("force"),
		"/v1/forces/33/nominals/" + q("record"), "/v1/searches/" + q("search") + "/candidates/" + q("candidate"), "/v1/forces/33/nominals?page_token=" + q("page token"),
		"/v1/forces/33/nominals?pageToken=" + q("page token"), "/v1/forces/33/nominals?page_size=" + q("page size"), "/v1/codeLists/" + q("list") + "/codes",
		"/v1/log/inclusionProof?index=" + q("index"),
	} {
		rest(http.MethodGet, path, "")
	}
	rest(http.MethodPost, "/v1/searches?criteria.names.given="+q("query"), string(good))
	rest(http.MethodPost, "/v1/searches?"+q("query key"), string(good))
	rest(l.word("method"), "/v1/searches", string(good))
	for _, header := range []string{"User-Agent", "Referer", "Cookie", "X-Forwarded-For", "Traceparent", "Tracestate", "Baggage", "Content-Type", "Grpc-Metadata-Name", "Register-Officer", "X-Http-Method-Override"} {
		rest(http.MethodPost, "/v1/searches", `{"`+l.word("unknown field")+`":1}`, header, l.word("header "+header))
	}
	l.undecodable(t, token)
}

// undecodable sends bytes that are no message, an unknown method, and
// metadata that nobody asked for.
func (l *leaks) undecodable(t *testing.T, token string) {
	t.Helper()
	for full := range l.methods {
		for _, raw := range []string{l.word("no message to " + full), "\x0a\xff\xff\xff\x7f" + l.word("short"), "\x12\x20\xff\xfe" + l.word("bad UTF-8") + strings.Repeat("\xff", 40), strings.Repeat(l.word("oversize"), 100_000)} {
			ctx := traced(servertest.WithToken(t.Context(), token))
			l.heard(answer{err: l.conn.Invoke(ctx, full, []byte(raw), new([]byte), grpc.ForceCodecV2(rawCodec{}))})
		}
	}
	ctx := metadata.AppendToOutgoingContext(traced(servertest.WithToken(t.Context(), token)),
		"name", l.word("metadata"), "tracestate", l.word("metadata"), "baggage", "name="+l.word("baggage"), "grpc-trace-bin", l.word("binary"), "register-officer", l.word("officer"))
	for _, full := range []string{"/register.v1.SearchService/" + l.word("method"), "/" + l.word("service") + "/Get", "/register.v1.SearchService/CreateSearch"} {
		l.heard(answer{err: l.conn.Invoke(ctx, full, []byte(l.word("no message")), new([]byte), grpc.ForceCodecV2(rawCodec{}))})
	}
}

type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil //nolint:forcetypeassert // only sent such
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize() //nolint:forcetypeassert,misspell // only asked for such
	return nil
}

var _ encoding.CodecV2 = rawCodec{}

func (l *leaks) get(t *testing.T, target string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	must(t, err)
	resp, err := l.client.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }() // only read
	raw, err := io.ReadAll(resp.Body)
	must(t, err)
	return raw
}

// dump is a full dump of the database as text.
func dump(t *testing.T, pg *pgserver.Server, db *pgtest.Database) []byte {
	t.Helper()
	server, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pg.PID()), "exe"))
	must(t, err)
	cmd := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(server), "pg_dump"), "--dbname", db.SuperURL, "--column-inserts")
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, complaint.String())
	}
	if !regexp.MustCompile(`INSERT INTO register\.version`).Match(out) {
		t.Fatal("the dump holds no versions")
	}
	return out
}
