// Package idp is an OpenID provider for development and tests: authorization
// code flow with PKCE, discovery, signed JWT access tokens (RFC 9068) and
// refresh tokens, over a list of demonstration accounts. There are several
// issuers on one listener, one per force and one national. It asks for no
// password: whoever reaches it can be anybody. It therefore listens on
// loopback addresses only, and no real server must trust it.
package idp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/perpetrator-register/register/internal/access"
)

// Options configures a Provider.
type Options struct {
	// Addr is the loopback address to listen on; empty means 127.0.0.1:0.
	// Issuer URLs contain it: keep the port from one start to the next.
	Addr string
	// TLS serves https. With it, a client certificate presented at the token
	// endpoint binds the tokens to it (RFC 8705); nil serves http.
	TLS *tls.Config
	// DataDir keeps signing keys and refresh tokens; empty keeps them in memory.
	DataDir string
	// Accounts replaces the demonstration accounts; nil means DemoAccounts().
	Accounts []Account
	// Logger is told of the start; nil means slog.Default().
	Logger *slog.Logger
}

// Provider is a running OpenID provider.
type Provider struct {
	base     *url.URL
	accounts []Account
	issuers  []*issuer
	server   *http.Server
	done     chan struct{}
	err      error
}

// Start listens and serves until ctx ends. Wait tells when it has stopped.
func Start(ctx context.Context, o Options) (*Provider, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if err := checkLoopback(o.Addr); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("idp: %w", err)
	}
	p, err := newProvider(o, l.Addr().String())
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	p.server = &http.Server{
		Handler:           p.Handler(),
		TLSConfig:         o.TLS,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
	go p.serve(l)
	go func() {
		select {
		case <-ctx.Done():
			_ = p.server.Close()
		case <-p.done:
		}
	}()
	o.Logger.Warn("DEVELOPMENT OpenID provider: no passwords, anyone on this machine can sign in as anyone; never trust it from a real server",
		"address", p.base.String(), "accounts", len(p.accounts))
	return p, nil
}

func (p *Provider) serve(l net.Listener) {
	defer close(p.done)
	var err error
	if p.server.TLSConfig != nil {
		err = p.server.ServeTLS(l, "", "")
	} else {
		err = p.server.Serve(l)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		p.err = fmt.Errorf("idp: %w", err)
	}
}

// Wait returns when the provider has stopped, and why if not by its context.
func (p *Provider) Wait() error {
	<-p.done
	return p.err
}

func newProvider(o Options, addr string) (*Provider, error) {
	scheme := "http"
	if o.TLS != nil {
		scheme = "https"
	}
	p := &Provider{
		base:     &url.URL{Scheme: scheme, Host: addr},
		accounts: o.Accounts,
		done:     make(chan struct{}),
	}
	if p.accounts == nil {
		p.accounts = DemoAccounts()
	}
	byPath := map[string][]Account{}
	var paths []string
	for _, a := range p.accounts {
		if len(byPath[a.path()]) == 0 {
			paths = append(paths, a.path())
		}
		byPath[a.path()] = append(byPath[a.path()], a)
	}
	for _, path := range paths {
		i, err := newIssuer(p.base.JoinPath(path).String(), path, byPath[path], o.DataDir)
		if err != nil {
			return nil, err
		}
		p.issuers = append(p.issuers, i)
	}
	return p, nil
}

// Handler returns the provider's pages and endpoints. It answers only requests
// for its own host, so that no web page can reach it under another name.
func (p *Provider) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, i := range p.issuers {
		i.routes(mux)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != p.base.Host {
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		mux.ServeHTTP(w, r)
	})
}

// Issuers returns each issuer, as a server that trusts it would be configured.
func (p *Provider) Issuers() []access.IssuerConfig {
	out := make([]access.IssuerConfig, 0, len(p.issuers))
	for _, i := range p.issuers {
		out = append(out, i.config(p.base.Scheme == "http"))
	}
	return out
}

// Issuer returns the URL of the issuer that an account signs in with.
func (p *Provider) Issuer(login string) (string, error) {
	i, _, err := p.find(login)
	if err != nil {
		return "", err
	}
	return i.url, nil
}

// Accounts returns the accounts.
func (p *Provider) Accounts() []Account { return append([]Account(nil), p.accounts...) }

func (p *Provider) find(login string) (*issuer, Account, error) {
	for _, i := range p.issuers {
		if a, ok := i.accounts[login]; ok {
			return i, a, nil
		}
	}
	return nil, Account{}, fmt.Errorf("idp: no account %q", login)
}

func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("idp: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return errors.New("idp: a development provider listens on a loopback address only")
	}
	return nil
}
