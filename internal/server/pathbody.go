package server

import (
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/perpetrator-register/register/internal/service"
)

// pathBody is the body of a request whose URL names what it is about. The gateway puts
// what the URL names over what the body does, so that a contradiction would not be seen.
type pathBody struct {
	io.ReadCloser
	// named are the fields of the request that the URL names, with their values.
	named map[string]string
}

// withPathBody lets whatever reads a body know what the URL names.
func withPathBody(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, named map[string]string) {
		if len(named) > 0 && r.Body != nil {
			r.Body = &pathBody{r.Body, named}
		}
		next(w, r, named)
	}
}

// otherThanURL begins what is said of a body that contradicts its URL; the fields follow.
// The gateway keeps the text of an error alone.
const otherThanURL = "the URL names another: "

// contradicts refuses what was read from a body and names other than the URL.
func (b *pathBody) contradicts(read any) error {
	m := messageOf(read)
	if m == nil {
		return nil
	}
	var fields []string
	for field, value := range b.named {
		if given := textIn(m, field); given != "" && given != value {
			fields = append(fields, field)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	slices.Sort(fields)
	return errors.New(otherThanURL + strings.Join(fields, " "))
}

// otherThan is the refusal of a body that contradicts its URL, of the text of the error.
func otherThan(text string) (*service.Problem, bool) {
	fields, ok := strings.CutPrefix(text, otherThanURL)
	if !ok {
		return nil, false
	}
	var violations []service.Violation
	for field := range strings.FieldsSeq(fields) {
		violations = append(violations, service.Violation{Field: field, Description: "must be what the URL names, or left out"})
	}
	return service.Invalid(service.ReasonInvalidFields, violations), true
}

// messageOf is the message that was read: into a request, or into a field of one.
func messageOf(read any) protoreflect.Message {
	if m, ok := read.(proto.Message); ok {
		return m.ProtoReflect()
	}
	if v := reflect.ValueOf(read); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Pointer && !v.Elem().IsNil() {
		if m, ok := v.Elem().Interface().(proto.Message); ok {
			return m.ProtoReflect()
		}
	}
	return nil
}

// textIn is the text of a field, "name" or "contact.force"; empty when there is none. Of a
// message that is itself the first field of that path it is the rest.
func textIn(m protoreflect.Message, path string) string {
	parts := strings.Split(path, ".")
	if len(parts) > 1 && m.Descriptor().Fields().ByName(protoreflect.Name(parts[0])) == nil {
		parts = parts[1:]
	}
	for i, part := range parts {
		field := m.Descriptor().Fields().ByName(protoreflect.Name(part))
		switch {
		case field == nil || field.IsList() || field.IsMap():
			return ""
		case i == len(parts)-1 && field.Kind() == protoreflect.StringKind:
			return m.Get(field).String()
		case field.Message() == nil:
			return ""
		}
		m = m.Get(field).Message()
	}
	return ""
}
