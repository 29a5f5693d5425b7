package witness

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Fault is what a log did that it must not do.
type Fault string

// The faults of a log.
const (
	// Fork: two signed trees of one size that differ. The two notes alone prove
	// it to anybody.
	Fork Fault = "fork"
	// Inconsistent: no proof came that the tree extends the one remembered.
	Inconsistent Fault = "inconsistent"
	// Rollback: a tree smaller than the one remembered.
	Rollback Fault = "rollback"
	// Closed: a tree under the name of a log that was closed.
	Closed Fault = "closed"
)

// Evidence is what a witness keeps of a fault.
type Evidence struct {
	Fault  Fault     `json:"fault"`
	Origin string    `json:"origin"`
	Time   time.Time `json:"time"`
	// Remembered is the note that the witness has co-signed; Refused the note
	// that it has not. Both bear the log's signature.
	Remembered string `json:"remembered"`
	Refused    string `json:"refused"`
	// OldSize and Proof are those of the request.
	OldSize int64    `json:"old_size"`
	Proof   []string `json:"proof,omitempty"`
}

// maxEvidence bounds the files of a log whose fault a caller could bring about
// by sending true notes with a false proof, or old ones. Forks are always kept:
// only who holds the log's key can make them.
const maxEvidence = 100

// keep writes evidence once; it returns the file's name, empty when there is
// too much already.
func (s *store) keep(e Evidence) (string, error) {
	dir := filepath.Join(s.logDir(e.Origin), "evidence")
	sum := sha256.Sum256([]byte(e.Remembered + "\x00" + e.Refused))
	name := string(e.Fault) + "-" + hex.EncodeToString(sum[:12]) + ".json"
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if e.Fault != Fork {
		n, err := countPrefix(dir, string(e.Fault)+"-")
		if err != nil || n >= maxEvidence {
			return "", err
		}
	}
	raw, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return "", err
	}
	return path, writeDurably(path, append(raw, '\n'))
}

func countPrefix(dir, prefix string) (n int, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			n++
		}
	}
	return n, err
}

// ReadEvidence reads all that a witness's memory holds against a log.
func ReadEvidence(state, origin string) ([]Evidence, error) {
	dir := filepath.Join((&store{dir: state}).logDir(origin), "evidence")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []Evidence
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		var one Evidence
		if err := json.Unmarshal(raw, &one); err != nil {
			return nil, fmt.Errorf("evidence %s: %w", e.Name(), err)
		}
		all = append(all, one)
	}
	return all, err
}
