package witness

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

// Setup says what Init makes.
type Setup struct {
	// Dir is the folder of all that it makes; relative names in the
	// configuration do not depend on where it is run.
	Dir string
	// Name is the witness's name in signature lines.
	Name string
	// Listen is host:port; Cert and Key are its TLS files.
	Listen, Cert, Key, Admin string
	// Logs are what it is to watch.
	Logs []LogConfig
}

// Init makes a key, an empty memory and a configuration, and returns the
// witness's verifier key. It replaces nothing that is there.
func Init(s Setup) (config *Config, verifier string, err error) {
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		return nil, "", err
	}
	config = &Config{
		Listen: s.Listen, Cert: s.Cert, Key: s.Key, Admin: s.Admin,
		State: filepath.Join(dir, "state"), SigningKeys: []string{filepath.Join(dir, "witness.key")}, Logs: s.Logs,
	}
	if err := config.Validate(); err != nil {
		return nil, "", err
	}
	secret, verifier, err := checkpoint.GenerateCosigner(s.Name)
	if err != nil {
		return nil, "", fmt.Errorf("name: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", err
	}
	if err := create(config.SigningKeys[0], []byte(secret+"\n")); err != nil {
		return nil, "", err
	}
	if err := initStore(config.State); err != nil {
		return nil, "", err
	}
	raw, err := yaml.Marshal(config)
	if err != nil {
		return nil, "", err
	}
	return config, verifier, create(filepath.Join(dir, "witness.yaml"), raw)
}

// AddKey makes one more signing key in a file that is not there yet, and
// returns its verifier key.
func AddKey(file, name string) (verifier string, err error) {
	secret, verifier, err := checkpoint.GenerateCosigner(name)
	if err != nil {
		return "", fmt.Errorf("name: %w", err)
	}
	return verifier, create(file, []byte(secret+"\n"))
}

// Verifiers are the verifier keys of a configuration's signing keys.
func Verifiers(c *Config) ([]string, error) {
	o, err := c.options()
	var out []string
	for _, cosigner := range o.Cosigners {
		out = append(out, cosigner.VerifierKey())
	}
	return out, err
}

// create writes a file that must not be there, for its owner alone.
func create(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already", path)
	}
	if err != nil {
		return err
	}
	_, err = bytes.NewReader(data).WriteTo(f)
	return errors.Join(err, f.Sync(), f.Close())
}
