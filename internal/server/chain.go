package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/sanction"
	"github.com/perpetrator-register/register/internal/service"
)

// logTimeout bounds how long the register's own entries may take.
const logTimeout = 10 * time.Second

// Chain takes every call through the same steps, whatever its transport and
// shape: recover, authenticate, log, authorise, validate, perform. Unary and
// streamed calls share the one method that has the steps, so they cannot differ.
type Chain struct {
	methods  call.Methods
	authn    *access.Authenticator
	policies *access.PolicyStore
	log      call.Log
	gate     *sanction.Set // knows sanctions early; the log's writer enforces them
	refusals *accesslog.Aggregator
	check    *service.Checker
	limits   limits
	timeout  time.Duration // of a unary call, and then again of its entry
	slog     *slog.Logger
}

// Unary is the interceptor of unary calls.
func (ch *Chain) Unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	message, ok := req.(proto.Message)
	if !ok {
		return nil, (&service.Problem{Code: codes.Internal, Reason: service.ReasonInternal, Message: "not a message"}).GRPCStatus().Err()
	}
	var resp any
	receipt, err := ch.run(ctx, info.FullMethod, message, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, ch.timeout)
		defer cancel()
		resp, err = handler(ctx, req)
		return err
	})
	if receipt != nil {
		if err := grpc.SetTrailer(ctx, receiptMetadata(*receipt)); err != nil {
			ch.slog.WarnContext(ctx, "receipt not sent", "err", err)
		}
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// Stream is the interceptor of streamed calls. Each message of a stream of
// records is authorised and validated by the use case; the one request of a stream
// of answers is here, like that of a unary call. What is answered the use case
// logs, message by message; the stream as a whole has an entry when it ends.
func (ch *Chain) Stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	receipt, err := ch.run(stream.Context(), info.FullMethod, nil, func(ctx context.Context) error {
		s, c := &contextStream{ServerStream: stream, ctx: ctx}, call.From(ctx)
		var asked proto.Message
		if !info.IsClientStream {
			s.admit = func(req proto.Message) error {
				asked = req
				return ch.admit(c, req)
			}
		}
		creds := credentialsOf(ctx)
		c.StillMay = func(ctx context.Context) error { return ch.still(ctx, creds, c, asked) }
		return handler(srv, s)
	})
	if receipt != nil {
		stream.SetTrailer(receiptMetadata(*receipt))
		noteStreamReceipt(stream.Context(), *receipt)
	}
	return err
}

type contextStream struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // this is how gRPC hands a context on
	// admit, if not nil, authorises and validates what is received.
	admit func(proto.Message) error
}

// RecvMsg receives a message, unless the caller may not send it.
func (s *contextStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil || s.admit == nil {
		return err
	}
	req, ok := m.(proto.Message)
	if !ok {
		return &service.Problem{Code: codes.Internal, Reason: service.ReasonInternal, Message: "not a message"}
	}
	return s.admit(req)
}

// Context returns the context that carries the call.
func (s *contextStream) Context() context.Context { return s.ctx }

func receiptMetadata(r accesslog.Receipt) metadata.MD {
	return metadata.Pairs(accesslog.ReceiptKey, r.String(), accesslog.EntryKey, strconv.FormatInt(r.Index, 10))
}

// run takes one call through the steps. A nil receipt means that the call has
// no entry of its own: it was refused before its caller was known, or the log
// cannot be written. The error is fit for the caller.
func (ch *Chain) run(ctx context.Context, full string, req proto.Message, perform func(context.Context) error) (*accesslog.Receipt, error) {
	reached(ctx)
	creds := credentialsOf(ctx)
	m, ok := ch.methods[full]
	if !ok {
		return nil, ch.refuse(creds.Address, "unknown", codes.Unimplemented, service.ReasonMalformedRequest, "there is no such method")
	}
	actor, err := ch.authn.Authenticate(ctx, creds)
	var refused *access.AuthError
	switch {
	case errors.As(err, &refused) && refused.Authenticated:
		return ch.refuseKnown(ctx, m, refused)
	case err != nil:
		told := notAuthenticated(err)
		return nil, ch.refuse(creds.Address, m.Short, told.Code, told.Reason, told.Message)
	}
	if !ch.limits.allow(actor, "") {
		return nil, ch.tooMany(actor, m)
	}
	for overtaken := false; ; overtaken = true {
		c := call.New(m, actor, ch.policies.Current(), ch.log)
		c.Overtaken = overtaken
		if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
			c.Entry.Trace = span.TraceID().String()
		}
		// Whom a sanction is known to stop need not be answered first.
		if err = ch.gate.Stops(ctx, c.Caller()); err != nil {
			c.Stop(err)
		} else {
			err = ch.guarded(call.With(ctx, c), c, req, perform)
		}
		receipt, err := ch.conclude(ctx, c, err)
		if !errors.Is(err, accesslog.ErrOvertaken) { // which a call that was overtaken never is again
			return receipt, err
		}
	}
}

// conclude makes the call's entry durable, unless its use case has done so,
// and says what the caller may be told: unless the answer was overtaken, when nothing was
// written and the call is to be performed again.
func (ch *Chain) conclude(ctx context.Context, c *call.Call, err error) (*accesslog.Receipt, error) {
	if errors.Is(err, accesslog.ErrOvertaken) {
		return nil, err
	}
	outcome := codes.OK
	var problem *service.Problem
	if err != nil {
		problem = service.AsProblem(err)
		outcome = problem.Code
		if worthLogging(err, outcome) {
			ch.slog.ErrorContext(ctx, "call failed", "method", c.Method.Short, "err", cause(err))
		}
	}
	if c.Receipt == nil && errors.Is(err, accesslog.ErrUnavailable) {
		return nil, problem // the log has just shown that it takes no entry
	}
	if c.Receipt == nil {
		if err != nil {
			c.Discard()
		}
		// The entry is due even if the caller has gone away.
		logCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ch.timeout)
		defer cancel()
		logErr := c.Commit(logCtx, service.OutcomeName(outcome))
		if accesslog.Sanctioned(logErr) {
			problem = service.AsProblem(logErr)
			logErr = c.Commit(logCtx, service.OutcomeName(problem.Code))
		}
		if errors.Is(logErr, accesslog.ErrOvertaken) {
			return nil, logErr
		}
		if logErr != nil {
			ch.slog.ErrorContext(ctx, "entry not written: call refused", "method", c.Method.Short, "err", logErr)
			return nil, service.NotLogged(err, logErr)
		}
	}
	if problem != nil {
		return c.Receipt, problem
	}
	return c.Receipt, nil
}

// cause is the inner cause of an error, for the journal.
func cause(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// worthLogging says whether an error is a fault of ours: an unexpected one, or
// a store that cannot be reached. That a caller went away is not.
func worthLogging(err error, outcome codes.Code) bool {
	var told *service.Problem
	if errors.As(err, &told) {
		return outcome == codes.Internal || told.Unwrap() != nil
	}
	_, fromTransport := status.FromError(err)
	return outcome == codes.Internal || (outcome == codes.Unavailable && !fromTransport)
}

// guarded authorises, validates and performs a call, and turns a panic into
// an error that tells nothing of what the call held.
func (ch *Chain) guarded(ctx context.Context, c *call.Call, req proto.Message, perform func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			ch.slog.ErrorContext(ctx, "panic", "method", c.Method.Short, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = &service.Problem{Code: codes.Internal, Reason: service.ReasonInternal, Message: "the register failed to answer; the fault has been logged"}
		}
	}()
	if err := ch.admit(c, req); err != nil {
		return err
	}
	return perform(ctx)
}

// still authenticates and authorises the caller of a stream afresh, by what he presented
// when it began. It costs what it costs a call.
func (ch *Chain) still(ctx context.Context, creds access.Credentials, c *call.Call, req proto.Message) error {
	if _, err := ch.authn.Authenticate(ctx, creds); err != nil {
		return notAuthenticated(err)
	}
	c.Policy = ch.policies.Current()
	c.Entry.Decision.Policy = c.Policy.Hash()
	return authorise(c, req)
}

// notAuthenticated is what a caller is told who was not authenticated, or claims what he
// may not.
func notAuthenticated(err error) *service.Problem {
	var refused *access.AuthError
	switch {
	case !errors.As(err, &refused):
		return service.NewProblem(codes.Unauthenticated, service.ReasonUnauthenticated, "not authenticated")
	case refused.Temporary:
		return service.NewProblem(codes.Unavailable, string(refused.Reason), "the sign-in service cannot be reached: try again")
	case refused.Denied():
		return service.NewProblem(codes.PermissionDenied, string(refused.Reason), refused.Error())
	}
	return service.NewProblem(codes.Unauthenticated, string(refused.Reason), refused.Error())
}

// admit authorises a call and validates its request, if that is known already.
func (ch *Chain) admit(c *call.Call, req proto.Message) error {
	if err := authorise(c, req); err != nil {
		// Who has left out whose thing it is has not asked for another force's.
		if p := service.AsProblem(err); p.Reason == service.ReasonOtherForce && call.TargetForce(req) == "" {
			if wrong := ch.check.Check(req); wrong != nil {
				return wrong
			}
		}
		return err
	}
	if req == nil {
		return nil
	}
	return ch.check.Check(req)
}

// authorise asks the policy whether the caller's roles allow the call on the
// things of the force that it is about.
func authorise(c *call.Call, req proto.Message) error {
	c.Entry.Decision.Effect = accesslog.Deny
	grant, ok := c.Policy.Decide(c.Actor.Roles, c.Method.Permission.Resource, c.Method.Permission.Action)
	if !ok {
		return &service.Problem{Code: codes.PermissionDenied, Reason: service.ReasonNotAllowed, Message: "your roles do not allow this"}
	}
	if req != nil && !grant.Covers(c.Actor.Force, call.TargetForce(req)) {
		message := "your roles allow this for your own force alone"
		if c.Actor.Force != "" {
			message += ": name what is of forces/" + c.Actor.Force
		}
		return &service.Problem{Code: codes.PermissionDenied, Reason: service.ReasonOtherForce, Message: message}
	}
	c.Grant = grant
	c.Entry.Decision.Effect = accesslog.Allow
	c.Entry.Decision.Line = grant.Line
	return nil
}

// refuse counts a refusal of a caller who is not known.
func (ch *Chain) refuse(source, method string, code codes.Code, reason, message string) error {
	return ch.counted(accesslog.Refusal{Addr: addrOf(source), Method: method}, &service.Problem{Code: code, Reason: reason, Message: message})
}

// tooMany counts a refusal of a caller who asks too often, under his name.
func (ch *Chain) tooMany(actor access.Actor, m *call.Method) error {
	return ch.counted(accesslog.Refusal{Actor: call.LogActor(actor), Addr: addrOf(actor.Address), Method: m.Short},
		&service.Problem{Code: codes.ResourceExhausted, Reason: service.ReasonTooManyRequests, Message: "too many requests: slow down"})
}

func (ch *Chain) counted(r accesslog.Refusal, p *service.Problem) error {
	r.Code = service.OutcomeName(p.Code) + "/" + p.Reason
	ch.refusals.Add(r)
	return p
}

// refuseKnown logs, one by one, a genuine credential that claims what it may not.
func (ch *Chain) refuseKnown(ctx context.Context, m *call.Method, refused *access.AuthError) (*accesslog.Receipt, error) {
	if !ch.limits.allow(refused.Actor, "refused ") {
		return nil, ch.tooMany(refused.Actor, m)
	}
	c := call.New(m, refused.Actor, ch.policies.Current(), ch.log)
	c.Entry.Marks = []string{"refused:" + string(refused.Reason)}
	c.Entry.Decision.Effect = accesslog.Deny
	return ch.conclude(ctx, c, notAuthenticated(refused))
}
