package service

import (
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/refdata"
)

// Of a list that is far too long no more is looked at than its rules allow, and it is
// refused for the same faults.
func TestOverlongRequestsAreCut(t *testing.T) {
	t.Parallel()
	ref, err := refdata.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	methods, err := call.LoadMethods()
	if err != nil {
		t.Fatal(err)
	}
	check, err := NewChecker(ref, methods)
	if err != nil {
		t.Fatal(err)
	}
	n := &registerv1.Nominal{Warnings: []string{strings.Repeat("é", 5000)}}
	for range 10_000 {
		n.Names = append(n.Names, &registerv1.PersonName{})
	}
	err = check.Check(&registerv1.RegisterNominalRequest{Parent: "forces/33", Nominal: n})
	if len(n.GetNames()) != 41 || err == nil {
		t.Fatalf("%d names were looked at: %v", len(n.GetNames()), err)
	}
	for _, want := range []string{"nominal.names: must contain no more than 40 item(s)", "nominal.names[0]: give `full`", "more: mend these first"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %s", want, err)
		}
	}
	if got := len([]rune(n.GetWarnings()[0])); got > 100 {
		t.Errorf("%d characters were looked at", got)
	}
	course := &registerv1.CourseOfConduct{Standings: []*registerv1.StandingSince{{}, {}}}
	if shorten(course.ProtoReflect()) || len(course.GetStandings()) != 0 {
		t.Errorf("what the register alone says: %v", course)
	}
}

// Every list that callers fill has a bound, so that what one call costs is bounded.
func TestEveryListIsBounded(t *testing.T) {
	t.Parallel()
	methods, err := call.LoadMethods()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[protoreflect.FullName]bool{}
	var walk func(d protoreflect.MessageDescriptor)
	walk = func(d protoreflect.MessageDescriptor) {
		if seen[d.FullName()] {
			return
		}
		seen[d.FullName()] = true
		for i := range d.Fields().Len() {
			f := d.Fields().Get(i)
			rules, _ := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
			behaviour, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
			if f.IsList() && len(behaviour) > 0 && behaviour[0] == annotations.FieldBehavior_OUTPUT_ONLY {
				continue // cut to nothing, with all that is in it
			}
			if f.IsMap() || f.IsList() && rules.GetRepeated().GetMaxItems() == 0 {
				t.Errorf("%s has no bound", f.FullName())
			}
			if f.Message() != nil {
				walk(f.Message())
			}
		}
	}
	for _, m := range methods {
		walk(m.Descriptor.Input())
	}
}
