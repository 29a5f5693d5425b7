package call

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
)

// Method is what the contract says of one RPC.
type Method struct {
	// Full is the gRPC path, "/register.v1.SearchService/CreateSearch".
	Full string
	// Short is the name in the log, "SearchService.CreateSearch".
	Short string
	// Permission is what the policy must grant.
	Permission access.Permission
	// Operation is the statutory operation that is logged.
	Operation registerv1.Operation
	// ClientStream and ServerStream say whether messages are streamed.
	ClientStream, ServerStream bool
	// Descriptor is the method's descriptor.
	Descriptor protoreflect.MethodDescriptor
}

// Methods are all RPCs of the contract by their gRPC path.
type Methods map[string]*Method

// Permissions returns the distinct permissions in use, sorted.
func (m Methods) Permissions() []access.Permission {
	seen := map[access.Permission]bool{}
	var out []access.Permission
	for _, method := range m {
		if !seen[method.Permission] {
			seen[method.Permission] = true
			out = append(out, method.Permission)
		}
	}
	slices.SortFunc(out, func(a, b access.Permission) int {
		return strings.Compare(a.Resource+"."+a.Action, b.Resource+"."+b.Action)
	})
	return out
}

// LoadMethods reads the access rules from the contract's descriptors. A method
// without a complete rule is an error, and all of them are named.
func LoadMethods() (Methods, error) {
	files := []protoreflect.FileDescriptor{
		registerv1.File_register_v1_nominal_proto,
		registerv1.File_register_v1_conduct_proto,
		registerv1.File_register_v1_measure_proto,
		registerv1.File_register_v1_assessment_proto,
		registerv1.File_register_v1_pack_proto,
		registerv1.File_register_v1_registration_proto,
		registerv1.File_register_v1_search_proto,
		registerv1.File_register_v1_link_proto,
		registerv1.File_register_v1_alert_proto,
		registerv1.File_register_v1_exchange_proto,
		registerv1.File_register_v1_transfer_proto,
		registerv1.File_register_v1_duty_proto,
		registerv1.File_register_v1_accesslog_proto,
		registerv1.File_register_v1_facts_proto,
		registerv1.File_register_v1_misuse_proto,
		registerv1.File_register_v1_standards_proto,
		registerv1.File_register_v1_directory_proto,
	}
	out := Methods{}
	var errs []error
	for _, f := range files {
		services := f.Services()
		for i := range services.Len() {
			methods := services.Get(i).Methods()
			for j := range methods.Len() {
				m, err := readMethod(methods.Get(j))
				if err != nil {
					errs = append(errs, err)
					continue
				}
				out[m.Full] = m
			}
		}
	}
	return out, errors.Join(errs...)
}

func readMethod(d protoreflect.MethodDescriptor) (*Method, error) {
	service := d.Parent().(protoreflect.ServiceDescriptor)
	short := string(service.Name()) + "." + string(d.Name())
	options, ok := d.Options().(*descriptorpb.MethodOptions)
	if !ok || !proto.HasExtension(options, registerv1.E_Access) {
		return nil, fmt.Errorf("%s: no access rule", short)
	}
	rule, ok := proto.GetExtension(options, registerv1.E_Access).(*registerv1.Access)
	if !ok || rule.GetResource() == "" || rule.GetAction() == "" || rule.GetOperation() == registerv1.Operation_OPERATION_UNSPECIFIED {
		return nil, fmt.Errorf("%s: incomplete access rule", short)
	}
	return &Method{
		Full:         "/" + string(service.FullName()) + "/" + string(d.Name()),
		Short:        short,
		Permission:   access.Permission{Resource: rule.GetResource(), Action: rule.GetAction()},
		Operation:    rule.GetOperation(),
		ClientStream: d.IsStreamingClient(),
		ServerStream: d.IsStreamingServer(),
		Descriptor:   d,
	}, nil
}
