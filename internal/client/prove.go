package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// Prover asks the log for proofs and verifies them here: nothing is believed
// that the hashes do not show.
type Prover struct {
	// Log is the log.
	Log registerv1.AccessLogServiceClient
	// Key is the verifier key of the log, or several with spaces between; empty
	// leaves signatures unchecked.
	Key string
	// Witnesses, if set, must have co-signed a tree that the newest extends.
	Witnesses *Witnesses
}

// Proof is what was verified.
type Proof struct {
	// Index and Leaf are the entry's.
	Index int64
	Leaf  tlog.Hash
	// Checkpoint is the checkpoint whose tree holds the entry.
	Checkpoint *Checkpoint
	// Newest is the newest checkpoint; its tree extends that of Checkpoint.
	Newest *Checkpoint
	// Witnessed is the newest co-signed checkpoint, when the prover knows
	// witnesses: the newest tree extends its tree too, so that a larger one holds
	// all that Checkpoint's does.
	Witnessed *Witnessed
}

// newest returns the newest checkpoint and, if witnesses are known, the newest
// that they have co-signed.
func (p *Prover) newest(ctx context.Context) (*Checkpoint, *Witnessed, error) {
	got, c, err := p.ask(ctx)
	if err != nil || p.Witnesses == nil {
		return c, nil, err
	}
	w, err := p.witnessed(ctx, got.GetWitnessed(), c)
	return c, w, err
}

// ask asks for the newest checkpoint, and opens it.
func (p *Prover) ask(ctx context.Context) (*registerv1.Checkpoint, *Checkpoint, error) {
	got, err := p.Log.GetCheckpoint(ctx, &registerv1.GetCheckpointRequest{})
	if err != nil {
		return nil, nil, err
	}
	c, err := OpenCheckpoint(got.GetNote(), p.Key)
	return got, c, err
}

// Entry proves that the newest checkpoint's tree holds the entry.
func (p *Prover) Entry(ctx context.Context, index int64) (*Proof, error) {
	newest, witnessed, err := p.newest(ctx)
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= newest.Tree.N {
		return nil, fmt.Errorf("the log holds the entries 0 to %d", newest.Tree.N-1)
	}
	leaf, _, err := p.inclusion(ctx, index, newest.Tree, nil)
	if err != nil {
		return nil, err
	}
	return &Proof{Index: index, Leaf: leaf, Checkpoint: newest, Newest: newest, Witnessed: witnessed}, nil
}

// Receipt proves that a receipt holds: its entry is in its checkpoint's tree
// with its leaf hash, and the newest checkpoint's tree extends that tree.
func (p *Prover) Receipt(ctx context.Context, r *Receipt) (*Proof, error) {
	newest, witnessed, err := p.newest(ctx)
	if err != nil {
		return nil, err
	}
	at, err := p.tree(r, newest)
	if err != nil {
		return nil, err
	}
	leaf, _, err := p.inclusion(ctx, r.Index, at.Tree, &r.Leaf)
	if err != nil {
		return nil, err
	}
	if err := p.consistency(ctx, at.Tree, newest.Tree); err != nil {
		return nil, err
	}
	return &Proof{Index: r.Index, Leaf: leaf, Checkpoint: at, Newest: newest, Witnessed: witnessed}, nil
}

// Keep proves a receipt and returns the proof in a form that needs no log: that
// a tree of the log holds the entry. It is one that witnesses have co-signed, if
// they have come that far, else the newest.
func (p *Prover) Keep(ctx context.Context, r *Receipt) (*tlogfile.Proof, error) {
	got, newest, err := p.ask(ctx)
	if err != nil {
		return nil, err
	}
	in, signed := newest, got.GetNote()
	if w := got.GetWitnessed(); w != nil {
		witnessed, err := p.witnessed(ctx, w, newest)
		if err != nil {
			return nil, err
		}
		if witnessed.Checkpoint.Tree.N > r.Index {
			in, signed = witnessed.Checkpoint, witnessed.Note
		}
	}
	at, err := p.tree(r, newest)
	if err != nil {
		return nil, err
	}
	if err := p.consistency(ctx, at.Tree, newest.Tree); err != nil {
		return nil, err
	}
	leaf, hashes, err := p.inclusion(ctx, r.Index, in.Tree, &r.Leaf)
	if err != nil {
		return nil, err
	}
	return &tlogfile.Proof{Index: r.Index, Leaf: leaf, Hashes: hashes, Note: []byte(signed)}, nil
}

// Extends proves that the newest checkpoint's tree extends another, and returns
// that checkpoint.
func (p *Prover) Extends(ctx context.Context, origin string, older tlog.Tree) (*Checkpoint, *Witnessed, error) {
	newest, witnessed, err := p.newest(ctx)
	if err != nil {
		return nil, nil, err
	}
	if !p.oneLog(origin, newest.Origin) {
		return nil, nil, errors.New("the checkpoint is of another log, or of an earlier epoch of it: give the keys of both by --log-key")
	}
	if older.N > newest.Tree.N {
		return nil, nil, fmt.Errorf("the proof FAILED: the log has %d entries, and had %d: it was rolled back", newest.Tree.N, older.N)
	}
	return newest, witnessed, p.consistency(ctx, older, newest.Tree)
}

// oneLog tells whether two names are the log's: one name, or those of two epochs
// for which the caller holds keys. Their trees must agree all the same.
func (p *Prover) oneLog(a, b string) bool {
	known := map[string]bool{}
	for _, key := range strings.Fields(p.Key) {
		name, _, _ := strings.Cut(key, "+")
		known[name] = true
	}
	return a == b || known[a] && known[b]
}

// tree returns the checkpoint of a receipt, or the newest where it holds none.
func (p *Prover) tree(r *Receipt, newest *Checkpoint) (*Checkpoint, error) {
	at := newest
	if r.Note != "" {
		var err error
		if at, err = r.Offline(p.Key); err != nil {
			return nil, err
		}
	}
	if !p.oneLog(at.Origin, newest.Origin) {
		return nil, errors.New("the receipt is of another log, or of an earlier epoch of it: give the keys of both by --log-key")
	}
	if r.Index >= at.Tree.N || newest.Tree.N < at.Tree.N {
		return nil, errors.New("the log no longer holds the entry: its newest checkpoint is smaller than the receipt says")
	}
	return at, nil
}

// Offline checks as much of a receipt as can be without the log: the form of
// its checkpoint, the signature when the log's key is given, and that the
// entry lies within the tree.
func (r *Receipt) Offline(logKey string) (*Checkpoint, error) {
	if r.Note == "" {
		return nil, errors.New("the receipt holds no checkpoint: it can be checked against the log only")
	}
	c, err := OpenCheckpoint(r.Note, logKey)
	if err != nil {
		return nil, err
	}
	if r.Index >= c.Tree.N {
		return nil, errors.New("the receipt's checkpoint does not cover its entry")
	}
	return c, nil
}

// inclusion verifies that the tree holds the entry, with the given leaf hash
// if there is one, and returns the hash with the proof.
func (p *Prover) inclusion(ctx context.Context, index int64, tree tlog.Tree, leaf *tlog.Hash) (tlog.Hash, tlog.RecordProof, error) {
	got, err := p.Log.GetInclusionProof(ctx, &registerv1.GetInclusionProofRequest{Index: index, TreeSize: tree.N})
	if err != nil {
		return tlog.Hash{}, nil, err
	}
	hashes, err := toHashes(got.GetHashes())
	if err != nil {
		return tlog.Hash{}, nil, err
	}
	if leaf == nil {
		one, err := toHashes([][]byte{got.GetLeafHash()})
		if err != nil {
			return tlog.Hash{}, nil, err
		}
		leaf = &one[0]
	}
	if err := tlog.CheckRecord(hashes, tree.N, tree.Hash, index, *leaf); err != nil {
		return tlog.Hash{}, nil, errors.New("the proof FAILED: the log's tree does not hold this entry")
	}
	return *leaf, hashes, nil
}

func (p *Prover) consistency(ctx context.Context, older, newer tlog.Tree) error {
	if older.N == newer.N {
		if older.Hash != newer.Hash {
			return errors.New("the proof FAILED: two trees of one size differ, history was rewritten")
		}
		return nil
	}
	got, err := p.Log.GetConsistencyProof(ctx, &registerv1.GetConsistencyProofRequest{FirstTreeSize: older.N, SecondTreeSize: newer.N})
	if err != nil {
		return err
	}
	hashes, err := toHashes(got.GetHashes())
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(hashes, newer.N, newer.Hash, older.N, older.Hash); err != nil {
		return errors.New("the proof FAILED: the newest tree does not extend the earlier one, history was rewritten")
	}
	return nil
}

func toHashes(in [][]byte) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(in))
	for i, h := range in {
		if len(h) != tlog.HashSize {
			return nil, errors.New("the proof FAILED: it is malformed")
		}
		out[i] = tlog.Hash(h)
	}
	return out, nil
}
