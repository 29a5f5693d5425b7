package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/standards"
	"github.com/perpetrator-register/register/policies"
)

// MisuseFile is the name of the thresholds in the folder of the policy.
const MisuseFile = "misuse.json"

// MisuseSettings reads the thresholds by which misuse is looked for: those in the
// folder of the policy, else those that are built in.
func (c *Config) MisuseSettings() (*misuse.Settings, error) {
	file := filepath.Join(c.PolicyDir, MisuseFile)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = policies.Misuse, nil
	}
	if err != nil {
		return nil, fmt.Errorf("policy_dir: %w", err)
	}
	settings, err := misuse.ParseSettings(data)
	if err != nil {
		return nil, fmt.Errorf("policy_dir: %s: %w", file, err)
	}
	return settings, nil
}

// watcher makes the watcher of the log; Run has it work.
func (c *Config) watcher(deps *service.Deps, log accesslog.Appender) (*standards.Watcher, error) {
	settings, err := c.MisuseSettings()
	if err != nil {
		return nil, err
	}
	return &standards.Watcher{Deps: deps, Appender: log, Settings: settings}, nil
}

// ReplayMisuse runs the rules over a part of the log of a register, and writes
// nothing. Settings nil means those of the configuration.
func ReplayMisuse(ctx context.Context, c *Config, settings *misuse.Settings, from, until time.Time, log *slog.Logger) (out *standards.MisuseReplay, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Server{config: c, log: log}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.openData(ctx); err != nil {
		return nil, err
	}
	deps := s.deps()
	w, err := c.watcher(deps, nil)
	if err != nil {
		return nil, err
	}
	if settings != nil {
		w.Settings = settings
	}
	if err := s.view.Load(ctx); err != nil {
		return nil, err
	}
	return w.Replay(ctx, from, until)
}
