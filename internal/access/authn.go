package access

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Credentials is all that a caller presented.
type Credentials struct {
	// Authorization holds every value of the authorization header.
	Authorization []string
	// TLS is the peer's connection state; nil on plain text.
	TLS *tls.ConnectionState
	// Officer holds every value of the register-officer metadata.
	Officer []string
	// Address is the remote address, for the log.
	Address string
}

// Options configures an Authenticator.
type Options struct {
	// Issuers are the OpenID providers whose tokens are accepted; may be empty.
	Issuers []IssuerConfig
	// Revocations is asked on every call over a client certificate, so that a
	// revocation also ends open connections; nil if there are no CRLs.
	Revocations *TLS
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Authenticator turns credentials into an Actor. It is safe for concurrent use.
type Authenticator struct {
	issuers map[string]*issuer
	crls    *TLS
	now     func() time.Time
	tokens  tokenCache
}

// NewAuthenticator checks the options and returns every fault at once. It
// reaches no issuer: discovery happens on first use, and is tried again.
func NewAuthenticator(o Options) (*Authenticator, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Authenticator{issuers: map[string]*issuer{}, crls: o.Revocations, now: o.Now}
	var faults []error
	for _, c := range o.Issuers {
		i, err := newIssuer(c, o.Now)
		if err == nil && a.issuers[c.URL] != nil {
			err = fmt.Errorf("issuer %q: named twice", c.URL)
		}
		if err != nil {
			faults = append(faults, err)
			continue
		}
		a.issuers[c.URL] = i
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return a, nil
}

// Warm tries to reach every issuer and returns the fault of each that could
// not be reached. Serving does not depend on it.
func (a *Authenticator) Warm(ctx context.Context) error {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		faults []error
	)
	for _, i := range a.issuers {
		wg.Go(func() {
			if _, err := i.keySet(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				faults = append(faults, fmt.Errorf("issuer %q: %w", i.config.URL, err))
			}
		})
	}
	wg.Wait()
	return errors.Join(faults...)
}

// Issuers are the OpenID providers whose tokens are accepted, by URL, with standard
// values filled in.
func (a *Authenticator) Issuers() []IssuerConfig {
	out := make([]IssuerConfig, 0, len(a.issuers))
	for _, i := range a.issuers {
		out = append(out, i.config)
	}
	slices.SortFunc(out, func(a, b IssuerConfig) int { return strings.Compare(a.URL, b.URL) })
	return out
}

// Strengths lists the strengths of authentication that the issuers of a force know
// and accept, weakest first.
func (a *Authenticator) Strengths(force string) []string {
	return Strengths(a.Issuers(), force)
}

// Strengths lists the strengths that those of the issuers accept that may name people of a
// force, weakest first.
func Strengths(issuers []IssuerConfig, force string) []string {
	var out []string
	for _, i := range issuers {
		if !slices.Contains(i.Forces, force) {
			continue
		}
		for _, s := range i.Sufficient() {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// Authenticate returns the actor behind the credentials, or an *AuthError.
//
// A certificate alone gives a system; a token alone a person. Both together
// give the person, calling through the system: the token must be bound to the
// certificate (RFC 8705 section 3) and be of the same force.
func (a *Authenticator) Authenticate(ctx context.Context, c Credentials) (Actor, error) {
	actor, refusal := a.authenticate(ctx, c)
	if refusal == nil {
		return actor, nil
	}
	refusal.Actor.Address = c.Address
	if !refusal.Authenticated {
		refusal.Actor = Actor{Kind: KindAnonymous, Address: c.Address}
	}
	return Actor{}, refusal
}

func (a *Authenticator) authenticate(ctx context.Context, c Credentials) (Actor, *AuthError) {
	system, isSystem, refusal := a.certificate(c.TLS)
	if refusal != nil {
		return Actor{}, refusal
	}
	actor, refusal := a.overSystem(ctx, c, system, isSystem)
	if refusal != nil && isSystem && !refusal.Authenticated && !refusal.Temporary {
		// The certificate says who brought what was refused.
		refusal.Authenticated, refusal.Actor = true, system
		refusal.Actor.Roles = 0
	}
	return actor, refusal
}

func (a *Authenticator) overSystem(ctx context.Context, c Credentials, system Actor, isSystem bool) (Actor, *AuthError) {
	collar, refusal := officer(c.Officer)
	if refusal != nil {
		return Actor{}, refusal
	}
	token, refusal := bearer(c.Authorization)
	switch {
	case refusal != nil:
		return Actor{}, refusal
	case token == "" && !isSystem:
		return Actor{}, refuse(ReasonCredentialsMissing)
	case token == "":
		system.Address = c.Address
		if collar != "" {
			system.Collar, system.Officer = collar, OfficerAsserted
		}
		return system, nil
	}
	person, refusal := a.token(ctx, token, system.Fingerprint)
	if refusal != nil {
		return Actor{}, refusal
	}
	person.Address = c.Address
	if collar != "" && collar != person.Collar {
		return Actor{}, refuseActor(ReasonOfficerConflict, person)
	}
	if isSystem {
		if person.Force != system.Force {
			return Actor{}, refuseActor(ReasonForceMismatch, person)
		}
		// Naming the officer properly must never give a system's call fewer
		// rights than naming nobody.
		person.Roles |= system.Roles
		person.System, person.Fingerprint = system.System, system.Fingerprint
	}
	return person, nil
}

// certificate returns the system that a verified client certificate names.
func (a *Authenticator) certificate(state *tls.ConnectionState) (Actor, bool, *AuthError) {
	if state == nil || len(state.PeerCertificates) == 0 {
		return Actor{}, false, nil
	}
	if len(state.VerifiedChains) == 0 {
		return Actor{}, false, refuse(ReasonCertificateChain)
	}
	// The handshake may be long ago.
	chains := current(state.VerifiedChains, a.now())
	if len(chains) == 0 {
		return Actor{}, false, refuse(ReasonCertificateChain)
	}
	if a.crls != nil {
		if err := a.crls.Check(chains); err != nil {
			var refusal *AuthError
			if !errors.As(err, &refusal) {
				refusal = refuse(ReasonCertificateChain)
			}
			return Actor{}, false, refusal
		}
	}
	leaf := state.PeerCertificates[0]
	uri, force, name, ok := systemOf(leaf)
	if !ok {
		return Actor{}, false, refuse(ReasonCertificateName)
	}
	return Actor{
		Kind: KindSystem, Subject: uri, Force: force, Roles: RoleSystem,
		Client: name, System: name, Fingerprint: Fingerprint(leaf),
	}, true, nil
}

func current(chains [][]*x509.Certificate, now time.Time) (good [][]*x509.Certificate) {
	for _, chain := range chains {
		ok := len(chain) > 0
		for _, c := range chain {
			ok = ok && !now.Before(c.NotBefore) && !now.After(c.NotAfter)
		}
		if ok {
			good = append(good, chain)
		}
	}
	return good
}

// Fingerprint returns the x5t#S256 of a certificate: base64url, without
// padding, of the SHA-256 of its DER (RFC 8705 section 3.1).
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

const maxToken = 8 << 10 // bytes

// compact reports whether the text has the form of a compact JWS: three parts
// of base64url. It is a loop because a regular expression would take most of
// the time that a call needs.
func compact(token string) bool {
	dots := 0
	for i := range len(token) {
		switch c := token[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		case c == '.':
			dots++
		default:
			return false
		}
	}
	return dots == 2
}

// bearer returns the token of the authorization header; "" if there is none.
func bearer(values []string) (string, *AuthError) {
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", refuse(ReasonAuthorizationFormat)
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken {
		return "", refuse(ReasonAuthorizationFormat)
	}
	if !compact(token) {
		return "", refuse(ReasonTokenFormat)
	}
	return token, nil
}

var collarNumber = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9./-]{0,14}[A-Za-z0-9])?$`)

// ValidCollar reports whether the text has the form of a collar number: one to
// 16 letters, digits, and full stops, slashes or hyphens between them.
func ValidCollar(text string) bool { return collarNumber.MatchString(text) }

// SameCollar reports whether two collar numbers are one: providers and force systems do
// not write their letters alike. No number is nobody's.
func SameCollar(a, b string) bool { return a != "" && strings.EqualFold(a, b) }

func officer(values []string) (string, *AuthError) {
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1 || !ValidCollar(values[0]):
		return "", refuse(ReasonOfficerFormat)
	}
	return values[0], nil
}
