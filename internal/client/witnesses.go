package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/checkpoint"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// Witnesses are those whose cosignatures a checkpoint is believed by.
type Witnesses struct {
	known  note.Verifiers
	keys   int
	quorum int
}

// NewWitnesses reads verifier keys; a quorum of 0 means more than half of them.
// Without keys it returns nil: cosignatures are not checked.
func NewWitnesses(keys []string, quorum int) (*Witnesses, error) {
	if len(keys) == 0 {
		if quorum != 0 {
			return nil, errors.New("a quorum of witnesses needs their keys")
		}
		return nil, nil //nolint:nilnil // said above
	}
	var list []note.Verifier
	names := map[string]bool{}
	for _, key := range keys {
		v, err := checkpoint.NewCosignatureVerifier(key)
		if err != nil {
			return nil, errors.New("a witness's key is not a cosignature verifier key")
		}
		names[v.Name()] = true
		list = append(list, v)
	}
	w := &Witnesses{known: note.VerifierList(list...), keys: len(names), quorum: quorum}
	if w.quorum == 0 {
		w.quorum = tlogfile.Majority(w.keys)
	}
	if w.quorum < 1 || w.quorum > w.keys {
		return nil, fmt.Errorf("the quorum must be between 1 and the number of witnesses, %d", w.keys)
	}
	return w, nil
}

// Cosignature is one witness's.
type Cosignature struct {
	// Name is the witness's, Time when it signed by its own clock.
	Name string
	Time time.Time
}

// Verify checks that a quorum has co-signed a checkpoint, and says who.
func (w *Witnesses) Verify(signed string) ([]Cosignature, error) {
	n, err := note.Open([]byte(signed), w.known)
	var unverified *note.UnverifiedNoteError
	if err != nil && !errors.As(err, &unverified) {
		return nil, errors.New("the co-signed checkpoint is malformed or a cosignature is false")
	}
	var list []Cosignature
	seen := map[string]bool{} // a witness that changes its key may sign with both
	if n != nil {
		for _, s := range n.Sigs {
			at, err := checkpoint.CosignatureTime(s)
			if err != nil || seen[s.Name] {
				continue
			}
			seen[s.Name] = true
			list = append(list, Cosignature{Name: s.Name, Time: at})
		}
	}
	if len(list) < w.quorum {
		return list, fmt.Errorf("%d of %d known witnesses have co-signed the checkpoint, %d are needed", len(list), w.keys, w.quorum)
	}
	return list, nil
}

// Witnessed is a checkpoint that witnesses have co-signed.
type Witnessed struct {
	// Checkpoint is what it states; the log's newest tree extends its tree.
	Checkpoint *Checkpoint
	// Note is the signed note.
	Note string
	// By are the verified cosignatures; empty when no key was given.
	By []Cosignature
}

// ErrNotWitnessed says that no checkpoint has been co-signed.
var ErrNotWitnessed = errors.New("no checkpoint of the log has been co-signed by witnesses")

// Witnessed returns the newest co-signed checkpoint. It is verified that a
// quorum has signed it, when Witnesses are set, and that the newest tree
// extends it.
func (p *Prover) Witnessed(ctx context.Context) (*Witnessed, error) {
	got, newest, err := p.ask(ctx)
	if err != nil {
		return nil, err
	}
	return p.witnessed(ctx, got.GetWitnessed(), newest)
}

func (p *Prover) witnessed(ctx context.Context, got *registerv1.WitnessedCheckpoint, newest *Checkpoint) (*Witnessed, error) {
	if got == nil {
		return nil, ErrNotWitnessed
	}
	c, err := OpenCheckpoint(got.GetNote(), p.Key)
	if err != nil {
		return nil, err
	}
	w := &Witnessed{Checkpoint: c, Note: got.GetNote()}
	if p.Witnesses != nil {
		if w.By, err = p.Witnesses.Verify(w.Note); err != nil {
			return nil, err
		}
	}
	if !p.oneLog(c.Origin, newest.Origin) || c.Tree.N > newest.Tree.N {
		return nil, errors.New("the proof FAILED: the co-signed checkpoint is not of the log's newest tree, history was rewritten")
	}
	return w, p.consistency(ctx, c.Tree, newest.Tree)
}
