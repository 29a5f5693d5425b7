package service

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Programs go by the reasons: the API guide has each of them.
func TestEveryReasonIsInTheGuide(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	_, errors, found := strings.Cut(string(guide), "## Errors\n")
	if !found {
		t.Fatal("docs/api.md has no errors")
	}
	reasons := regexp.MustCompile(`Reason\w+ += "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(reasons) < 50 {
		t.Fatalf("%d reasons", len(reasons))
	}
	for _, r := range reasons {
		if !regexp.MustCompile(`\b` + r[1] + `\b`).MatchString(errors) {
			t.Errorf("docs/api.md does not tell of %s", r[1])
		}
	}
}
