package apitest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
)

// sanctioned is a site with two replicas; what PSD orders on the first must hold
// on the second.
type sanctioned struct {
	*testing.T
	w     *world
	other *servertest.Replica
	conn  *grpc.ClientConn // to the other, without a certificate
}

func newSanctioned(t *testing.T) *sanctioned {
	t.Helper()
	t.Parallel()
	s := &sanctioned{T: t, w: newWorld(t, nil)}
	s.other = s.w.site.Start(nil)
	s.conn = s.other.Dial("")
	return s
}

// order imposes a sanction on the first replica, and returns it with its entry.
func (s *sanctioned) order(r *pb.ImposeSanctionRequest) (*pb.Sanction, int64) {
	s.Helper()
	a := s.w.call(s.Context(), overToken, "psd-33", imposeSanction, r)
	if a.err != nil {
		s.Fatal(a.err)
	}
	return a.response().(*pb.Sanction), s.index(a)
}

func (s *sanctioned) index(a *answer) int64 {
	s.Helper()
	receipt, err := accesslog.ParseReceipt(a.receipt)
	if err != nil {
		s.Fatalf("receipt %q: %v", a.receipt, err)
	}
	return receipt.Index
}

// elsewhere makes a call on the other replica with claims of a token changed.
func (s *sanctioned) elsewhere(who, method string, claims map[string]any, requests ...proto.Message) *answer {
	s.Helper()
	return grpcCall(s.Context(), s.conn, s.w.methods[method], "Bearer "+s.w.site.Token(who, claims), requests...)
}

// refused expects a refusal by a sanction, logged as one.
func (s *sanctioned) refused(about string, a *answer, code codes.Code, reason string) {
	s.Helper()
	got, gotReason, _ := refusal(a.err)
	if got != code || gotReason != reason || len(a.responses) > 0 {
		s.Errorf("%s: %v %s, want %v %s (%v)", about, got, gotReason, code, reason, a.err)
		return
	}
	page := s.w.call(s.Context(), overToken, "psd-33", listEntries, entriesOf("forces/33"))
	at := s.index(a)
	for _, e := range page.response().(*pb.ListEntriesResponse).GetEntries() {
		m, err := accesslog.ParseMetadata(e.GetMetadata())
		if err == nil && e.GetIndex() == at {
			if m.Outcome == "OK" || m.Decision.Effect != accesslog.Deny || !slices.Equal(m.Marks, []string{"refused:sanction"}) || m.ResultCount != 0 || m.BodyHash != nil {
				s.Errorf("%s: logged as %+v", about, m)
			}
			return
		}
	}
	s.Errorf("%s: the refusal is not in the log", about)
}

func (s *sanctioned) subject(who string) string {
	self := s.elsewhere(who, "DirectoryService.GetSelf", nil, &pb.GetSelfRequest{})
	if self.err != nil {
		s.Fatal(self.err)
	}
	return self.response().(*pb.Self).GetSubject()
}

// TestSuspension suspends an officer on one replica and calls on the other in every
// way there is.
func TestSuspension(t *testing.T) {
	s := newSanctioned(t)
	const who = "spoc-33"
	stream, err := s.conn.NewStream(servertest.WithToken(s.Context(), s.w.site.Token(who, nil)),
		&grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, s.w.methods[registerRecords].Full)
	if err != nil {
		t.Fatal(err)
	}
	exchange := func(sequence int64) *pb.RegisterRecordsResponse {
		t.Helper()
		answer := &pb.RegisterRecordsResponse{}
		if err := stream.SendMsg(record(sequence, nominal("33", "streamed", "S-"+itoa(sequence), 1))); err != nil {
			t.Fatal(err)
		}
		if err := stream.RecvMsg(answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	if r := exchange(1); r.GetError() != nil {
		t.Fatalf("before the suspension: %v", r)
	}
	order := suspension("33", "")
	order.Subject, order.CollarNumber = s.subject(who), "33301"
	o, _ := s.order(order)

	const suspendedCode = "SUSPENDED"
	if r := exchange(2); r.GetError().GetReason() != suspendedCode || r.GetReceipt() == "" {
		t.Errorf("on the open stream: %v", r)
	}
	s.refused("on the other replica", s.elsewhere(who, createSearch, nil, search("x")), codes.PermissionDenied, suspendedCode)
	s.refused("a faulty call", s.elsewhere(who, createSearch, nil, &pb.CreateSearchRequest{}), codes.PermissionDenied, suspendedCode)
	s.refused("what is not there", s.elsewhere(who, getNominal, nil, &pb.GetNominalRequest{Name: unknownRecord("33", "nominals")}), codes.PermissionDenied, suspendedCode)
	s.refused("what is not allowed", s.elsewhere(who, eraseNominal, nil, &pb.EraseNominalRequest{Name: unknownRecord("33", "nominals")}), codes.PermissionDenied, suspendedCode)
	s.refused("a new stream", s.elsewhere(who, registerRecords, nil), codes.PermissionDenied, suspendedCode)
	s.refused("over REST", s.w.call(s.Context(), overREST, who, createSearch, search("x")), codes.PermissionDenied, suspendedCode)
	s.refused("over the force's system", s.w.call(s.Context(), overMTLS, who, createSearch, search("x")), codes.PermissionDenied, suspendedCode)
	s.refused("with other roles", s.elsewhere(who, "DirectoryService.GetSelf", map[string]any{"roles": []string{"psd"}}, &pb.GetSelfRequest{}), codes.PermissionDenied, suspendedCode)
	officer := metadata.AppendToOutgoingContext(s.Context(), "register-officer", "33301")
	s.refused("named by the force's system", grpcCall(officer, s.w.conns["33"], s.w.methods[createSearch], "", search("x")), codes.PermissionDenied, suspendedCode)
	fresh := s.w.site.Start(nil)
	s.refused("on a replica that starts later", grpcCall(s.Context(), fresh.Dial(""), s.w.methods[createSearch], "Bearer "+s.w.site.Token(who, nil), search("x")), codes.PermissionDenied, suspendedCode)
	if err := stream.CloseSend(); err != nil {
		t.Error(err)
	}

	for about, a := range map[string]*answer{
		"the force's system for another officer": s.w.call(s.Context(), overMTLS, "system-33", createSearch, search("x")),
		"a colleague":                            s.elsewhere("investigator-33", createSearch, nil, search("x")),
		"the same number in another force":       s.elsewhere("spoc-10", createSearch, map[string]any{"collar": "33301"}, search("x")),
	} {
		if a.err != nil {
			t.Errorf("%s: %v", about, a.err)
		}
	}
	if a := s.w.call(s.Context(), overToken, "psd-33", liftSanction, &pb.LiftSanctionRequest{Name: o.GetName(), Reason: "it was another officer"}); a.err != nil {
		t.Fatal(a.err)
	}
	if a := s.elsewhere(who, createSearch, nil, search("x")); a.err != nil {
		t.Errorf("lifted: %v", a.err)
	}

	// Letters of a number are not written alike everywhere.
	order = suspension("33", "nobody")
	order.CollarNumber = "Sp33A"
	s.order(order)
	s.refused("his number in small letters", s.elsewhere("investigator-33", createSearch, map[string]any{"collar": "sp33a"}, search("x")), codes.PermissionDenied, suspendedCode)
}

// TestSuspensionInFlight suspends an officer who calls all the time, on another
// replica: nothing is answered whose entry comes after the suspension's.
func TestSuspensionInFlight(t *testing.T) {
	s := newSanctioned(t)
	const who = "investigator-33"
	ctx, cancel := context.WithTimeout(s.Context(), time.Minute)
	defer cancel()
	token := "Bearer " + s.w.site.Token(who, nil)
	var mu sync.Mutex
	var answered []int64
	var wg sync.WaitGroup
	called := make(chan struct{}, 1)
	for range 8 {
		wg.Go(func() {
			for {
				a := grpcCall(ctx, s.conn, s.w.methods[createSearch], token, search("x"))
				if code, reason, _ := refusal(a.err); code != codes.OK {
					if reason != "SUSPENDED" {
						t.Errorf("%v", a.err)
					}
					return
				}
				receipt, err := accesslog.ParseReceipt(a.receipt)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				answered = append(answered, receipt.Index)
				if len(answered) == 50 {
					called <- struct{}{}
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-called:
	case <-ctx.Done():
	}
	order := suspension("33", "")
	order.Subject = s.subject(who)
	_, at := s.order(order)
	wg.Wait()
	if last := slices.Max(answered); last >= at {
		t.Errorf("entry %d was answered, the suspension is entry %d", last, at)
	}
}

// TestStepUp demands a stronger and a fresh sign-in.
func TestStepUp(t *testing.T) {
	s := newSanctioned(t)
	const who = "investigator-33"
	self := func(claims map[string]any) *answer {
		return s.elsewhere(who, "DirectoryService.GetSelf", claims, &pb.GetSelfRequest{})
	}
	order := suspension("33", "")
	order.Kind, order.Subject, order.MinStrength = pb.SanctionKind_SANCTION_KIND_STEP_UP, s.subject(who), "aal3"
	stronger, _ := s.order(order)
	s.refused("as before", self(nil), codes.Unauthenticated, "STEP_UP_REQUIRED")
	if a := self(map[string]any{"acr": "aal3"}); a.err != nil {
		t.Errorf("stronger: %v", a.err)
	}
	lift := func(o *pb.Sanction) {
		t.Helper()
		if a := s.w.call(s.Context(), overToken, "auditor", liftSanction, &pb.LiftSanctionRequest{Name: o.GetName()}); a.err != nil {
			t.Fatal(a.err)
		}
	}
	lift(stronger)
	order.MinStrength, order.Fresh = "", true
	fresh, _ := s.order(order)
	when := fresh.GetImposeTime().AsTime()
	s.refused("signed in before", self(map[string]any{"auth_time": when.Add(-time.Minute).Unix()}), codes.Unauthenticated, "STEP_UP_REQUIRED")
	s.refused("signed in nobody knows when", self(map[string]any{"auth_time": nil}), codes.Unauthenticated, "STEP_UP_REQUIRED")
	if a := self(map[string]any{"auth_time": when.Add(2 * time.Second).Unix()}); a.err != nil {
		t.Errorf("signed in since: %v", a.err)
	}
	lift(fresh)
	if a := self(map[string]any{"auth_time": nil}); a.err != nil {
		t.Errorf("lifted: %v", a.err)
	}
}

// TestUnsealingInTime approves and opens too late.
func TestUnsealingInTime(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	w := newWorld(t, func(c *server.Config) {
		c.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	s := &stage{T: t, w: w, tag: "late", run: "late", names: map[string]string{}}
	approvedUnsealing(s)
	approved := s.names["unsealing"]
	s.askUnsealing("psd-33")
	late := func(who, method string, request proto.Message) {
		t.Helper()
		a := w.call(t.Context(), overToken, who, method, request)
		if code, reason, _ := refusal(a.err); code != codes.FailedPrecondition || reason != "TOO_LATE" {
			t.Errorf("%s: %v", method, a.err)
		}
	}
	ahead.Store(int64(25 * time.Hour))
	late("psd2-33", approveUnsealing, unsealingApproved(s))
	late("psd-33", openUnsealing, &pb.OpenUnsealingRequest{Name: approved})
	ahead.Store(0)
	caseAccess(s)
	ahead.Store(int64(31 * 24 * time.Hour))
	late("auditor", requestUnsealing, s.unsealing())
}
