package main

import (
	"io"
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
		if err := k.Try(func(args []string) error { _, err := parser.Parse(args); return err }); err != nil {
			t.Errorf("%s:%d: registerctl %s: %v", k.File, k.Line, strings.Join(k.Args, " "), err)
		}
	}
}
