package server

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/retention"
)

// Dispose plans which sealed parts of the access log are dropped because they are
// older than a time, and, with the connection string of an account in the role of
// retention, drops them; see package retention.
func Dispose(ctx context.Context, c *Config, before time.Time, operator, url string, log *slog.Logger) (p retention.Plan, dropped int64, err error) {
	if err := c.Validate(); err != nil {
		return p, 0, err
	}
	s := &Server{config: c, log: log}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.openData(ctx); err != nil {
		return p, 0, err
	}
	d := retention.Disposal{DB: s.db, Log: s.writer, Keys: s.keys, Operator: operator}
	for _, f := range s.ref.Forces() {
		d.Forces = append(d.Forces, f.Code)
	}
	if p, err = d.Plan(ctx, before); err != nil || url == "" {
		return p, 0, err
	}
	by, err := postgres.OpenDisposer(ctx, url)
	if err != nil {
		return p, 0, err
	}
	defer func() { err = errors.Join(err, by.Close(context.WithoutCancel(ctx))) }()
	dropped, err = d.Apply(ctx, p, by)
	return p, dropped, err
}
