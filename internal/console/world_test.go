package console_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/devstack"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/server"
	"github.com/perpetrator-register/register/internal/servertest"
)

// world is a register with a console, over TLS as in earnest.
type world struct {
	t       *testing.T
	site    *servertest.Site
	replica *servertest.Replica
	base    string
	signed  map[string]*browser // by account
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, nil)
}

// newWitnessedWorld is a world whose log a witness co-signs as it grows.
func newWitnessedWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(site *servertest.Site, config *server.Config) {
		config.Witnesses = server.Witnesses{List: []server.WitnessConfig{site.StartWitness("one").Config}, Quorum: 1, Every: time.Second, WarnAfter: time.Minute}
	})
}

func newWorldWith(t *testing.T, change func(*servertest.Site, *server.Config)) *world {
	t.Helper()
	site := servertest.NewSite(t, nil)
	ref, err := refdata.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	config := site.Config()
	config.Console = devstack.ConsoleConfig(site.IDP, ref)
	if change != nil {
		change(site, config)
	}
	w := &world{t: t, site: site, replica: site.Start(config)}
	w.base = w.replica.REST()
	return w
}

// browser is a browser of its own, as far as cookies and redirects go.
type browser struct {
	w *world
	http.Client
}

func (w *world) browser() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &browser{w, http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: w.site.ClientTLS("")}}}
}

// page is an answer with its body read.
type page struct {
	*http.Response
	text string
}

func (p page) must(t *testing.T, status int, texts ...string) page {
	t.Helper()
	if p.StatusCode != status {
		t.Fatalf("%s %s: %d, want %d\n%s", p.Request.Method, p.Request.URL.Path, p.StatusCode, status, p.text)
	}
	for _, text := range texts {
		if !strings.Contains(p.text, text) {
			t.Errorf("%s %s does not say %q\n%s", p.Request.Method, p.Request.URL.Path, text, p.text)
		}
	}
	return p
}

func (p page) mustNot(t *testing.T, texts ...string) page {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.text, text) {
			t.Errorf("%s %s says %q", p.Request.Method, p.Request.URL.Path, text)
		}
	}
	return p
}

func (b *browser) send(method, path string, form url.Values, headers map[string]string) page {
	b.w.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	if strings.HasPrefix(path, "/") {
		path = b.w.base + path
	}
	req, err := http.NewRequestWithContext(b.w.t.Context(), method, path, body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	resp, err := b.Do(req)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }() // read whole
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return page{resp, string(raw)}
}

func (b *browser) get(path string) page {
	b.w.t.Helper()
	return b.send(http.MethodGet, path, nil, nil)
}

func (b *browser) post(path string, form url.Values) page {
	b.w.t.Helper()
	return b.send(http.MethodPost, path, form, nil)
}

// still follows no redirect.
func (b *browser) still() *browser {
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

// as is a browser in which an account is signed in.
func (w *world) as(account string) *browser {
	w.t.Helper()
	b := w.browser()
	b.signIn(account, "")
	return b
}

// once is the browser of an account that signs in once in a test.
func (w *world) once(account string) *browser {
	w.t.Helper()
	if w.signed == nil {
		w.signed = map[string]*browser{}
	}
	if w.signed[account] == nil {
		w.signed[account] = w.as(account)
	}
	return w.signed[account]
}

// signIn signs an account in, as its link on the sign-in page does.
func (b *browser) signIn(account, to string) page {
	b.w.t.Helper()
	path := "/sign-in"
	if to != "" {
		path += "?" + url.Values{"to": {to}}.Encode()
	}
	text := b.get(path).must(b.w.t, http.StatusOK).text
	at := strings.Index(text, "account="+account+"&amp;")
	start := strings.LastIndex(text[:max(0, at)], `href="`)
	if at < 0 || start < 0 {
		b.w.t.Fatalf("no account %s on the sign-in page", account)
	}
	link, _, _ := strings.Cut(text[start+len(`href="`):], `"`)
	return b.get(strings.ReplaceAll(link, "&amp;", "&"))
}

// session is the cookie of the sign-in; nil when there is none.
func (b *browser) session() *http.Cookie {
	u, err := url.Parse(b.w.base)
	if err != nil {
		b.w.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		if c.Name == session {
			return c
		}
	}
	return nil
}

// hiddenValue is what a form sends without showing it.
func hiddenValue(t *testing.T, text, name string) string {
	t.Helper()
	found := regexp.MustCompile(`type="hidden" name="` + name + `" value="([^"]*)"`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no hidden %s\n%s", name, text)
	}
	return html.UnescapeString(found[1])
}

// waitFor waits until something holds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(time.Minute); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("it does not come about")
		}
	}
}
