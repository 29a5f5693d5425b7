package server

import (
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// A caller's trace goes on, without words of his own, which would leave for the collector.
func TestNothingOfTheCallersOwnIsTraced(t *testing.T) {
	t.Parallel()
	header := http.Header{}
	header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	header.Set("Tracestate", "crime=Thackery")
	got := trace.SpanContextFromContext(callerTrace{}.Extract(t.Context(), propagation.HeaderCarrier(header)))
	if got.TraceID().String() != "4bf92f3577b34da6a3ce929d0e0e4736" || !got.IsSampled() || !got.IsRemote() {
		t.Errorf("the trace is lost: %v", got)
	}
	if got.TraceState().Len() != 0 {
		t.Errorf("it says %q", got.TraceState())
	}
}
