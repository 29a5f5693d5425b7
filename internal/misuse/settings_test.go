package misuse

import (
	"strings"
	"testing"
)

// Every fault of a file of thresholds is named at once.
func TestParseSettingsNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := ParseSettings([]byte(`{"version":"","horizon_days":3,"claims":{},"rules":{"NONE":{},"SELF":{"on":2,"again_days":0,"x":1}}}`))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"version", "horizon_days", "claims", "no rule NONE", "SELF: on", "SELF: again_days", "SELF has no threshold x", "BURST is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not named in: %v", want, err)
		}
	}
	if _, err := ParseSettings([]byte(`{"unknown": 1}`)); err == nil {
		t.Error("an unknown field is accepted")
	}
}

func TestParseCode(t *testing.T) {
	t.Parallel()
	a, b := ParseCode("1:0123456789abcdef"), ParseCode("2:0123456789abcdef")
	if a == 0 || b == 0 || a == b {
		t.Errorf("codes %x, %x", a, b)
	}
	for _, bad := range []string{"", "1", "1:", "x:01", "1:xyz"} {
		if ParseCode(bad) != 0 {
			t.Errorf("%q is taken for a code", bad)
		}
	}
}
