package service

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
)

// Programs go by the reasons: the API guide has each of them.
func TestEveryReasonIsInTheGuide(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	_, errors, found := strings.Cut(string(guide), "## Errors\n")
	if !found {
		t.Fatal("docs/api.md has no errors")
	}
	reasons := regexp.MustCompile(`Reason\w+ += "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(reasons) < 50 {
		t.Fatalf("%d reasons", len(reasons))
	}
	for _, r := range reasons {
		if !regexp.MustCompile(`\b` + r[1] + `\b`).MatchString(errors) {
			t.Errorf("docs/api.md does not tell of %s", r[1])
		}
	}
}

// What an error says of fields fits into what clients take of trailers, and is never cut
// in silence.
func TestLongErrorsFit(t *testing.T) {
	t.Parallel()
	var many []Violation
	for i := range 5000 {
		many = append(many, Violation{fmt.Sprintf("nominal.names[%d].surname", i), "must be at least 1 characters"})
	}
	p := Invalid(ReasonInvalidFields, many)
	s := p.GRPCStatus()
	if n := proto.Size(s.Proto()); n > 6000 {
		t.Errorf("%d bytes of status", n)
	}
	var details int
	for _, d := range s.Details() {
		if b, ok := d.(*errdetails.BadRequest); ok {
			details = len(b.GetFieldViolations())
		}
	}
	if left := len(many) - details; details < 20 || !strings.Contains(s.Message(), fmt.Sprintf("and %d more", left)) {
		t.Errorf("%d of %d: %s", details, len(many), s.Message())
	}
	few := many[:20]
	if s := Invalid(ReasonInvalidFields, few).GRPCStatus(); strings.Contains(s.Message(), "more") || !strings.Contains(s.Message(), few[19].Field) {
		t.Error(s.Message())
	}
	long := &Problem{Message: "no", Violations: many}
	if n := proto.Size(long.GRPCStatus().Proto()); n > 4000 {
		t.Errorf("%d bytes of status of another problem", n)
	}
}
