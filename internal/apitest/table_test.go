package apitest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/service"
)

// apiCase is one case of the API table. It runs over every transport that is
// open to its caller, and must be answered alike over all of them.
type apiCase struct {
	// name says what is shown; method is called by who.
	name, method, who string
	// prepare brings about the state before the call: once for each transport
	// when the case writes, else once.
	prepare func(s *stage)
	// request is made for each transport.
	request func(s *stage) proto.Message
	// code, reason and fields are the expected refusal; OK by default.
	code   codes.Code
	reason string
	fields []string
	// check looks at a good answer.
	check func(s *stage, response proto.Message)
	// writes: the call changes the state; it runs apart from those that only
	// read, whose answers depend on what is registered.
	writes bool
	// live: the answer depends on the log's length, or on other cases.
	live bool
	// except are transports that cannot express the case.
	except []transport
}

// stage is where one run of a case takes place.
type stage struct {
	*testing.T
	w *world
	// tag is unique for the prepared state, run for the run.
	tag, run string
	// names is what prepare leaves for request and check.
	names map[string]string
}

// must makes a call that prepares the state.
func (s *stage) must(who, method string, request proto.Message) proto.Message {
	s.Helper()
	a := s.w.call(s.Context(), s.w.transportsOf(who)[0], who, method, request)
	if a.err != nil {
		s.Fatalf("prepare: %s by %s: %v", method, who, a.err)
	}
	return a.response()
}

// logged is a call that must be found in the log.
type logged struct {
	index                int64
	who, method, outcome string
	via                  transport
	receipt              accesslog.Receipt
	checkpoint           accesslog.Checkpoint
}

// runs collects what the table has called.
type runs struct {
	mu  sync.Mutex
	all []logged
}

// TestTable runs every case over every transport.
func TestTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	hasty := w.site.Config()
	hasty.Limits.SearchTTL = time.Nanosecond
	w.hasty = dial(t, w.site.Start(hasty).Server.GRPCAddr(), w.site.ClientTLS(""))
	var made runs
	cases := table()
	// What only reads is prepared first, so that nothing changes meanwhile.
	prepared := map[string]*stage{}
	t.Run("prepare", func(t *testing.T) {
		for i, c := range cases {
			if !c.writes {
				s := &stage{T: t, w: w, tag: fmt.Sprintf("c%d", i), names: map[string]string{}}
				prepared[c.name] = s
				if c.prepare != nil {
					c.prepare(s)
				}
			}
		}
	})
	if t.Failed() {
		return
	}
	for _, writes := range []bool{false, true} {
		t.Run(map[bool]string{false: "reads", true: "writes"}[writes], func(t *testing.T) {
			for i, c := range cases {
				if c.writes == writes {
					t.Run(c.name, func(t *testing.T) {
						t.Parallel()
						runCase(t, w, &made, c, i, prepared[c.name])
					})
				}
			}
		})
	}
	t.Run("roles", func(t *testing.T) { runRoles(t, w, &made) })
	t.Run("receipts", func(t *testing.T) { checkReceipts(t, w, made.all) })
	t.Run("log", func(t *testing.T) { checkLog(t, w, made.all) })
}

func runCase(t *testing.T, w *world, made *runs, c apiCase, number int, prepared *stage) {
	t.Helper()
	var first proto.Message
	var firstVia transport
	for _, via := range w.transportsFor(t, c) {
		run := fmt.Sprintf("c%d-%s", number, via)
		s := &stage{T: t, w: w, tag: run, run: run, names: map[string]string{}}
		if prepared != nil {
			s.tag, s.names = prepared.tag, prepared.names
		} else if c.prepare != nil {
			c.prepare(s)
		}
		a := w.call(t.Context(), via, c.who, c.method, c.request(s))
		checkRefusal(t, via, a, c)
		made.note(t, w, a, c.who, c.method, via, c.code)
		if a.err != nil || t.Failed() {
			continue
		}
		if c.check != nil {
			c.check(s, proto.Clone(a.response()))
		}
		plain := normalised(a.response(), s)
		if first == nil {
			first, firstVia = plain, via
		} else if !c.live && !proto.Equal(first, plain) {
			t.Errorf("%s and %s differ (-%[1]s +%[2]s):\n%s", firstVia, via, cmp.Diff(first, plain, protocmp.Transform()))
		}
	}
}

// transportsFor are the transports of a case. A person who is refused for want
// of a role may be allowed over a force system's connection, which adds the
// system's role; the roles test looks at that.
func (w *world) transportsFor(t *testing.T, c apiCase) []transport {
	t.Helper()
	return slices.DeleteFunc(w.transportsOf(c.who), func(via transport) bool {
		if slices.Contains(c.except, via) {
			return true
		}
		if c.reason != service.ReasonNotAllowed {
			return false
		}
		p := w.methods[c.method].Permission
		_, allowed := w.policy.Decide(w.roles(t, c.who, via), p.Resource, p.Action)
		return allowed
	})
}

// checkRefusal compares code, reason and faulty fields with the expected ones.
func checkRefusal(t *testing.T, via transport, a *answer, c apiCase) {
	t.Helper()
	code, reason, fields := refusal(a.err)
	if code != c.code || reason != c.reason {
		t.Errorf("%s: %s %s, want %s %s (%v)", via, code, reason, c.code, c.reason, a.err)
		return
	}
	want := slices.Clone(c.fields)
	slices.Sort(want)
	if !slices.Equal(fields, want) && (len(fields) > 0 || len(want) > 0) {
		t.Errorf("%s: faulty fields %q, want %q", via, fields, want)
	}
	if via == overREST && a.err != nil && a.http != httpCodes[code] {
		t.Errorf("HTTP status %d for %s", a.http, code)
	}
}

var httpCodes = map[codes.Code]int{
	codes.InvalidArgument: 400, codes.FailedPrecondition: 400, codes.OutOfRange: 400, codes.Unauthenticated: 401, codes.PermissionDenied: 403,
	codes.NotFound: 404, codes.Aborted: 409, codes.ResourceExhausted: 429, codes.Unimplemented: 501, codes.Unavailable: 503,
}

// refusal reads code, reason and the sorted faulty fields of an error.
func refusal(err error) (code codes.Code, reason string, fields []string) {
	if err == nil {
		return codes.OK, "", nil
	}
	var st interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &st) {
		return codes.Unknown, err.Error(), nil
	}
	for _, d := range st.GRPCStatus().Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				fields = append(fields, v.GetField())
			}
		}
	}
	slices.Sort(fields)
	return st.GRPCStatus().Code(), reason, slices.Compact(fields)
}

// note keeps a call with its receipt, which must stand on its own.
func (r *runs) note(t *testing.T, w *world, a *answer, who, method string, via transport, code codes.Code) {
	t.Helper()
	receipt, err := accesslog.ParseReceipt(a.receipt)
	if err != nil {
		t.Errorf("%s: %s of %s: receipt %q: %v", via, method, who, a.receipt, err)
		return
	}
	cp, err := accesslog.OpenCheckpoint(receipt.Checkpoint, w.replicaOrigin(), w.known)
	if err != nil || receipt.Index >= cp.Tree.N {
		t.Errorf("%s: %s: checkpoint of %d entries does not cover entry %d: %v", via, method, cp.Tree.N, receipt.Index, err)
		return
	}
	if a.entry != strconv.FormatInt(receipt.Index, 10) {
		t.Errorf("%s: %s: entry %q, receipt's index %d", via, method, a.entry, receipt.Index)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, logged{
		index: receipt.Index, who: who, method: method, outcome: service.OutcomeName(code), via: via,
		receipt: receipt, checkpoint: cp,
	})
}

// normalised is a response without what differs from run to run: names, times
// and the run's own tag.
func normalised(m proto.Message, s *stage) proto.Message {
	out := proto.Clone(m)
	strip(out.ProtoReflect(), s)
	return out
}

var perRun = map[protoreflect.Name]bool{
	"name": true, "nominal": true, "create_time": true, "expire_time": true, "update_time": true,
	"next_page_token": true, "as_of_index": true,
}

func strip(m protoreflect.Message, s *stage) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case perRun[f.Name()] && !f.IsList() && (f.Kind() == protoreflect.StringKind || f.Kind() == protoreflect.Int64Kind || strings.HasSuffix(string(f.Name()), "_time")):
			m.Clear(f)
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				strip(v.List().Get(i).Message(), s)
			}
		case f.Message() != nil && !f.IsMap():
			strip(v.Message(), s)
		case f.Kind() == protoreflect.StringKind && !f.IsList():
			m.Set(f, protoreflect.ValueOfString(strings.NewReplacer(s.run, "RUN", s.tag, "TAG").Replace(v.String())))
		}
		return true
	})
}
