package main

import (
	"context"
	"fmt"

	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/server"
)

type keysCmd struct {
	Generate keysGenerateCmd `cmd:"" help:"Make a fresh set of keys in an empty folder."`
	List     keysListCmd     `cmd:"" help:"List the keys of a set by version."`
	Add      keysAddCmd      `cmd:"" help:"Add a key version; replicas must read it before it is promoted."`
	Promote  keysPromoteCmd  `cmd:"" help:"Make a key version the one that new values are made with."`
	Retire   keysRetireCmd   `cmd:"" help:"Remove a key version that nothing needs any more."`
	Rewrap   keysRewrapCmd   `cmd:"" help:"Wrap every record key under the primary key-management key."`
	Verifier keysVerifierCmd `cmd:"" help:"Print the public keys of the log's signers, for auditors and witnesses."`
	Signer   keysSignerCmd   `cmd:"" help:"Change the keys that sign the log."`
}

// keyFolder are the flags that say where keys are.
type keyFolder struct {
	Dir string `help:"Folder of the key files." required:""`
	KMS string `help:"URI of the key-management key that encrypts them; without it they are in clear, for development only." name:"kms"`

	TokenFile string `help:"File of the token for the key-management service." type:"path"`
	CA        string `help:"PEM roots of the key-management service." name:"ca" type:"path"`
}

func (f keyFolder) provider() (seal.Provider, error) {
	return server.Keys{Dir: f.Dir, KMS: f.KMS, TokenFile: f.TokenFile, CA: f.CA}.Provider()
}

type keysGenerateCmd struct {
	keyFolder
	Origin string `help:"The log's name in checkpoints, such as register.example/log." required:""`
}

// Run makes the keys.
func (c *keysGenerateCmd) Run(ctx context.Context) error {
	p, err := c.provider()
	if err != nil {
		return err
	}
	return seal.Generate(ctx, p, c.Origin)
}

// keySet are the flags that name a set of keys.
type keySet struct {
	keyFolder
	Set seal.KeySet `arg:"" enum:"record-keys.json,hmac-keys.json,token-keys.json" help:"The set, ${enum}: see docs/operations.md."`
}

type keysListCmd struct{ keySet }

// Run lists a set.
func (c *keysListCmd) Run(ctx context.Context) error {
	p, err := c.provider()
	if err != nil {
		return err
	}
	infos, err := seal.ListKeys(ctx, p, c.Set)
	if err != nil {
		return err
	}
	for _, i := range infos {
		mark := ""
		if i.Primary {
			mark = " primary"
		}
		fmt.Printf("%d%s\n", i.Version, mark)
	}
	return nil
}

type keysAddCmd struct{ keySet }

// Run adds a version.
func (c *keysAddCmd) Run(ctx context.Context) error {
	p, err := c.provider()
	if err != nil {
		return err
	}
	version, err := seal.AddKey(ctx, p, c.Set)
	if err != nil {
		return err
	}
	fmt.Println(version)
	return nil
}

// keyVersion names one version of a set.
type keyVersion struct {
	keySet
	Version uint32 `arg:"" help:"The version."`
}

type keysPromoteCmd struct{ keyVersion }

// Run promotes a version.
func (c *keysPromoteCmd) Run(ctx context.Context) error {
	p, err := c.provider()
	if err != nil {
		return err
	}
	return seal.PromoteKey(ctx, p, c.Set, c.Version)
}

type keysRetireCmd struct{ keyVersion }

// Run retires a version.
func (c *keysRetireCmd) Run(ctx context.Context) error {
	p, err := c.provider()
	if err != nil {
		return err
	}
	return seal.RetireKey(ctx, p, c.Set, c.Version)
}

type keysVerifierCmd struct{ keyFolder }

// Run prints the public keys.
func (c *keysVerifierCmd) Run(ctx context.Context) error {
	p, err := c.provider()
	if err != nil {
		return err
	}
	keys, err := seal.Open(ctx, p)
	if err != nil {
		return err
	}
	for _, v := range keys.LogVerifiers() {
		fmt.Println(v)
	}
	return nil
}
