package access

import (
	"errors"
	"net/http"
)

// CredentialsOf returns what an HTTP request presents.
func CredentialsOf(r *http.Request) Credentials {
	return Credentials{
		Authorization: r.Header.Values("Authorization"),
		TLS:           r.TLS,
		Officer:       r.Header.Values("Register-Officer"),
		Address:       r.RemoteAddr,
	}
}

// Middleware authenticates each request and puts the Actor into its context.
// For a refused request it calls refused, which answers and logs, and not
// next. Neither a header nor a query parameter can set the Actor.
func (a *Authenticator) Middleware(refused func(http.ResponseWriter, *http.Request, *AuthError)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			actor, err := a.Authenticate(r.Context(), CredentialsOf(r))
			if err != nil {
				var refusal *AuthError
				if !errors.As(err, &refusal) {
					refusal = &AuthError{Reason: ReasonIssuerUnavailable, Temporary: true, cause: err}
				}
				refused(w, r, refusal)
				return
			}
			next.ServeHTTP(w, r.WithContext(WithActor(r.Context(), actor)))
		})
	}
}
