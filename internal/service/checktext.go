package service

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// leastWords is how long a justification is at least, in characters.
const leastWords = 10

// texts checks what the contract's rules do not see of texts: one that must have a length
// must have it without blanks at its ends, so that nobody gives a reason of ten blanks; and
// none holds control characters but white space: they are no text, and a terminal obeys them;
// nor such as reorder what follows, by which a page would show another text than is stored.
func texts(m protoreflect.Message, at string) (out []Violation) {
	for _, f := range textFields(m.Descriptor()) {
		if !m.Has(f.field) {
			continue
		}
		path := at + string(f.field.Name())
		value := m.Get(f.field)
		switch {
		case f.field.IsList():
			list := value.List()
			for i := range list.Len() {
				out = append(out, f.check(list.Get(i), fmt.Sprintf("%s[%d]", path, i))...)
			}
		default:
			out = append(out, f.check(value, path)...)
		}
	}
	return out
}

// textField is a field that is a text or may hold one.
type textField struct {
	field protoreflect.FieldDescriptor
	least int // characters
}

func (f textField) check(value protoreflect.Value, path string) []Violation {
	if f.field.Kind() != protoreflect.StringKind {
		return texts(value.Message(), path+".")
	}
	text := value.String()
	switch {
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }):
		return []Violation{{path, "holds a control character: leave it out"}}
	case strings.ContainsFunc(text, reorders):
		return []Violation{{path, "holds a character that makes what follows read in another order: leave it out"}}
	case f.least > 0 && utf8.RuneCountInString(text) >= f.least && utf8.RuneCountInString(strings.TrimSpace(text)) < f.least:
		return []Violation{{path, fmt.Sprintf("must be at least %d characters: blanks at its ends do not count", f.least)}}
	}
	return nil
}

// reorders reports whether a character overrides or embeds the direction of the text behind
// it. The plain marks of direction, which names of several scripts need, do not.
func reorders(r rune) bool {
	return '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

var textFieldsKnown sync.Map // of protoreflect.FullName to []textField

// textFields are the fields of a message that are texts or may hold some.
func textFields(d protoreflect.MessageDescriptor) []textField {
	if known, ok := textFieldsKnown.Load(d.FullName()); ok {
		return known.([]textField)
	}
	var out []textField
	fields := d.Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		f := textField{field: field}
		switch {
		case field.IsMap():
			continue
		case field.Kind() == protoreflect.StringKind:
			rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
			of := rules.GetString()
			if field.IsList() {
				of = rules.GetRepeated().GetItems().GetString()
			}
			f.least = int(of.GetMinLen()) //nolint:gosec // the contract's own small numbers
		case field.Kind() != protoreflect.MessageKind, strings.HasPrefix(string(field.Message().FullName()), "google.protobuf."):
			continue
		}
		out = append(out, f)
	}
	textFieldsKnown.Store(d.FullName(), out)
	return out
}
