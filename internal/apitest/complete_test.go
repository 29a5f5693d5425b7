package apitest

import (
	"slices"
	"strings"

	validatepb "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
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
