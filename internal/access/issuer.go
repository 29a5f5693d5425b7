package access

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// IssuerConfig says which OpenID provider is trusted, and for what.
type IssuerConfig struct {
	// URL is the issuer exactly as in the iss claim: https, or http on a
	// loopback address when AllowLoopbackHTTP is set.
	URL string `yaml:"url"`
	// Audience must stand in the aud claim. Empty means "register".
	Audience string `yaml:"audience"`
	// Forces are the two-digit codes that the issuer may speak for.
	Forces []string `yaml:"forces"`
	// National allows tokens without a force claim.
	National bool `yaml:"national"`
	// Roles are the names of the roles that the issuer may grant; never system, and
	// auditor only of a national issuer, to people of no force.
	Roles []string `yaml:"roles"`
	// MinACR is the weakest acceptable acr value. Required.
	MinACR string `yaml:"min_acr"`
	// ACROrder lists the issuer's acr values from weakest to strongest. Empty
	// means aal1, aal2, aal3 (NIST SP 800-63B).
	ACROrder []string `yaml:"acr_order"`
	// MaxLifetime bounds exp-iat. Zero means one hour; at most 24 hours.
	MaxLifetime time.Duration `yaml:"max_lifetime"`
	// CAFile holds PEM roots for reaching the issuer; empty means the system's.
	CAFile string `yaml:"ca_file"`
	// AllowLoopbackHTTP permits an http issuer on a loopback address, for
	// development only.
	AllowLoopbackHTTP bool `yaml:"allow_loopback_http"`
}

// Sufficient are the acr values that are accepted, weakest first; none where ACROrder does
// not hold MinACR.
func (c *IssuerConfig) Sufficient() []string {
	if at := slices.Index(c.ACROrder, c.MinACR); at >= 0 {
		return c.ACROrder[at:]
	}
	return nil
}

// issuer is a trusted provider: its rules, and its keys (see keys.go).
type issuer struct {
	config IssuerConfig
	forces map[string]bool
	roles  Roles
	strong map[string]string // acr values that suffice, each with itself and the weaker ones
	now    func() time.Time
	keys   keyCache
}

func newIssuer(c IssuerConfig, now func() time.Time) (*issuer, error) {
	i := &issuer{forces: map[string]bool{}, strong: map[string]string{}, now: now}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("issuer %q: "+format, append([]any{c.URL}, args...)...))
	}

	if err := checkURL(c.URL, c.AllowLoopbackHTTP); err != nil {
		fault("url: %w", err)
	}
	if c.Audience == "" {
		c.Audience = "register"
	}
	for _, f := range c.Forces {
		if !ValidForce(f) {
			fault("forces: %q is not a two-digit code", f)
		}
		i.forces[f] = true
	}
	if len(c.Forces) == 0 && !c.National {
		fault("forces: none, and not national: no token could be accepted")
	}
	for _, name := range c.Roles {
		r, err := ParseRole(name)
		switch {
		case err != nil:
			fault("roles: unknown role %q", name)
		case r == RoleSystem:
			fault("roles: system is for certificates, no issuer may grant it")
		}
		i.roles |= r
	}
	if len(c.Roles) == 0 {
		fault("roles: none")
	}
	if i.roles.Has(RoleAuditor) && !c.National {
		fault("roles: auditor is of no force: no force's issuer may grant it")
	}
	if len(c.ACROrder) == 0 {
		c.ACROrder = []string{"aal1", "aal2", "aal3"}
	}
	if at := slices.Index(c.ACROrder, c.MinACR); at < 0 || c.MinACR == "" {
		fault("min_acr: %q is not one of %q", c.MinACR, c.ACROrder)
	} else {
		for n := at; n < len(c.ACROrder); n++ {
			i.strong[c.ACROrder[n]] = strings.Join(c.ACROrder[:n+1], " ")
		}
	}
	switch {
	case c.MaxLifetime == 0:
		c.MaxLifetime = time.Hour
	case c.MaxLifetime < 0 || c.MaxLifetime > 24*time.Hour:
		fault("max_lifetime: must be between 0 and 24 hours")
	}
	client, err := issuerClient(c, now)
	if err != nil {
		fault("ca_file: %w", err)
	}
	i.config, i.keys.client = c, client
	return i, errors.Join(faults...)
}

// checkURL refuses an address at which a bystander could stand in for the
// issuer.
func checkURL(raw string, allowLoopbackHTTP bool) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("not a plain URL")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && allowLoopbackHTTP && isLoopback(u.Hostname()):
		return nil
	case u.Scheme == "http" && allowLoopbackHTTP:
		return errors.New("http is allowed on a loopback address only")
	}
	return errors.New("must be https")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

const (
	issuerTimeout = 5 * time.Second
	maxIssuerBody = 1 << 20 // bytes
)

func issuerClient(c IssuerConfig, now func() time.Time) (*http.Client, error) {
	base, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		base = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	transport := base.Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		data, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, err
		}
		roots, err := parseRoots(data)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig.RootCAs = pool(roots)
	}
	return &http.Client{
		Timeout:       issuerTimeout,
		Transport:     &guard{next: transport, loopbackHTTP: c.AllowLoopbackHTTP, now: now, answers: map[string]answer{}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}
