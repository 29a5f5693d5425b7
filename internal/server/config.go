package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/console"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/refdata"
)

// Config is the whole configuration of a server. Load reads it from a YAML
// file; Validate names every fault at once.
type Config struct {
	// GRPC is the port of force systems and clients.
	GRPC Listener `yaml:"grpc"`
	// REST is the port of the REST gateway.
	REST Listener `yaml:"rest"`
	// Admin serves /metrics, /healthz and /readyz.
	Admin string `yaml:"admin"`
	// Database says where the register is stored.
	Database Database `yaml:"database"`
	// Keys says where the keys are.
	Keys Keys `yaml:"keys"`
	// Issuers are the OpenID providers that are trusted.
	Issuers []access.IssuerConfig `yaml:"issuers"`
	// PolicyDir holds model.conf and permissions.csv.
	PolicyDir string `yaml:"policy_dir"`
	// CodesDir holds lists of codes that take the place of the built-in lists of the same
	// name, such as questions.csv with an own wording, and folders of forces with theirs;
	// empty means none. All replicas must use the same; see docs/operations.md.
	CodesDir string `yaml:"codes_dir,omitempty"`
	// Origin is the log's name in checkpoints, such as "register.example/log".
	Origin string `yaml:"origin"`
	// Weights is a weights file of the matching; empty means the shipped one. All
	// replicas must use the same; see docs/matching.md.
	Weights string `yaml:"weights"`
	// Limits bound requests.
	Limits Limits `yaml:"limits"`
	// Witnesses co-sign the log.
	Witnesses Witnesses `yaml:"witnesses,omitempty"`
	// Console serves the pages on the REST port; without it there are none.
	Console *console.Config `yaml:"console,omitempty"`
	// OTLPEndpoint is where traces are sent; empty sends none.
	OTLPEndpoint string `yaml:"otlp_endpoint"`

	// Development allows what a real server refuses: keys in clear files, plain
	// HTTP and issuers on loopback. It cannot be set in a file.
	Development bool `yaml:"-"`
	// Clock, if not nil, is the clock of everything that is recorded, for tests of
	// what time brings about; the log's own time follows it. Certificates, tokens
	// and timeouts keep the real one. It cannot be set in a file.
	Clock func() time.Time `yaml:"-"`
}

// now is the clock.
func (c *Config) now() func() time.Time {
	if c.Clock != nil {
		return c.Clock
	}
	return time.Now
}

// codes are the built-in lists of codes, or those of CodesDir in their place.
func (c *Config) codes() (*refdata.Set, error) {
	if c.CodesDir == "" {
		return refdata.Load(nil)
	}
	set, err := refdata.Load(os.DirFS(c.CodesDir))
	if err != nil {
		return nil, fmt.Errorf("codes_dir: %w", err)
	}
	return set, nil
}

// Listener is an address with its TLS files.
type Listener struct {
	// Listen is host:port.
	Listen string `yaml:"listen"`
	// Cert and Key are PEM files: the server's chain and key.
	Cert string `yaml:"cert"`
	Key  string `yaml:"key"`
	// ClientCA is a PEM file of the roots of client certificates.
	ClientCA string `yaml:"client_ca"`
	// CRLDir holds revocation lists; required with ClientCA.
	CRLDir string `yaml:"crl_dir"`
}

// Database says where the register is stored.
type Database struct {
	// URL is the connection string of the service's account.
	URL string `yaml:"url"`
	// OwnerURL is that of the owner's account, used only to migrate at start;
	// empty leaves migration to `register migrate`.
	OwnerURL string `yaml:"owner_url"`
	// MaxConns bounds the pool; 0 means 16.
	MaxConns int32 `yaml:"max_conns"`
}

// Keys says where the keys are.
type Keys struct {
	// Dir is the folder of the key files.
	Dir string `yaml:"dir"`
	// KMS is the URI of the key-management key that encrypts them, such as
	// hcvault://vault.example:8200/transit/keys/register. Without it the files
	// are in clear, which only development allows.
	KMS string `yaml:"kms"`
	// TokenFile holds the token for the key-management service; CA the PEM roots
	// of its certificate, empty for the system's.
	TokenFile string `yaml:"token_file"`
	CA        string `yaml:"ca"`
}

// Limits bound requests. Zero means the standard value.
type Limits struct {
	// PerSecond and Burst bound the calls of one force system: 500 and 2,000.
	PerSecond float64 `yaml:"per_second"`
	Burst     int     `yaml:"burst"`
	// PersonPerSecond and PersonBurst bound those of one person, who types: 20 and 400.
	// Whoever has his token learns no more by it.
	PersonPerSecond float64 `yaml:"person_per_second"`
	PersonBurst     int     `yaml:"person_burst"`
	// MaxMessage is the largest request in bytes: 1 MiB.
	MaxMessage int `yaml:"max_message"`
	// SearchTTL is how long candidates of a search can be opened: 8 hours.
	SearchTTL time.Duration `yaml:"search_ttl"`
	// CallTimeout is how long a unary call, or one record of a stream, may
	// take, and then again how long its log entry may: 10 seconds each. A
	// database may be silent without being gone; callers must be told.
	CallTimeout time.Duration `yaml:"call_timeout"`
	// HeaderTimeout is how long a connection may take until it has made its
	// handshake and sent a request's header: 5 seconds.
	HeaderTimeout time.Duration `yaml:"header_timeout"`
	// ProposalsPerDay is how many proposed links that arise by one force's
	// registrations raise an alert on one day: 50. Those beyond are kept, marked
	// as deferred.
	ProposalsPerDay int `yaml:"proposals_per_day"`
	// BodyTimeout is how long the body of a REST request, or the whole of a
	// gRPC call, may take, a stream of records apart: 30 seconds.
	BodyTimeout time.Duration `yaml:"body_timeout"`
}

// model reads the weights of the matching.
func (c *Config) model() (*identity.Model, error) {
	if c.Weights == "" {
		return identity.DefaultModel(), nil
	}
	raw, err := os.ReadFile(c.Weights)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	model, err := identity.ParseModel(raw)
	if err != nil {
		return nil, fmt.Errorf("weights: %s: %w", c.Weights, err)
	}
	return model, nil
}

// LoadConfig reads a file and validates it; development allows what a real
// server refuses.
func LoadConfig(path string, development bool) (*Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := ReadConfig(bytes.NewReader(raw), development)
	if err == nil || development || c == nil || !c.forDevelopment() {
		return c, err
	}
	if _, dev := ReadConfig(bytes.NewReader(raw), true); dev != nil {
		return c, err // it would not do there either
	}
	return c, fmt.Errorf("%s is a development configuration: it is taken with --development, never with real data; without it:\n%w", path, err)
}

// forDevelopment reports whether there is a setting that development alone has: another
// fault must tempt nobody to serve real data by its rules.
func (c *Config) forDevelopment() bool {
	loopback := func(i access.IssuerConfig) bool { return i.AllowLoopbackHTTP }
	return c.Keys.Dir != "" && c.Keys.KMS == "" && slices.ContainsFunc(c.Issuers, loopback)
}

// ReadConfig reads YAML and validates it. Unknown keys are faults.
func ReadConfig(r io.Reader, development bool) (*Config, error) {
	c := Config{Development: development}
	var document yaml.Node
	switch err := yaml.NewDecoder(r).Decode(&document); {
	case errors.Is(err, io.EOF): // an empty file lacks all
		return &c, c.Validate()
	case err != nil:
		return nil, fmt.Errorf("configuration: %w", err)
	}
	var s settings
	if err := s.check(&document, reflect.TypeFor[Config]()); err != nil {
		return nil, err
	}
	if err := document.Decode(&c); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return &c, c.Validate()
}

// Validate fills in standard values and returns every fault, by name.
func (c *Config) Validate() error {
	c.standard()
	var faults []error
	fault := func(name, what string) { faults = append(faults, fmt.Errorf("%s: %s", name, what)) }
	c.GRPC.validate("grpc", c.Development, fault)
	c.REST.validate("rest", c.Development, fault)
	if !isLoopback(c.Admin) {
		fault("admin", "must be a loopback address: metrics and health have no authentication")
	}
	c.Database.validate(c.Development, fault)
	switch {
	case c.Keys.Dir == "":
		fault("keys.dir", "is required")
	case c.Keys.KMS == "" && !c.Development:
		fault("keys.kms", "is required: keys in clear files are for development only")
	case c.Keys.KMS != "" && c.Keys.TokenFile == "":
		fault("keys.token_file", "is required with keys.kms")
	}
	if len(c.Issuers) == 0 {
		fault("issuers", "at least one OpenID provider is required")
	}
	for i, issuer := range c.Issuers {
		if issuer.AllowLoopbackHTTP && !c.Development {
			fault(fmt.Sprintf("issuers[%d].allow_loopback_http", i), "is for development only")
		}
	}
	if c.PolicyDir == "" {
		fault("policy_dir", "is required")
	}
	if c.Origin == "" {
		fault("origin", "is required: the log's name in checkpoints, such as register.example/log")
	}
	c.Limits.validate(fault)
	c.Witnesses.validate(c.Development, fault)
	if c.Console != nil {
		c.Console.Validate(c.Issuers, c.Development, fault)
	}
	return errors.Join(faults...)
}

func (c *Config) standard() {
	c.Witnesses.standard()
	set(&c.GRPC.Listen, "127.0.0.1:9090")
	set(&c.REST.Listen, "127.0.0.1:8080")
	set(&c.Admin, "127.0.0.1:9091")
	set(&c.Limits.PerSecond, 500)
	set(&c.Limits.Burst, 2000)
	set(&c.Limits.PersonPerSecond, 20)
	set(&c.Limits.PersonBurst, 400)
	set(&c.Limits.MaxMessage, 1<<20)
	set(&c.Limits.SearchTTL, 8*time.Hour)
	set(&c.Limits.ProposalsPerDay, 50)
	set(&c.Limits.CallTimeout, 10*time.Second)
	set(&c.Limits.HeaderTimeout, 5*time.Second)
	set(&c.Limits.BodyTimeout, 30*time.Second)
}

func set[T comparable](v *T, standard T) {
	var zero T
	if *v == zero {
		*v = standard
	}
}

func (l *Listener) validate(name string, development bool, fault func(name, what string)) {
	if _, _, err := net.SplitHostPort(l.Listen); err != nil {
		fault(name+".listen", "must be host:port")
	}
	if (l.Cert == "") != (l.Key == "") {
		fault(name+".cert", "cert and key belong together")
	}
	if l.Cert == "" && (!development || !isLoopback(l.Listen)) {
		fault(name+".cert", "is required: the register is served over TLS alone")
	}
	if l.ClientCA != "" && l.CRLDir == "" {
		fault(name+".crl_dir", "is required with client_ca: a stolen certificate must be revocable")
	}
	if name == "grpc" && l.ClientCA == "" && !development {
		fault(name+".client_ca", "is required: force systems prove themselves by client certificates")
	}
}

func (l *Limits) validate(fault func(name, what string)) {
	for _, one := range []struct {
		name     string
		negative bool
	}{
		{"per_second", l.PerSecond < 0}, {"burst", l.Burst < 0},
		{"person_per_second", l.PersonPerSecond < 0}, {"person_burst", l.PersonBurst < 0},
		{"max_message", l.MaxMessage < 0}, {"search_ttl", l.SearchTTL < 0}, {"call_timeout", l.CallTimeout < 0},
		{"header_timeout", l.HeaderTimeout < 0}, {"proposals_per_day", l.ProposalsPerDay < 0}, {"body_timeout", l.BodyTimeout < 0},
	} {
		if one.negative {
			fault("limits."+one.name, "must not be negative; left out, it has the standard value")
		}
	}
}

func (d *Database) validate(development bool, fault func(name, what string)) {
	check := func(name, raw string) {
		u, err := url.Parse(raw)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			fault(name, "must be a URL such as postgres://register_service@db.example/register?sslmode=verify-full")
			return
		}
		host := u.Host
		if other := u.Query().Get("host"); other != "" { // the driver takes this one
			host = other
		}
		if development || isLoopback(host) || host == "" || strings.HasPrefix(host, "/") && !strings.Contains(host, ",") {
			return // the same machine, or a socket
		}
		if u.Query().Get("sslmode") != "verify-full" {
			fault(name, "needs sslmode=verify-full: the database's certificate must be checked")
		}
	}
	if d.URL == "" {
		fault("database.url", "is required")
	} else {
		check("database.url", d.URL)
	}
	if d.OwnerURL != "" {
		check("database.owner_url", d.OwnerURL)
	}
}

// isLoopback reports whether an address can be reached from this machine alone.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
