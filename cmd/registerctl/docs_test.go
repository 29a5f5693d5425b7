package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/doccommands"
)

// Each command that a document gives is one, with the flags that it has.
func TestDocumentsGiveCommandsThatAreThere(t *testing.T) {
	t.Parallel()
	given, err := doccommands.Of("../../docs", "registerctl", "psd", "log", "cases", "flags", "duties", "alerts", "links", "facts")
	if err != nil || len(given) < 40 {
		t.Fatalf("%d commands: %v", len(given), err)
	}
	for _, k := range given {
		var cmd command
		parser, err := newParser(&cmd, io.Discard, io.Discard, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(k.Args, "--help") {
			continue
		}
		_, err = parser.Parse(k.Args)
		if err == nil || !k.Whole && (strings.HasPrefix(err.Error(), "missing flags") || strings.Contains(err.Error(), "expected ")) {
			continue
		}
		t.Errorf("%s:%d: registerctl %s: %v", k.File, k.Line, strings.Join(k.Args, " "), err)
	}
}
