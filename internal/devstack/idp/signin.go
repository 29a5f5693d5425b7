package idp

import (
	"context"
	_ "embed"
	"html/template"
	"net/http"
	"net/url"

	"github.com/go-oauth2/oauth2/v4"
	oautherrors "github.com/go-oauth2/oauth2/v4/errors"
)

//go:embed signin.html
var pageText string

var page = template.Must(template.New("signin").Parse(pageText))

// publicClients implements oauth2.ClientStore.
type publicClients struct{}

// GetByID implements oauth2.ClientStore.
func (publicClients) GetByID(_ context.Context, id string) (oauth2.ClientInfo, error) {
	if !known(id) {
		return nil, oautherrors.ErrInvalidClient
	}
	return publicClient(id), nil
}

// authorize begins a sign-in. Client and redirect address are checked here,
// before anything, since errors after this go to the redirect address.
func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if !known(r.FormValue("client_id")) || !loopbackRedirect(r.FormValue("redirect_uri")) {
		http.Error(w, "unknown client, or a redirect address that is not of this machine", http.StatusBadRequest)
		return
	}
	if err := i.oauth.HandleAuthorizeRequest(w, r); err != nil {
		http.Error(w, "the request failed", http.StatusBadRequest)
	}
}

// signIn returns who signs in: the account chosen on the page, or named by
// login_hint; otherwise it shows the page and returns nobody.
func (i *issuer) signIn(w http.ResponseWriter, r *http.Request) (string, error) {
	login := r.PostFormValue("account")
	if login == "" {
		login = r.FormValue("login_hint")
	}
	if login != "" {
		if _, ok := i.accounts[login]; !ok {
			return "", oautherrors.ErrAccessDenied
		}
		return login, nil
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	params := url.Values{}
	for _, name := range []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"} {
		if v := r.FormValue(name); v != "" {
			params.Set(name, v)
		}
	}
	return "", page.Execute(w, map[string]any{"Accounts": i.ordered, "Params": params, "Client": r.FormValue("client_id")})
}
