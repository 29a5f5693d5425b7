package tlogfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// The files of an evidence bundle, relative to its folder.
const (
	EvidenceFile     = "evidence.json" // the EvidenceManifest
	EvidenceNoteFile = "evidence.note" // the log's signature on it
	ReportFile       = "report.html"
)

// EvidenceEntryPath and EvidenceProofPath name the files of one entry: its
// metadata as it was hashed, and its proof.
func EvidenceEntryPath(index int64) string { return fmt.Sprintf("entries/%012d.json", index) }

// EvidenceProofPath names the proof of an entry.
func EvidenceProofPath(index int64) string { return fmt.Sprintf("proofs/%012d.tlog-proof", index) }

// EvidenceFormat names the layout of a bundle.
const EvidenceFormat = "perpetrator-register/evidence/1"

// EvidenceManifest says what a bundle of evidence is, and holds the hash of each
// of its files.
type EvidenceManifest struct {
	Format    string    `json:"format"` // EvidenceFormat
	Origin    string    `json:"origin"` // the log's name
	Made      time.Time `json:"made"`
	Recipient string    `json:"recipient"`
	Reference string    `json:"reference"` // under which it was disclosed
	// Selection is what was asked for, in words.
	Selection string `json:"selection"`
	// Disclosure is the index of the entry that records this disclosure.
	Disclosure int64 `json:"disclosure"`
	// Entries are the indices of the entries selected, ascending; that of the
	// disclosure is not among them.
	Entries []int64 `json:"entries"`
	// Files are the SHA-256 of all other files but EvidenceNoteFile, in hex.
	Files map[string]string `json:"files"`
}

// EvidenceText is what the log signs of a manifest's bytes. It cannot be taken
// for a checkpoint, whose first line is the log's name.
func EvidenceText(origin string, manifest []byte) string {
	sum := sha256.Sum256(manifest)
	return EvidenceFormat + "\n" + origin + "\n" + hex.EncodeToString(sum[:]) + "\n"
}

// OpenEvidence verifies that the log of a name has signed a manifest.
func (k *Keys) OpenEvidence(origin string, manifest, signed []byte) error {
	n, err := note.Open(signed, k)
	if err != nil {
		return errors.New("the log has not signed it")
	}
	if n.Text != EvidenceText(origin, manifest) {
		return errors.New("the log has signed another")
	}
	for _, s := range n.Sigs {
		if s.Name == origin && slices.Contains(k.origins, origin) && !k.witness(s.Name, s.Hash) {
			return nil
		}
	}
	return errors.New("the log has not signed it")
}

// LocalPath tells whether a name in a manifest stays within its folder.
func LocalPath(name string) bool {
	return name != "" && !path.IsAbs(name) && path.Clean(name) == name && name != ".." && !strings.HasPrefix(name, "../") && !strings.Contains(name, "\\")
}
