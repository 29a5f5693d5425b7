package apitest

import (
	"slices"
	"strings"
	"testing"

	validatepb "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/perpetrator-register/register/api/register/v1" // the contract's descriptors
)

// describedMethods are all RPCs of the contract, from the descriptors alone.
func describedMethods() []protoreflect.MethodDescriptor {
	var out []protoreflect.MethodDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("register.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				out = append(out, methods.Get(j))
			}
		}
		return true
	})
	slices.SortFunc(out, func(a, b protoreflect.MethodDescriptor) int {
		return strings.Compare(string(a.FullName()), string(b.FullName()))
	})
	return out
}

// hasRule reports whether a message or anything in it has a validation rule.
func hasRule(m protoreflect.MessageDescriptor, above []protoreflect.FullName) bool {
	if slices.Contains(above, m.FullName()) {
		return false
	}
	if proto.HasExtension(m.Options(), validatepb.E_Message) {
		return true
	}
	for i := range m.Oneofs().Len() {
		if proto.HasExtension(m.Oneofs().Get(i).Options(), validatepb.E_Oneof) {
			return true
		}
	}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if proto.HasExtension(f.Options(), validatepb.E_Field) {
			return true
		}
		if f.Message() != nil && hasRule(f.Message(), append(above, m.FullName())) {
			return true
		}
	}
	return false
}

// TestComplete fails for each RPC of the contract that lacks an access rule, a
// statutory operation, a REST route, a validation rule on a request that has
// fields, or a case in the table that is allowed and one that is refused.
func TestComplete(t *testing.T) {
	t.Parallel()
	allowed, refused := map[string]bool{}, map[string]bool{}
	for _, c := range slices.Concat(table(), streamedCases()) {
		switch c.code { //nolint:exhaustive // the others say nothing here
		case codes.OK:
			allowed[c.method] = true
		case codes.PermissionDenied:
			refused[c.method] = true
		}
	}
	known := loadMethods(t)
	for _, d := range describedMethods() {
		short := string(d.Parent().Name()) + "." + string(d.Name())
		m := known["/"+string(d.Parent().FullName())+"/"+string(d.Name())]
		if m == nil {
			t.Errorf("%s: no access rule", short)
			continue
		}
		if m.Permission.Resource == "" || m.Permission.Action == "" || m.Operation == 0 {
			t.Errorf("%s: access rule or statutory operation missing", short)
		}
		if _, _, _, ok := httpRule(m); !ok {
			t.Errorf("%s: no REST route", short)
		}
		if d.Input().Fields().Len() > 0 && !hasRule(d.Input(), nil) {
			t.Errorf("%s: its request has fields and no validation rule", short)
		}
		if !allowed[short] {
			t.Errorf("%s: the API table has no case that is allowed", short)
		}
		if !refused[short] {
			t.Errorf("%s: the API table has no case that is refused", short)
		}
	}
	// A name that no RPC has would count for nothing.
	for _, c := range slices.Concat(table(), streamedCases()) {
		if !slices.ContainsFunc(describedMethods(), func(d protoreflect.MethodDescriptor) bool {
			return string(d.Parent().Name())+"."+string(d.Name()) == c.method
		}) {
			t.Errorf("case %q is of no RPC: %q", c.name, c.method)
		}
	}
}
