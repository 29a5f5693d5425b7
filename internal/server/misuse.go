package server

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/policies"
)

// MisuseFile is the name of the thresholds in the folder of the policy.
const MisuseFile = "misuse.json"

// MisuseSettings reads the thresholds by which misuse is looked for: those in the
// folder of the policy, else those that are built in.
func (c *Config) MisuseSettings() (*misuse.Settings, error) {
	data, err := os.ReadFile(filepath.Join(c.PolicyDir, MisuseFile))
	if errors.Is(err, fs.ErrNotExist) {
		data, err = policies.Misuse, nil
	}
	if err != nil {
		return nil, err
	}
	return misuse.ParseSettings(data)
}

// watcher makes the watcher of the log; Run has it work.
func (c *Config) watcher(deps *service.Deps, log accesslog.Appender) (*service.Watcher, error) {
	settings, err := c.MisuseSettings()
	if err != nil {
		return nil, err
	}
	return &service.Watcher{Deps: deps, Appender: log, Settings: settings}, nil
}
