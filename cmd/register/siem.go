package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/siem"
)

type siemCmd struct {
	Config      string        `help:"Configuration file of the server, for the database's connection string." type:"existingfile"`
	DatabaseURL string        `help:"Connection string of the service's account, without --config." env:"REGISTER_DATABASE_URL"`
	Out         string        `help:"File to append to, continued after its last whole line; - for standard output." required:""`
	Next        *int64        `help:"Index of the first entry, for standard output or a fresh file; one with lines goes on where it ends." placeholder:"INDEX"`
	Force       string        `help:"Only entries of this force's callers. A file goes on with the selection that it was begun with." placeholder:"CODE"`
	Follow      time.Duration `help:"Go on, looking for new entries so often, such as 2s."`
}

// Run hands the log on.
func (c *siemCmd) Run(ctx context.Context, log *slog.Logger) error {
	url, err := databaseURL(c.Config, c.DatabaseURL)
	if err != nil {
		return err
	}
	if c.Next != nil && *c.Next < 0 || c.Follow < 0 {
		return errors.New("--next and --follow must not be negative")
	}
	o := siem.Options{Force: c.Force, Every: c.Follow}
	if c.Next != nil {
		o.Next = *c.Next
	}
	var out io.Writer = os.Stdout
	if c.Out != "-" {
		f, next, err := siem.Open(c.Out, c.Force, c.Next)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // written lines are whole, or cut off next time
		out, o.Next = f, next
	}
	db, err := postgres.Open(ctx, postgres.Options{URL: url, MaxConns: 2, ApplicationName: "register siem"})
	if err != nil {
		return err
	}
	defer db.Close()
	next, err := siem.Write(ctx, db, o, out)
	log.InfoContext(context.WithoutCancel(ctx), "handed on", "next", next)
	return err
}

// databaseURL is the connection string of a command that takes it from the
// server's configuration or from a flag. It serves nothing, so that development's
// settings in that file do no harm.
func databaseURL(config, url string) (string, error) {
	if config == "" {
		if url == "" {
			return "", errors.New("give --config or --database-url")
		}
		return url, nil
	}
	c, err := server.LoadConfig(config, true)
	if err != nil {
		return "", err
	}
	return c.Database.URL, nil
}
