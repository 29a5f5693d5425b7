package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/devstack/idp"
)

func startProvider(t *testing.T) *idp.Provider {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := idp.Start(ctx, idp.Options{Logger: slog.New(slog.DiscardHandler)})
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

func newLogin(t *testing.T, issuer, account string) (*client.Login, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens.json")
	return &client.Login{
		Name: "test", Profile: client.Profile{Issuer: issuer, Account: account}, Cache: client.NewTokenCache(path),
		Say: func(string, ...any) {},
	}, path
}

func TestSignInByHint(t *testing.T) {
	p := startProvider(t)
	issuer, err := p.Issuer("investigator-33")
	if err != nil {
		t.Fatal(err)
	}
	l, path := newLogin(t, issuer, "investigator-33")
	if _, err := l.AccessToken(t.Context()); !errors.Is(err, client.ErrNotSignedIn) {
		t.Errorf("before the sign-in: %v", err)
	}
	who, err := l.SignIn(t.Context())
	if err != nil || who.Subject != "investigator-33" || who.Name == "" {
		t.Fatalf("%+v, %v", who, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("token cache: %v, %v", info.Mode(), err)
	}
	first, err := l.AccessToken(t.Context())
	if err != nil || strings.Count(first, ".") != 2 {
		t.Fatalf("%d characters, %v", len(first), err)
	}
	stored, err := l.Cache.Get(l.Key())
	if err != nil {
		t.Fatal(err)
	}
	stored.Expiry = time.Now().Add(-time.Minute)
	if err := l.Cache.Put(t.Context(), l.Key(), stored); err != nil {
		t.Fatal(err)
	}
	// Several at once: one refreshes, all get what it got.
	got := make(chan string, 4)
	for range cap(got) {
		go func() {
			token, err := l.AccessToken(context.Background())
			if err != nil {
				t.Error(err)
			}
			got <- token
		}()
	}
	second := <-got
	for range cap(got) - 1 {
		if other := <-got; other != second {
			t.Error("the token was refreshed twice")
		}
	}
	if second == "" || second == first {
		t.Error("an expired token was not refreshed")
	}
	if had, err := l.SignOut(t.Context()); !had || err != nil {
		t.Errorf("sign out: %v, %v", had, err)
	}
	if had, err := l.SignOut(t.Context()); had || err != nil {
		t.Errorf("sign out again: %v, %v", had, err)
	}
	if _, err := l.AccessToken(t.Context()); !errors.Is(err, client.ErrNotSignedIn) {
		t.Errorf("after the sign-out: %v", err)
	}
}

func TestSignInThatCannotBe(t *testing.T) {
	p := startProvider(t)
	issuer, err := p.Issuer("investigator-33")
	if err != nil {
		t.Fatal(err)
	}
	l, _ := newLogin(t, issuer, "nobody")
	if _, err := l.SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "access_denied") {
		t.Errorf("an unknown account: %v", err)
	}
	for _, bad := range []string{"", "http://idp.example/x", "ftp://127.0.0.1/", "https://127.0.0.1:1/x", "::"} {
		l, _ := newLogin(t, bad, "x")
		if _, err := l.SignIn(t.Context()); err == nil {
			t.Errorf("issuer %q: no error", bad)
		}
	}
	// A refresh token that the provider does not know asks for a new sign-in.
	stale := &oauth2.Token{AccessToken: "a", RefreshToken: "unknown", Expiry: time.Now().Add(-time.Hour)}
	if err := l.Cache.Put(t.Context(), l.Key(), stale); err != nil {
		t.Fatal(err)
	}
	if _, err := l.AccessToken(t.Context()); err == nil || strings.Contains(err.Error(), "unknown") {
		t.Errorf("an unknown refresh token: %v", err)
	}
}

func TestTokenCacheOthersCanRead(t *testing.T) {
	l, path := newLogin(t, "https://127.0.0.1:1/x", "x")
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := l.AccessToken(t.Context()); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("%v", err)
	}
}

// page stands for a provider that shows a sign-in page; the person's browser
// then goes where answer says.
func page(t *testing.T, answer func(redirect *url.URL, q url.Values)) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": server.URL, "authorization_endpoint": server.URL + "/authorize", "token_endpoint": server.URL + "/token", "jwks_uri": server.URL + "/jwks",
		})
	})
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Browser") == "" {
			_, _ = io.WriteString(w, "please sign in")
			return
		}
		to, err := url.Parse(r.FormValue("redirect_uri"))
		if err != nil || r.FormValue("code_challenge_method") != "S256" || r.FormValue("nonce") == "" {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		q := url.Values{"state": {r.FormValue("state")}, "code": {"code"}}
		answer(to, q)
		to.RawQuery = q.Encode()
		http.Redirect(w, r, to.String(), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"secret-token","token_type":"Bearer","expires_in":60}`)
	})
	return server.URL
}

func TestSignInByBrowser(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(*url.URL, url.Values)
		want   string
	}{
		"refused":      {func(_ *url.URL, q url.Values) { q.Set("error", "access_denied") }, "access_denied"},
		"other issuer": {func(_ *url.URL, q url.Values) { q.Set("iss", "https://evil.example") }, "another issuer"},
		"no code":      {func(_ *url.URL, q url.Values) { q.Del("code") }, "no code"},
		"no ID token":  {func(*url.URL, url.Values) {}, "no ID token"},
	} {
		t.Run(name, func(t *testing.T) {
			issuer := page(t, tt.answer)
			l, _ := newLogin(t, issuer, "someone")
			opened := 0
			l.Open = func(address string) error {
				opened++
				// First somebody else's answer, which must not count.
				u, err := url.Parse(address)
				if err != nil {
					return err
				}
				if status := browse(t, u.Query().Get("redirect_uri")+"?state=forged&code=x"); status != http.StatusBadRequest {
					t.Errorf("a forged answer was met by %d", status)
				}
				browse(t, address)
				return nil
			}
			_, err := l.SignIn(t.Context())
			if opened != 1 || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret-token") {
				t.Errorf("opened %d times: %v", opened, err)
			}
		})
	}
}

func browse(t *testing.T, address string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Browser", "yes")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

func TestSignInGivenUp(t *testing.T) {
	l, _ := newLogin(t, page(t, func(*url.URL, url.Values) {}), "")
	ctx, cancel := context.WithCancel(t.Context())
	l.Open = func(string) error { cancel(); return errors.New("no browser") }
	if _, err := l.SignIn(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
