package main

import (
	"bytes"
	"os"
	"testing"
)

func TestDocumentIsFresh(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	if err := write(&want); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is stale: go run ./internal/tools/rulesdoc", file)
	}
}
