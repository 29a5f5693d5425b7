package server

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/perpetrator-register/register/internal/access"
)

type credentialsKey struct{}

// withHTTPCredentials puts what an HTTP request presented into its context.
// In-process calls read it from there alone: no metadata that a client sends
// over HTTP can stand in for it.
func withHTTPCredentials(r *http.Request) context.Context {
	return context.WithValue(r.Context(), credentialsKey{}, access.Credentials{
		Authorization: r.Header.Values("Authorization"),
		TLS:           r.TLS,
		Officer:       r.Header.Values("Register-Officer"),
		Address:       hostOf(r.RemoteAddr),
	})
}

// credentialsOf reads what the caller of an RPC presented.
func credentialsOf(ctx context.Context) access.Credentials {
	if c, ok := ctx.Value(credentialsKey{}).(access.Credentials); ok {
		return c
	}
	var c access.Credentials
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		c.Authorization = md.Get("authorization")
		c.Officer = md.Get("register-officer")
	}
	if p, ok := peer.FromContext(ctx); ok {
		c.Address = hostOf(p.Addr.String())
		if info, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			c.TLS = &info.State
		}
	}
	return c
}

// hostOf leaves the port out of an address.
func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return strings.TrimSpace(addr)
	}
	return host
}

// addrOf reads an address; the zero address stands for any other transport.
func addrOf(host string) netip.Addr {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return addr
}

type reachedKey struct{}

// withReached prepares a context in which reached can note that the chain was
// entered, so that calls that fail before it can be counted.
func withReached(ctx context.Context) context.Context {
	return context.WithValue(ctx, reachedKey{}, new(atomic.Bool))
}

func reached(ctx context.Context) {
	if flag, ok := ctx.Value(reachedKey{}).(*atomic.Bool); ok {
		flag.Store(true)
	}
}

func wasReached(ctx context.Context) bool {
	flag, ok := ctx.Value(reachedKey{}).(*atomic.Bool)
	return ok && flag.Load()
}
