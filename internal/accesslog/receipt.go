package accesslog

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Receipt tells a caller where his call stands in the log.
type Receipt struct {
	Index      int64
	Time       time.Time // of the entry; not part of the text form
	Leaf       tlog.Hash
	Checkpoint []byte // signed note of a tree that holds the entry
}

// Keys of responses that carry a receipt: as gRPC trailer, and in canonical
// form as HTTP header.
const (
	ReceiptKey = "register-receipt"
	EntryKey   = "register-entry"
)

// String is the form sent with responses:
// "index=…;leaf=<base64>;checkpoint=<base64>".
func (r Receipt) String() string {
	return fmt.Sprintf("index=%d;leaf=%s;checkpoint=%s", r.Index, r.Leaf, base64.StdEncoding.EncodeToString(r.Checkpoint))
}

// maxReceipt bounds the text form; a note with a hundred cosignatures fits.
const maxReceipt = 64 << 10

var (
	errNotReceipt    = errors.New("not a receipt")
	errNotCheckpoint = errors.New("not a checkpoint")
)

// ParseReceipt reads the form that String writes, and nothing else. It does
// not verify: see OpenCheckpoint and tlog.CheckRecord.
func ParseReceipt(s string) (Receipt, error) {
	parts := strings.Split(s, ";")
	if len(parts) != 3 || len(s) > maxReceipt {
		return Receipt{}, errNotReceipt
	}
	values := make([]string, len(parts))
	for i, key := range []string{"index=", "leaf=", "checkpoint="} {
		v, ok := strings.CutPrefix(parts[i], key)
		if !ok {
			return Receipt{}, errNotReceipt
		}
		values[i] = v
	}
	index, errIndex := strconv.ParseInt(values[0], 10, 64)
	leaf, errLeaf := tlog.ParseHash(values[1])
	signed, errNote := base64.StdEncoding.DecodeString(values[2])
	if errIndex != nil || errLeaf != nil || errNote != nil || index < 0 {
		return Receipt{}, errNotReceipt
	}
	r := Receipt{Index: index, Leaf: leaf, Checkpoint: signed}
	if r.String() != s { // one form only
		return Receipt{}, errNotReceipt
	}
	return r, nil
}

// Checkpoint is the content of a checkpoint note (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Tree   tlog.Tree
	// Extension lines are kept as they are; we write none.
	Extension string
}

// text is the note's text.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s", c.Origin, c.Tree.N, c.Tree.Hash, c.Extension)
}

// ParseCheckpoint reads the text of a checkpoint note. Size 0 is refused: an
// empty log has no checkpoint.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) != 4 || lines[0] == "" {
		return Checkpoint{}, errNotCheckpoint
	}
	size, errSize := strconv.ParseInt(lines[1], 10, 64)
	root, errRoot := tlog.ParseHash(lines[2])
	if errSize != nil || errRoot != nil || size <= 0 {
		return Checkpoint{}, errNotCheckpoint
	}
	c := Checkpoint{Origin: lines[0], Tree: tlog.Tree{N: size, Hash: root}, Extension: lines[3]}
	if c.text() != text {
		return Checkpoint{}, errNotCheckpoint
	}
	for line := range strings.Lines(c.Extension) {
		if line == "\n" || !strings.HasSuffix(line, "\n") {
			return Checkpoint{}, errNotCheckpoint
		}
	}
	return c, nil
}

// OpenCheckpoint verifies a signed checkpoint of an origin and reads it. At
// least one signature must be by a known verifier of that name.
func OpenCheckpoint(signed []byte, origin string, known note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(signed, known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != origin {
		return Checkpoint{}, fmt.Errorf("%w: its origin is another", errNotCheckpoint)
	}
	for _, s := range n.Sigs {
		if s.Name == origin {
			return c, nil
		}
	}
	return Checkpoint{}, fmt.Errorf("%w: the log itself has not signed it", errNotCheckpoint)
}

// signCheckpoint writes and signs the checkpoint of a tree.
func signCheckpoint(origin string, tree tlog.Tree, signers []note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: Checkpoint{Origin: origin, Tree: tree}.text()}, signers...)
}
