package server

import (
	"context"
	"io"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/service"
)

// gRPC and the gateway would write to standard error what they meet, a
// request's content included. What is worth knowing is in the journal.
func init() { //nolint:gochecknoinits // must come before any use of gRPC
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard))
}

// noSuchMethod answers a gRPC call of a method that the contract does not have;
// the chain, which comes first, refuses and counts it.
func noSuchMethod(any, grpc.ServerStream) error {
	return status.Error(codes.Unimplemented, "there is no such method")
}

// transportWatch counts the gRPC calls that end before they reach the chain:
// undecodable, oversize or unknown ones.
type transportWatch struct {
	methods  call.Methods
	refusals *accesslog.Aggregator
}

type watchedKey struct{}

type watched struct{ method, source string }

type connKey struct{}

// TagConn keeps the remote address of a connection.
func (w *transportWatch) TagConn(ctx context.Context, info *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, connKey{}, hostOf(info.RemoteAddr.String()))
}

// HandleConn does nothing.
func (w *transportWatch) HandleConn(context.Context, stats.ConnStats) {}

// TagRPC prepares the note that the chain was reached.
func (w *transportWatch) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	source, _ := ctx.Value(connKey{}).(string)
	// An unknown method's name is the caller's own text: it is not kept.
	method := "unknown"
	if m, ok := w.methods[info.FullMethodName]; ok {
		method = m.Short
	}
	ctx = withReached(ctx)
	return context.WithValue(ctx, watchedKey{}, watched{method: method, source: source})
}

// HandleRPC counts a call that ended with an error before the chain.
func (w *transportWatch) HandleRPC(ctx context.Context, s stats.RPCStats) {
	end, ok := s.(*stats.End)
	if !ok || end.Error == nil || wasReached(ctx) {
		return
	}
	about, ok := ctx.Value(watchedKey{}).(watched)
	if !ok {
		return
	}
	w.refusals.Add(accesslog.Refusal{
		Addr: addrOf(about.source), Method: about.method,
		Code: "TRANSPORT/" + service.OutcomeName(status.Code(end.Error)),
	})
}

// countingCredentials counts failed TLS handshakes.
type countingCredentials struct {
	credentials.TransportCredentials
	refusals *accesslog.Aggregator
}

// ServerHandshake does the handshake and counts a failure.
func (c *countingCredentials) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	out, info, err := c.TransportCredentials.ServerHandshake(conn)
	if err != nil {
		c.refusals.Add(accesslog.Refusal{Addr: addrOf(hostOf(conn.RemoteAddr().String())), Method: "tls", Code: "TRANSPORT/HANDSHAKE"})
	}
	return out, info, err
}

// Clone copies the credentials.
func (c *countingCredentials) Clone() credentials.TransportCredentials {
	return &countingCredentials{TransportCredentials: c.TransportCredentials.Clone(), refusals: c.refusals}
}

// boundUnary gives each gRPC call that is not a stream a time limit from its
// header on: a caller that opens calls and never sends their message would
// otherwise hold them open for ever, before anybody asks who it is.
func boundUnary(methods call.Methods, limit time.Duration) tap.ServerInHandle {
	return func(ctx context.Context, info *tap.Info) (context.Context, error) {
		if m, ok := methods[info.FullMethodName]; ok && (m.ClientStream || m.ServerStream) {
			return ctx, nil
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		context.AfterFunc(ctx, cancel) // when the call ends, so does its timer
		return ctx, nil
	}
}
