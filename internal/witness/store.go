package witness

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

// marker is the file by which a folder is known to be a witness's memory. A
// volume that is not mounted must not look like a witness that remembers
// nothing: it would believe any history.
const marker = "witness"

const markerText = "The memory of a witness of transparency logs. Never restore it from a backup while the witness runs.\n"

// store is a witness's memory: a folder with the last checkpoint of each log,
// each as it was co-signed, so that our own signature shows it to be whole.
type store struct {
	dir  string
	lock *flock.Flock
}

// initStore makes the folder.
func initStore(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, marker)
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("state: %s is a witness's memory already", dir)
	}
	return writeDurably(path, []byte(markerText))
}

// openStore opens the folder for this process alone.
func openStore(dir string) (*store, error) {
	if _, err := os.Stat(filepath.Join(dir, marker)); err != nil {
		return nil, fmt.Errorf("state: %s is not a witness's memory: make it once by register witness init; if it was there before, find it", dir)
	}
	s := &store{dir: dir, lock: flock.New(filepath.Join(dir, "lock"))}
	switch free, err := s.lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("state: %w", err)
	case !free:
		return nil, fmt.Errorf("state: another witness uses %s", dir)
	}
	return s, nil
}

func (s *store) close() error { return s.lock.Close() }

// logDir is the folder of a log.
func (s *store) logDir(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return filepath.Join(s.dir, "logs", hex.EncodeToString(sum[:]))
}

// load reads the last checkpoint of a log; nothing is remembered of one that
// is new. What is remembered must bear a cosignature of our own.
func (s *store) load(origin string, own note.Verifiers) (signed []byte, c checkpoint.Checkpoint, err error) {
	path := filepath.Join(s.logDir(origin), "checkpoint")
	signed, err = os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, checkpoint.Checkpoint{}, nil
	}
	if err != nil {
		return nil, c, fmt.Errorf("state: %w", err)
	}
	n, err := note.Open(signed, own)
	if err == nil {
		c, err = checkpoint.Parse(n.Text)
	}
	if err != nil || c.Origin != origin {
		return nil, checkpoint.Checkpoint{}, fmt.Errorf("state: %s is damaged or not of this witness's keys; nothing is co-signed until it is mended: see docs/operations.md", path)
	}
	return signed, c, nil
}

// save remembers a checkpoint; once it returns, it outlives a crash.
func (s *store) save(origin string, signed []byte) error {
	dir := s.logDir(origin)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return writeDurably(filepath.Join(dir, "checkpoint"), signed)
}

// writeDurably replaces a file whole: after a crash the old or the new is there.
func writeDurably(path string, data []byte) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	// The rename itself, and the folder's own name in its parent.
	return errors.Join(syncDir(dir), syncDir(filepath.Dir(dir)))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tidy removes what a crash left half written.
func (s *store) tidy(origin string) error {
	entries, err := os.ReadDir(s.logDir(origin))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			err = errors.Join(err, os.Remove(filepath.Join(s.logDir(origin), e.Name())))
		}
	}
	return err
}
