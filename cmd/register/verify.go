package main

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
)

type verifyCmd struct {
	DatabaseURL string   `help:"Connection string of the service's account." required:"" env:"REGISTER_DATABASE_URL"`
	Origin      []string `help:"The log's name in checkpoints; the names of later epochs follow, in their order." required:"" sep:"none"`
	Verifier    []string `help:"Public keys of the log's signers; see register keys verifier." required:"" sep:"none"`
}

// Run checks every entry, version, tile and checkpoint, and names the first fault.
func (c *verifyCmd) Run(ctx context.Context) error {
	var known []note.Verifier
	for _, v := range c.Verifier {
		verifier, err := note.NewVerifier(v)
		if err != nil {
			return err
		}
		known = append(known, verifier)
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: c.DatabaseURL, MaxConns: 2, ApplicationName: "register verify"})
	if err != nil {
		return err
	}
	defer db.Close()
	audit, err := accesslog.CheckIntegrity(ctx, db, c.Origin[0], note.VerifierList(known...), c.Origin[1:]...)
	if err != nil {
		return err
	}
	fmt.Printf("whole: %d entries, %d versions, %d bodies, %d tiles, %d checkpoints; root %s\n",
		audit.Entries, audit.Versions, audit.Bodies, audit.Tiles, audit.Checkpoints, audit.Tree.Hash)
	return nil
}
