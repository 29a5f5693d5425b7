package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc"

	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

// receiptCmd proves what was saved with --receipt.
type receiptCmd struct {
	Verify receiptVerifyCmd `cmd:"" help:"Verify a file of receipts, or a .tlog-proof: that the log holds the entry, and has only grown since."`
	Keep   receiptKeepCmd   `cmd:"" help:"Prove a receipt and keep the proof as a .tlog-proof, which anybody can verify without the log."`
}

const maxReceiptFile = 16 << 20

// lastReceipt reads the last receipt in a file of them, one a line.
func lastReceipt(data []byte) (*client.Receipt, error) {
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return client.ParseReceipt(lines[len(lines)-1])
}

type receiptVerifyCmd struct {
	File    string `arg:"" help:"File of receipts, one a line, or a .tlog-proof; - for standard input."`
	All     bool   `hidden:"" help:"Without effect: every receipt is verified."`
	Offline bool   `help:"Ask the log nothing."`
}

// Run verifies a file: each receipt of it, up to the first that does not hold.
func (c *receiptVerifyCmd) Run(a *app) error {
	data, err := a.readInput(c.File, maxReceiptFile)
	if err != nil {
		return err
	}
	if tlogfile.IsProof(data) {
		return a.verifyProof(data, c.Offline)
	}
	if !c.Offline { // what hinders all of them is not the first one's fault
		if _, err := a.prover(); err != nil {
			return err
		}
	}
	verified, number := 0, 0
	for line := range strings.Lines(string(data)) {
		number++
		if strings.TrimSpace(line) == "" {
			continue
		}
		r, err := client.ParseReceipt(line)
		if err == nil {
			err = a.verifyReceipt(r, c.Offline)
		}
		if client.AsProblem(err) != nil { // which is told in its own words
			a.warn("registerctl: line %d is not proved", number)
			return err
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		verified++
	}
	switch {
	case verified == 0:
		return errors.New("the file holds no receipt")
	case a.JSON:
	case c.Offline:
		a.say("Receipts of the file: %d of %d well formed, none proved.", verified, verified)
	default:
		a.say("Receipts of the file: %d of %d proved.", verified, verified)
	}
	return nil
}

// verifyProof verifies a .tlog-proof by itself, and then that the log extends the
// tree it is of.
func (a *app) verifyProof(data []byte, offline bool) error {
	_, profile, err := a.profile()
	if err != nil {
		return err
	}
	if profile.LogKey == "" {
		return usageError{errors.New("a .tlog-proof proves nothing without the log's key: give it by --log-key")}
	}
	keys, err := tlogfile.NewKeys(strings.Fields(profile.LogKey), profile.WitnessKeys)
	if err != nil {
		return usageError{err}
	}
	witnesses, err := client.NewWitnesses(profile.WitnessKeys, profile.WitnessQuorum)
	if err != nil {
		return usageError{err}
	}
	p, err := tlogfile.ParseProof(data)
	if err != nil {
		return err
	}
	c, err := p.Verify(keys)
	if err != nil {
		return fmt.Errorf("the proof FAILED: %w", err)
	}
	shown := &client.Proof{Index: p.Index, Leaf: p.Leaf, Checkpoint: &client.Checkpoint{Origin: c.Origin, Tree: c.Tree, Signed: true}}
	shown.Newest = shown.Checkpoint
	if offline {
		if witnesses != nil {
			if _, err := witnesses.Verify(string(p.Note)); err != nil {
				return fmt.Errorf("the proof FAILED: %w", err)
			}
		}
		if len(c.Witnesses) > 0 && !a.JSON {
			a.say("Its tree is co-signed by %s.", client.Clean(strings.Join(c.Witnesses, ", ")))
		}
		return a.showProof(shown)
	}
	prover, err := a.prover()
	if err != nil {
		return err
	}
	_, err = a.call(func(ctx context.Context, _ ...grpc.CallOption) (err error) {
		shown.Newest, shown.Witnessed, err = prover.Extends(ctx, c.Origin, c.Tree)
		return err
	})
	if err != nil {
		return err
	}
	return a.showProof(shown)
}

type receiptKeepCmd struct {
	File string `arg:"" help:"File of receipts, one a line: the last is proved; - for standard input."`
	Out  string `help:"File to write; by convention *.tlog-proof." required:"" type:"path"`
}

// Run proves a receipt and keeps the proof.
func (c *receiptKeepCmd) Run(a *app) error {
	data, err := a.readInput(c.File, maxReceiptFile)
	if err != nil {
		return err
	}
	receipt, err := lastReceipt(data)
	if err != nil {
		return err
	}
	prover, err := a.prover()
	if err != nil {
		return err
	}
	var proof *tlogfile.Proof
	_, err = a.call(func(ctx context.Context, _ ...grpc.CallOption) (err error) {
		proof, err = prover.Keep(ctx, receipt)
		return err
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, proof.Marshal(), 0o600); err != nil {
		return err
	}
	a.say("Kept: the proof of entry %d in %s. Verify it by registerctl receipt verify, or by verifylog receipt, which needs no register.",
		proof.Index, client.Clean(c.Out))
	return nil
}

// verifyCmd is the form that takes the receipt's text.
type verifyCmd struct {
	Receipt string `arg:"" help:"The receipt; - to read it from standard input, @FILE from a file (its last line)."`
	Offline bool   `help:"Ask the log nothing."`
}

// Run verifies a receipt.
func (c *verifyCmd) Run(a *app) error {
	data := []byte(c.Receipt)
	if name, isFile := strings.CutPrefix(c.Receipt, "@"); isFile || c.Receipt == "-" {
		var err error
		if data, err = a.readInput(name, maxReceiptFile); err != nil {
			return err
		}
	}
	receipt, err := lastReceipt(data)
	if err != nil {
		return err
	}
	return a.verifyReceipt(receipt, c.Offline)
}

// verifyReceipt verifies a receipt: offline as far as it goes, or against the log.
func (a *app) verifyReceipt(r *client.Receipt, offline bool) error {
	if offline {
		_, p, err := a.profile()
		if err != nil {
			return err
		}
		checkpoint, err := r.Offline(p.LogKey)
		if err != nil {
			return err
		}
		a.say("The receipt is well formed: entry %d of %s, within its tree of %d entries.", r.Index, client.Clean(checkpoint.Origin), checkpoint.Tree.N)
		a.say("That the tree holds the entry, only the log can prove: leave out --offline.")
		a.warn("%s", signature(checkpoint))
		return nil
	}
	p, err := a.prover()
	if err != nil {
		return err
	}
	var proof *client.Proof
	_, err = a.call(func(ctx context.Context, _ ...grpc.CallOption) (err error) {
		proof, err = p.Receipt(ctx, r)
		return err
	})
	if err != nil {
		return err
	}
	return a.showProof(proof)
}
