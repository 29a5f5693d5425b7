package witness

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"gopkg.in/yaml.v3"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

// Config is the whole configuration of a witness.
type Config struct {
	// Listen is host:port; off loopback it must be TLS.
	Listen string `yaml:"listen"`
	// Cert and Key are PEM files: the server's chain and key. They are re-read
	// when they change.
	Cert string `yaml:"cert,omitempty"`
	Key  string `yaml:"key,omitempty"`
	// Admin serves /metrics and /healthz, on loopback; empty serves neither.
	Admin string `yaml:"admin,omitempty"`
	// State is the folder of the witness's memory.
	State string `yaml:"state"`
	// SigningKeys are the files of its signing keys; each cosigns.
	SigningKeys []string `yaml:"signing_keys"`
	// FormerKeys are verifier keys of its own that may have signed its memory
	// and sign no longer.
	FormerKeys []string `yaml:"former_keys,omitempty"`
	// Logs are what it watches.
	Logs []LogConfig `yaml:"logs"`
	// PerSecond bounds the requests of one address: 5 when 0.
	PerSecond float64 `yaml:"per_second,omitempty"`
}

// LogConfig is one log.
type LogConfig struct {
	// Origin is its name in checkpoints.
	Origin string `yaml:"origin"`
	// Keys are its verifier keys; more than one while the log changes its key.
	Keys []KeyConfig `yaml:"keys"`
	// Closed says that the log has ended lawfully; its name must not be used again.
	Closed bool `yaml:"closed,omitempty"`
}

// KeyConfig is one verifier key of a log.
type KeyConfig struct {
	Verifier string `yaml:"verifier"`
	// Until is the day from whose beginning (UTC) the key is believed no longer,
	// as 2027-06-30; empty means never.
	Until string `yaml:"until,omitempty"`
}

// LoadConfig reads a file and checks it.
func LoadConfig(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return ReadConfig(f)
}

// ReadConfig reads YAML and checks it. Unknown keys are faults.
func ReadConfig(r io.Reader) (*Config, error) {
	var c Config
	d := yaml.NewDecoder(r)
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return &c, c.Validate()
}

// Validate fills in standard values and returns every fault, by name.
func (c *Config) Validate() error {
	if c.PerSecond == 0 {
		c.PerSecond = 5
	}
	var faults []error
	fault := func(name, what string) { faults = append(faults, fmt.Errorf("%s: %s", name, what)) }
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		fault("listen", "must be host:port")
	}
	switch {
	case (c.Cert == "") != (c.Key == ""):
		fault("cert", "cert and key belong together")
	case c.Cert == "" && !loopback(c.Listen):
		fault("cert", "is required off loopback: a witness is reached over TLS alone")
	}
	if c.Admin != "" && !loopback(c.Admin) {
		fault("admin", "must be a loopback address: metrics and health have no authentication")
	}
	if c.State == "" {
		fault("state", "is required")
	}
	if len(c.SigningKeys) == 0 {
		fault("signing_keys", "at least one file is required")
	}
	if c.PerSecond < 0 {
		fault("per_second", "must not be negative")
	}
	if len(c.Logs) == 0 {
		fault("logs", "at least one log is required")
	}
	seen := map[string]bool{}
	for i, l := range c.Logs {
		name := fmt.Sprintf("logs[%d]", i)
		if l.Origin == "" || seen[l.Origin] {
			fault(name+".origin", "is required, once for each log")
		}
		seen[l.Origin] = true
		if _, err := l.open(); err != nil {
			fault(name+".keys", err.Error())
		}
	}
	for i, k := range c.FormerKeys {
		if _, err := checkpoint.NewCosignatureVerifier(k); err != nil {
			fault(fmt.Sprintf("former_keys[%d]", i), err.Error())
		}
	}
	return errors.Join(faults...)
}

func (l *LogConfig) open() (Log, error) {
	out := Log{Origin: l.Origin, Closed: l.Closed}
	if len(l.Keys) == 0 {
		return out, errors.New("at least one verifier key is required: see register keys verifier")
	}
	for _, k := range l.Keys {
		v, err := note.NewVerifier(k.Verifier)
		if err != nil {
			return out, errors.New("a verifier reads name+hash+key: see register keys verifier")
		}
		if v.Name() != l.Origin {
			return out, errors.New("a verifier's name is not the origin")
		}
		key := LogKey{Verifier: v}
		if k.Until != "" {
			if key.Until, err = time.Parse(time.DateOnly, k.Until); err != nil {
				return out, errors.New("until must be a day such as 2027-06-30")
			}
		}
		out.Keys = append(out.Keys, key)
	}
	return out, nil
}

// options opens what the configuration names.
func (c *Config) options() (Options, error) {
	o := Options{State: c.State}
	for _, file := range c.SigningKeys {
		cosigner, err := readKey(file)
		if err != nil {
			return o, err
		}
		o.Cosigners = append(o.Cosigners, cosigner)
	}
	for _, k := range c.FormerKeys {
		v, err := checkpoint.NewCosignatureVerifier(k)
		if err != nil {
			return o, err
		}
		o.Former = append(o.Former, v)
	}
	for i := range c.Logs {
		l, err := c.Logs[i].open()
		if err != nil {
			return o, err
		}
		o.Logs = append(o.Logs, l)
	}
	return o, nil
}

// readKey reads a signing key that nobody else can read.
func readKey(file string) (*checkpoint.Cosigner, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("signing_keys: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("signing_keys: %s can be read by others: chmod 600", file)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("signing_keys: %w", err)
	}
	c, err := checkpoint.NewCosigner(strings.TrimSpace(string(raw)), nil)
	if err != nil {
		return nil, fmt.Errorf("signing_keys: %s: %w", file, err)
	}
	return c, nil
}

// loopback reports whether an address can be reached from this machine alone.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
