package server

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// settings finds what a configuration's text holds that no setting takes. The decoder
// would tell it in the words of Go's types, without the setting's name.
type settings struct{ faults []error }

// check returns every fault of a document that is to be read into a value of a type.
func (s *settings) check(document *yaml.Node, t reflect.Type) error {
	for _, n := range document.Content {
		s.value(n, t, "")
	}
	return errors.Join(s.faults...)
}

func (s *settings) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Errorf(format, args...))
}

func (s *settings) value(n *yaml.Node, t reflect.Type, name string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case n.Tag == "!!null": // the standard value
	case t.Kind() == reflect.Struct:
		if n.Kind != yaml.MappingNode {
			s.fault("%s: takes settings of its own, not %s, at line %d", cmp.Or(name, "configuration"), shown(n), n.Line)
			return
		}
		s.group(n, t, name)
	case t.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			s.fault("%s: takes a list such as [a, b], not %s, at line %d", name, shown(n), n.Line)
			return
		}
		for i, one := range n.Content {
			s.value(one, t.Elem(), fmt.Sprintf("%s[%d]", name, i))
		}
	case n.Kind != yaml.ScalarNode || n.Decode(reflect.New(t).Interface()) != nil:
		s.fault("%s: takes %s, not %s, at line %d", name, taken(t), shown(n), n.Line)
	}
}

// group checks settings by their names.
func (s *settings) group(n *yaml.Node, t reflect.Type, name string) {
	types := map[string]reflect.Type{}
	for i := range t.NumField() {
		if key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); key != "-" {
			types[key] = t.Field(i).Type
		}
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		full := strings.TrimPrefix(name+"."+key.Value, ".")
		switch of, known := types[key.Value]; {
		case key.Tag == "!!merge" && value.Kind == yaml.AliasNode: // its settings are of this group
			s.value(value, t, name)
		case !known:
			s.fault("there is no setting %s, at line %d", full, key.Line)
		case lines[full] > 0:
			s.fault("%s: stands twice, at lines %d and %d", full, lines[full], key.Line)
		default:
			lines[full] = key.Line
			s.value(value, of, full)
		}
	}
}

// taken says what a setting of a type takes, with an example.
func taken(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		if t == reflect.TypeFor[time.Duration]() {
			return "a length of time such as 10s"
		}
		return "a whole number such as 50"
	case reflect.Float64:
		return "a number such as 500"
	default:
		return "a text"
	}
}

// shown is a value as it stands in the text.
func shown(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "settings"
	case yaml.SequenceNode:
		return "a list"
	default:
		return fmt.Sprintf("%q", n.Value)
	}
}
