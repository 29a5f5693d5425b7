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
	given, err := doccommands.Of("../../docs", "verifylog")
	if err != nil || len(given) < 10 {
		t.Fatalf("%d commands: %v", len(given), err)
	}
	arguments := map[string][2]int{"consistency": {2, 2}, "receipt": {1, 2}, "evidence": {1, 1}, "sample": {2, 2}}
	for _, k := range given {
		args := k.Args
		for i, a := range args { // the documents' files of keys are not there
			args[i] = strings.TrimPrefix(a, "@")
		}
		o, err := parse(args, io.Discard)
		if err != nil && !strings.Contains(err.Error(), "key") {
			t.Errorf("%s:%d: verifylog %s: %v", k.File, k.Line, strings.Join(k.Args, " "), err)
			continue
		}
		if bounds, ok := arguments[o.args[0]]; ok && k.Whole && (len(o.args)-1 < bounds[0] || len(o.args)-1 > bounds[1]) {
			t.Errorf("%s:%d: verifylog %s: %d arguments", k.File, k.Line, strings.Join(k.Args, " "), len(o.args)-1)
		}
	}
}
