package tlogfile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a signed state of the log, its signatures verified.
type Checkpoint struct {
	Origin string
	Tree   tlog.Tree
	// Extension lines, each ended by a newline.
	Extension string
	// Note is the signed note as it was read.
	Note []byte
	// Witnesses are the names of the known witnesses that have co-signed.
	Witnesses []string
}

var errNotCheckpoint = errors.New("not a checkpoint")

// ParseCheckpoint reads the text of a checkpoint note (C2SP tlog-checkpoint). A
// tree of size 0 is refused: an empty log has no checkpoint.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) != 4 || lines[0] == "" {
		return Checkpoint{}, errNotCheckpoint
	}
	size, errSize := strconv.ParseInt(lines[1], 10, 64)
	root, errRoot := tlog.ParseHash(lines[2])
	if errSize != nil || errRoot != nil || size < 1 {
		return Checkpoint{}, errNotCheckpoint
	}
	c := Checkpoint{Origin: lines[0], Tree: tlog.Tree{N: size, Hash: root}, Extension: lines[3]}
	if fmt.Sprintf("%s\n%d\n%s\n%s", c.Origin, size, root, c.Extension) != text {
		return Checkpoint{}, errNotCheckpoint // one form only
	}
	for line := range strings.Lines(c.Extension) {
		if line == "\n" || !strings.HasSuffix(line, "\n") {
			return Checkpoint{}, errNotCheckpoint
		}
	}
	return c, nil
}

// OpenCheckpoint verifies a signed checkpoint: at least one signature must be by
// a key of the log, none of a known key may be false, and the origin must be the
// name of that key.
func (k *Keys) OpenCheckpoint(signed []byte) (Checkpoint, error) {
	n, err := note.Open(signed, k)
	var invalid *note.InvalidSignatureError
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &invalid):
		return Checkpoint{}, fmt.Errorf("the signature of %s is false", invalid.Name)
	case errors.As(err, &unverified):
		return Checkpoint{}, errors.New("no known key has signed it")
	case err != nil:
		return Checkpoint{}, errors.New("not a signed note")
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if !slices.Contains(k.origins, c.Origin) {
		return Checkpoint{}, fmt.Errorf("it is of the log %q", c.Origin)
	}
	c.Note = signed
	byLog := false
	for _, s := range n.Sigs {
		if k.witness(s.Name, s.Hash) {
			if !slices.Contains(c.Witnesses, s.Name) { // one that changes its key may sign with both
				c.Witnesses = append(c.Witnesses, s.Name)
			}
		} else {
			byLog = byLog || s.Name == c.Origin
		}
	}
	if !byLog {
		return Checkpoint{}, errors.New("the log itself has not signed it")
	}
	return c, nil
}

// AppendNote adds a note to those of CheckpointsFile.
func AppendNote(b, signed []byte) []byte {
	if len(b) > 0 {
		b = append(b, '\n')
	}
	return append(b, signed...)
}

// NoteReader reads notes one after the other, as AppendNote puts them together.
type NoteReader struct{ r *bufio.Reader }

// NewNoteReader reads notes, or a single one.
func NewNoteReader(r io.Reader) *NoteReader { return &NoteReader{bufio.NewReaderSize(r, 64<<10)} }

// maxNote bounds a signed note; a hundred cosignatures fit.
const maxNote = 64 << 10

var errNotes = errors.New("not a list of signed notes")

// Next returns the next note, or io.EOF. It verifies nothing.
func (n *NoteReader) Next() ([]byte, error) {
	var b []byte
	signatures := false // the blank line between text and signatures was read
	for {
		line, err := n.r.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0 && signatures:
			return b, nil
		case errors.Is(err, io.EOF) && len(line) == 0 && len(b) == 0:
			return nil, io.EOF
		case err != nil || len(b)+len(line) > maxNote:
			return nil, errNotes
		case bytes.Equal(line, []byte("\n")):
			if signatures {
				return b, nil
			}
			if len(b) == 0 {
				return nil, errNotes
			}
			signatures = true
		}
		b = append(b, line...)
	}
}
