package main

import (
	"context"
	"fmt"

	"github.com/perpetrator-register/register/internal/seal"
)

// keysSignerCmd changes the keys that sign the log's checkpoints.
type keysSignerCmd struct {
	Add    signerAddCmd    `cmd:"" help:"Add a signer of the log; replicas sign with it too once they are restarted."`
	Retire signerRetireCmd `cmd:"" help:"Destroy the secret of a signer; its old checkpoints still verify."`
}

type signerAddCmd struct {
	keyFolder
	Origin string `help:"The log's name in checkpoints." required:""`
}

// Run adds a signer, and prints its verifier key.
func (c *signerAddCmd) Run(ctx context.Context) error {
	p, err := c.provider()
	if err != nil {
		return err
	}
	if err := seal.AddLogSigner(ctx, p, c.Origin); err != nil {
		return err
	}
	keys, err := seal.Open(ctx, p)
	if err != nil {
		return err
	}
	all := keys.LogVerifiers()
	fmt.Println(all[len(all)-1])
	return nil
}

type signerRetireCmd struct {
	keyFolder
	Verifier string `arg:"" help:"The signer's verifier key; see register keys verifier."`
}

// Run retires a signer.
func (c *signerRetireCmd) Run(ctx context.Context) error {
	p, err := c.provider()
	if err != nil {
		return err
	}
	return seal.RetireLogSigner(ctx, p, c.Verifier)
}
