package service

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
)

// ErrorDomain stands in the ErrorInfo of every error.
const ErrorDomain = "register"

// Reasons of errors, stable for programs.
const (
	ReasonInvalidFields    = "INVALID_FIELDS"
	ReasonVictimInText     = "VICTIM_IN_TEXT"
	ReasonStaleRevision    = "STALE_REVISION"
	ReasonRevisionReused   = "REVISION_REUSED"
	ReasonRecordCancelled  = "RECORD_CANCELLED"
	ReasonRecordErased     = "RECORD_ERASED"
	ReasonNotFound         = "NOT_FOUND"
	ReasonSearchExpired    = "SEARCH_EXPIRED"
	ReasonSelfSearch       = "SELF_SEARCH"
	ReasonLinkChanged      = "LINK_CHANGED"
	ReasonAnswered         = "QUESTION_ANSWERED"
	ReasonLinkConflict     = "LINK_CONFLICT"
	ReasonLinkExists       = "LINK_EXISTS"
	ReasonLinkRejected     = "LINK_REJECTED"
	ReasonNoEntry          = "NO_SUCH_ENTRY"
	ReasonRecordChanged    = "RECORD_CHANGED"
	ReasonNotOnePerson     = "NOT_ONE_PERSON"
	ReasonSamePerson       = "SAME_PERSON"
	ReasonClosure          = "CLOSURE_NEEDS_SECOND_PERSON"
	ReasonDutyClosed       = "DUTY_CLOSED"
	ReasonDutyChanged      = "DUTY_CHANGED"
	ReasonDutyAction       = "DUTY_ACTION_MISSING"
	ReasonDutyOpen         = "DUTY_OPEN"
	ReasonSecondPerson     = "SECOND_PERSON"
	ReasonNotAllowed       = "NOT_ALLOWED"
	ReasonOtherForce       = "OTHER_FORCE"
	ReasonRestriction      = "RESTRICTION_NOT_ALLOWED"
	ReasonContention       = "CONTENTION"
	ReasonUnavailable      = "REGISTER_UNAVAILABLE"
	ReasonUnknownOutcome   = "OUTCOME_UNKNOWN"
	ReasonInternal         = "INTERNAL"
	ReasonTimeout          = "TIMEOUT"
	ReasonUnauthenticated  = "UNAUTHENTICATED"
	ReasonSuspended        = "SUSPENDED"
	ReasonStepUp           = "STEP_UP_REQUIRED"
	ReasonNotWitnessed     = "NOT_WITNESSED"
	ReasonTooEarly         = "TOO_EARLY"
	ReasonNotYours         = "NOT_YOURS"
	ReasonNotApproved      = "NOT_APPROVED"
	ReasonRefused          = "UNSEALING_REFUSED"
	ReasonAlreadyOpened    = "ALREADY_OPENED"
	ReasonTooLate          = "TOO_LATE"
	ReasonTokenExpired     = "token_expired"
	ReasonTooManyRequests  = "TOO_MANY_REQUESTS"
	ReasonTooManyEntries   = "TOO_MANY_ENTRIES"
	ReasonMalformedRequest = "MALFORMED_REQUEST"
	ReasonReviewerConflict = "REVIEWER_CONFLICT"
	ReasonCaseDecided      = "CASE_DECIDED"
	ReasonNotOpened        = "NOT_OPENED"
	ReasonTransferOpen     = "TRANSFER_OPEN"
	ReasonTransferClosed   = "TRANSFER_CLOSED"
	ReasonTransferred      = "RECORD_TRANSFERRED"
	ReasonSourceTaken      = "SOURCE_TAKEN"
	ReasonRestrictionKept  = "RESTRICTION_KEPT"
)

// Violation says what is wrong with one field and what would be right; it
// never holds the value.
type Violation struct{ Field, Description string }

// Problem is an error that a caller may see: nothing in it is personal data
// or an inner cause.
type Problem struct {
	Code       codes.Code
	Reason     string
	Message    string
	Violations []Violation
	// cause goes to the journal, never to the caller.
	cause error
}

// Unwrap returns the inner cause, if there is one.
func (p *Problem) Unwrap() error { return p.cause }

// Error returns the message.
func (p *Problem) Error() string { return p.Message }

// GRPCStatus makes the status with its details, so that gRPC sends it as is.
func (p *Problem) GRPCStatus() *status.Status {
	s := status.New(p.Code, p.Message)
	details, err := s.WithDetails(&errdetails.ErrorInfo{Reason: p.Reason, Domain: ErrorDomain})
	if err != nil {
		return s
	}
	if len(p.Violations) == 0 {
		return details
	}
	bad := &errdetails.BadRequest{}
	told, _ := tellable(p.Violations)
	for _, v := range told {
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{Field: v.Field, Description: v.Description})
	}
	if all, err := details.WithDetails(bad); err == nil {
		return all
	}
	return details
}

// NewProblem makes a Problem.
func NewProblem(code codes.Code, reason, message string) *Problem {
	return &Problem{Code: code, Reason: reason, Message: message}
}

// notChecked says that a search could not be made, and why to the journal.
func notChecked(cause error) *Problem {
	p := NewProblem(codes.Unavailable, ReasonUnavailable, "the register cannot answer now: the person was NOT checked")
	p.cause = cause
	return p
}

// Invalid makes the one error that names every faulty field, but for those of a request
// that has more than an answer can hold: of them it says how many there are.
func Invalid(reason string, violations []Violation) *Problem {
	var b strings.Builder
	told, left := tellable(violations)
	for i, v := range told {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(v.Field + ": " + v.Description)
	}
	if left > 0 {
		fmt.Fprintf(&b, "; and %d more: mend these first", left)
	}
	return &Problem{Code: codes.InvalidArgument, Reason: reason, Message: b.String(), Violations: told}
}

// mostTold bounds, in bytes, what an error says of fields. It says it twice, in words and
// for programs, and gRPC sends both in trailers, of which many clients take 8 KiB in all:
// from a longer error they would learn nothing.
const mostTold = 2400

// tellable are the violations that fit into an error, and how many do not.
func tellable(all []Violation) (told []Violation, left int) {
	size := 0
	for i, v := range all {
		if size += len(v.Field) + len(v.Description) + len("; : "); size > mostTold && i > 0 {
			return all[:i:i], len(all) - i
		}
	}
	return all, 0
}

// NotFound says that there is no such thing, or that the caller may not know of it.
func NotFound(what string) *Problem {
	return NewProblem(codes.NotFound, ReasonNotFound, "there is no such "+what)
}

func errNoEntry() *Problem {
	return &Problem{
		Code: codes.OutOfRange, Reason: ReasonNoEntry, Message: "as_of_index: the log is not so long",
		Violations: []Violation{{"as_of_index", "the log is not so long: give the index of an entry"}},
	}
}

// IsNotFound reports whether an error is a Problem with the code NOT_FOUND.
func IsNotFound(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == codes.NotFound
}

// AsProblem maps any error of a use case to what its caller may see: the one
// place where inner errors become status codes.
func AsProblem(err error) *Problem {
	var p *Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &p):
		return p
	case errors.Is(err, accesslog.ErrSuspended):
		return NewProblem(codes.PermissionDenied, ReasonSuspended, "suspended: speak to your professional standards department")
	case errors.Is(err, accesslog.ErrStepUp):
		return NewProblem(codes.Unauthenticated, ReasonStepUp, "your professional standards department asks for a stronger or a new sign-in: sign in again")
	case errors.Is(err, accesslog.ErrUnknownOutcome):
		return NewProblem(codes.Unavailable, ReasonUnknownOutcome, "the register stopped answering before it could confirm: send the request again, registration is idempotent")
	case errors.Is(err, accesslog.ErrUnavailable), errors.Is(err, postgres.ErrAway):
		return NewProblem(codes.Unavailable, ReasonUnavailable, "the register cannot answer now: nothing was checked and nothing was stored")
	case errors.Is(err, accesslog.ErrConflict):
		return NewProblem(codes.Aborted, ReasonContention, "the record is being changed by others: try again")
	case errors.Is(err, context.DeadlineExceeded):
		return NewProblem(codes.DeadlineExceeded, ReasonTimeout, "the call took too long and was given up")
	case errors.Is(err, context.Canceled):
		return NewProblem(codes.Canceled, ReasonTimeout, "the caller went away")
	case errors.Is(err, postgres.ErrNotFound):
		return NotFound("record")
	}
	if s, ok := status.FromError(err); ok && s.Code() != codes.Unknown {
		return NewProblem(s.Code(), ReasonInternal, "the call failed")
	}
	return NewProblem(codes.Internal, ReasonInternal, "the register failed to answer; the fault has been logged")
}

// NotLogged is what the caller is told when the entry of a call cannot be
// written, whatever the call itself came to; err is that, nil for success.
func NotLogged(err, logErr error) *Problem {
	switch {
	case errors.Is(err, accesslog.ErrUnknownOutcome):
		return AsProblem(err) // what the call was to change may stand
	case errors.Is(logErr, context.DeadlineExceeded), errors.Is(logErr, context.Canceled):
		return AsProblem(accesslog.ErrUnavailable)
	}
	return AsProblem(logErr)
}

// OutcomeName is the name of a code in the log: "OK", "NOT_FOUND".
func OutcomeName(c codes.Code) string {
	if name, ok := outcomeNames[c]; ok {
		return name
	}
	return "UNKNOWN"
}

var outcomeNames = map[codes.Code]string{
	codes.OK: "OK", codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN",
	codes.InvalidArgument: "INVALID_ARGUMENT", codes.DeadlineExceeded: "DEADLINE_EXCEEDED",
	codes.NotFound: "NOT_FOUND", codes.AlreadyExists: "ALREADY_EXISTS",
	codes.PermissionDenied: "PERMISSION_DENIED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED",
	codes.FailedPrecondition: "FAILED_PRECONDITION", codes.Aborted: "ABORTED",
	codes.OutOfRange: "OUT_OF_RANGE", codes.Unimplemented: "UNIMPLEMENTED",
	codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE",
	codes.DataLoss: "DATA_LOSS", codes.Unauthenticated: "UNAUTHENTICATED",
}
