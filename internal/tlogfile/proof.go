package tlogfile

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Receipt says where a call stands in the log, as its answer said.
type Receipt struct {
	Index int64
	Leaf  tlog.Hash
	// Note is the signed checkpoint of a tree that holds the entry; empty in the
	// receipts of a stream's single records.
	Note []byte
}

// maxReceipt bounds the text of a receipt in bytes.
const maxReceipt = 96 << 10

var errNotReceipt = errors.New("not a receipt: it reads index=…;leaf=…;checkpoint=…")

// ParseReceipt reads a receipt, with or without its checkpoint. It verifies
// nothing.
func ParseReceipt(s string) (Receipt, error) {
	parts := strings.Split(s, ";")
	if len(s) > maxReceipt || len(parts) < 2 || len(parts) > 3 {
		return Receipt{}, errNotReceipt
	}
	var values [3]string
	for i, key := range []string{"index=", "leaf=", "checkpoint="}[:len(parts)] {
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
	return Receipt{Index: index, Leaf: leaf, Note: signed}, nil
}

// Proof is the content of a .tlog-proof file (C2SP tlog-proof): that a tree of a
// signed checkpoint holds an entry. It can be verified without the log.
type Proof struct {
	Index  int64
	Hashes tlog.RecordProof
	// Note is the signed checkpoint.
	Note []byte
	// Leaf is the entry's leaf hash. It stands in the file as the extra data;
	// nothing rests on it but what the proof shows.
	Leaf tlog.Hash
}

const proofHeader = "c2sp.org/tlog-proof@v1"

// Marshal writes the proof as a .tlog-proof file.
func (p *Proof) Marshal() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", proofHeader, p.Leaf, p.Index)
	for _, h := range p.Hashes {
		fmt.Fprintf(&b, "%s\n", h)
	}
	b.WriteByte('\n')
	b.Write(p.Note)
	return b.Bytes()
}

// IsProof tells a .tlog-proof file from a receipt by its first line.
func IsProof(data []byte) bool { return bytes.HasPrefix(data, []byte(proofHeader+"\n")) }

var errNotProof = errors.New("not a .tlog-proof file with the leaf hash as its extra data")

// ParseProof reads a .tlog-proof file whose extra data is the leaf hash. It
// verifies nothing.
func ParseProof(data []byte) (*Proof, error) {
	if len(data) > maxReceipt {
		return nil, errNotProof
	}
	head, signed, ok := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !ok || len(lines) < 3 || lines[0] != proofHeader {
		return nil, errNotProof
	}
	extra, okExtra := strings.CutPrefix(lines[1], "extra ")
	number, okIndex := strings.CutPrefix(lines[2], "index ")
	index, errIndex := strconv.ParseInt(number, 10, 64)
	leaf, errLeaf := tlog.ParseHash(extra)
	if !okExtra || !okIndex || errIndex != nil || errLeaf != nil || index < 0 || strconv.FormatInt(index, 10) != number {
		return nil, errNotProof
	}
	p := &Proof{Index: index, Leaf: leaf, Note: signed}
	for _, line := range lines[3:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return nil, errNotProof
		}
		p.Hashes = append(p.Hashes, h)
	}
	return p, nil
}

// Verify proves that the signed tree holds an entry of the leaf hash at the
// index, and returns the checkpoint.
func (p *Proof) Verify(k *Keys) (Checkpoint, error) {
	c, err := k.OpenCheckpoint(p.Note)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("its checkpoint: %w", err)
	}
	if p.Index >= c.Tree.N {
		return Checkpoint{}, fmt.Errorf("its checkpoint covers %d entries, and not entry %d", c.Tree.N, p.Index)
	}
	if err := tlog.CheckRecord(p.Hashes, c.Tree.N, c.Tree.Hash, p.Index, p.Leaf); err != nil {
		return Checkpoint{}, fmt.Errorf("the signed tree does not hold entry %d with this leaf hash", p.Index)
	}
	return c, nil
}
