package server

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// The operator's pages name every setting, and none that is not there; their example is
// one that the server takes, but for the keys that stand in it shortened.
func TestEverySettingIsInTheDocuments(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, page := range []string{"operations.md", "console.md"} {
		raw, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		for _, example := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(raw), -1) {
			var values map[string]any
			if err := yaml.Unmarshal([]byte(example[1]), &values); err != nil {
				t.Fatalf("%s: %v", page, err)
			}
			namesIn(values, "", told)
			c, err := ReadConfig(strings.NewReader(example[1]), false)
			if c == nil {
				t.Errorf("%s: %v", page, err)
			}
			if page == "operations.md" {
				for line := range strings.Lines(err.Error()) {
					if !strings.HasPrefix(line, "witnesses.list[") {
						t.Errorf("%s: %s", page, line)
					}
				}
			}
		}
		for _, name := range regexp.MustCompile("`([a-z_]+(?:\\[\\])?(?:\\.[a-z_\\[\\]]+)*)`").FindAllStringSubmatch(string(raw), -1) {
			told[name[1]] = true
		}
	}
	settings := map[string]bool{}
	settingsOf(reflect.TypeFor[Config](), "", settings)
	if len(settings) < 45 {
		t.Fatalf("%d settings", len(settings))
	}
	for name := range settings {
		if !told[name] && name != "issuers[].allow_loopback_http" { // for development alone
			t.Errorf("docs/operations.md does not tell of %s", name)
		}
	}
}

// settingsOf adds the names of a type's settings.
func settingsOf(typ reflect.Type, prefix string, into map[string]bool) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct:
		settingsOf(typ.Elem(), prefix+"[]", into)
	case typ.Kind() != reflect.Struct:
		into[prefix] = true
	default:
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
			if name == "-" {
				continue
			}
			settingsOf(typ.Field(i).Type, strings.TrimPrefix(prefix+"."+name, "."), into)
		}
	}
}

// namesIn adds the names of what stands in an example.
func namesIn(value any, prefix string, into map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, of := range v {
			namesIn(of, strings.TrimPrefix(prefix+"."+name, "."), into)
		}
	case []any:
		into[prefix] = true
		for _, of := range v {
			if _, ok := of.(map[string]any); ok {
				namesIn(of, prefix+"[]", into)
			}
		}
	default:
		into[prefix] = true
	}
}
