package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// loadedMark is the file that says which people a kept register holds.
const loadedMark = "loaded"

func (o *options) people() string {
	return fmt.Sprintf("%d nominals, seed %d, direct %t", o.Nominals, o.Seed, o.Direct)
}

// loaded reports whether the kept register holds the people wanted.
func (o *options) loaded() bool {
	held, err := os.ReadFile(filepath.Join(o.Dir, loadedMark))
	return err == nil && string(held) == o.people()
}

// markLoaded notes that the register is loaded.
func (o *options) markLoaded() error {
	return os.WriteFile(filepath.Join(o.Dir, loadedMark), []byte(o.people()), 0o600)
}
