package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"google.golang.org/grpc/stats"

	"github.com/perpetrator-register/register/internal/call"
)

// telemetry measures and traces calls: by method and outcome, never by what
// they held.
type telemetry struct {
	registry *prometheus.Registry
	meters   *sdkmetric.MeterProvider
	traces   *sdktrace.TracerProvider
}

func newTelemetry(ctx context.Context, endpoint string, s *Server) (*telemetry, error) {
	t := &telemetry{registry: prometheus.NewRegistry()}
	t.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	exporter, err := otelprom.New(otelprom.WithRegisterer(t.registry))
	if err != nil {
		return nil, err
	}
	about := resource.NewWithAttributes(semconv.SchemaURL, semconv.ServiceName("register"))
	t.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter), sdkmetric.WithResource(about))
	// Without an endpoint nothing is sampled: no span is made that nobody reads.
	options := []sdktrace.TracerProviderOption{sdktrace.WithResource(about), sdktrace.WithSampler(sdktrace.NeverSample())}
	if endpoint != "" {
		spans, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(endpoint))
		if err != nil {
			return nil, err
		}
		options = []sdktrace.TracerProviderOption{
			sdktrace.WithResource(about), sdktrace.WithBatcher(spans), sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.05))),
		}
	}
	t.traces = sdktrace.NewTracerProvider(options...)
	return t, t.observe(s)
}

// observe registers the register's own figures.
func (t *telemetry) observe(s *Server) error {
	m := t.meters.Meter("register")
	gauge := func(name, unit, what string, read func() int64) error {
		_, err := m.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(what),
			metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
				o.Observe(read())
				return nil
			}))
		return err
	}
	if g := s.gatherer; g != nil {
		if err := errors.Join(
			gauge("register.witnessed_checkpoint.age", "s", "Time since a quorum of witnesses last co-signed a checkpoint.", func() int64 { return int64(g.Status().Age().Seconds()) }),
			gauge("register.witnessed_checkpoint.size", "{entry}", "Entries of the newest co-signed checkpoint.", func() int64 { return g.Status().Size }),
			gauge("register.witnesses.answered", "{witness}", "Witnesses that co-signed in this replica's last round.", func() int64 { return int64(g.Status().Answered) }),
			gauge("register.witnesses.refused", "{witness}", "Witnesses that did not accept the log in this replica's last round.", func() int64 { return int64(g.Status().Refused) }),
		); err != nil {
			return err
		}
	}
	duties := func() (int64, int64) {
		open, overdue := s.view.Overdue(s.config.now()())
		return int64(open), int64(overdue)
	}
	if err := errors.Join(
		gauge("register.duties.open", "{duty}", "Duties that are open.", func() int64 { open, _ := duties(); return open }),
		gauge("register.duties.overdue", "{duty}", "Open duties whose deadline has passed.", func() int64 { _, overdue := duties(); return overdue }),
		gauge("register.tick.leading", "{replica}", "1 on the replica that lets duties arise and climb.", func() int64 { return s.ticker.Leading() }),
		gauge("register.tick.age", "s", "Time since this replica last did all that was due; 0 on one that does not act.", func() int64 { return int64(s.ticker.Age().Seconds()) }),
		gauge("register.tick.remaining", "{nominal}", "Nominals to be looked at once since this replica began to act.", s.ticker.Remaining),
	); err != nil {
		return err
	}
	return errors.Join(
		gauge("register.misuse.unread", "{entry}", "Entries that this replica had not judged for misuse when it last looked.", func() int64 { return s.watcher.Status().Unread }),
		gauge("register.misuse.behind", "s", "For how long entries may have gone without being judged for misuse by this replica.",
			func() int64 { return int64(s.watcher.Status().Behind(time.Now()).Seconds()) }),
		gauge("register.index.nominals", "{nominal}", "Nominals in the index.", func() int64 { return int64(s.view.Index().Len()) }),
		gauge("register.index.size", "By", "Memory of the index.", func() int64 { return s.view.Index().Bytes() }),
		gauge("register.feed.head", "{entry}", "Log index that this replica has reached.", s.view.Head),
		gauge("register.log.entries", "{entry}", "Entries this replica has written.", func() int64 { return s.writer.Stats().Entries }),
		gauge("register.log.batches", "{batch}", "Batches this replica has committed.", func() int64 { return s.writer.Stats().Batches }),
		gauge("register.log.failures", "{batch}", "Batches that failed: calls were refused.", func() int64 { return s.writer.Stats().Failures }),
		gauge("register.log.waiting", "{call}", "Calls that wait for their entry.", func() int64 { return int64(s.writer.Stats().Waiting) }),
	)
}

// grpcOptions measure and trace the calls of the contract's methods alone: the
// name of any other is the caller's own text.
func (t *telemetry) grpcOptions(methods call.Methods) []otelgrpc.Option {
	return []otelgrpc.Option{
		otelgrpc.WithFilter(func(i *stats.RPCTagInfo) bool { return methods[i.FullMethodName] != nil }),
		otelgrpc.WithMeterProvider(t.meters), otelgrpc.WithTracerProvider(t.traces), otelgrpc.WithPropagators(propagation.TraceContext{}),
	}
}

// httpHandler carries the caller's trace on; the gateway's calls are measured
// as calls.
func (t *telemetry) httpHandler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (t *telemetry) metricsHandler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{})
}

func (t *telemetry) close(ctx context.Context) error {
	return errors.Join(t.meters.Shutdown(ctx), t.traces.Shutdown(ctx))
}
