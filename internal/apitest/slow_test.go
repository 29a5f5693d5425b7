package apitest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/server"
)

// patience is how long a test waits for something that comes in under a second
// on a free machine.
const patience = time.Minute

// TestSlowCallers opens connections and calls and does not finish them: each
// is cut off by the register, and good calls are answered meanwhile.
func TestSlowCallers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *server.Config) {
		c.Limits.HeaderTimeout, c.Limits.BodyTimeout = 1500*time.Millisecond, 2*time.Second
	})
	authorization := "Authorization: Bearer " + w.token("spoc-33", false) + "\r\n"
	post := func(path, more string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: register\r\nContent-Type: application/json\r\n" + more
	}
	grpcAddr, restAddr := w.replica.Server.GRPCAddr(), w.replica.Server.RESTAddr()
	for name, c := range map[string]struct{ addr, protocol, send string }{
		"REST, nothing after connecting":           {restAddr, "", ""},
		"REST, nothing after the handshake":        {restAddr, "http/1.1", ""},
		"REST, half a header":                      {restAddr, "http/1.1", post("/v1/searches", authorization)},
		"REST, half a body":                        {restAddr, "http/1.1", post("/v1/searches", authorization+"Content-Length: 900\r\n\r\n{\"reason\":")},
		"REST, half a body of nobody":              {restAddr, "http/1.1", post("/v1/searches", "Content-Length: 900\r\n\r\n{\"reason\":")},
		"REST, half a stream of nobody":            {restAddr, "http/1.1", post("/v1/records:register", "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"nominal")},
		"REST, half an HTTP/2 preface":             {restAddr, "h2", "PRI * HTTP/2.0\r\n"},
		"gRPC, nothing after connecting":           {grpcAddr, "", ""},
		"gRPC, nothing after the handshake":        {grpcAddr, "h2", ""},
		"gRPC, half a preface":                     {grpcAddr, "h2", "PRI * HTTP/2.0\r\n"},
		"gRPC, not TLS":                            {grpcAddr, "", "GET / HTTP/1.1\r\n\r\n"},
		"REST, not HTTP":                           {restAddr, "http/1.1", "\x00\x01\x02\r\n\r\n"},
		"REST, a header that is too large":         {restAddr, "http/1.1", post("/v1/searches", fmt.Sprintf("X-Filler: %0100000d\r\n", 0))},
		"REST, two lengths, to smuggle a request":  {restAddr, "http/1.1", post("/v1/searches", "Content-Length: 5\r\nContent-Length: 50\r\n\r\n12345")},
		"REST, length and chunks, to smuggle one":  {restAddr, "http/1.1", post("/v1/searches", "Connection: close\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/self HTTP/1.1\r\n\r\n")},
		"REST, a chunk that is longer than stated": {restAddr, "http/1.1", post("/v1/searches", authorization+"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := rawConn(t, w, c.addr, c.protocol)
			if _, err := io.WriteString(conn, c.send); err != nil && c.send == "" {
				t.Fatal(err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection stays open")
			}
		})
	}
	t.Run("gRPC, a call without its message", func(t *testing.T) {
		t.Parallel()
		stream, err := w.conns[""].NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, w.methods[createSearch].Full, grpc.WaitForReady(true))
		if err != nil {
			t.Fatal(err)
		}
		if code, _, _ := refusal(stream.RecvMsg(&pb.Search{})); code != codes.DeadlineExceeded && code != codes.Canceled {
			t.Errorf("ended with %s", code)
		}
	})
	t.Run("meanwhile", func(t *testing.T) {
		t.Parallel()
		for _, via := range []transport{overMTLS, overToken, overREST} {
			// A busy machine may be too slow itself for limits this short.
			for until := time.Now().Add(patience); ; {
				a := w.call(t.Context(), via, "spoc-33", getSelf, &pb.GetSelfRequest{})
				if a.err == nil {
					break
				}
				if time.Now().After(until) {
					t.Errorf("%s: %v", via, a.err)
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
		}
	})
}

// rawConn is a connection, over TLS if a protocol is to be agreed on.
func rawConn(t *testing.T, w *world, addr, protocol string) net.Conn {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if protocol == "" {
		return conn
	}
	config := w.site.ClientTLS("")
	config.NextProtos, config.ServerName = []string{protocol}, "localhost"
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(t.Context()); err != nil {
		t.Skip("cut off before the handshake was done: the machine is busy")
	}
	return secure
}
