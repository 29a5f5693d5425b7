package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/service"
)

// telemetry measures and traces calls: by method and outcome, never by what
// they held.
type telemetry struct {
	registry *prometheus.Registry
	rest     metric.Float64Histogram
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
	t.rest, err = t.meters.Meter("register").Float64Histogram("register.rest.call.duration", metric.WithUnit("s"),
		metric.WithDescription("Calls over REST and by pages, with their log entry."),
		metric.WithExplicitBucketBoundaries(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10))
	return t, errors.Join(err, t.observe(s))
}

// callerTrace reads the trace that a call belongs to. What else callers may send with it,
// in words of their own (tracestate), is left out: it would go to the collector.
type callerTrace struct{ propagation.TraceContext }

// Extract implements propagation.TextMapPropagator.
func (t callerTrace) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	ctx = t.TraceContext.Extract(ctx, carrier)
	span := trace.SpanContextFromContext(ctx)
	if span.TraceState().Len() == 0 {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, span.WithTraceState(trace.TraceState{}))
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
	if err := errors.Join(observeTLS(gauge, "grpc", s.tls, s.config.GRPC), observeTLS(gauge, "rest", s.restTLS, s.config.REST)); err != nil {
		return err
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

// observeTLS registers how long the files of a port are good yet; t is nil without TLS.
func observeTLS(gauge func(name, unit, what string, read func() int64) error, port string, t *access.TLS, l Listener) error {
	if t == nil {
		return nil
	}
	left := func(until time.Time) int64 { return int64(max(0, time.Until(until)).Seconds()) }
	err := gauge("register."+port+".certificate.left", "s", "Time until the certificate of the port ends.", func() int64 {
		until, _ := t.Until()
		return left(until)
	})
	if l.ClientCA == "" {
		return err
	}
	return errors.Join(err, gauge("register."+port+".revocation_lists.left", "s",
		"Time until the first of the revocation lists is out of date: then callers with certificates of its authority are refused.", func() int64 {
			_, until := t.Until()
			return left(until)
		}))
}

// grpcOptions measure and trace the calls of the contract's methods alone: the
// name of any other is the caller's own text.
func (t *telemetry) grpcOptions(methods call.Methods) []otelgrpc.Option {
	return []otelgrpc.Option{
		otelgrpc.WithFilter(func(i *stats.RPCTagInfo) bool { return methods[i.FullMethodName] != nil }),
		otelgrpc.WithMeterProvider(t.meters), otelgrpc.WithTracerProvider(t.traces), otelgrpc.WithPropagators(callerTrace{}),
	}
}

// unary measures calls that come over REST or by pages: grpcOptions see those of the network alone.
func (t *telemetry) unary(next grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		began := time.Now()
		out, err := next(ctx, req, info, handler)
		t.rest.Record(ctx, time.Since(began).Seconds(), metric.WithAttributeSet(attribute.NewSet(
			attribute.String("rpc.method", strings.TrimPrefix(info.FullMethod, "/")),
			attribute.String("rpc.response.status_code", service.OutcomeName(status.Code(err))),
		)))
		return out, err
	}
}

// httpHandler carries the caller's trace on.
func (t *telemetry) httpHandler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := callerTrace{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (t *telemetry) metricsHandler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{})
}

func (t *telemetry) close(ctx context.Context) error {
	return errors.Join(t.meters.Shutdown(ctx), t.traces.Shutdown(ctx))
}
