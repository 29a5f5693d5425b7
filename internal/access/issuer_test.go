package access_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

// keyServer is an issuer whose keys and moods a test can change.
type keyServer struct {
	*httptest.Server
	mu       sync.Mutex
	keys     []jose.JSONWebKey // private
	jwksURL  string
	override http.HandlerFunc
	asked    atomic.Int64 // for keys
}

func newKeyServer(t *testing.T, keys ...jose.JSONWebKey) *keyServer {
	t.Helper()
	s := &keyServer{keys: keys}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	s.jwksURL = s.URL + "/keys"
	t.Cleanup(s.Close)
	return s
}

func (s *keyServer) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.override != nil {
		s.override(w, r)
		return
	}
	var v any = map[string]string{"issuer": s.URL, "jwks_uri": s.jwksURL}
	if r.URL.Path == "/keys" {
		s.asked.Add(1)
		set := jose.JSONWebKeySet{}
		for _, k := range s.keys {
			set.Keys = append(set.Keys, k.Public())
		}
		v = set
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (s *keyServer) set(change func(*keyServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// clock is the time, moved forward by hand.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

func (s *keyServer) authenticator(t *testing.T, c *clock) *access.Authenticator {
	t.Helper()
	a, err := access.NewAuthenticator(access.Options{Now: c.Now, Issuers: []access.IssuerConfig{{
		URL: s.URL, Forces: []string{"33"}, Roles: []string{"spoc"}, MinACR: "aal2", AllowLoopbackHTTP: true,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *keyServer) token(t *testing.T, c *clock, key jose.JSONWebKey) string {
	t.Helper()
	return s.sign(t, c, key, time.Minute)
}

func (s *keyServer) longToken(t *testing.T, c *clock, key jose.JSONWebKey) string {
	t.Helper()
	return s.sign(t, c, key, time.Hour)
}

func (s *keyServer) sign(t *testing.T, c *clock, key jose.JSONWebKey, life time.Duration) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key}, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(claims{
		"iss": s.URL, "sub": "jo", "aud": "register", "client_id": "c", "jti": "1", "acr": "aal2", "force": "33", "roles": []string{"spoc"},
		"iat": c.Now().Unix(), "exp": c.Now().Add(life).Unix(),
	})
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(data)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func edKey(t *testing.T, kid string) jose.JSONWebKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: string(jose.EdDSA), Use: "sig"}
}

func rsaKey(t *testing.T, kid string, alg jose.SignatureAlgorithm) jose.JSONWebKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: string(alg), Use: "sig"}
}

func authenticate(t *testing.T, a *access.Authenticator, token string) error {
	t.Helper()
	_, err := a.Authenticate(t.Context(), access.Credentials{Authorization: bearer(token)})
	return err
}

func TestAlgorithms(t *testing.T) {
	c := &clock{}
	for _, key := range []jose.JSONWebKey{edKey(t, "ed"), rsaKey(t, "rs", jose.RS256)} {
		s := newKeyServer(t, key)
		if err := authenticate(t, s.authenticator(t, c), s.token(t, c, key)); err != nil {
			t.Errorf("%s: %v", key.Algorithm, err)
		}
	}
	for _, alg := range []jose.SignatureAlgorithm{jose.PS256, jose.RS512} {
		key := rsaKey(t, "x", alg)
		s := newKeyServer(t, key)
		_ = refused(t, authenticate(t, s.authenticator(t, c), s.token(t, c, key)), access.ReasonTokenAlgorithm)
	}
}

func TestIssuerDownAtStartComesBack(t *testing.T) {
	c, key := &clock{}, edKey(t, "1")
	s := newKeyServer(t, key)
	root, err := pki.NewRoot("test root")
	if err != nil {
		t.Fatal(err)
	}
	for name, mood := range map[string]http.HandlerFunc{
		"error":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"not JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>") },
		"other":    func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{"issuer":"https://other"}`) },
		"no keys":  func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(w, `{"issuer":%q}`, s.URL) },
		"unsafe": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"http://192.0.2.1/keys"}`, s.URL)
		},
		"file": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":"file:///etc/passwd"}`, s.URL)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, s.URL+"/keys", http.StatusFound) },
		"very long": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, `{"x":"`+strings.Repeat("x", 2<<20)+`"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s.set(func(s *keyServer) { s.override = mood })
			a := s.authenticator(t, c)
			refusal := refused(t, authenticate(t, a, s.token(t, c, key)), access.ReasonIssuerUnavailable)
			if !refusal.Temporary || refusal.Authenticated || errors.Unwrap(refusal) == nil {
				t.Errorf("refusal %+v", refusal)
			}
			w := &world{TB: t, root: root}
			_, err := a.Authenticate(t.Context(), access.Credentials{Authorization: bearer(s.token(t, c, key)), TLS: w.peer("register://forces/33/systems/crime")})
			if refusal := refused(t, err, access.ReasonIssuerUnavailable); !refusal.Temporary || refusal.Authenticated {
				t.Errorf("over a certificate: refusal %+v", refusal)
			}
			if a.Warm(t.Context()) == nil {
				t.Error("warm without its issuer")
			}
			s.set(func(s *keyServer) { s.override = nil })
			c.Advance(time.Minute) // beyond what is remembered
			if err := authenticate(t, a, s.token(t, c, key)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOneIssuerDownDoesNotTouchAnother(t *testing.T) {
	c, key := &clock{}, edKey(t, "1")
	up, down := newKeyServer(t, key), newKeyServer(t, key)
	down.Close()
	var configs []access.IssuerConfig
	for _, s := range []*keyServer{up, down} {
		configs = append(configs, access.IssuerConfig{URL: s.URL, Forces: []string{"33"}, Roles: []string{"spoc"}, MinACR: "aal2", AllowLoopbackHTTP: true})
	}
	a, err := access.NewAuthenticator(access.Options{Issuers: configs, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	_ = refused(t, authenticate(t, a, down.token(t, c, key)), access.ReasonIssuerUnavailable)
	if err := authenticate(t, a, up.token(t, c, key)); err != nil {
		t.Error(err)
	}
	if err := a.Warm(t.Context()); err == nil || !strings.Contains(err.Error(), down.URL) || strings.Contains(err.Error(), up.URL) {
		t.Errorf("warm: %v", err)
	}
}

func TestKeyRotation(t *testing.T) {
	c, old, next := &clock{}, edKey(t, "old"), edKey(t, "next")
	s := newKeyServer(t, old)
	a := s.authenticator(t, c)
	if err := authenticate(t, a, s.token(t, c, old)); err != nil {
		t.Fatal(err)
	}
	// A key not seen before is fetched, after the answer just got has aged.
	s.set(func(s *keyServer) { s.keys = []jose.JSONWebKey{old, next} })
	_ = refused(t, authenticate(t, a, s.token(t, c, next)), access.ReasonTokenSignature)
	c.Advance(11 * time.Second)
	// The library may hand the answer just got to one more caller.
	eventually(t, func() bool { return authenticate(t, a, s.token(t, c, next)) == nil })
	// Keys once fetched do not depend on the issuer staying up.
	s.set(func(s *keyServer) { s.override = http.NotFound })
	c.Advance(time.Minute)
	for _, key := range []jose.JSONWebKey{old, next} {
		if err := authenticate(t, a, s.token(t, c, key)); err != nil {
			t.Error(err)
		}
	}
	s.set(func(s *keyServer) { s.override = nil })
	// A withdrawn key stops counting, though nobody brings an unknown one, and
	// so does a token that was verified with it.
	before := s.longToken(t, c, old)
	if err := authenticate(t, a, before); err != nil {
		t.Fatal(err)
	}
	s.set(func(s *keyServer) { s.keys = []jose.JSONWebKey{next} })
	c.Advance(11 * time.Minute)
	eventually(t, func() bool { return authenticate(t, a, s.token(t, c, old)) != nil })
	_ = refused(t, authenticate(t, a, before), access.ReasonTokenSignature)
	if err := authenticate(t, a, s.token(t, c, next)); err != nil {
		t.Error(err)
	}
}

func TestKnownKeysOutliveAShortOutage(t *testing.T) {
	c, key := &clock{}, edKey(t, "1")
	s := newKeyServer(t, key)
	a := s.authenticator(t, c)
	if err := authenticate(t, a, s.token(t, c, key)); err != nil {
		t.Fatal(err)
	}
	s.set(func(s *keyServer) {
		s.override = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	})
	c.Advance(30 * time.Minute)
	if err := authenticate(t, a, s.token(t, c, key)); err != nil {
		t.Errorf("half an hour into the outage: %v", err)
	}
	c.Advance(time.Hour)
	_ = refused(t, authenticate(t, a, s.token(t, c, key)), access.ReasonIssuerUnavailable)
}

func TestUnknownKeysDoNotFloodTheIssuer(t *testing.T) {
	c, key := &clock{}, edKey(t, "1")
	s := newKeyServer(t, key)
	a := s.authenticator(t, c)
	began := time.Now()
	var wg sync.WaitGroup
	for i := range 50 {
		token := s.token(t, c, edKey(t, fmt.Sprint("unknown", i)))
		wg.Go(func() { _ = authenticate(t, a, token) })
	}
	wg.Wait()
	// One answer serves for ten seconds; allow one more each ten seconds that a
	// slow machine took.
	if most := 2 + int64(time.Since(began)/(10*time.Second)); s.asked.Load() > most {
		t.Errorf("%d requests for keys, want at most %d", s.asked.Load(), most)
	}
}

func TestCancelledWhileTheIssuerHangs(t *testing.T) {
	c, key := &clock{}, edKey(t, "1")
	s := newKeyServer(t, key)
	a := s.authenticator(t, c)
	release := make(chan struct{})
	s.set(func(s *keyServer) { s.override = func(http.ResponseWriter, *http.Request) { <-release } })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Authenticate(ctx, access.Credentials{Authorization: bearer(s.token(t, c, key))})
	close(release)
	_ = refused(t, err, access.ReasonIssuerUnavailable)
}

func TestIssuerConfigNamesEveryFault(t *testing.T) {
	good := access.IssuerConfig{URL: "https://id.example", Forces: []string{"33"}, Roles: []string{"spoc"}, MinACR: "aal2"}
	for name, c := range map[string]struct {
		change func(*access.IssuerConfig)
		want   []string
	}{
		"good":               {func(*access.IssuerConfig) {}, nil},
		"national":           {func(c *access.IssuerConfig) { c.Forces, c.National = nil, true }, nil},
		"own strengths":      {func(c *access.IssuerConfig) { c.ACROrder, c.MinACR = []string{"pw", "mfa"}, "mfa" }, nil},
		"http":               {func(c *access.IssuerConfig) { c.URL = "http://id.example" }, []string{"must be https"}},
		"http, not allowed":  {func(c *access.IssuerConfig) { c.URL = "http://127.0.0.1:1" }, []string{"must be https"}},
		"http elsewhere":     {func(c *access.IssuerConfig) { c.URL, c.AllowLoopbackHTTP = "http://192.0.2.1", true }, []string{"loopback address only"}},
		"no URL":             {func(c *access.IssuerConfig) { c.URL = "" }, []string{"not a plain URL"}},
		"URL with user":      {func(c *access.IssuerConfig) { c.URL = "https://a:b@id.example" }, []string{"not a plain URL"}},
		"no force":           {func(c *access.IssuerConfig) { c.Forces = nil }, []string{"forces: none"}},
		"system":             {func(c *access.IssuerConfig) { c.Roles = []string{"system"} }, []string{"no issuer may grant it"}},
		"auditor by a force": {func(c *access.IssuerConfig) { c.Roles = []string{"auditor"} }, []string{"no force's issuer may grant it"}},
		"lifetime":           {func(c *access.IssuerConfig) { c.MaxLifetime = 48 * time.Hour }, []string{"max_lifetime"}},
		"no CA file":         {func(c *access.IssuerConfig) { c.CAFile = "/nonexistent" }, []string{"ca_file"}},
		"many": {func(c *access.IssuerConfig) {
			c.URL, c.Forces, c.Roles, c.MinACR = "ftp://x", []string{"3"}, []string{"root"}, "aal9"
		}, []string{"url:", "forces:", "roles:", "min_acr:"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := good
			c.change(&config)
			_, err := access.NewAuthenticator(access.Options{Issuers: []access.IssuerConfig{config}})
			if (err == nil) != (c.want == nil) {
				t.Fatalf("error %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
	if _, err := access.NewAuthenticator(access.Options{Issuers: []access.IssuerConfig{good, good}}); err == nil {
		t.Error("one issuer named twice was accepted")
	}
}

// eventually waits for a change that happens in the background.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("did not happen")
}

func TestARememberedTokenStillExpires(t *testing.T) {
	c, key := &clock{}, edKey(t, "1")
	s := newKeyServer(t, key)
	a := s.authenticator(t, c)
	token := s.token(t, c, key)
	if err := authenticate(t, a, token); err != nil {
		t.Fatal(err)
	}
	c.Advance(2 * time.Minute)
	_ = refused(t, authenticate(t, a, token), access.ReasonTokenExpired)
}

// Who is trusted is told as it is in force: standard values stand where none were given.
func TestIssuersAreTold(t *testing.T) {
	t.Parallel()
	a, err := access.NewAuthenticator(access.Options{Issuers: []access.IssuerConfig{
		{URL: "https://b.example", National: true, Roles: []string{"auditor"}, MinACR: "gold", ACROrder: []string{"tin", "gold"}, Audience: "elsewhere", MaxLifetime: time.Minute},
		{URL: "https://a.example", Forces: []string{"33"}, Roles: []string{"spoc"}, MinACR: "aal2"},
		{URL: "https://c.example", Forces: []string{"33", "10"}, Roles: []string{"dpo"}, MinACR: "aal3"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, i := range a.Issuers() {
		told = append(told, fmt.Sprint(i.URL, " ", i.Audience, " ", i.MaxLifetime, " ", i.Sufficient()))
	}
	want := []string{"https://a.example register 1h0m0s [aal2 aal3]", "https://b.example elsewhere 1m0s [gold]", "https://c.example register 1h0m0s [aal3]"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	for force, want := range map[string][]string{"33": {"aal2", "aal3"}, "10": {"aal3"}, "43": nil, "": nil} {
		if got := a.Strengths(force); !slices.Equal(got, want) {
			t.Errorf("force %q knows %q, want %q", force, got, want)
		}
	}
	if got := (&access.IssuerConfig{MinACR: "aal2"}).Sufficient(); got != nil {
		t.Errorf("of no order %q suffice", got)
	}
}
