package access

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Each reason is said in words, to the caller and in the API guide.
func TestEveryReasonHasWords(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	guide, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	reasons := regexp.MustCompile(`Reason = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	if len(reasons) != len(reasonWords) {
		t.Errorf("%d reasons, %d in words", len(reasons), len(reasonWords))
	}
	for _, r := range reasons {
		words := reasonWords[Reason(r[1])]
		if row := "| `" + r[1] + "` | " + words + " |\n"; words == "" || !strings.Contains(string(guide), row) {
			t.Errorf("docs/api.md lacks the row %s", row)
		}
	}
}
