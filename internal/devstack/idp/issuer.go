package idp

import (
	"crypto/ecdsa"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-oauth2/oauth2/v4"
	oautherrors "github.com/go-oauth2/oauth2/v4/errors"
	"github.com/go-oauth2/oauth2/v4/manage"
	"github.com/go-oauth2/oauth2/v4/models"
	"github.com/go-oauth2/oauth2/v4/server"

	"github.com/perpetrator-register/register/internal/access"
)

// clients are the programs that may ask for tokens. They are public: they
// prove by PKCE that whoever began a sign-in ends it (RFC 8252, RFC 7636).
var clients = []string{"registerctl", "register-console"}

// issuer is one OpenID issuer on the listener.
type issuer struct {
	url, path string
	accounts  map[string]Account
	ordered   []Account
	key       *ecdsa.PrivateKey
	kid       string
	store     *store
	oauth     *server.Server
	// exchange makes taking a code or refresh token, and giving its successor,
	// one step.
	exchange sync.Mutex
}

func newIssuer(issuerURL, path string, accounts []Account, dir string) (*issuer, error) {
	i := &issuer{url: issuerURL, path: path, accounts: map[string]Account{}, ordered: accounts}
	for _, a := range accounts {
		i.accounts[a.Login] = a
	}
	keyFile, storeFile := "", ""
	if dir != "" {
		base := filepath.Join(dir, strings.ReplaceAll(strings.Trim(path, "/"), "/", "-"))
		keyFile, storeFile = base+"-key.pem", base+"-refresh.json"
	}
	var err error
	if i.key, i.kid, err = signingKey(keyFile); err != nil {
		return nil, err
	}
	if i.store, err = openStore(storeFile); err != nil {
		return nil, err
	}
	i.oauth = i.newServer()
	return i, nil
}

func (i *issuer) newServer() *server.Server {
	m := manage.NewManager()
	m.MapTokenStorage(i.store)
	m.MapClientStorage(publicClients{})
	m.MapAccessGenerate(i)
	m.MapAuthorizeGenerate(codes{})
	m.SetAuthorizeCodeTokenCfg(&manage.Config{AccessTokenExp: accessLifetime, RefreshTokenExp: refreshLifetime, IsGenerateRefresh: true})
	m.SetRefreshTokenCfg(&manage.RefreshingConfig{
		AccessTokenExp: accessLifetime, RefreshTokenExp: refreshLifetime,
		IsGenerateRefresh: true, IsResetRefreshTime: true, IsRemoveRefreshing: true,
	})
	m.SetValidateURIHandler(func(_, redirect string) error {
		if !loopbackRedirect(redirect) {
			return oautherrors.ErrInvalidRedirectURI
		}
		return nil
	})
	// The nonce goes with the code to the ID token.
	m.SetExtractExtensionHandler(func(r *oauth2.TokenGenerateRequest, t oauth2.ExtendableTokenInfo) {
		if nonce := r.Request.FormValue("nonce"); nonce != "" && r.Code == "" {
			t.SetExtension(url.Values{"nonce": {nonce}})
		}
	})
	s := server.NewServer(&server.Config{
		TokenType:                   "Bearer",
		AllowedResponseTypes:        []oauth2.ResponseType{oauth2.Code},
		AllowedGrantTypes:           []oauth2.GrantType{oauth2.AuthorizationCode, oauth2.Refreshing},
		AllowedCodeChallengeMethods: []oauth2.CodeChallengeMethod{oauth2.CodeChallengeS256},
		ForcePKCE:                   true,
	}, m)
	s.SetClientInfoHandler(clientOf)
	s.SetUserAuthorizationHandler(i.signIn)
	s.SetRefreshTokenResolveHandler(i.refreshToken)
	s.SetExtensionFieldsHandler(i.idToken)
	return s
}

// clientOf reads the client's name; public clients have no secret, and some
// libraries send the name as that of Basic authentication.
func clientOf(r *http.Request) (id, secret string, err error) {
	id = r.FormValue("client_id")
	if name, _, ok := r.BasicAuth(); ok {
		if id, err = url.QueryUnescape(name); err != nil {
			return "", "", oautherrors.ErrInvalidClient
		}
	}
	if !slices.Contains(clients, id) {
		return "", "", oautherrors.ErrInvalidClient
	}
	return id, "", nil
}

// refreshToken lets a client use only its own refresh tokens.
func (i *issuer) refreshToken(r *http.Request) (string, error) {
	refresh := r.FormValue("refresh_token")
	info, err := i.store.GetByRefresh(r.Context(), refresh)
	if err != nil {
		return "", err
	}
	if client, _, err := clientOf(r); err != nil || info == nil || info.GetClientID() != client {
		return "", oautherrors.ErrInvalidGrant
	}
	return refresh, nil
}

// idToken adds the ID token to the answer when openid was asked for.
func (i *issuer) idToken(t oauth2.TokenInfo) map[string]any {
	if !slices.Contains(strings.Fields(t.GetScope()), "openid") {
		return nil
	}
	nonce := ""
	if e, ok := t.(oauth2.ExtendableTokenInfo); ok {
		nonce = e.GetExtension().Get("nonce")
	}
	token, err := i.sign("JWT", i.idClaims(i.accounts[t.GetUserID()], t.GetClientID(), nonce))
	if err != nil {
		return nil
	}
	return map[string]any{"id_token": token}
}

func (i *issuer) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+i.path+"/.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET "+i.path+"/jwks", i.jwks)
	mux.HandleFunc(i.path+"/authorize", i.authorize)
	mux.HandleFunc("POST "+i.path+"/token", i.token)
	mux.HandleFunc("POST "+i.path+"/revoke", i.revoke)
	mux.HandleFunc("GET "+i.path+"/sign-out", i.signOut)
}

func (i *issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{
		"issuer":                                i.url,
		"authorization_endpoint":                i.url + "/authorize",
		"token_endpoint":                        i.url + "/token",
		"jwks_uri":                              i.url + "/jwks",
		"revocation_endpoint":                   i.url + "/revoke",
		"end_session_endpoint":                  i.url + "/sign-out",
		"response_types_supported":              []string{"code"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported":      []string{"S256"},
		"subject_types_supported":               []string{"public"},
		"scopes_supported":                      []string{"openid", "offline_access"},
		"acr_values_supported":                  []string{acr},
		"id_token_signing_alg_values_supported": []string{"ES256"},
		"token_endpoint_auth_methods_supported": []string{"none"},
		// RFC 8705 section 3.3; in effect when served over TLS.
		"tls_client_certificate_bound_access_tokens": true,
	})
}

func (i *issuer) jwks(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: i.key.Public(), KeyID: i.kid, Algorithm: string(jose.ES256), Use: "sig"},
	}})
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	i.exchange.Lock()
	defer i.exchange.Unlock()
	if err := i.oauth.HandleTokenRequest(w, r); err != nil {
		http.Error(w, "the request failed", http.StatusInternalServerError)
	}
}

func (i *issuer) config(plain bool) access.IssuerConfig {
	c := access.IssuerConfig{URL: i.url, Audience: audience, MinACR: acr, AllowLoopbackHTTP: plain}
	for _, a := range i.ordered {
		if a.Force == "" {
			c.National, c.Roles = true, nationalRoles
		} else {
			c.Forces, c.Roles = []string{a.Force}, forceRoles
		}
	}
	return c
}

// loopbackRedirect accepts what RFC 8252 section 7.3 gives native clients.
func loopbackRedirect(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v)
}

// known reports whether the client exists; it is asked before a sign-in.
func known(clientID string) bool { return slices.Contains(clients, clientID) }

func publicClient(id string) *models.Client { return &models.Client{ID: id, Public: true} }
