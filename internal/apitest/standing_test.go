package apitest

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/servertest"
)

// standing are two streams of one caller of force 33 that have been answered.
type standing struct {
	records pb.RegistrationService_RegisterRecordsClient
	alerts  pb.AlertService_WatchAlertsClient
}

// openStreams opens both streams over a connection that says who calls.
func (w *world) openStreams(t *testing.T, conn *grpc.ClientConn, token ...string) *standing {
	t.Helper()
	ctx := t.Context()
	for _, one := range token {
		ctx = servertest.WithToken(ctx, one)
	}
	s := &standing{}
	var err error
	if s.records, err = pb.NewRegistrationServiceClient(conn).RegisterRecords(ctx); err != nil {
		t.Fatal(err)
	}
	if answer := s.send(t, 1); answer.GetError() != nil {
		t.Fatal(answer)
	}
	if s.alerts, err = pb.NewAlertServiceClient(conn).WatchAlerts(ctx, &pb.WatchAlertsRequest{Parent: "forces/33"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.alerts.Recv(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *standing) send(t *testing.T, sequence int64) *pb.RegisterRecordsResponse {
	t.Helper()
	if err := s.records.Send(record(sequence, nominal("33", fmt.Sprint("standing", sequence), fmt.Sprint("STANDING-", sequence), 1))); err != nil {
		t.Fatal(err)
	}
	answer, err := s.records.Recv()
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// mustEnd expects that neither stream takes or sends anything more.
func (s *standing) mustEnd(t *testing.T, w *world, code codes.Code, reason access.Reason) {
	t.Helper()
	check := func(about string, err error) {
		t.Helper()
		if got, gotReason, _ := refusal(err); got != code || gotReason != string(reason) {
			t.Errorf("%s: %v", about, err)
		}
	}
	if err := s.records.Send(record(2, nominal("33", "standing2", "STANDING-2", 1))); err != nil {
		t.Fatal(err)
	}
	answer, err := s.records.Recv()
	if err == nil {
		t.Errorf("a record is taken: %v", answer)
	} else {
		check("records", err)
	}
	// Something happens of which he would be told.
	for _, force := range []string{"10", "33"} {
		if a := w.call(t.Context(), overMTLS, "system-"+force, registerNominal, nominal(force, "standing alert", "STANDING-A", 1)); a.err != nil {
			t.Fatal(a.err)
		}
	}
	for {
		m, err := s.alerts.Recv()
		if err != nil {
			check("alerts", err)
			return
		}
		if m.GetAlert() != nil {
			t.Errorf("an alert is sent: %v", m.GetAlert())
			return
		}
	}
}

// A stream ends when what its caller presented at its beginning has run out; and one
// caller has no more of them than the register can hold.
func TestStreamsOutliveNoSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	// The clocks of issuers may be half a minute from ours: it is good for some seconds yet.
	ends := time.Now().Add(4*time.Second - 30*time.Second)
	s := w.openStreams(t, w.conns[""], w.site.Token("spoc-33", map[string]any{"iat": ends.Add(-time.Minute).Unix(), "nbf": ends.Add(-time.Minute).Unix(), "exp": ends.Unix()}))
	time.Sleep(time.Until(ends.Add(31 * time.Second)))
	s.mustEnd(t, w, codes.Unauthenticated, access.ReasonTokenExpired)

	var last *standing
	for range 4 {
		last = w.openStreams(t, w.conns["33"])
	}
	more := func() error {
		stream, err := pb.NewRegistrationServiceClient(w.conns["33"]).RegisterRecords(t.Context())
		if err != nil {
			return err
		}
		if err := stream.Send(record(1, nominal("33", "standing1", "STANDING-1", 1))); err != nil {
			return err
		}
		_, err = stream.Recv()
		return err
	}
	for range 4 {
		if err := more(); err != nil {
			t.Fatal(err)
		}
	}
	if code, reason, _ := refusal(more()); code != codes.ResourceExhausted || reason != "TOO_MANY_REQUESTS" {
		t.Errorf("a ninth stream: %v %s", code, reason)
	}
	if err := last.records.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := last.records.Recv(); err == nil {
		t.Fatal("an answer to nothing")
	}
	if err := more(); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
}
