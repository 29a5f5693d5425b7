package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

const (
	// keysRefresh is how long a key that its issuer withdrew may still count,
	// while the issuer can be reached.
	keysRefresh = 10 * time.Minute
	// answerFor bounds how often callers can make us ask an issuer for its
	// keys, by naming unknown ones; a rotated key is seen within that time.
	answerFor = 10 * time.Second
	// faultFor is how long a failed fetch answers for the ones after it.
	faultFor = time.Second
)

// keyCache holds an issuer's keys. The first use fetches them; later they are
// renewed in the background.
type keyCache struct {
	client *http.Client

	mu      sync.Mutex
	set     oidc.KeySet
	fetched time.Time
	pending *fetch
}

type fetch struct {
	done chan struct{}
	set  oidc.KeySet
	err  error
}

// keySet returns the keys in use, and fetches them if there are none yet.
// Concurrent callers share one fetch; each waits no longer than its context.
func (i *issuer) keySet(ctx context.Context) (oidc.KeySet, error) {
	k := &i.keys
	k.mu.Lock()
	age := i.now().Sub(k.fetched)
	// While the issuer is down it signs nothing new: once its last tokens have
	// run out, keys that could not be renewed have no use left.
	usable := k.set != nil && age < keysRefresh+i.config.MaxLifetime
	if usable && age < keysRefresh {
		defer k.mu.Unlock()
		return k.set, nil
	}
	if k.pending == nil {
		k.pending = &fetch{done: make(chan struct{})}
		go i.fetch(context.WithoutCancel(ctx), k.pending)
	}
	set, pending := k.set, k.pending
	k.mu.Unlock()
	if usable {
		return set, nil
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-pending.done:
		return pending.set, pending.err
	}
}

func (i *issuer) fetch(ctx context.Context, f *fetch) {
	ctx, cancel := context.WithTimeout(ctx, 2*issuerTimeout)
	defer cancel()
	f.set, f.err = i.discover(ctx)
	k := &i.keys
	k.mu.Lock()
	if f.err == nil {
		k.set, k.fetched = f.set, i.now()
	}
	k.pending = nil
	k.mu.Unlock()
	close(f.done)
}

func (i *issuer) discover(ctx context.Context) (oidc.KeySet, error) {
	ctx = oidc.ClientContext(ctx, i.keys.client)
	p, err := oidc.NewProvider(ctx, i.config.URL)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	var doc struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := p.Claims(&doc); err != nil || doc.JWKS == "" {
		return nil, errors.New("discovery: no jwks_uri")
	}
	if err := i.checkKeys(ctx, doc.JWKS); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	set := oidc.NewRemoteKeySet(ctx, doc.JWKS)
	// A set fetches its keys when it is first asked. Ask now, for a signature
	// that is none: a set put into use must not depend on the issuer still
	// being there when the next caller comes.
	_, err = set.VerifySignature(ctx, unsigned)
	if f := (*fetchError)(nil); errors.As(err, &f) {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return set, nil
}

// unsigned has the header {"alg":"ES256"}, no claims, and zeros for signature.
var unsigned = "eyJhbGciOiJFUzI1NiJ9.e30." + strings.Repeat("A", 86)

// checkKeys refuses a set without keys, which would make every genuine token
// look forged. The key set's own fetch is answered from what guard remembers.
func (i *issuer) checkKeys(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := i.keys.client.Do(req)
	if err != nil {
		return err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := errors.Join(json.NewDecoder(resp.Body).Decode(&set), resp.Body.Close()); err != nil {
		return err
	}
	if len(set.Keys) == 0 {
		return errors.New("the issuer has none")
	}
	return nil
}

// reportingKeys lets the caller of an oidc verifier, which flattens errors to
// text, tell "the keys could not be fetched" from "the signature is wrong".
type reportingKeys struct {
	oidc.KeySet
	unreachable error
}

// VerifySignature implements oidc.KeySet.
func (k *reportingKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, jwt)
	var f *fetchError
	if errors.As(err, &f) || ctx.Err() != nil {
		k.unreachable = err
	}
	return payload, err
}

// fetchError marks every failure to get a usable answer from an issuer.
type fetchError struct{ cause error }

func (e *fetchError) Error() string { return e.cause.Error() }
func (e *fetchError) Unwrap() error { return e.cause }

// guard is the way to one issuer: bounded answers of JSON only, over safe
// addresses only, and each address asked at most once per answerFor.
type guard struct {
	next         http.RoundTripper
	loopbackHTTP bool
	now          func() time.Time

	mu      sync.Mutex
	answers map[string]answer // key: URL; an issuer has two
}

type answer struct {
	body   []byte
	err    error
	header http.Header
	until  time.Time
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	url := r.URL.String()
	if err := checkURL(url, g.loopbackHTTP); err != nil {
		return nil, &fetchError{fmt.Errorf("the issuer names an unsafe address: %w", err)}
	}
	g.mu.Lock()
	a, ok := g.answers[url]
	g.mu.Unlock()
	if !ok || !g.now().Before(a.until) {
		a = g.ask(r)
		g.mu.Lock()
		if len(g.answers) >= 8 { // an issuer that keeps moving its keys
			clear(g.answers)
		}
		g.answers[url] = a
		g.mu.Unlock()
	}
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

func (g *guard) ask(r *http.Request) answer {
	body, err := g.get(r)
	if err != nil {
		return answer{err: &fetchError{err}, until: g.now().Add(faultFor)}
	}
	return answer{body: body, header: http.Header{"Content-Type": {"application/json"}}, until: g.now().Add(answerFor)}
}

func (g *guard) get(r *http.Request) (body []byte, err error) {
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the issuer answered %d", resp.StatusCode)
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxIssuerBody+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > maxIssuerBody:
		return nil, errors.New("the issuer's answer is too long")
	case !json.Valid(body):
		return nil, errors.New("the issuer's answer is not JSON")
	}
	return body, nil
}
