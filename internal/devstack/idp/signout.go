package idp

import "net/http"

// revoke takes a refresh token back (RFC 7009). An unknown one is no error.
func (i *issuer) revoke(w http.ResponseWriter, r *http.Request) {
	i.exchange.Lock()
	defer i.exchange.Unlock()
	client, _, err := clientOf(r)
	if err != nil {
		http.Error(w, "unknown client", http.StatusUnauthorized)
		return
	}
	token := r.PostFormValue("token")
	info, err := i.store.GetByRefresh(r.Context(), token)
	if err == nil && info != nil && info.GetClientID() == client {
		err = i.store.RemoveByRefresh(r.Context(), token)
	}
	if err != nil {
		http.Error(w, "the request failed", http.StatusInternalServerError)
	}
}

// signOut ends a sign-in (OpenID Connect RP-Initiated Logout). The provider
// keeps none, so that it only leads back.
func (i *issuer) signOut(w http.ResponseWriter, r *http.Request) {
	back := r.FormValue("post_logout_redirect_uri")
	if !known(r.FormValue("client_id")) || !loopbackRedirect(back) {
		http.Error(w, "unknown client, or an address that is not of this machine", http.StatusBadRequest)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther) //nolint:gosec // to this machine alone, see above
}
