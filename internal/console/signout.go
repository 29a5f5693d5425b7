package console

import (
	"context"
	"errors"
	"net/http"
)

type signedOutView struct {
	Frame
	Provider string
	Address  string
}

// signOut ends the session here and gives the refresh token back, then leads
// on to the provider, where the person may still be signed in.
func (c *Console) signOut(w http.ResponseWriter, r *http.Request) {
	view := signedOutView{Frame: c.frame("You have signed out")}
	if s, err := c.load(r.Context(), r, false); err == nil {
		if err := c.db.DeleteConsoleSession(r.Context(), s.row.ID); err != nil {
			c.fault(w, r, err)
			return
		}
		view.Provider, view.Address = c.leave(r.Context(), s)
	} else if !errors.Is(err, errSignedOut) {
		c.fault(w, r, err)
		return
	}
	c.setCookie(w, sessionCookie, "", 0)
	w.Header().Set("Clear-Site-Data", `"cache"`)
	if view.Address != "" {
		// Forms may go nowhere else, and that holds for where they lead: so the
		// page itself goes on.
		w.Header().Set("Refresh", "0; url="+view.Address)
	}
	c.render(w, http.StatusOK, "signedout", &view)
}

func (c *Console) leave(ctx context.Context, s *session) (title, address string) {
	for _, p := range c.providers {
		if p.config.Issuer != s.data.Issuer {
			continue
		}
		conn, err := p.connect(ctx)
		if err == nil {
			err = p.revoke(ctx, conn, s.data.Refresh)
		}
		if err != nil {
			c.log.WarnContext(ctx, "refresh token not given back", "err", plainOAuth(err))
		}
		if conn != nil {
			return p.config.Title, p.signOutAddress(conn, c.url()+"/signed-out")
		}
	}
	return "", ""
}

func (c *Console) showSignedOut(w http.ResponseWriter, _ *http.Request) {
	c.render(w, http.StatusOK, "signedout", &signedOutView{Frame: c.frame("You have signed out")})
}
