package console

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/perpetrator-register/register/internal/access"
)

// providerTimeout bounds each request to an OpenID provider.
const providerTimeout = 5 * time.Second

// provider is an OpenID provider that people sign in with. It is found when
// it is first needed, and again until it answers.
type provider struct {
	config ProviderConfig
	acr    string
	client *http.Client
	secret string

	mu    sync.Mutex
	found *connection
}

// connection is what a provider tells of itself.
type connection struct {
	oidc       *oidc.Provider
	oauth      oauth2.Config
	endSession string // address for signing out there; may be empty
	revocation string // where refresh tokens are given back; may be empty
}

func newProvider(config ProviderConfig, issuer access.IssuerConfig) (*provider, error) {
	secret, err := config.secret()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if issuer.CAFile != "" {
		pem, err := os.ReadFile(issuer.CAFile)
		if err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("console: no certificate in the file of issuer %s", config.Issuer)
		}
	}
	return &provider{
		config: config, acr: issuer.MinACR, secret: secret,
		client: &http.Client{Timeout: providerTimeout, Transport: transport},
	}, nil
}

// connect returns what the provider tells of itself.
func (p *provider) connect(ctx context.Context) (*connection, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	found, err := oidc.NewProvider(p.context(ctx), p.config.Issuer)
	if err != nil {
		return nil, fmt.Errorf("console: sign-in provider: %w", err)
	}
	var more struct {
		Scopes     []string `json:"scopes_supported"`
		EndSession string   `json:"end_session_endpoint"`
		Revocation string   `json:"revocation_endpoint"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("console: sign-in provider: %w", err)
	}
	scopes := append([]string{oidc.ScopeOpenID}, p.config.Scopes...)
	if slices.Contains(more.Scopes, oidc.ScopeOfflineAccess) {
		scopes = append(scopes, oidc.ScopeOfflineAccess)
	}
	slices.Sort(scopes)
	c := &connection{
		oidc:       found,
		oauth:      oauth2.Config{ClientID: p.config.ClientID, ClientSecret: p.secret, Endpoint: found.Endpoint(), Scopes: slices.Compact(scopes)},
		endSession: more.EndSession, revocation: more.Revocation,
	}
	if p.secret == "" {
		c.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client has no secret
	}
	p.found = c
	return c, nil
}

func (p *provider) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

// address is where a sign-in begins.
func (p *provider) address(conn *connection, redirect string, s *signInState, account string) string {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(s.Verifier), oidc.Nonce(s.Nonce)}
	if p.acr != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", p.acr))
	}
	if account != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", account))
	}
	oauth := conn.oauth
	oauth.RedirectURL = redirect
	return oauth.AuthCodeURL(s.State, options...)
}

// exchange turns a code into tokens and verifies that they are of this
// sign-in. It returns the name that the provider gives the person, too.
func (p *provider) exchange(ctx context.Context, conn *connection, redirect, code string, s *signInState) (*oauth2.Token, string, error) {
	ctx = p.context(ctx)
	oauth := conn.oauth
	oauth.RedirectURL = redirect
	token, err := oauth.Exchange(ctx, code, oauth2.VerifierOption(s.Verifier))
	if err != nil {
		return nil, "", plainOAuth(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, "", errors.New("the provider gave no ID token")
	}
	id, err := conn.oidc.Verifier(&oidc.Config{ClientID: p.config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return nil, "", err
	}
	if id.Nonce != s.Nonce {
		return nil, "", errors.New("the ID token is of another sign-in")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return nil, "", err
		}
	}
	var claims struct {
		Name string `json:"name"`
	}
	if err := id.Claims(&claims); err != nil {
		return nil, "", err
	}
	return token, claims.Name, nil
}

// refresh returns new tokens for a refresh token; errSignedOut when the
// provider has ended the sign-in.
func (p *provider) refresh(ctx context.Context, refreshToken string) (*oauth2.Token, error) {
	if refreshToken == "" {
		return nil, errSignedOut
	}
	conn, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	token, err := conn.oauth.TokenSource(p.context(ctx), &oauth2.Token{RefreshToken: refreshToken}).Token()
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode == "invalid_grant" {
		return nil, errSignedOut
	}
	if err != nil {
		return nil, plainOAuth(err)
	}
	return token, nil
}

// revoke gives a refresh token back (RFC 7009), as far as the provider takes it.
func (p *provider) revoke(ctx context.Context, conn *connection, refreshToken string) error {
	if conn.revocation == "" || refreshToken == "" {
		return nil
	}
	form := url.Values{"token": {refreshToken}, "token_type_hint": {"refresh_token"}, "client_id": {p.config.ClientID}}
	if p.secret != "" {
		form.Set("client_secret", p.secret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, conn.revocation, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the provider answered %d", resp.StatusCode)
	}
	return nil
}

// signOutAddress is where the person signs out at the provider too; empty when
// it has no such place. The ID token is not sent along: it names the person,
// and nothing personal travels in an address.
func (p *provider) signOutAddress(conn *connection, back string) string {
	u, err := url.Parse(conn.endSession)
	if err != nil || conn.endSession == "" {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.config.ClientID)
	q.Set("post_logout_redirect_uri", back)
	u.RawQuery = q.Encode()
	return u.String()
}

// plainOAuth keeps the provider's answer, which may repeat what was sent, out
// of the journal.
func plainOAuth(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return fmt.Errorf("the provider refused: %.40q", refused.ErrorCode)
	}
	return err
}
