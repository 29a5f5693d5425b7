// Package witness is an independent party that watches a log grow: it keeps the
// last checkpoint it has seen of each log, co-signs the next only when that
// extends it, and keeps the proof when it does not. It speaks the C2SP
// tlog-witness protocol, and needs no database.
package witness

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

// maxProof is the most lines that a consistency proof may have.
const maxProof = 63

// MaxRequest bounds a request's body in bytes.
const MaxRequest = checkpoint.MaxNote + 4<<10

var errRequest = errors.New("not an add-checkpoint request")

// Request asks a witness to co-sign a checkpoint.
type Request struct {
	// Old is the size of the tree that the witness co-signed last, 0 for none.
	Old int64
	// Proof shows that the checkpoint's tree extends that of Old entries; empty
	// when Old is 0 or the checkpoint's own size.
	Proof tlog.TreeProof
	// Checkpoint is the signed note.
	Checkpoint []byte
}

// Marshal writes the body of the HTTP request.
func (r Request) Marshal() []byte {
	b := fmt.Appendf(nil, "old %d\n", r.Old)
	for _, h := range r.Proof {
		b = append(append(b, h.String()...), '\n')
	}
	return append(append(b, '\n'), r.Checkpoint...)
}

// ParseRequest reads what Marshal writes, and nothing else. It does not read
// the checkpoint.
func ParseRequest(body []byte) (Request, error) {
	if len(body) > MaxRequest {
		return Request{}, fmt.Errorf("%w: it is too large", errRequest)
	}
	head, signed, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return Request{}, fmt.Errorf("%w: no empty line stands before a checkpoint", errRequest)
	}
	lines := strings.Split(string(head), "\n")
	digits, ok := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || old < 0 || strconv.FormatInt(old, 10) != digits {
		return Request{}, fmt.Errorf("%w: its first line is not \"old\" with a size", errRequest)
	}
	if len(lines)-1 > maxProof {
		return Request{}, fmt.Errorf("%w: more than %d lines of proof", errRequest, maxProof)
	}
	r := Request{Old: old, Checkpoint: signed}
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil || h.String() != line {
			return Request{}, fmt.Errorf("%w: a line of proof is not a hash", errRequest)
		}
		r.Proof = append(r.Proof, h)
	}
	return r, nil
}
