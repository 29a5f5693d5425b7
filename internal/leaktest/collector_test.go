package leaktest

import (
	"context"
	"net"
	"sync"
	"testing"

	tracev1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// collector takes the traces that a server exports.
type collector struct {
	tracev1.UnimplementedTraceServiceServer

	mu    sync.Mutex
	spans int
	text  []byte
}

// collect starts a collector and returns it with its URL.
func collect(tb testing.TB) (*collector, string) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(tb, err)
	c := &collector{}
	s := grpc.NewServer()
	tracev1.RegisterTraceServiceServer(s, c)
	go func() { _ = s.Serve(l) }() // until it is stopped
	tb.Cleanup(s.Stop)
	return c, "http://" + l.Addr().String()
}

// Export implements the trace service: it keeps all that came, as text and as
// the bytes that were sent.
func (c *collector) Export(_ context.Context, req *tracev1.ExportTraceServiceRequest) (*tracev1.ExportTraceServiceResponse, error) {
	text, err := protojson.Marshal(req)
	if err != nil {
		return nil, err
	}
	raw, err := proto.Marshal(req)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range req.GetResourceSpans() {
		for _, s := range r.GetScopeSpans() {
			c.spans += len(s.GetSpans())
		}
	}
	c.text = append(append(append(c.text, text...), raw...), '\n')
	return &tracev1.ExportTraceServiceResponse{}, nil
}

func (c *collector) all() (spans int, text []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spans, c.text
}
