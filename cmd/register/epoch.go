package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/server"
)

type epochCmd struct {
	Config      string `help:"The server's configuration, with the new origin." type:"existingfile" required:""`
	Development bool   `help:"Allow development settings. Never with real data."`
	Checkpoint  string `help:"File of the newest checkpoint known of the old origin: from a witness's memory, or of a receipt. Required after a restore." type:"existingfile"`
	Reason      string `help:"RESTORE, KEY_COMPROMISE or RENAME." enum:"RESTORE,KEY_COMPROMISE,RENAME" required:""`
	Reference   string `help:"Reference of the incident; it is stored sealed." required:""`
	Explanation string `help:"What happened, and who decided; it is stored sealed." required:""`
}

// Run begins a new epoch of the log.
func (c *epochCmd) Run(ctx context.Context, log *slog.Logger) error {
	config, err := server.LoadConfig(c.Config, c.Development)
	if err != nil {
		return err
	}
	var previous []byte
	if c.Checkpoint != "" {
		if previous, err = os.ReadFile(c.Checkpoint); err != nil {
			return err
		}
	}
	keys, err := config.Keys.Open(ctx)
	if err != nil {
		return err
	}
	e := accesslog.Epoch{Origin: config.Origin, Previous: previous, Reason: accesslog.EpochReason(c.Reason), Log: log}
	if e.Signers, err = accesslog.SignersOf(keys.LogSigners(), config.Origin); err != nil {
		return err
	}
	if e.Known, err = verifiers(keys.LogVerifiers()); err != nil {
		return err
	}
	if err := c.explain(&e, keys); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: config.Database.URL, MaxConns: 2, ApplicationName: "register epoch"})
	if err != nil {
		return err
	}
	defer db.Close()
	n, err := db.Writers(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("replicas have %d connections to the log: stop all of them first", n)
	}
	said, receipt, err := accesslog.BeginEpoch(ctx, db, e)
	if err != nil {
		return err
	}
	fmt.Printf("The epoch %s begins with entry %d. Of %s, %d entries are kept and %d are lost.\nGive this checkpoint to witnesses and auditors:\n\n%s",
		said.Origin, receipt.Index, said.PreviousOrigin, said.Kept.N, said.Lost(), receipt.Checkpoint)
	return nil
}

// explain seals reference and explanation under the entry's id.
func (c *epochCmd) explain(e *accesslog.Epoch, keys *seal.KeyRing) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	plain, err := proto.Marshal(&storev1.StoredReason{Method: accesslog.EpochMethod, Code: c.Reason, Explanation: c.Explanation, Reference: c.Reference})
	if err != nil {
		return err
	}
	key := seal.NewDataKey()
	sealed, err := key.Seal(plain, seal.BodyAD(id))
	if err != nil {
		return err
	}
	wrapped, err := keys.Wrap(key, id[:])
	if err != nil {
		return err
	}
	e.Entry.ID, e.Body = id, &postgres.Body{Wrapped: wrapped, Sealed: sealed}
	return nil
}

func verifiers(texts []string) (note.Verifiers, error) {
	var known []note.Verifier
	for _, text := range texts {
		v, err := note.NewVerifier(text)
		if err != nil {
			return nil, err
		}
		known = append(known, v)
	}
	return note.VerifierList(known...), nil
}
