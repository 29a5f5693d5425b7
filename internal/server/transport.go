package server

import (
	"context"
	"net"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/service"
)

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
