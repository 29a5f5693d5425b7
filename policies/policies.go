// Package policies holds the access policy that is built into the programs:
// the casbin model, the permissions and their tests. README.md says how to
// read and change them.
package policies

import "embed"

// Files holds model.conf, permissions.csv and permissions_test.csv.
//
//go:embed model.conf permissions.csv permissions_test.csv
var Files embed.FS

// Misuse holds the thresholds of the rules that look for misuse in the access log,
// as package misuse reads them.
//
//go:embed misuse.json
var Misuse []byte
