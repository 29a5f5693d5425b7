package service

import (
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// shorten cuts every list and text of a request that is longer than the contract allows to
// one more than that, and reports whether there was any. Such a request is refused
// whatever else is in it, and for the same faults: but that takes no longer than with a
// list of the length that is allowed. A mebibyte holds half a million items.
func shorten(m protoreflect.Message) (cut bool) {
	for _, b := range boundsOf(m.Descriptor()) {
		if !m.Has(b.field) {
			continue
		}
		switch value := m.Get(b.field); {
		case b.field.IsList():
			list := value.List()
			if b.given {
				list.Truncate(0) // the register's own to say: what a caller puts there counts for nothing
				continue
			}
			if b.items > 0 && list.Len() > b.items+1 {
				list.Truncate(b.items + 1)
				cut = true
			}
			for i := range list.Len() {
				if b.field.Message() != nil {
					cut = shorten(list.Get(i).Message()) || cut
				} else if short, longer := b.shorter(list.Get(i)); longer {
					list.Set(i, short)
					cut = true
				}
			}
		case b.field.Message() != nil:
			cut = shorten(value.Message()) || cut
		default:
			if short, longer := b.shorter(value); longer {
				m.Set(b.field, short)
				cut = true
			}
		}
	}
	return cut
}

// bounds are how long a field may be.
type bounds struct {
	field protoreflect.FieldDescriptor
	// items are those of a list, runes the characters of a text; 0 for no bound.
	items, runes int
	// given says that the register alone gives values to a list.
	given bool
}

// shorter is a text that is longer than it may be by one character only.
func (b bounds) shorter(v protoreflect.Value) (protoreflect.Value, bool) {
	if b.runes == 0 || b.field.Kind() != protoreflect.StringKind {
		return v, false
	}
	text := v.String()
	if len(text) <= b.runes+1 || utf8.RuneCountInString(text) <= b.runes+1 {
		return v, false
	}
	left := b.runes + 1
	for i := range text {
		if left == 0 {
			return protoreflect.ValueOfString(text[:i]), true
		}
		left--
	}
	return v, false
}

var boundsKnown sync.Map // of protoreflect.FullName to []bounds

// boundsOf are the fields of a message that have a bound, or hold messages.
func boundsOf(d protoreflect.MessageDescriptor) []bounds {
	if known, ok := boundsKnown.Load(d.FullName()); ok {
		return known.([]bounds)
	}
	var out []bounds
	fields := d.Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.IsMap() {
			continue
		}
		rules, _ := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
		b := bounds{field: f, runes: int(rules.GetString().GetMaxLen())} //nolint:gosec // the contract's own small numbers
		if f.IsList() {
			behaviour, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
			b.given = slices.Contains(behaviour, annotations.FieldBehavior_OUTPUT_ONLY)
			b.items = int(rules.GetRepeated().GetMaxItems())                      //nolint:gosec // likewise
			b.runes = int(rules.GetRepeated().GetItems().GetString().GetMaxLen()) //nolint:gosec // likewise
		}
		if b.items > 0 || b.runes > 0 || b.given || f.Message() != nil {
			out = append(out, b)
		}
	}
	boundsKnown.Store(d.FullName(), out)
	return out
}

// errOverlong says that a request was longer than the contract allows, which no rule of
// it has said.
func errOverlong(m proto.Message) error {
	return fmt.Errorf("service: %s is longer than its rules allow, and they do not say so", m.ProtoReflect().Descriptor().FullName())
}
