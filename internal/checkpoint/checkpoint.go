// Package checkpoint reads and writes the signed statements of a log's size
// and root (C2SP tlog-checkpoint, on C2SP signed notes) and the cosignatures
// that witnesses add to them (C2SP tlog-cosignature, cosignature/v1).
package checkpoint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxNote bounds a signed checkpoint in bytes: one with a hundred cosignatures
// fits.
const MaxNote = 48 << 10

// ErrMalformed says that a text is no checkpoint.
var ErrMalformed = errors.New("not a checkpoint")

// Checkpoint is the content of a checkpoint note.
type Checkpoint struct {
	Origin string // the log's name
	Tree   tlog.Tree
	// Extension lines are kept as they are; we write none.
	Extension string
}

// Text is the note's text.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s", c.Origin, c.Tree.N, c.Tree.Hash, c.Extension)
}

// Parse reads the text of a checkpoint note. Size 0 is refused: an empty log
// has no checkpoint.
func Parse(text string) (Checkpoint, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) != 4 || lines[0] == "" {
		return Checkpoint{}, ErrMalformed
	}
	size, errSize := strconv.ParseInt(lines[1], 10, 64)
	root, errRoot := tlog.ParseHash(lines[2])
	if errSize != nil || errRoot != nil || size <= 0 {
		return Checkpoint{}, ErrMalformed
	}
	c := Checkpoint{Origin: lines[0], Tree: tlog.Tree{N: size, Hash: root}, Extension: lines[3]}
	if c.Text() != text {
		return Checkpoint{}, ErrMalformed
	}
	for line := range strings.Lines(c.Extension) {
		if line == "\n" || !strings.HasSuffix(line, "\n") {
			return Checkpoint{}, ErrMalformed
		}
	}
	return c, nil
}

// Peek reads a signed checkpoint without verifying any signature.
func Peek(signed []byte) (Checkpoint, error) {
	_, err := note.Open(signed, note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return Checkpoint{}, ErrMalformed
	}
	return Parse(unverified.Note.Text)
}

// Open verifies a signed checkpoint of an origin and reads it. At least one
// signature must be by a known verifier of that name.
func Open(signed []byte, origin string, known note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(signed, known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	c, err := Parse(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != origin {
		return Checkpoint{}, fmt.Errorf("%w: its origin is another", ErrMalformed)
	}
	for _, s := range n.Sigs {
		if s.Name == origin {
			return c, nil
		}
	}
	return Checkpoint{}, fmt.Errorf("%w: the log itself has not signed it", ErrMalformed)
}

// Sign writes and signs the checkpoint of a tree.
func Sign(origin string, tree tlog.Tree, signers []note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: Checkpoint{Origin: origin, Tree: tree}.Text()}, signers...)
}
