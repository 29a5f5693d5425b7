package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/perpetrator-register/register/internal/logexport"
	"github.com/perpetrator-register/register/internal/postgres"
)

type exportCmd struct {
	Config      string `help:"Configuration file of the server, for the database's connection string." type:"existingfile"`
	DatabaseURL string `help:"Connection string of the service's account, without --config." env:"REGISTER_DATABASE_URL"`
	Out         string `help:"Folder to write. One that holds an export of the log already is continued." required:"" type:"path"`
	From        int64  `help:"Index of the first entry wanted; the export begins at the multiple of 256 before it."`
	To          int64  `help:"Index of the last entry wanted; the export ends with the first checkpoint that covers it. Else with the newest." default:"-1"`
	SinceDir    string `help:"Begin where an earlier export, in this folder, ends." type:"existingdir"`
	WithContent bool   `help:"Add the sealed content of records and bodies. Without the keys it discloses nothing."`
	Checkpoints int64  `help:"Keep one checkpoint for each so many entries; 1 keeps all." default:"1"`
}

// exportTimeout bounds one statement of an export: a page of large bodies takes
// longer than what a caller would wait for.
const exportTimeout = 5 * time.Minute

// Run exports.
func (c *exportCmd) Run(ctx context.Context, log *slog.Logger) error {
	o := logexport.Options{
		Dir: c.Out, From: c.From, Until: c.To + 1, WithContent: c.WithContent, CheckpointStep: c.Checkpoints,
		Progress: func(next, size int64) { log.InfoContext(ctx, "exported", "entries", next, "of", size) },
	}
	url, err := databaseURL(c.Config, c.DatabaseURL)
	if err != nil {
		return err
	}
	if c.From < 0 || c.To < -1 || c.To >= 0 && c.To < c.From || c.Checkpoints < 1 {
		return errors.New("--from, --to and --checkpoints must make a range")
	}
	if c.SinceDir != "" {
		if c.From > 0 {
			return errors.New("give --from or --since-dir, not both")
		}
		size, err := logexport.SizeOf(c.SinceDir)
		if err != nil {
			return err
		}
		o.From = size
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: url, MaxConns: 2, ApplicationName: "register export", StatementTimeout: exportTimeout})
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := logexport.Run(ctx, db, o)
	if err != nil {
		return err
	}
	if r.Missing > 0 {
		log.ErrorContext(ctx, "the database does not hold all entries: verify the export", "missing", r.Missing, "first", r.FirstMissing)
	}
	if r.Beyond {
		log.ErrorContext(ctx, "the database holds rows that no checkpoint covers: verify the export", "size", r.Size)
	}
	fmt.Printf("exported: entries %d to %d; verify by verifylog\n", r.From, r.Size-1)
	return nil
}
