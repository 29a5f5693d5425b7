package misuse

import (
	"os"
	"strings"
	"testing"
)

// The page for reviewers has the rules as they are declared.
func TestTheDocsHaveTheRulesAsTheyAre(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/misuse.md")
	if err != nil {
		t.Fatal(err)
	}
	for what, table := range map[string]string{"rules": Table(), "thresholds": ThresholdTable()} {
		if !strings.Contains(string(page), table) {
			t.Errorf("docs/misuse.md does not have the table of %s as `register misuse rules` prints it", what)
		}
	}
}

// Every rule says what it looks for and what clears it, and no two share a code.
func TestRulesAreDeclaredWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range Rules() {
		if r.Code == "" || seen[r.Code] || r.Version < 1 || r.Title == "" || r.Looks == "" || r.Clears == "" {
			t.Errorf("rule: %+v", r)
		}
		if _, ok := stories[r.Code]; !ok {
			t.Errorf("%s has no story in which it must fire", r.Code)
		}
		seen[r.Code] = true
	}
}
