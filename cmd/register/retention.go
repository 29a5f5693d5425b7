package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/perpetrator-register/register/internal/server"
)

type retentionCmd struct {
	Config       string `arg:"" help:"The configuration file (YAML) of the servers." type:"existingfile"`
	Days         int    `help:"Sealed parts of entries older than so many days are to go." required:""`
	Apply        bool   `help:"Drop them; else only say what would be dropped."`
	RetentionURL string `help:"Connection string of an account in the role register_retention; for --apply." env:"REGISTER_RETENTION_URL"`
	Development  bool   `help:"As for serve."`
}

// Run shows what retention would drop, or drops it. Entries and hashes stay.
func (c *retentionCmd) Run(ctx context.Context, log *slog.Logger) error {
	switch {
	case c.Days < 1:
		return errors.New("--days must be at least 1")
	case c.Apply != (c.RetentionURL != ""):
		return errors.New("--apply and --retention-url go together")
	}
	config, err := server.LoadConfig(c.Config, c.Development)
	if err != nil {
		return err
	}
	config.Database.OwnerURL = "" // the servers migrate
	p, dropped, err := server.Dispose(ctx, config, time.Now().AddDate(0, 0, -c.Days), operator(), c.RetentionURL, log)
	if err != nil {
		return err
	}
	fmt.Printf("entries before %d are older than %d days: %d sealed parts of %d tiles (%d bytes) can go\n", p.Until, c.Days, p.Bodies, p.Tiles, p.Bytes)
	fmt.Printf("%d holds stand: %d sealed parts of %d tiles are kept for them\n", p.Holds, p.HeldBodies, p.HeldTiles)
	if c.Apply {
		fmt.Printf("dropped: %d sealed parts with their keys; all entries and hashes stay\n", dropped)
	}
	return nil
}
