package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const session = "__Host-session"

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.get("/").must(t, http.StatusOK, "Sign in", "Investigator", "Ben Osier, Leicestershire")
	b.signIn("investigator-33", "").must(t, http.StatusOK, "Ben Osier", "Leicestershire", "Has this person stalked before?")
	held := b.session()
	if held == nil {
		t.Fatal("no session cookie")
	}
	// A second sign-in in the same browser ends the first session.
	b.signIn("spoc-33", "").must(t, http.StatusOK, "Hal Bracken")
	if now := b.session(); now == nil || now.Value == held.Value {
		t.Error("the session cookie did not change with the sign-in")
	}
	other := w.browser().still()
	u, _ := url.Parse(w.base)
	other.Jar.SetCookies(u, []*http.Cookie{{Name: session, Value: held.Value, Secure: true, Path: "/"}})
	if got := other.get("/search"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the first session goes on after a second sign-in: %d", got.StatusCode)
	}
	held = b.session()
	p := b.still().post("/sign-out", url.Values{}).must(t, http.StatusOK, "You have signed out")
	if !strings.Contains(p.Header.Get("Refresh"), "/forces/33/sign-out?") {
		t.Errorf("does not lead on to the provider: %q", p.Header.Get("Refresh"))
	}
	if b.session() != nil {
		t.Error("the cookie is still there")
	}
	other.Jar.SetCookies(u, []*http.Cookie{{Name: session, Value: held.Value, Secure: true, Path: "/"}})
	if got := other.get("/search"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the session goes on after the sign-out: %d", got.StatusCode)
	}
}

func TestCookiesAndHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser().still()
	start := b.get("/sign-in/start?provider=1&account=investigator-33")
	at := start.Header.Get("Location")
	back := b.get(at).Header.Get("Location")
	done := b.get(back)
	for _, line := range append(start.Header.Values("Set-Cookie"), done.Header.Values("Set-Cookie")...) {
		if strings.HasPrefix(line, "__Host-sign-in=;") {
			continue
		}
		for _, want := range []string{"__Host-", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"} {
			if !strings.Contains(line, want) {
				t.Errorf("cookie without %q: %s", want, line)
			}
		}
		if strings.Contains(line, "Domain") {
			t.Errorf("cookie of a domain: %s", line)
		}
	}
	asked, _ := url.Parse(at)
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(asked.Query().Get(name)) < 32 {
			t.Errorf("the sign-in is begun without %s", name)
		}
	}
	for _, path := range []string{"/sign-in", "/search", "/nowhere", "/signed-out"} {
		h := b.get(path).Header
		if got := h.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'none'") || strings.Contains(got, "unsafe") || !strings.Contains(got, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, got)
		}
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: headers %v", path, h)
		}
	}
}

// A sign-in ends only in the browser that began it, once, with its own state.
func TestSignInIsBound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begin := func(b *browser) *url.URL {
		at := b.get("/sign-in/start?provider=1&account=investigator-33").Header.Get("Location")
		u, err := url.Parse(b.get(at).Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	a, b := w.browser().still(), w.browser().still()
	back := begin(a)
	b.get(back.String()).must(t, http.StatusBadRequest, "was not begun in this browser")
	if b.session() != nil {
		t.Error("signed in by another browser's answer")
	}
	begin(b) // b has a sign-in of its own under way: a's answer is still not its
	b.get(back.String()).must(t, http.StatusBadRequest)
	q := back.Query()
	q.Set("iss", "https://other.example")
	mixed := *back
	mixed.RawQuery = q.Encode()
	a.get(mixed.String()).must(t, http.StatusForbidden, "did not let you in")
	again := begin(a)
	if got := a.get(again.String()); got.StatusCode != http.StatusSeeOther || a.session() == nil {
		t.Fatalf("not signed in: %d %s", got.StatusCode, got.text)
	}
	a.get(again.String()).must(t, http.StatusBadRequest)
}

func TestNoOpenRedirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, to := range []string{
		"https://evil.example/", "//evil.example", `/\evil.example`, `\\evil.example`, "/%09/evil.example", "javascript:alert(1)", "///evil.example",
		"http:evil.example", "/\n/evil.example", "@evil.example", "/sign-out", "/v1/self", "https:/evil.example", "/%5cevil.example",
	} {
		p := w.browser().signIn("investigator-33", to)
		if p.Request.URL.Host != strings.TrimPrefix(w.base, "https://") || strings.HasPrefix(p.Request.URL.Path, "//") || p.StatusCode != http.StatusOK && p.StatusCode != http.StatusNotFound {
			t.Errorf("%q led to %s (%d)", to, p.Request.URL, p.StatusCode)
		}
	}
	if p := w.browser().signIn("investigator-33", "/search?x=1"); p.Request.URL.RequestURI() != "/search?x=1" {
		t.Errorf("did not return to where the person came from: %s", p.Request.URL)
	}
}

func TestCrossSitePostsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("investigator-33")
	before := entries(t, w)
	for _, headers := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
		{"Sec-Fetch-Site": "", "Origin": "https://evil.example"}, {"Sec-Fetch-Site": "", "Origin": "null"},
	} {
		for _, path := range []string{"/search", "/sign-out", "/session/extend"} {
			b.send(http.MethodPost, path, url.Values{"surname": {"Forged"}}, headers).must(t, http.StatusForbidden, "came from another site")
		}
	}
	if made := entries(t, w) - before - 1; made != 0 { // counting is an entry
		t.Errorf("%d entries were made by forged posts", made)
	}
	b.get("/search").must(t, http.StatusOK)
}

func TestOtherHostsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	req, err := http.NewRequest(http.MethodGet, w.base+"/sign-in", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	resp, err := w.browser().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("answered for another host: %d", resp.StatusCode)
	}
}

func TestSessionsRunOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	conn, err := pgx.Connect(t.Context(), w.site.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	for name, sql := range map[string]string{
		"idle":           "UPDATE register.console_session SET use_time = now() - interval '21 minutes'",
		"absolute":       "UPDATE register.console_session SET create_time = now() - interval '601 minutes'",
		"signed out":     "DELETE FROM register.console_session",
		"tampered with":  "UPDATE register.console_session SET sealed = sealed || '\\x00'",
		"another's seal": "UPDATE register.console_session SET sealed = '\\x000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f'",
	} {
		b := w.as("investigator-33").still()
		b.get("/search").must(t, http.StatusOK)
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		if got := b.get("/search"); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/sign-in?to=%2Fsearch" {
			t.Errorf("%s: %d to %q", name, got.StatusCode, got.Header.Get("Location"))
		}
		b.signInAgain(t)
	}
	// A form that was sent too late says that nothing was done.
	b := w.as("investigator-33")
	if _, err := conn.Exec(t.Context(), "DELETE FROM register.console_session"); err != nil {
		t.Fatal(err)
	}
	b.post("/search", url.Values{"surname": {"Late"}}).must(t, http.StatusUnauthorized, "Nothing was searched")
	// What is stored names nobody.
	w.as("investigator-33")
	var found bool
	if err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM register.console_session WHERE encode(sealed, 'escape') ~* 'osier|investigator|eyJ')").Scan(&found); err != nil || found {
		t.Errorf("the stored session can be read: %v %v", found, err)
	}
}

// signInAgain shows that a session that ran out is no hindrance.
func (b *browser) signInAgain(t *testing.T) {
	t.Helper()
	b.CheckRedirect = nil
	b.signIn("investigator-33", "/search").must(t, http.StatusOK, "Has this person stalked before?")
}

// entries counts the log's entries.
func entries(t *testing.T, w *world) int64 {
	t.Helper()
	k, err := registerv1.NewAccessLogServiceClient(w.replica.Dial("")).GetCheckpoint(w.site.As(t.Context(), "auditor"), &registerv1.GetCheckpointRequest{})
	if err != nil {
		t.Fatal(err)
	}
	return k.GetTreeSize()
}
