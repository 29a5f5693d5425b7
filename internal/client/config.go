// Package client is what a program needs to call the register: its settings
// and profiles, a TLS connection, sign-in by OpenID Connect with a token cache,
// readers for what people type, errors in words, and the checks of receipts
// and proofs of the access log.
package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// DefaultServer is the address that is called when none is given.
const DefaultServer = "127.0.0.1:9090"

// DefaultClientID is the OpenID Connect client that registerctl signs in as.
const DefaultClientID = "registerctl"

// Profile says where the register is and as whom to call it.
type Profile struct {
	// Server is the gRPC address, host and port.
	Server string `yaml:"server,omitempty"`
	// CA is a PEM file of the authorities that issue the server's certificate;
	// empty means those of the system. The OpenID provider is trusted by them too.
	CA string `yaml:"ca,omitempty"`
	// Cert and Key are PEM files of a force system's client certificate.
	Cert string `yaml:"cert,omitempty"`
	Key  string `yaml:"key,omitempty"`
	// Issuer is the URL of the OpenID provider that people sign in with.
	Issuer string `yaml:"issuer,omitempty"`
	// ClientID is the client's name at the issuer; empty means DefaultClientID.
	ClientID string `yaml:"client_id,omitempty"`
	// Account is the login hint. When the provider signs in by it alone, as one
	// for development does, no browser is needed.
	Account string `yaml:"account,omitempty"`
	// Scopes are asked for besides openid and offline_access.
	Scopes []string `yaml:"scopes,omitempty"`
	// LogKey is the verifier key of the log's checkpoints (C2SP signed-note).
	LogKey string `yaml:"log_key,omitempty"`
	// WitnessKeys are the verifier keys of the log's witnesses, and WitnessQuorum
	// how many of them must have co-signed; 0 means more than half.
	WitnessKeys   []string `yaml:"witness_keys,omitempty"`
	WitnessQuorum int      `yaml:"witness_quorum,omitempty"`
}

// Config is the content of the configuration file.
type Config struct {
	// Profile is the profile to use when none is named.
	Profile string `yaml:"profile,omitempty"`
	// Profiles are the profiles by name.
	Profiles map[string]Profile `yaml:"profiles"`

	path string
}

// DefaultConfigPath is where the configuration is looked for when no other
// place is named: registerctl/config.yaml in the user's configuration folder.
func DefaultConfigPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("configuration folder: %w", err)
	}
	return filepath.Join(dir, "registerctl", "config.yaml"), nil
}

// LoadConfig reads a configuration file; a field it does not know is an error.
// File names in it are relative to its folder. A file that is not there is an
// empty configuration, unless it is required.
func LoadConfig(path string, required bool) (*Config, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c := &Config{path: abs}
	data, err := os.ReadFile(abs)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("configuration %s: %w", abs, err)
	}
	for name, p := range c.Profiles {
		for _, file := range []*string{&p.CA, &p.Cert, &p.Key} {
			if *file != "" && !filepath.IsAbs(*file) {
				*file = filepath.Join(filepath.Dir(abs), *file)
			}
		}
		if err := p.check(); err != nil {
			return nil, fmt.Errorf("configuration %s, profile %s: %w", abs, name, err)
		}
		c.Profiles[name] = p
	}
	return c, nil
}

func (p Profile) check() error {
	if (p.Cert == "") != (p.Key == "") {
		return errors.New("cert and key belong together: give both or neither")
	}
	return nil
}

// Save writes the configuration to a file that only its owner can read. It
// replaces the file whole. File names are written as they are.
func (c *Config) Save(path string) error {
	data, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return writeFile(path, data)
}

// Select returns the named profile; with an empty name, the default one or the
// only one. It returns an empty profile when the configuration holds none and
// none is named.
func (c *Config) Select(name string) (string, Profile, error) {
	if name == "" {
		name = c.Profile
	}
	if name == "" {
		switch len(c.Profiles) {
		case 0:
			return "", Profile{}, nil
		case 1:
			for only, p := range c.Profiles {
				return only, p, nil
			}
		}
		return "", Profile{}, fmt.Errorf("choose a profile by --profile: %s", c.names())
	}
	p, ok := c.Profiles[name]
	if !ok {
		return "", Profile{}, fmt.Errorf("there is no profile %q: choose from %s", name, c.names())
	}
	return name, p, nil
}

func (c *Config) names() string {
	if len(c.Profiles) == 0 {
		return "none, the configuration has no profiles"
	}
	return strings.Join(slices.Sorted(maps.Keys(c.Profiles)), ", ")
}

// TokenPath is where the tokens of this configuration's sign-ins are kept:
// beside it.
func (c *Config) TokenPath() string {
	return strings.TrimSuffix(c.path, filepath.Ext(c.path)) + ".tokens.json"
}

// writeFile replaces a file whole with one that only its owner can read.
func writeFile(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	tmp, err := os.CreateTemp(dir, ".registerctl-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write: %w", errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
}
