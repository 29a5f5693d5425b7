package apitest

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

// TestFlood calls thousands of times without a good credential: every call is
// counted, and the log grows by the aggregates alone.
func TestFlood(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	reader := w.site.Start(nil)
	const overGRPC, rest, unauthorised, handshakes = 2500, 2000, 500, 200
	before := w.treeSize(t)
	var bad atomic.Int64
	flood := func(n int, once func(context.Context) bool) {
		var wg sync.WaitGroup
		work := make(chan struct{})
		for range 8 {
			wg.Go(func() {
				for range work {
					if !once(t.Context()) {
						bad.Add(1)
					}
				}
			})
		}
		for range n {
			work <- struct{}{}
		}
		close(work)
		wg.Wait()
	}
	refused := func(a *answer) bool {
		code, _, _ := refusal(a.err)
		return code == codes.Unauthenticated
	}
	flood(overGRPC, func(ctx context.Context) bool {
		return refused(grpcCall(ctx, w.conns[""], w.methods[createSearch], "", search("nobody")))
	})
	flood(rest, func(ctx context.Context) bool {
		return refused(restCall(ctx, w.clients[""], w.replica.REST(), w.methods[getSelf], "", &pb.GetSelfRequest{}))
	})
	forged := "Bearer " + w.site.Token("investigator-33", map[string]any{"iss": "https://idp.example"})
	flood(unauthorised, func(ctx context.Context) bool {
		return refused(grpcCall(ctx, w.conns[""], w.methods[getSelf], forged, &pb.GetSelfRequest{}))
	})
	for _, addr := range []string{w.replica.Server.GRPCAddr(), w.replica.Server.RESTAddr()} {
		flood(handshakes, func(ctx context.Context) bool { return notTLS(ctx, addr) == nil })
	}
	if bad.Load() > 0 {
		t.Errorf("%d calls were not refused as they should be", bad.Load())
	}
	w.replica.Stop()
	w.replica = reader
	w.conns[""] = dial(t, reader.Server.GRPCAddr(), w.site.ClientTLS(""))
	got := map[string]int64{}
	aggregates := int64(0)
	entries := readLog(t, w, "auditor", "forces/-")
	for _, e := range entries {
		meta, err := accesslog.ParseMetadata(e.GetMetadata())
		if err != nil {
			t.Fatal(err)
		}
		if meta.Count > 0 {
			got[meta.Method+" "+meta.Outcome] += meta.Count
			aggregates++
		}
	}
	for what, want := range map[string]int64{
		createSearch + " UNAUTHENTICATED/credentials_missing": overGRPC,
		getSelf + " UNAUTHENTICATED/credentials_missing":      rest,
		getSelf + " UNAUTHENTICATED/token_issuer":             unauthorised,
		"tls TRANSPORT/HANDSHAKE":                             handshakes,
		"http TRANSPORT/NO_REQUEST":                           handshakes,
	} {
		// A client may open a connection too many, and close it unused.
		if got[what] != want && (what != "http TRANSPORT/NO_REQUEST" || got[what] < want) {
			t.Errorf("%s: counted %d, want %d", what, got[what], want)
		}
	}
	// One a minute for each kind of refusal: a test that runs for long has more.
	if grown := int64(len(entries)) - before; grown > aggregates+10 {
		t.Errorf("the log grew by %d entries, %d of them aggregates", grown, aggregates)
	}
	if aggregates > 50 {
		t.Errorf("%d aggregates", aggregates)
	}
}

// notTLS says something else on a port that speaks TLS, and waits for the end.
func notTLS(ctx context.Context, addr string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET /v1/self HTTP/1.1\r\nHost: register\r\n\r\n"); err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, conn) // a reset is an end too
	return nil
}

func (w *world) treeSize(t *testing.T) int64 {
	t.Helper()
	a := w.call(t.Context(), overToken, "admin", getCheckpoint, &pb.GetCheckpointRequest{})
	if a.err != nil {
		t.Fatal(a.err)
	}
	return a.response().(*pb.Checkpoint).GetTreeSize()
}
