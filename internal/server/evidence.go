package server

import (
	"context"
	"errors"
	"log/slog"

	"github.com/perpetrator-register/register/internal/evidence"
)

// Evidence makes a bundle of evidence from a register's access log, and logs that
// it was made; see package evidence.
func Evidence(ctx context.Context, c *Config, r evidence.Request, log *slog.Logger) (out evidence.Result, err error) {
	if err := c.Validate(); err != nil {
		return out, err
	}
	s := &Server{config: c, log: log}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.openData(ctx); err != nil {
		return out, err
	}
	maker := evidence.Maker{DB: s.db, Log: s.writer, Keys: s.keys, Origin: c.Origin}
	return maker.Make(ctx, r)
}
