package client

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Problem is a refusal or failure of the register, as a person reads it.
type Problem struct {
	// Code is the gRPC code, Reason the stable reason of the register.
	Code   codes.Code
	Reason string
	// Message says what is wrong, Violations which fields.
	Message    string
	Violations []Violation
}

var noConnection = regexp.MustCompile(`^connection error: desc = "(?:transport: )?(?:Error while [a-z]+: )?(.*)"$`)

// Violation says what is wrong with one field.
type Violation struct {
	// Field is the path of the field, Description what would be right.
	Field, Description string
}

// AsProblem reads an error of a call. Nil when it is no error of a call.
func AsProblem(err error) *Problem {
	var wrapped interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &wrapped) {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return &Problem{Code: codes.DeadlineExceeded, Message: "the register did not answer in time"}
		case errors.Is(err, context.Canceled):
			return &Problem{Code: codes.Canceled, Message: "interrupted"}
		}
		return nil
	}
	s := wrapped.GRPCStatus()
	p := &Problem{Code: s.Code(), Message: Clean(s.Message())}
	// What gRPC says itself when there is no connection.
	if m := noConnection.FindStringSubmatch(p.Message); m != nil && p.Code == codes.Unavailable {
		p.Message = "the register cannot be reached: " + m[1]
	}
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			p.Reason = Clean(d.GetReason())
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				p.Violations = append(p.Violations, Violation{Clean(v.GetField()), Clean(v.GetDescription())})
			}
		}
	}
	return p
}

// Lines is the problem in lines: what, then each field.
func (p *Problem) Lines() []string {
	head := p.Message
	if len(p.Violations) > 0 {
		head = "the request was not accepted"
	}
	if p.Reason != "" {
		head += fmt.Sprintf(" (%s, %s)", p.Code, p.Reason)
	} else {
		head += fmt.Sprintf(" (%s)", p.Code)
	}
	out := []string{head}
	for _, v := range p.Violations {
		out = append(out, "  "+v.Field+": "+v.Description)
	}
	return out
}

// Unanswered reports whether the code means that the register could not
// answer, rather than that it refused.
func Unanswered(c codes.Code) bool {
	switch c {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Internal, codes.Unknown, codes.DataLoss, codes.ResourceExhausted, codes.Aborted:
		return true
	default:
		return false
	}
}
