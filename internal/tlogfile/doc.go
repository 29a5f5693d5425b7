// Package tlogfile is the formats of an exported access log: what the exporter
// writes, and what the independent verifier reads. It uses the standard library
// and golang.org/x/mod/sumdb alone, and nothing else of this project, so that
// whoever doubts the register need only read this package and cmd/verifylog.
//
// The formats are those of C2SP wherever there is one: tlog-checkpoint,
// tlog-tiles, tlog-cosignature, tlog-proof, signed-note. An export is a folder:
//
//	checkpoint                 the newest signed note
//	checkpoints                signed notes, oldest first, a blank line between
//	tile/<L>/<N>[.p/<W>]       hashes of the Merkle tree, 256 a tile
//	tile/entries/<N>[.p/<W>]   entries, each after its length in two bytes
//	register/entries/…         such a bundle with lengths of four bytes, where
//	                           an entry is longer than two bytes can say
//	register/versions.jsonl    one VersionRow a line, in log order
//	register/bodies.jsonl      one BodyRow a line, in log order
//	register/export.json       the Manifest
//
// docs/access-log.md tells what it all means.
package tlogfile
