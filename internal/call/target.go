package call

import (
	"strings"

	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// TargetForce returns the code of the force whose things a request is about:
// read from its `parent`, `name` or `contact.force`. Empty means no one force
// ("forces/-", a search, the directory as a whole).
func TargetForce(m proto.Message) string {
	switch r := m.(type) {
	case *registerv1.UpdateForceContactRequest:
		return ForceCode(r.GetContact().GetForce())
	case interface{ GetParent() string }:
		return ForceCode(r.GetParent())
	case interface{ GetName() string }:
		return ForceCode(r.GetName())
	}
	return ""
}

// ForceCode returns the code in a resource name that begins with
// "forces/{code}", and the empty string for any other.
func ForceCode(name string) string {
	rest, ok := strings.CutPrefix(name, "forces/")
	if !ok {
		return ""
	}
	code, _, _ := strings.Cut(rest, "/")
	if code == "-" {
		return ""
	}
	return code
}

// RecordID returns the last segment of a resource name.
func RecordID(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
