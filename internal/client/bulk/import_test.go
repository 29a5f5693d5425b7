package bulk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/client/bulk"
	"github.com/perpetrator-register/register/internal/client/clienttest"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

var crime33 = pki.System{Force: "33", Name: "crime"}

// register takes records and misbehaves as it is told.
type register struct {
	registerv1.UnimplementedRegistrationServiceServer
	// breakAfter gives after how many answers a stream ends, and how; 0 never.
	breakAfter func(stream int) (int, error)
	// answer may change an answer.
	answer func(ref string, seen int, a *registerv1.RegisterRecordsResponse)

	mu      sync.Mutex
	streams int
	seen    map[string]int // how often each reference came
	order   map[string][]string
	loads   map[string]bool // the loads that were named
}

func (r *register) RegisterRecords(stream registerv1.RegistrationService_RegisterRecordsServer) error {
	r.mu.Lock()
	r.streams++
	after, how := 0, error(nil)
	if r.breakAfter != nil {
		after, how = r.breakAfter(r.streams)
	}
	r.mu.Unlock()
	for n := 1; ; n++ {
		m, err := stream.Recv()
		if err == io.EOF { //nolint:errorlint // grpc returns it bare
			return nil
		}
		if err != nil {
			return err
		}
		a := r.take(m)
		if after > 0 && n == after { // taken, and never answered
			return how
		}
		if err := stream.Send(a); err != nil {
			return err
		}
	}
}

func (r *register) take(m *registerv1.RegisterRecordsRequest) *registerv1.RegisterRecordsResponse {
	r.mu.Lock()
	defer r.mu.Unlock()
	ref, parent := m.GetNominal().GetNominal().GetSource().GetReference(), m.GetNominal().GetParent()
	if r.seen == nil {
		r.seen, r.order, r.loads = map[string]int{}, map[string][]string{}, map[string]bool{}
	}
	r.loads[m.GetLoad()] = true
	outcome := registerv1.RegisterOutcome_REGISTER_OUTCOME_CREATED
	if r.seen[ref]++; r.seen[ref] > 1 {
		outcome = registerv1.RegisterOutcome_REGISTER_OUTCOME_UNCHANGED
	} else {
		r.order[parent] = append(r.order[parent], ref)
	}
	a := &registerv1.RegisterRecordsResponse{Sequence: m.GetSequence(), Result: &registerv1.RegisterRecordsResponse_Nominal{Nominal: &registerv1.RegisterNominalResponse{Outcome: outcome}}}
	if r.answer != nil {
		r.answer(ref, r.seen[ref], a)
	}
	return a
}

func serve(t testing.TB, r *register) func(string) (registerv1.RegistrationServiceClient, error) {
	t.Helper()
	site := clienttest.Serve(t, func(s *grpc.Server) { registerv1.RegisterRegistrationServiceServer(s, r) }, crime33)
	return func(string) (registerv1.RegistrationServiceClient, error) {
		conn, err := client.Dial(site.Profile(crime33), nil, "")
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = conn.Close() })
		return registerv1.NewRegistrationServiceClient(conn), nil
	}
}

func options(c func(string) (registerv1.RegistrationServiceClient, error)) bulk.Options {
	return bulk.Options{Client: c, FirstPause: time.Millisecond, LastPause: 5 * time.Millisecond, Window: 50}
}

// table is a table of n people; each tenth has no name.
func table(n int) string {
	var b strings.Builder
	b.WriteString("id,name,born\n")
	for i := range n {
		name := fmt.Sprintf("Person %d", i)
		if i%10 == 9 {
			name = ""
		}
		fmt.Fprintf(&b, "r%d,%s,1980-02-03\n", i, name)
	}
	return b.String()
}

func source(t testing.TB, text string, spread ...string) bulk.Source {
	t.Helper()
	m := bulk.Mapping{Columns: []string{"id=reference", "name=name", "born=dob"}, System: "crime", Force: "33", Revision: 1}
	if len(spread) > 0 {
		m.Force, m.Spread = "", spread
	}
	s, err := bulk.NewCSV(strings.NewReader(text), ',', m)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func notes(t *testing.T, path string) (out []bulk.Note) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var n bulk.Note
		if err := json.Unmarshal([]byte(line), &n); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

func TestImportOverStreamsThatBreak(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	breaks := []error{status.Error(codes.Unavailable, "x"), status.Error(codes.Internal, "x"), nil, status.Error(codes.Aborted, "x")}
	r := &register{breakAfter: func(n int) (int, error) {
		if n > 40 {
			return 0, nil
		}
		return 1 + rng.IntN(60), breaks[n%len(breaks)]
	}}
	path := filepath.Join(t.TempDir(), "in.csv")
	files, resumed, err := bulk.OpenFiles(path, "digest")
	if err != nil || resumed {
		t.Fatal(resumed, err)
	}
	o := options(serve(t, r))
	o.Files, o.Load = files, "niche-2019"
	s, err := bulk.Import(t.Context(), source(t, table(2000), "33", "10", "43"), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.loads) != 1 || !r.loads["niche-2019"] {
		t.Errorf("over the streams it is the loads %v", r.loads)
	}
	if s.Created+s.Unchanged != 1800 || s.Rejected != 200 || s.Done() != 2000 || s.Unchanged == 0 {
		t.Errorf("%+v", s)
	}
	if len(r.seen) != 1800 || r.streams < 10 {
		t.Errorf("%d records over %d streams arrived", len(r.seen), r.streams)
	}
	for parent, refs := range r.order {
		last := -1
		for _, ref := range refs {
			var n int
			if _, err := fmt.Sscanf(ref, "r%d", &n); err != nil || n <= last {
				t.Fatalf("%s: %s came out of order", parent, ref)
			}
			last = n
		}
	}
	if got := notes(t, files.Rejects()); len(got) != 200 || got[0].Line != 11 || got[0].Reference != "r9" || got[0].Fields[0].Field != "name" {
		t.Errorf("%d rejects, first %+v", len(got), got[0])
	}
	if _, err := os.Stat(path + ".state.json"); !os.IsNotExist(err) {
		t.Errorf("the state of a complete import is left: %v", err)
	}
	if files.Flags() != "" {
		t.Error("an empty flags file is left")
	}
}

func TestInterruptedImportGoesOn(t *testing.T) {
	r := &register{answer: func(ref string, _ int, a *registerv1.RegisterRecordsResponse) {
		if ref == "r3" {
			a.Result = &registerv1.RegisterRecordsResponse_Error{Error: &registerv1.RecordError{Status: "INVALID_ARGUMENT", Reason: "INVALID_FIELDS",
				Violations: []*registerv1.FieldViolation{{Field: "nominal.names[0]", Description: "too short"}}}}
		}
		if ref == "r5" {
			a.GetNominal().Flags = []*registerv1.Flag{{Field: "x", Code: "UNVERIFIED_IDENTIFIER", Message: "check letter"}}
		}
	}}
	dial := serve(t, r)
	path := filepath.Join(t.TempDir(), "in.csv")
	total, runs := int64(0), 0
	for {
		runs++
		files, resumed, err := bulk.OpenFiles(path, "digest")
		if err != nil || resumed != (runs > 1) {
			t.Fatalf("run %d: resumed %v, %v", runs, resumed, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		o := options(dial)
		o.Files = files
		o.Progress = func(done int64) {
			if done >= total+300 {
				cancel()
			}
		}
		s, err := bulk.Import(ctx, source(t, table(1000), "33", "10"), o)
		cancel()
		total = s.Done()
		if err == nil {
			if total != 1000 || s.Rejected != 101 || s.Flagged != 1 {
				t.Errorf("%+v", s)
			}
			got := notes(t, files.Rejects())
			at := slices.IndexFunc(got, func(n bulk.Note) bool { return n.Reference == "r3" })
			if len(got) != 101 || at < 0 || got[at].Fields[0].Description != "too short" || got[at].Line != 5 {
				t.Errorf("%d rejects, that of r3 at %d", len(got), at)
			}
			if got := notes(t, files.Flags()); len(got) != 1 || got[0].Reference != "r5" || got[0].Fields[0].Code != "UNVERIFIED_IDENTIFIER" {
				t.Errorf("flags %+v", got)
			}
			break
		}
		if runs > 10 {
			t.Fatal("the import does not get on")
		}
	}
	if runs < 3 || len(r.seen) != 900 {
		t.Errorf("%d runs, %d records arrived", runs, len(r.seen))
	}
	// What was acknowledged is not sent again: at most the two windows of each stop.
	again := 0
	for _, n := range r.seen {
		again += n - 1
	}
	if again > runs*2*50 {
		t.Errorf("%d records were sent again", again)
	}
	// Other input begins afresh.
	if _, resumed, err := bulk.OpenFiles(path, "other"); err != nil || resumed {
		t.Error(resumed, err)
	}
}

func TestRecordsTheRegisterCannotTakeNow(t *testing.T) {
	r := &register{answer: func(ref string, seen int, a *registerv1.RegisterRecordsResponse) {
		fail := func(code, reason string) {
			a.Result = &registerv1.RegisterRecordsResponse_Error{Error: &registerv1.RecordError{Status: code, Reason: reason, Message: "m"}}
		}
		switch {
		case ref == "r5" && seen < 8:
			fail("UNAVAILABLE", "REGISTER_UNAVAILABLE")
		case ref == "r6" && seen < 3:
			fail("ABORTED", "CONTENTION")
		case ref == "r7":
			fail("INTERNAL", "INTERNAL") // for ever
		case ref == "r8":
			fail("ABORTED", "STALE_REVISION") // a judgement, not a failure
		}
	}}
	s, err := bulk.Import(t.Context(), source(t, table(20)), options(serve(t, r)))
	if err != nil || s.Rejected != 2+2 || s.Done() != 20 {
		t.Errorf("%+v, %v", s, err)
	}
	if r.seen["r5"] < 8 || r.seen["r8"] < 1 || r.seen["r7"] < 5 {
		t.Errorf("%v", r.seen)
	}
}

func TestImportThatCannotGoOn(t *testing.T) {
	for name, tt := range map[string]struct {
		how    error
		giveUp time.Duration
	}{
		"refused":          {status.Error(codes.PermissionDenied, "no"), time.Hour},
		"unauthenticated":  {status.Error(codes.Unauthenticated, "no"), time.Hour},
		"never any better": {status.Error(codes.Unavailable, "no"), 30 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			r := &register{breakAfter: func(int) (int, error) { return 1, tt.how }}
			o := options(serve(t, r))
			o.GiveUp = tt.giveUp
			s, err := bulk.Import(t.Context(), source(t, table(200)), o)
			if err == nil || client.AsProblem(err) == nil || s.Created != 0 {
				t.Errorf("%+v, %v", s, err)
			}
		})
	}
	t.Run("no client", func(t *testing.T) {
		_, err := bulk.Import(t.Context(), source(t, table(200)), options(func(string) (registerv1.RegistrationServiceClient, error) { return nil, os.ErrNotExist }))
		if err == nil {
			t.Error("no error")
		}
	})
	t.Run("unknown server certificate", func(t *testing.T) {
		site := clienttest.Serve(t, func(s *grpc.Server) { registerv1.RegisterRegistrationServiceServer(s, &register{}) })
		other, err := pki.Ensure(filepath.Join(t.TempDir(), "other"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = bulk.Import(t.Context(), source(t, table(20)), options(func(string) (registerv1.RegistrationServiceClient, error) {
			conn, err := client.Dial(client.Profile{Server: site.Addr, CA: other.RootFile}, nil, "")
			if err != nil {
				return nil, err
			}
			t.Cleanup(func() { _ = conn.Close() })
			return registerv1.NewRegistrationServiceClient(conn), nil
		}))
		if err == nil || !strings.Contains(err.Error(), "handshake") {
			t.Errorf("%v", err)
		}
	})
}

// silent takes records on its first stream and answers none.
type silent struct {
	register
	first sync.Once
}

func (s *silent) RegisterRecords(stream registerv1.RegistrationService_RegisterRecordsServer) error {
	hold := false
	s.first.Do(func() { hold = true })
	if hold {
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	return s.register.RegisterRecords(stream)
}

func TestSilentStreamIsLeft(t *testing.T) {
	s := &silent{}
	site := clienttest.Serve(t, func(g *grpc.Server) { registerv1.RegisterRegistrationServiceServer(g, s) })
	conn, err := client.Dial(site.Profile(pki.System{}), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	o := options(func(string) (registerv1.RegistrationServiceClient, error) {
		return registerv1.NewRegistrationServiceClient(conn), nil
	})
	o.Stall = 50 * time.Millisecond
	got, err := bulk.Import(t.Context(), source(t, table(100)), o)
	if err != nil || got.Done() != 100 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCheckSendsNothing(t *testing.T) {
	s, err := bulk.Check(source(t, table(100)), nil)
	if err != nil || s.Created != 90 || s.Rejected != 10 {
		t.Errorf("%+v, %v", s, err)
	}
}

// BenchmarkImport measures the client's side and TLS against a server that
// does nothing: ns/op is for one record.
func BenchmarkImport(b *testing.B) {
	dial := serve(b, &register{})
	o := options(dial)
	o.Window = 1000
	text := table(b.N)
	b.ReportAllocs()
	b.ResetTimer()
	s, err := bulk.Import(b.Context(), source(b, text, "33", "10", "43"), o)
	if err != nil || s.Done() != int64(b.N) {
		b.Fatalf("%+v, %v", s, err)
	}
	b.ReportMetric(s.PerSecond, "records/s")
}
