package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/server"
)

type serveCmd struct {
	Config      string `arg:"" help:"The configuration file (YAML)." type:"existingfile"`
	Development bool   `help:"Allow keys in clear files, plain HTTP on loopback and a loopback OpenID provider. Never with real data."`
}

// Run serves until the process is told to stop.
func (c *serveCmd) Run(ctx context.Context, log *slog.Logger) error {
	config, err := server.LoadConfig(c.Config, c.Development)
	if err != nil {
		return err
	}
	if c.Development {
		log.WarnContext(ctx, "DEVELOPMENT settings are allowed: never serve real data like this")
	}
	s, err := server.New(ctx, config, log)
	if err != nil {
		return err
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	go func() {
		for range hangups {
			s.Reload(ctx)
		}
	}()
	return s.Run(ctx)
}

type migrateCmd struct {
	OwnerURL string `help:"Connection string of the owner's account." required:"" env:"REGISTER_OWNER_URL"`
}

// Run migrates.
func (c *migrateCmd) Run(ctx context.Context, log *slog.Logger) error {
	if err := postgres.Migrate(ctx, c.OwnerURL); err != nil {
		return err
	}
	log.InfoContext(ctx, "the schema is up to date")
	return nil
}
