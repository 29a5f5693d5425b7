package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/perpetrator-register/register/internal/accesslog"
)

// connWatch counts the connections to the REST port that ended without a
// request that could be read: failed handshakes, headers that are too large,
// too slow or no HTTP.
type connWatch struct {
	refusals *accesslog.Aggregator
	open     sync.Map // net.Conn to *atomic.Bool: whether it has sent a request
}

type servedKey struct{}

func (w *connWatch) context(ctx context.Context, c net.Conn) context.Context {
	served := new(atomic.Bool)
	w.open.Store(c, served)
	return context.WithValue(ctx, servedKey{}, served)
}

func (w *connWatch) state(c net.Conn, state http.ConnState) {
	if state != http.StateClosed && state != http.StateHijacked {
		return
	}
	served, ok := w.open.LoadAndDelete(c)
	if flag, isFlag := served.(*atomic.Bool); ok && isFlag && !flag.Load() {
		w.refusals.Add(accesslog.Refusal{Addr: addrOf(hostOf(c.RemoteAddr().String())), Method: "http", Code: "TRANSPORT/NO_REQUEST"})
	}
}

// handler notes that a connection has sent a request.
func (w *connWatch) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if served, ok := r.Context().Value(servedKey{}).(*atomic.Bool); ok {
			served.Store(true)
		}
		next.ServeHTTP(rw, r)
	})
}
