package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/perpetrator-register/register/api"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/service"
)

// Limits of the REST edge.
const (
	restTimeout   = 20 * time.Second // a unary call, its log entry included
	streamTimeout = 30 * time.Minute // a stream of records
	streamBytes   = 512 << 20        // a stream of records as a whole
	jsonDepth     = 32               // nesting of a JSON body
	streamPath    = "/v1/records:register"
	watchTimeout  = 65 * time.Minute // a stream of alerts, which ends by itself before
	watchSuffix   = "/alerts:watch"
	bundleTimeout = 10 * time.Minute // a bundle of evidence
	bundleSuffix  = "/evidence:make"
)

// newGateway makes the REST edge on top of the in-process connection. Every
// request goes through the chain; what fails before it (no such path, a body
// that is not JSON of the contract) is counted as a transport refusal. All other
// paths are those of pages, which may be nil.
func newGateway(ctx context.Context, conn *inproc, refusals *accesslog.Aggregator, maxBody int64, pages http.Handler, log *slog.Logger) (http.Handler, error) {
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &contractJSON{
			JSONPb: &runtime.JSONPb{
				MarshalOptions:   protojson.MarshalOptions{EmitUnpopulated: false},
				UnmarshalOptions: protojson.UnmarshalOptions{RecursionLimit: jsonDepth},
			},
			maxRecord: maxBody,
		}),
		// Nothing that a client sends as a header becomes metadata, but for the
		// trace that it belongs to.
		runtime.WithIncomingHeaderMatcher(func(header string) (string, bool) {
			return strings.ToLower(header), textproto.CanonicalMIMEHeaderKey(header) == "Traceparent"
		}),
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithOutgoingTrailerMatcher(func(key string) (string, bool) {
			return textproto.CanonicalMIMEHeaderKey(key), key == accesslog.ReceiptKey || key == accesslog.EntryKey
		}),
		runtime.WithForwardResponseOption(func(ctx context.Context, w http.ResponseWriter, _ proto.Message) error {
			setReceipt(ctx, w)
			return nil
		}),
		runtime.WithMiddlewares(withPathBody),
		runtime.WithErrorHandler(errorHandler(refusals)),
		runtime.WithRoutingErrorHandler(func(ctx context.Context, mux *runtime.ServeMux, m runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
			err := status.Error(codes.NotFound, "there is no such path: see /openapi.json")
			if code == http.StatusMethodNotAllowed {
				err = status.Error(codes.Unimplemented, "this path does not take that method: see /openapi.json")
			}
			runtime.HTTPError(ctx, mux, m, w, r, err)
		}),
		runtime.WithDisablePathLengthFallback(),
	)
	for _, register := range []func(context.Context, *runtime.ServeMux) error{
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterNominalServiceHandlerClient(ctx, mux, registerv1.NewNominalServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterConductServiceHandlerClient(ctx, mux, registerv1.NewConductServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterMeasureServiceHandlerClient(ctx, mux, registerv1.NewMeasureServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterAssessmentServiceHandlerClient(ctx, mux, registerv1.NewAssessmentServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterHistoryServiceHandlerClient(ctx, mux, registerv1.NewHistoryServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterRegistrationServiceHandlerClient(ctx, mux, registerv1.NewRegistrationServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterSearchServiceHandlerClient(ctx, mux, registerv1.NewSearchServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterLinkServiceHandlerClient(ctx, mux, registerv1.NewLinkServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterAlertServiceHandlerClient(ctx, mux, registerv1.NewAlertServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterExchangeServiceHandlerClient(ctx, mux, registerv1.NewExchangeServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterTransferServiceHandlerClient(ctx, mux, registerv1.NewTransferServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterDutyServiceHandlerClient(ctx, mux, registerv1.NewDutyServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterAccessLogServiceHandlerClient(ctx, mux, registerv1.NewAccessLogServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterFactServiceHandlerClient(ctx, mux, registerv1.NewFactServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterMisuseServiceHandlerClient(ctx, mux, registerv1.NewMisuseServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterStandardsServiceHandlerClient(ctx, mux, registerv1.NewStandardsServiceClient(conn))
		},
		func(ctx context.Context, mux *runtime.ServeMux) error {
			return registerv1.RegisterDirectoryServiceHandlerClient(ctx, mux, registerv1.NewDirectoryServiceClient(conn))
		},
	} {
		if err := register(ctx, mux); err != nil {
			return nil, err
		}
	}
	allowed, err := queryNames()
	if err != nil {
		return nil, err
	}
	root := http.NewServeMux()
	root.Handle("/v1/", edge(strictQuery(mux, allowed, errorHandler(refusals)), maxBody, log))
	root.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, err := w.Write(api.OpenAPI); err != nil {
			log.Debug("openapi not sent", "err", err)
		}
	})
	if pages == nil {
		return safeHeaders(root), nil
	}
	all := http.NewServeMux()
	for _, pattern := range []string{"/v1/", "/openapi.json"} {
		all.Handle(pattern, safeHeaders(root))
	}
	all.Handle("/", pages)
	return all, nil
}

// edge prepares each request: credentials, limits of size and time.
func edge(next http.Handler, maxBody int64, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		timeout, size := restTimeout, maxBody
		stream := r.URL.Path == streamPath
		switch {
		case stream:
			timeout, size = streamTimeout, streamBytes
		case strings.HasSuffix(r.URL.Path, watchSuffix):
			stream, timeout = true, watchTimeout
		case strings.HasSuffix(r.URL.Path, bundleSuffix):
			stream, timeout = true, bundleTimeout
		}
		if stream {
			if r.ProtoMajor == 1 {
				// A body that was not read to its end leaves nothing behind
				// that could be taken for the next request.
				w.Header().Set("Connection", "close")
			}
			control := http.NewResponseController(w)
			until := time.Now().Add(timeout)
			if err := errors.Join(control.EnableFullDuplex(), control.SetReadDeadline(until), control.SetWriteDeadline(until)); err != nil && r.ProtoMajor == 1 {
				log.DebugContext(r.Context(), "stream deadlines not set", "err", err)
			}
		}
		ctx, cancel := context.WithTimeout(withHTTPCredentials(r), timeout)
		defer cancel()
		ctx, receipt := withStreamReceipt(withReached(ctx))
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, size)
		next.ServeHTTP(w, r)
		if !stream {
			return
		}
		receipt.setTrailer(w)
		// Whatever is left of the body is not waited for.
		if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(connectionTimeout)); err != nil {
			log.DebugContext(ctx, "deadline not set", "err", err)
		}
	})
}

// safeHeaders sets what every answer carries.
func safeHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// setReceipt copies the receipt from the call's trailer to the response.
func setReceipt(ctx context.Context, w http.ResponseWriter) {
	md, ok := runtime.ServerMetadataFromContext(ctx)
	if !ok {
		return
	}
	for _, key := range []string{accesslog.ReceiptKey, accesslog.EntryKey} {
		if v := md.TrailerMD.Get(key); len(v) > 0 {
			// A header may not hold a line break; the text form has none.
			w.Header().Set(textproto.CanonicalMIMEHeaderKey(key), v[0])
		}
	}
}

// errorHandler writes a google.rpc.Status. An error from before the chain is
// counted, and is told without the caller's text, which may be personal data.
func errorHandler(refusals *accesslog.Aggregator) runtime.ErrorHandlerFunc {
	return func(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
		s := status.Convert(err)
		if !wasReached(r.Context()) {
			if own := (*service.Problem)(nil); !errors.As(err, &own) {
				s = edgeStatus(err, s)
			}
			refusals.Add(accesslog.Refusal{
				Addr: addrOf(hostOf(r.RemoteAddr)), Method: "http", Code: "TRANSPORT/" + service.OutcomeName(s.Code()),
			})
		}
		setReceipt(ctx, w)
		body, marshalErr := protojson.MarshalOptions{}.Marshal(s.Proto())
		if marshalErr != nil {
			body = []byte(`{"code":13,"message":"the call failed"}`)
		}
		w.Header().Set("Content-Type", "application/json")
		if s.Code() == codes.Unauthenticated {
			w.Header().Set("WWW-Authenticate", `Bearer realm="register"`)
		}
		w.WriteHeader(httpStatus(s.Code(), !wasReached(r.Context())))
		_, _ = w.Write(body) // the caller may have gone
	}
}

// httpStatus is the HTTP form of a code; at the edge, before the chain, what is
// exhausted is the size that a request may have.
func httpStatus(code codes.Code, edge bool) int {
	switch {
	case code == codes.Aborted:
		return http.StatusConflict
	case code == codes.ResourceExhausted && edge:
		return http.StatusRequestEntityTooLarge
	}
	return runtime.HTTPStatusFromCode(code)
}

var (
	jsonPlace = regexp.MustCompile(`line (\d+):(\d+)`)
	jsonField = regexp.MustCompile(`invalid value for \w+ (?:type|field (\w+))`)
	jsonTime  = regexp.MustCompile(`google\.protobuf\.Timestamp value`)
	notJSON   = regexp.MustCompile(`^(invalid character|unexpected EOF|unexpected end of JSON)`)
	// The contract's own name of a query parameter.
	queryField = regexp.MustCompile(`^(?:parsing field|parsing list|too many values for field) "(\w+)"`)
)

// edgeStatus says what was wrong with a request that did not reach the chain,
// by place and field, never by value.
func edgeStatus(err error, s *status.Status) *status.Status {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) || strings.Contains(s.Message(), "request body too large") {
		return (&service.Problem{Code: codes.ResourceExhausted, Reason: service.ReasonMalformedRequest, Message: "the request is too large"}).GRPCStatus()
	}
	if s.Code() != codes.InvalidArgument {
		return (&service.Problem{Code: s.Code(), Reason: service.ReasonMalformedRequest, Message: knownMessage(s)}).GRPCStatus()
	}
	if p, ok := otherThan(s.Message()); ok {
		return p.GRPCStatus()
	}
	message := "the request is not of the contract's form: see /openapi.json"
	if notJSON.MatchString(s.Message()) {
		message = "the body is not JSON, or not whole: see /openapi.json"
	} else if field := queryField.FindStringSubmatch(s.Message()); field != nil {
		message = "the URL's query has a value that does not fit " + field[1] + ": see /openapi.json"
	}
	if place := jsonPlace.FindStringSubmatch(s.Message()); place != nil {
		message = "the JSON body is not of the contract's form at line " + place[1] + ", column " + place[2]
		switch {
		case strings.Contains(s.Message(), "unknown field"):
			message += ": there is no such field"
		case strings.Contains(s.Message(), "duplicate field"):
			message += ": the field stands twice"
		case jsonTime.MatchString(s.Message()):
			message += ": a time is given like 2026-11-22T08:00:00Z"
		case jsonField.MatchString(s.Message()):
			if field := jsonField.FindStringSubmatch(s.Message())[1]; field != "" {
				message += ": the value does not fit the field " + field
			} else {
				message += ": the value does not fit its field"
			}
		}
	}
	return (&service.Problem{Code: codes.InvalidArgument, Reason: service.ReasonMalformedRequest, Message: message}).GRPCStatus()
}

// knownMessage keeps the messages that this package wrote itself.
func knownMessage(s *status.Status) string {
	if strings.HasSuffix(s.Message(), "see /openapi.json") {
		return s.Message()
	}
	return "the request cannot be answered"
}
