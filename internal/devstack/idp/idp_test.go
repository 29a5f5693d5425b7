package idp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/devstack/idp"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

const redirect = "http://127.0.0.1:45999/callback"

func start(t *testing.T, o idp.Options) *idp.Provider {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := idp.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// client is an ordinary OpenID Connect client of the account's issuer.
func client(t *testing.T, p *idp.Provider, login string) (*oidc.Provider, *oauth2.Config) {
	t.Helper()
	issuer, err := p.Issuer(login)
	if err != nil {
		t.Fatal(err)
	}
	op, err := oidc.NewProvider(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	return op, &oauth2.Config{ClientID: "registerctl", Endpoint: op.Endpoint(), RedirectURL: redirect, Scopes: []string{"openid", "offline_access"}}
}

// visit asks for an address without following redirects.
func visit(t *testing.T, address string) (status int, location *url.URL, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	location, err = resp.Location()
	if err != nil && !errors.Is(err, http.ErrNoLocation) {
		t.Fatal(err)
	}
	return resp.StatusCode, location, string(data)
}

func signIn(t *testing.T, p *idp.Provider, login string) (*oidc.Provider, *oauth2.Config, *oauth2.Token) {
	t.Helper()
	op, cfg := client(t, p, login)
	verifier := oauth2.GenerateVerifier()
	_, to, _ := visit(t, cfg.AuthCodeURL("state-1", oauth2.S256ChallengeOption(verifier), oidc.Nonce("nonce-1"), oauth2.SetAuthURLParam("login_hint", login)))
	if to == nil || to.Query().Get("state") != "state-1" || to.Query().Get("code") == "" {
		t.Fatalf("sign-in led to %v", to)
	}
	token, err := cfg.Exchange(t.Context(), to.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	return op, cfg, token
}

func authenticator(t *testing.T, p *idp.Provider) *access.Authenticator {
	t.Helper()
	a, err := access.NewAuthenticator(access.Options{Issuers: p.Issuers()})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEveryAccountSignsIn(t *testing.T) {
	p := start(t, idp.Options{})
	a := authenticator(t, p)
	if err := a.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, account := range p.Accounts() {
		op, cfg, token := signIn(t, p, account.Login)
		actor, err := a.Authenticate(t.Context(), access.Credentials{Authorization: []string{"Bearer " + token.AccessToken}})
		if err != nil {
			t.Errorf("%s: %v", account.Login, err)
			continue
		}
		if actor.Subject != account.Login || actor.Force != account.Force || actor.Collar != account.Collar || actor.Roles.String() != strings.Join(account.Roles, ",") || actor.Client != "registerctl" {
			t.Errorf("%s: %+v", account.Login, actor)
		}
		raw, _ := token.Extra("id_token").(string)
		id, err := op.Verifier(&oidc.Config{ClientID: cfg.ClientID}).Verify(t.Context(), raw)
		if err != nil || id.Nonce != "nonce-1" || id.Subject != account.Login {
			t.Errorf("%s: ID token %+v: %v", account.Login, id, err)
		}
		if _, err := a.Authenticate(t.Context(), access.Credentials{Authorization: []string{"Bearer " + raw}}); err == nil {
			t.Errorf("%s: the ID token was taken for an access token", account.Login)
		}
	}
}

func TestRefreshRotatesAndSurvivesARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "idp")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p, err := idp.Start(ctx, idp.Options{DataDir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	_, cfg, token := signIn(t, p, "psd-33")
	a := authenticator(t, p)
	if err := a.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimPrefix(strings.TrimSuffix(cfg.Endpoint.TokenURL, "/forces/33/token"), "http://")
	cancel()
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	p = start(t, idp.Options{DataDir: dir, Addr: addr})

	again, err := cfg.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	// Both tokens are signed by the same, kept key: the old authenticator's
	// keys still verify them.
	for _, one := range []*oauth2.Token{token, again} {
		if _, err := a.Authenticate(t.Context(), access.Credentials{Authorization: []string{"Bearer " + one.AccessToken}}); err != nil {
			t.Error(err)
		}
	}
	if again.RefreshToken == "" || again.RefreshToken == token.RefreshToken {
		t.Error("the refresh token did not rotate")
	}
	if _, err := cfg.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token(); err == nil {
		t.Error("a used refresh token was taken again")
	}
	other := *cfg
	other.ClientID = "register-console"
	if _, err := other.TokenSource(t.Context(), &oauth2.Token{RefreshToken: again.RefreshToken}).Token(); err == nil {
		t.Error("a refresh token was taken from another client")
	}
	if _, err := p.Issuer("nobody"); err == nil {
		t.Error("an unknown account has an issuer")
	}
}

func TestRefusesWhatIsUnsafe(t *testing.T) {
	p := start(t, idp.Options{})
	_, cfg := client(t, p, "spoc-10")
	good := func() url.Values {
		return url.Values{
			"response_type": {"code"}, "client_id": {"registerctl"}, "redirect_uri": {redirect}, "state": {"s"},
			"code_challenge":        {oauth2.S256ChallengeFromVerifier("0123456789012345678901234567890123456789012")},
			"code_challenge_method": {"S256"}, "login_hint": {"spoc-10"},
		}
	}
	for name, c := range map[string]struct {
		change       func(url.Values)
		status       int
		errorInQuery bool
	}{
		"good":                   {func(url.Values) {}, http.StatusFound, false},
		"other loopback":         {func(v url.Values) { v.Set("redirect_uri", "http://[::1]:1/x") }, http.StatusFound, false},
		"no challenge":           {func(v url.Values) { v.Del("code_challenge") }, http.StatusBadRequest, false},
		"plain challenge":        {func(v url.Values) { v.Set("code_challenge_method", "plain") }, http.StatusBadRequest, false},
		"no challenge method":    {func(v url.Values) { v.Del("code_challenge_method") }, http.StatusBadRequest, false},
		"implicit flow":          {func(v url.Values) { v.Set("response_type", "token") }, http.StatusBadRequest, false},
		"foreign redirect":       {func(v url.Values) { v.Set("redirect_uri", "https://evil.example/cb") }, http.StatusBadRequest, false},
		"redirect with user":     {func(v url.Values) { v.Set("redirect_uri", "http://127.0.0.1@evil.example/") }, http.StatusBadRequest, false},
		"redirect to script":     {func(v url.Values) { v.Set("redirect_uri", "javascript://localhost/%0aalert(1)") }, http.StatusBadRequest, false},
		"no redirect":            {func(v url.Values) { v.Del("redirect_uri") }, http.StatusBadRequest, false},
		"unknown client":         {func(v url.Values) { v.Set("client_id", "stranger") }, http.StatusBadRequest, false},
		"account of other force": {func(v url.Values) { v.Set("login_hint", "spoc-33") }, http.StatusFound, true},
	} {
		t.Run(name, func(t *testing.T) {
			v := good()
			c.change(v)
			status, to, _ := visit(t, cfg.Endpoint.AuthURL+"?"+v.Encode())
			if status != c.status {
				t.Fatalf("status %d, want %d", status, c.status)
			}
			if to != nil && c.errorInQuery != (to.Query().Get("code") == "") {
				t.Errorf("led to %v", to)
			}
		})
	}
}

func TestCodeIsUsedOnceByItsOwner(t *testing.T) {
	p := start(t, idp.Options{})
	_, cfg := client(t, p, "spoc-10")
	code := func(verifier string) string {
		_, to, _ := visit(t, cfg.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("login_hint", "spoc-10")))
		return to.Query().Get("code")
	}
	mine, other := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	c := code(mine)
	if _, err := cfg.Exchange(t.Context(), c, oauth2.VerifierOption(mine)); err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.Exchange(t.Context(), c, oauth2.VerifierOption(mine)); err == nil {
		t.Error("a code was taken twice")
	}
	if _, err := cfg.Exchange(t.Context(), code(mine), oauth2.VerifierOption(other)); err == nil {
		t.Error("a code was taken with another verifier")
	}
	if _, err := cfg.Exchange(t.Context(), code(mine)); err == nil {
		t.Error("a code was taken without a verifier")
	}
}

func TestSignInPage(t *testing.T) {
	p := start(t, idp.Options{})
	_, cfg := client(t, p, "spoc-10")
	status, _, body := visit(t, cfg.AuthCodeURL(`"><script>alert(1)</script>`, oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	if status != http.StatusOK || !strings.Contains(body, "Development only") || strings.Contains(body, "<script>") {
		t.Errorf("status %d: %s", status, body)
	}
	for _, role := range []string{"investigator", "control_room", "spoc", "supervisor", "psd", "dpo"} {
		if !strings.Contains(body, role+"-10") || strings.Contains(body, role+"-33") {
			t.Errorf("the page does not list %s of its own force alone", role)
		}
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "localhost", "[::]:0"} {
		if _, err := idp.Start(t.Context(), idp.Options{Addr: addr}); err == nil {
			t.Errorf("started on %q", addr)
		}
	}
	p := start(t, idp.Options{})
	issuer, err := p.Issuer("auditor")
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, issuer+"/jwks", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.example"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("answered %d under another name", resp.StatusCode)
	}
}

func TestTokensOverMutualTLSAreBound(t *testing.T) {
	crime := pki.System{Force: "33", Name: "crime"}
	f, err := pki.Ensure(filepath.Join(t.TempDir(), "pki"), crime)
	if err != nil {
		t.Fatal(err)
	}
	server, err := access.NewTLS(access.TLSOptions{CertFile: f.ServerCert, KeyFile: f.ServerKey, ClientCAFile: f.RootFile, CRLDir: f.CRLDir})
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, idp.Options{TLS: server.ServerConfig(), DataDir: t.TempDir()})
	issuers := p.Issuers()
	for i := range issuers {
		issuers[i].CAFile = f.RootFile
	}
	a, err := access.NewAuthenticator(access.Options{Issuers: issuers})
	if err != nil {
		t.Fatal(err)
	}

	cfg, err := f.ClientConfig(&crime)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	hc := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ctx := oidc.ClientContext(t.Context(), hc)
	issuer, err := p.Issuer("supervisor-33")
	if err != nil {
		t.Fatal(err)
	}
	op, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		t.Fatal(err)
	}
	oc := &oauth2.Config{ClientID: "registerctl", Endpoint: op.Endpoint(), RedirectURL: redirect}
	verifier := oauth2.GenerateVerifier()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, oc.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("login_hint", "supervisor-33")), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := hc.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	to, err := resp.Location()
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	token, err := oc.Exchange(ctx, to.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}

	leaf := cfg.Certificates[0].Leaf
	authorization := []string{"Bearer " + token.AccessToken}
	over := access.Credentials{Authorization: authorization, TLS: &tls.ConnectionState{
		PeerCertificates: []*x509.Certificate{leaf}, VerifiedChains: [][]*x509.Certificate{{leaf, f.Issuing.Cert, f.Root.Cert}},
	}}
	actor, err := a.Authenticate(t.Context(), over)
	if err != nil || actor.Subject != "supervisor-33" || actor.System != "crime" {
		t.Errorf("over its certificate: %+v, %v", actor, err)
	}
	var refusal *access.AuthError
	if _, err = a.Authenticate(t.Context(), access.Credentials{Authorization: authorization}); !errors.As(err, &refusal) || refusal.Reason != access.ReasonTokenBinding {
		t.Errorf("without its certificate: %v", err)
	}
}
