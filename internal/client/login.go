package client

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ErrNotSignedIn says that there is no sign-in to use.
var ErrNotSignedIn = errors.New("not signed in, or the sign-in has ended: run `registerctl login`")

// Login signs people in at an OpenID provider by the authorization code flow
// with PKCE (RFC 7636) and a loopback redirect (RFC 8252).
type Login struct {
	// Name tells apart the sign-ins of different profiles.
	Name string
	// Profile says where and as whom.
	Profile Profile
	// Cache keeps the tokens.
	Cache *TokenCache
	// Open shows an address to the person; it may start a browser.
	Open func(address string) error
	// Say tells the person what is going on.
	Say func(format string, args ...any)
}

// Identity is who signed in, by the ID token. The register decides by the
// access token; this is only shown.
type Identity struct {
	// Subject and Name are the issuer's.
	Subject, Name string
	// Expiry is when the access token ends; it is then refreshed.
	Expiry time.Time
}

// expiryMargin is how long before its end an access token is refreshed.
const expiryMargin = 30 * time.Second

// Key names the sign-in in the cache.
func (l *Login) Key() string {
	return l.Name + " " + l.clientID() + " " + l.Profile.Issuer
}

func (l *Login) clientID() string {
	if l.Profile.ClientID != "" {
		return l.Profile.ClientID
	}
	return DefaultClientID
}

// connect finds the provider. ctx carries the HTTP client from here on.
func (l *Login) connect(ctx context.Context) (context.Context, *oidc.Provider, *oauth2.Config, error) {
	if l.Profile.Issuer == "" {
		return nil, nil, nil, errors.New("the profile names no issuer to sign in with")
	}
	if err := checkIssuer(l.Profile.Issuer); err != nil {
		return nil, nil, nil, err
	}
	tlsConfig, err := l.Profile.TLS()
	if err != nil {
		return nil, nil, nil, err
	}
	// With a client certificate the provider binds the tokens to it (RFC 8705).
	httpClient := &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: tlsConfig, ForceAttemptHTTP2: true},
	}
	ctx = oidc.ClientContext(ctx, httpClient)
	provider, err := oidc.NewProvider(ctx, l.Profile.Issuer)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("sign-in provider: %w", err)
	}
	var more struct {
		Scopes []string `json:"scopes_supported"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, nil, nil, fmt.Errorf("sign-in provider: %w", err)
	}
	scopes := append([]string{oidc.ScopeOpenID}, l.Profile.Scopes...)
	if slices.Contains(more.Scopes, oidc.ScopeOfflineAccess) {
		scopes = append(scopes, oidc.ScopeOfflineAccess)
	}
	slices.Sort(scopes)
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams // a public client has no secret
	return ctx, provider, &oauth2.Config{ClientID: l.clientID(), Endpoint: endpoint, Scopes: slices.Compact(scopes)}, nil
}

// checkIssuer refuses to send codes and tokens in clear over a network.
func checkIssuer(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return errors.New("the issuer is not an address")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	return errors.New("the issuer must be https (http is for a provider on this machine only)")
}

// SignIn signs in and keeps the tokens.
func (l *Login) SignIn(ctx context.Context) (*Identity, error) {
	ctx, provider, oauth, err := l.connect(ctx)
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	oauth.RedirectURL = "http://" + listener.Addr().String() + callbackPath
	verifier, state, nonce := oauth2.GenerateVerifier(), oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	back := serveCallback(listener, state, l.Profile.Issuer)
	defer back.close()
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier), oidc.Nonce(nonce)}
	if l.Profile.Account != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", l.Profile.Account))
	}
	address := oauth.AuthCodeURL(state, options...)
	code, err := l.authorize(ctx, address, back)
	if err != nil {
		return nil, err
	}
	token, err := oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, fmt.Errorf("sign-in: %w", plainOAuth(err))
	}
	identity, err := l.check(ctx, provider, token, nonce)
	if err != nil {
		return nil, err
	}
	return identity, l.Cache.Put(ctx, l.Key(), token)
}

// authorize brings the person to the provider and waits for the code.
func (l *Login) authorize(ctx context.Context, address string, back *callback) (string, error) {
	if l.Profile.Account != "" {
		if err := follow(ctx, address); err != nil {
			return "", err
		}
		select {
		case r := <-back.result:
			return r.code, r.err
		default: // the provider asks the person something
		}
	}
	l.Say("Sign in at this address:\n  %s\n", address)
	if l.Open != nil {
		if err := l.Open(address); err != nil {
			l.Say("(no browser could be started: %v)\n", err)
		}
	}
	select {
	case r := <-back.result:
		return r.code, r.err
	case <-ctx.Done():
		return "", fmt.Errorf("sign-in: %w", context.Cause(ctx))
	}
}

// follow visits the address and all it redirects to, as a browser would.
func follow(ctx context.Context, address string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	c := http.Client{Jar: jar, Timeout: 30 * time.Second}
	if known, ok := ctx.Value(oauth2.HTTPClient).(*http.Client); ok {
		c.Transport = known.Transport
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	resp, err := c.Do(req)
	if err != nil {
		// The address holds state and challenge: say the cause alone.
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return fmt.Errorf("sign-in: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return fmt.Errorf("sign-in: %w", err)
	}
	if resp.StatusCode >= http.StatusBadRequest && !strings.HasPrefix(resp.Request.URL.Path, callbackPath) {
		return fmt.Errorf("sign-in: the provider answered %d", resp.StatusCode)
	}
	return nil
}

// check verifies the ID token and that it belongs to this sign-in.
func (l *Login) check(ctx context.Context, provider *oidc.Provider, token *oauth2.Token, nonce string) (*Identity, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("sign-in: the provider gave no ID token")
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: l.clientID()}).Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return nil, errors.New("sign-in: the ID token is of another sign-in (nonce)")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return nil, fmt.Errorf("sign-in: %w", err)
		}
	}
	var claims struct {
		Name string `json:"name"`
	}
	if err := id.Claims(&claims); err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	return &Identity{Subject: id.Subject, Name: claims.Name, Expiry: token.Expiry}, nil
}

// AccessToken returns the access token of the sign-in, refreshed when it has
// run out. The error is ErrNotSignedIn when there is none to use.
func (l *Login) AccessToken(ctx context.Context) (string, error) {
	token, err := l.Cache.Get(l.Key())
	if err != nil {
		return "", err
	}
	if token == nil {
		return "", ErrNotSignedIn
	}
	if fresh(token) {
		return token.AccessToken, nil
	}
	err = l.Cache.locked(ctx, func() error {
		// Another process may have refreshed it meanwhile.
		if token, err = l.Cache.Get(l.Key()); err != nil {
			return err
		}
		if token == nil {
			return ErrNotSignedIn
		}
		if fresh(token) {
			return nil
		}
		if token.RefreshToken == "" {
			return ErrNotSignedIn
		}
		token, err = l.refresh(ctx, token)
		if err != nil {
			return err
		}
		return l.Cache.put(l.Key(), token)
	})
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

func fresh(t *oauth2.Token) bool {
	return t.Expiry.IsZero() || time.Until(t.Expiry) > expiryMargin
}

func (l *Login) refresh(ctx context.Context, old *oauth2.Token) (*oauth2.Token, error) {
	ctx, _, oauth, err := l.connect(ctx)
	if err != nil {
		return nil, err
	}
	// Without an access token, the source must refresh.
	token, err := oauth.TokenSource(ctx, &oauth2.Token{RefreshToken: old.RefreshToken}).Token()
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.ErrorCode == "invalid_grant" {
		return nil, ErrNotSignedIn
	}
	if err != nil {
		return nil, fmt.Errorf("refreshing the sign-in: %w", plainOAuth(err))
	}
	return token, nil
}

// SignOut forgets the tokens of the sign-in. It reports whether there were any.
func (l *Login) SignOut(ctx context.Context) (bool, error) {
	token, err := l.Cache.Get(l.Key())
	if err != nil || token == nil {
		return false, err
	}
	return true, l.Cache.Put(ctx, l.Key(), nil)
}

// plainOAuth keeps the provider's answer, which may repeat what was sent, out
// of the message.
func plainOAuth(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return fmt.Errorf("the provider refused: %s %s", Clean(refused.ErrorCode), Clean(refused.ErrorDescription))
	}
	return err
}
