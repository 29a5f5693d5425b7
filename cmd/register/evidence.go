package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/perpetrator-register/register/internal/evidence"
	"github.com/perpetrator-register/register/internal/server"
)

type evidenceCmd struct {
	Config      string `arg:"" help:"The configuration file (YAML) of the servers." type:"existingfile"`
	Out         string `help:"Folder to write; it must be empty." required:"" type:"path"`
	From        when   `help:"Entries from this time on: 2026-11-20 (its beginning in London), 2026-11-20T08:00:00Z, or 24h, 7d before now." placeholder:"TIME"`
	To          when   `help:"Entries before this time; with a day, those before the day begins." placeholder:"TIME"`
	Force       string `help:"Force whose callers' entries are wanted." placeholder:"CODE"`
	AllForces   bool   `help:"Entries of all forces."`
	Case        string `help:"Only entries that bore this crime or incident reference of the force."`
	Subject     string `help:"Only entries of this caller, as the log names him."`
	Reference   string `help:"Reference of the proceedings for which the bundle is made." required:""`
	Recipient   string `help:"Code of the body that receives it: iopc, cps, forces/33. No person: it stands in the log in clear." required:""`
	Development bool   `help:"As for serve."`
}

// Run makes a bundle. That it was made is recorded in the log first.
func (c *evidenceCmd) Run(ctx context.Context, log *slog.Logger) error {
	if (c.Force == "") != c.AllForces {
		return errors.New("give --force or --all-forces")
	}
	config, err := server.LoadConfig(c.Config, c.Development)
	if err != nil {
		return err
	}
	config.Database.OwnerURL = "" // the servers migrate
	made, err := server.Evidence(ctx, config, evidence.Request{
		Dir: c.Out, From: c.From.Time, Until: c.To.Time, Force: c.Force, Case: c.Case, Subject: c.Subject,
		Reference: c.Reference, Recipient: c.Recipient, Operator: operator(),
	}, log)
	if err != nil {
		if made.Entries > 0 {
			return fmt.Errorf("the disclosure is recorded as entry %d, and the bundle is not finished: %w", made.Disclosure, err)
		}
		return err
	}
	fmt.Printf("%d entries, recorded as entry %d; verify by verifylog evidence\n", made.Entries, made.Disclosure)
	return nil
}
