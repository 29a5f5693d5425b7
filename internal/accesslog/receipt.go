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

	"github.com/perpetrator-register/register/internal/checkpoint"
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

var errNotReceipt = errors.New("not a receipt")

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
type Checkpoint = checkpoint.Checkpoint

// ParseCheckpoint reads the text of a checkpoint note. Size 0 is refused: an
// empty log has no checkpoint.
func ParseCheckpoint(text string) (Checkpoint, error) { return checkpoint.Parse(text) }

// OpenCheckpoint verifies a signed checkpoint of an origin and reads it. At
// least one signature must be by a known verifier of that name.
func OpenCheckpoint(signed []byte, origin string, known note.Verifiers) (Checkpoint, error) {
	return checkpoint.Open(signed, origin, known)
}
