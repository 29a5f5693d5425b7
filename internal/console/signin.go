package console

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

const (
	callbackPath  = "/sign-in/callback"
	signInTimeout = 10 * time.Minute
	freshMargin   = time.Minute // before its end an access token is refreshed
)

// signInState is kept in the browser from the start of a sign-in to its end.
// It binds the two to one browser (state), one token (nonce) and one code
// (verifier).
type signInState struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Provider int    `json:"p"`
	To       string `json:"t"`
}

type signInView struct {
	Frame
	Providers []signInChoice
	Roles     []signInRole // in development alone
	Problem   string
}

type signInChoice struct{ Title, Address string }

type signInRole struct {
	Title    string
	Accounts []signInChoice
}

// showSignIn lists the providers and, in development, the accounts by role.
func (c *Console) showSignIn(w http.ResponseWriter, r *http.Request) {
	to := localPath(r.URL.Query().Get("to"))
	view := signInView{Frame: c.frame("Sign in")}
	for i, p := range c.providers {
		view.Providers = append(view.Providers, signInChoice{p.config.Title, startAddress(i, "", to)})
	}
	for _, a := range c.config.Accounts {
		at := slices.IndexFunc(c.providers, func(p *provider) bool { return p.config.Issuer == a.Issuer })
		title := roleTitle(a.Role)
		i := slices.IndexFunc(view.Roles, func(r signInRole) bool { return r.Title == title })
		if i < 0 {
			view.Roles = append(view.Roles, signInRole{Title: title})
			i = len(view.Roles) - 1
		}
		where := "national"
		if a.Force != "" {
			where = c.words.force(a.Force)
		}
		view.Roles[i].Accounts = append(view.Roles[i].Accounts, signInChoice{a.Name + ", " + where, startAddress(at, a.Login, to)})
	}
	c.render(w, http.StatusOK, "signin", &view)
}

func startAddress(provider int, account, to string) string {
	q := url.Values{"provider": {strconv.Itoa(provider)}}
	if account != "" {
		q.Set("account", account)
	}
	if to != "/" {
		q.Set("to", to)
	}
	return "/sign-in/start?" + q.Encode()
}

// startSignIn sends the browser to the provider. It is a link and no form,
// since the policy of the pages lets forms go nowhere else.
func (c *Console) startSignIn(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	at, err := strconv.Atoi(q.Get("provider"))
	if err != nil || at < 0 || at >= len(c.providers) {
		c.problem(w, nil, http.StatusBadRequest, problemView{Heading: "There is no such sign-in provider"})
		return
	}
	account := q.Get("account")
	if !slices.ContainsFunc(c.config.Accounts, func(a Account) bool { return a.Login == account }) {
		account = ""
	}
	conn, err := c.providers[at].connect(r.Context())
	if err != nil {
		c.log.WarnContext(r.Context(), "sign-in not begun", "err", err)
		c.signInFailed(w, http.StatusBadGateway, "Your force’s sign-in cannot be reached.", "Try again in a minute. If it still cannot be reached, tell your force’s service desk.")
		return
	}
	s := signInState{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier(), Provider: at, To: localPath(q.Get("to"))}
	raw, err := json.Marshal(s)
	if err != nil {
		c.fault(w, r, err)
		return
	}
	c.setCookie(w, signInCookie, base64.RawURLEncoding.EncodeToString(raw), signInTimeout)
	http.Redirect(w, r, c.providers[at].address(conn, c.url()+callbackPath, &s, account), http.StatusSeeOther)
}

// finishSignIn is where the provider sends the browser back to.
func (c *Console) finishSignIn(w http.ResponseWriter, r *http.Request) {
	s, ok := c.signInState(r)
	c.setCookie(w, signInCookie, "", 0)
	q := r.URL.Query()
	if !ok || subtle.ConstantTimeCompare([]byte(s.State), []byte(q.Get("state"))) != 1 {
		c.signInFailed(w, http.StatusBadRequest, "This sign-in was not begun in this browser, or took too long.", "Start again from the sign-in page.")
		return
	}
	p := c.providers[s.Provider]
	// Another provider's answer must not be taken for this one's (RFC 9207).
	if iss := q.Get("iss"); iss != "" && iss != p.config.Issuer || q.Get("error") != "" || q.Get("code") == "" {
		c.signInFailed(w, http.StatusForbidden, "Your force’s sign-in did not let you in.", "Ask your force’s service desk whether your account may use the register.")
		return
	}
	value, err := c.admit(r, p, q.Get("code"), &s)
	if err != nil {
		c.signInError(w, r, err)
		return
	}
	// A session that this browser had before ends here.
	if old, err := r.Cookie(c.cookieName(sessionCookie)); err == nil {
		if id, _, ok := secretOf(old.Value); ok {
			if err := c.db.DeleteConsoleSession(r.Context(), id); err != nil {
				c.fault(w, r, err)
				return
			}
		}
	}
	c.setCookie(w, sessionCookie, value, c.config.Absolute)
	http.Redirect(w, r, s.To, http.StatusSeeOther)
}

func (c *Console) signInState(r *http.Request) (s signInState, ok bool) {
	cookie, err := r.Cookie(c.cookieName(signInCookie))
	if err != nil {
		return s, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || json.Unmarshal(raw, &s) != nil {
		return s, false
	}
	s.To = localPath(s.To)
	return s, s.State != "" && s.Provider >= 0 && s.Provider < len(c.providers)
}

// admit takes the code, asks the register who that is, and begins a session.
func (c *Console) admit(r *http.Request, p *provider, code string, s *signInState) (string, error) {
	ctx := r.Context()
	conn, err := p.connect(ctx)
	if err != nil {
		return "", err
	}
	token, name, err := p.exchange(ctx, conn, c.url()+callbackPath, code, s)
	if err != nil {
		return "", err
	}
	data := &kept{Name: name, Issuer: p.config.Issuer}
	if err := c.identify(c.as(r, token.AccessToken), data, token); err != nil {
		return "", err
	}
	return c.begin(ctx, data)
}

// identify keeps the tokens and what the register says of their owner.
func (c *Console) identify(ctx context.Context, data *kept, token *oauth2.Token) error {
	self, err := c.directory.GetSelf(ctx, &registerv1.GetSelfRequest{})
	if err != nil {
		return err
	}
	data.Access, data.Expiry = token.AccessToken, token.Expiry
	if data.Expiry.IsZero() { // the provider does not say
		data.Expiry = c.now().Add(5 * time.Minute)
	}
	if token.RefreshToken != "" {
		data.Refresh = token.RefreshToken
	}
	data.Subject, data.Force, data.Collar = self.GetSubject(), strings.TrimPrefix(self.GetForce(), "forces/"), self.GetCollarNumber()
	data.Roles, data.PolicyHash, data.Permissions = self.GetRoles(), self.GetPolicyHash(), nil
	for _, p := range self.GetPermissions() {
		name, _, _ := strings.Cut(p, " ")
		data.Permissions = append(data.Permissions, name)
	}
	return nil
}

// signInError says why nobody was signed in. A refusal of the register is its
// own; any other fault is told to the journal alone.
func (c *Console) signInError(w http.ResponseWriter, r *http.Request, err error) {
	c.log.WarnContext(r.Context(), "nobody signed in", "err", err)
	if p := client.AsProblem(err); p != nil && !client.Unanswered(p.Code) {
		c.signInFailed(w, http.StatusForbidden, "The register did not let you in.", "Your force’s sign-in says of you what the register does not accept. Ask your force’s service desk which role you have. ("+p.Reason+")")
		return
	}
	c.signInFailed(w, http.StatusBadGateway, "You could not be signed in now.", "Try again in a minute.")
}

func (c *Console) signInFailed(w http.ResponseWriter, status int, heading, what string) {
	c.problem(w, nil, status, problemView{Heading: heading, Paragraphs: []string{what}, Link: "/sign-in", LinkText: "Go to the sign-in page"})
}

// fresh makes sure that the session's access token is good for a call.
func (c *Console) fresh(ctx context.Context, r *http.Request, s *session) error {
	if c.now().Add(freshMargin).Before(s.data.Expiry) {
		return nil
	}
	// Providers let a refresh token be used once: one request at a time.
	lock := &c.refreshing[s.row.ID[0]%byte(len(c.refreshing))]
	lock.Lock()
	defer lock.Unlock()
	if err := c.read(ctx, s.row.ID, s); err != nil {
		return err
	}
	if c.now().Add(freshMargin).Before(s.data.Expiry) {
		return nil
	}
	i := slices.IndexFunc(c.providers, func(p *provider) bool { return p.config.Issuer == s.data.Issuer })
	if i < 0 {
		return errSignedOut
	}
	token, err := c.providers[i].refresh(ctx, s.data.Refresh)
	if errors.Is(err, errSignedOut) {
		// Another replica may have used the token, and stored what it got.
		if readErr := c.read(ctx, s.row.ID, s); readErr != nil || !c.now().Add(freshMargin).Before(s.data.Expiry) {
			return errors.Join(errSignedOut, c.db.DeleteConsoleSession(ctx, s.row.ID))
		}
		return nil
	}
	if err != nil {
		return err
	}
	var now kept
	if err := c.identify(c.as(r, token.AccessToken), &now, token); err != nil {
		return err
	}
	if now.Subject != s.data.Subject {
		return errors.Join(errSignedOut, c.db.DeleteConsoleSession(ctx, s.row.ID))
	}
	return c.change(ctx, s, func(k *kept) {
		k.Access, k.Expiry = now.Access, now.Expiry
		if now.Refresh != "" {
			k.Refresh = now.Refresh
		}
		k.Force, k.Collar, k.Roles, k.Permissions, k.PolicyHash = now.Force, now.Collar, now.Roles, now.Permissions, now.PolicyHash
	})
}

// localPath returns a path of this console to go on to, or "/": never an
// address elsewhere, and never the sign-in itself.
func localPath(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Scheme != "", u.Host != "", u.User != nil, u.Opaque != "",
		!strings.HasPrefix(raw, "/"), strings.HasPrefix(raw, "//"), strings.ContainsAny(raw, "\\\r\n\t"),
		!strings.HasPrefix(u.Path, "/"), strings.HasPrefix(u.Path, "//"), strings.Contains(u.Path, "\\"),
		strings.HasPrefix(u.Path, "/sign"), strings.HasPrefix(u.Path, "/assets/"), strings.HasPrefix(u.Path, "/v1/"):
		return "/"
	}
	return u.RequestURI()
}
