package console_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/perpetrator-register/register/internal/console"
)

// The browser's tests and pictures fail while a page of their list was not looked at;
// here it is seen that the list holds every page there is.
func TestBrowserKnowsEveryPage(t *testing.T) {
	t.Parallel()
	const list = "../../tests/browser/pages.json"
	raw, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var known []string
	if err := json.Unmarshal(raw, &known); err != nil {
		t.Fatal(err)
	}
	pages := console.Pages()
	for _, p := range pages {
		if !slices.Contains(known, p) {
			t.Errorf("%s is not in %s: add it, and a walk that comes by it", p, list)
		}
	}
	for _, p := range known {
		if !slices.Contains(pages, p) {
			t.Errorf("%s is in %s, and is no page", p, list)
		}
	}
}
