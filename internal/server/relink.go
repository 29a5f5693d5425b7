package server

import (
	"context"
	"errors"
	"log/slog"

	"github.com/perpetrator-register/register/internal/service"
)

// Relink weighs every nominal of a register anew, with the weights of the
// configuration; see service.Linker.
func Relink(ctx context.Context, c *Config, operator string, apply bool, log *slog.Logger) (out *service.Relinked, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Server{config: c, log: log}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.openData(ctx); err != nil {
		return nil, err
	}
	deps := s.deps()
	if err := s.view.Load(ctx); err != nil {
		return nil, err
	}
	linker := &service.Linker{Deps: deps, PerDay: c.Limits.ProposalsPerDay}
	return linker.Relink(ctx, s.writer, operator, apply)
}
