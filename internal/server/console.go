package server

import (
	"context"
	"net/http"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/console"
	"github.com/perpetrator-register/register/internal/refdata"
)

// pages makes the console on top of the in-process connection; nil when it is
// not configured.
func (s *Server) pages(conn *inproc, ref *refdata.Set) (http.Handler, error) {
	if s.config.Console == nil {
		return nil, nil //nolint:nilnil // no pages
	}
	c, err := console.New(console.Options{
		Config: s.config.Console, URL: s.consoleURL, Issuers: s.authn.Issuers(), Conn: conn, As: withToken,
		DB: s.db, Ref: ref, MaxBody: int64(s.config.Limits.MaxMessage), Development: s.config.Development, Log: s.log,
	})
	if err != nil {
		return nil, err
	}
	return c.Handler(), nil
}

// consoleURL is the address of the pages: as configured, or, in development,
// that of the REST port, which is known once it listens.
func (s *Server) consoleURL() string {
	switch {
	case s.config.Console.URL != "":
		return s.config.Console.URL
	case s.restTLS != nil:
		return "https://" + s.RESTAddr()
	}
	return "http://" + s.RESTAddr()
}

// withToken returns the context of the calls that a page makes with the access
// token of its session. What the browser itself sent as credentials counts for
// nothing here, its certificate included.
func withToken(r *http.Request, token string) context.Context {
	return context.WithValue(r.Context(), credentialsKey{}, access.Credentials{
		Authorization: []string{"Bearer " + token},
		Address:       hostOf(r.RemoteAddr),
	})
}
