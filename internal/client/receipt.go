package client

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// Keys of the receipt and of the entry's index in a response's trailer.
const (
	ReceiptKey = "register-receipt"
	EntryKey   = "register-entry"
)

// Receipt says where a call stands in the access log.
type Receipt struct {
	// Index is the entry's, from 0.
	Index int64
	// Leaf is the entry's leaf hash (RFC 6962).
	Leaf tlog.Hash
	// Note is the signed checkpoint of a tree that holds the entry; empty in
	// the receipts of a stream's single records.
	Note string
}

// ParseReceipt reads a receipt, with or without its checkpoint. It verifies
// nothing.
func ParseReceipt(s string) (*Receipt, error) {
	r, err := tlogfile.ParseReceipt(strings.TrimSpace(s))
	if err != nil {
		return nil, err
	}
	return &Receipt{Index: r.Index, Leaf: r.Leaf, Note: string(r.Note)}, nil
}

// String writes the receipt as ParseReceipt reads it.
func (r *Receipt) String() string {
	s := fmt.Sprintf("index=%d;leaf=%s", r.Index, r.Leaf)
	if r.Note != "" {
		s += ";checkpoint=" + base64.StdEncoding.EncodeToString([]byte(r.Note))
	}
	return s
}

// Checkpoint is what a checkpoint note states.
type Checkpoint struct {
	// Origin is the log's name.
	Origin string
	// Tree is the size and root.
	Tree tlog.Tree
	// Signed reports whether the log's signature was verified with its key.
	Signed bool
}

// OpenCheckpoint reads a checkpoint note (C2SP tlog-checkpoint) and, when the
// log's verifier key is given, verifies its signature; several keys, separated
// by spaces, are those that the log has had. Without a key it reads what stands
// there and Signed is false.
func OpenCheckpoint(signed, logKey string) (*Checkpoint, error) {
	var keys []note.Verifier
	for _, key := range strings.Fields(logKey) {
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, errors.New("the log's key is not a verifier key")
		}
		keys = append(keys, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(keys...))
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &unverified) && logKey == "":
		n = unverified.Note
	case errors.As(err, &unverified):
		return nil, errors.New("the checkpoint is not signed by the log's key")
	case err != nil:
		return nil, errors.New("the checkpoint is malformed or its signature is false")
	}
	read, err := checkpoint.Parse(n.Text)
	if err != nil {
		return nil, errors.New("the checkpoint is malformed")
	}
	c := &Checkpoint{Origin: read.Origin, Tree: read.Tree}
	for _, s := range n.Sigs {
		c.Signed = c.Signed || s.Name == c.Origin
	}
	if logKey != "" && !c.Signed {
		return nil, errors.New("the checkpoint's origin is not the log of the key")
	}
	return c, nil
}
