package console

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/perpetrator-register/register/internal/access"
)

// Config is the console's part of the server's configuration.
type Config struct {
	// URL is the console's address as browsers see it, without a path, such as
	// https://register.example. In development alone it may be empty, and is then
	// the address of the REST port.
	URL string `yaml:"url"`
	// Providers are the OpenID providers that people sign in with; at least one.
	Providers []ProviderConfig `yaml:"providers"`
	// Idle is how long a sign-in lasts without use, 5 minutes to 2 hours: 20
	// minutes.
	Idle time.Duration `yaml:"idle"`
	// Absolute is how long a sign-in lasts at most, up to 24 hours: 10 hours.
	Absolute time.Duration `yaml:"absolute"`

	// Accounts are listed on the sign-in page. They are for development, and
	// cannot be set in a file.
	Accounts []Account `yaml:"-"`
}

// ProviderConfig is an OpenID provider that people sign in with.
type ProviderConfig struct {
	// Issuer is its URL; it must stand under `issuers` too.
	Issuer string `yaml:"issuer"`
	// Title names it on the sign-in page, such as "Leicestershire Police".
	Title string `yaml:"title"`
	// ClientID is the console's name at the provider.
	ClientID string `yaml:"client_id"`
	// ClientSecretFile holds its secret there; empty for a public client.
	ClientSecretFile string `yaml:"client_secret_file"`
	// Scopes are asked for besides openid, and offline_access where there is one.
	Scopes []string `yaml:"scopes"`
}

// Account is a demonstration account on the sign-in page.
type Account struct {
	// Login is given to the provider as login_hint.
	Login string
	// Issuer is the URL of its provider.
	Issuer string
	// Name, Force (two digits or empty) and Role are shown.
	Name, Force, Role string
}

// Validate fills in standard values and names every fault.
func (c *Config) Validate(issuers []access.IssuerConfig, development bool, fault func(name, what string)) {
	if c.Idle == 0 {
		c.Idle = 20 * time.Minute
	}
	if c.Absolute == 0 {
		c.Absolute = 10 * time.Hour
	}
	if c.Idle < 5*time.Minute || c.Idle > 2*time.Hour {
		fault("console.idle", "must be 5 minutes to 2 hours")
	}
	if c.Absolute < c.Idle || c.Absolute > 24*time.Hour {
		fault("console.absolute", "must be at least console.idle, and at most 24 hours")
	}
	if what := checkAddress(c.URL, development); what != "" {
		fault("console.url", what)
	}
	if len(c.Providers) == 0 {
		fault("console.providers", "at least one OpenID provider is required")
	}
	known := map[string]bool{}
	for _, i := range issuers {
		known[i.URL] = true
	}
	for i, p := range c.Providers {
		name := fmt.Sprintf("console.providers[%d]", i)
		if !known[p.Issuer] {
			fault(name+".issuer", "must stand under issuers too")
		}
		if p.Title == "" {
			fault(name+".title", "is required: it is what people choose by")
		}
		if p.ClientID == "" {
			fault(name+".client_id", "is required")
		}
	}
	if len(c.Accounts) > 0 && !development {
		fault("console.accounts", "are for development only")
	}
}

// checkAddress says what is wrong with the console's address, or nothing.
func checkAddress(raw string, development bool) string {
	if raw == "" && development {
		return ""
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return "must be an address without a path, such as https://register.example"
	case u.Scheme == "https":
		return ""
	case u.Scheme == "http" && development && loopback(u.Hostname()):
		return ""
	}
	return "must be https"
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// secret reads the client's secret at the provider; empty when it has none.
func (p *ProviderConfig) secret() (string, error) {
	if p.ClientSecretFile == "" {
		return "", nil
	}
	raw, err := os.ReadFile(p.ClientSecretFile)
	if err != nil {
		return "", fmt.Errorf("console: client secret: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}
