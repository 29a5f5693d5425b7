package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/perpetrator-register/register/internal/doccommands"
)

// Each command that a document gives is one, with the flags that it has.
func TestDocumentsGiveCommandsThatAreThere(t *testing.T) {
	for _, name := range []string{"REGISTER_OWNER_URL", "REGISTER_DATABASE_URL"} { // the documents set them
		t.Setenv(name, "postgres://db.example/register")
	}
	given, err := doccommands.Of("../../docs", "register", "keys")
	if err != nil || len(given) < 30 {
		t.Fatalf("%d commands: %v", len(given), err)
	}
	// The documents' files are not there.
	text := kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		var s string
		err := ctx.Scan.PopValueInto("file", &s)
		target.SetString(s)
		return err
	})
	for _, k := range given {
		var c cli
		parser, err := kong.New(&c, kong.Name("register"), kong.NamedMapper("existingfile", text), kong.NamedMapper("existingdir", text))
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Try(func(args []string) error { _, err := parser.Parse(args); return err }); err != nil {
			t.Errorf("%s:%d: register %s: %v", k.File, k.Line, strings.Join(k.Args, " "), err)
		}
	}
}
