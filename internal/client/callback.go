package client

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const callbackPath = "/callback"

// callback is the loopback address to which the provider sends the person
// back with a code.
type callback struct {
	result chan signInResult
	server *http.Server
}

type signInResult struct {
	code string
	err  error
}

// serveCallback serves until close. Only an answer with the right state counts.
func serveCallback(listener net.Listener, state, issuer string) *callback {
	c := &callback{result: make(chan signInResult, 1)}
	host := listener.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+callbackPath, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		// A page elsewhere may try to sign this program in as somebody else.
		if r.Host != host || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1 {
			http.Error(w, "This is not the sign-in that was begun here.", http.StatusBadRequest)
			return
		}
		var result signInResult
		switch {
		case q.Get("error") != "":
			result.err = fmt.Errorf("sign-in refused: %s %s", Clean(q.Get("error")), Clean(q.Get("error_description")))
		case q.Has("iss") && q.Get("iss") != issuer: // RFC 9207
			result.err = errors.New("sign-in: the answer is of another issuer")
		case q.Get("code") == "":
			result.err = errors.New("sign-in: the provider sent no code")
		default:
			result.code = q.Get("code")
		}
		select {
		case c.result <- result:
		default: // answered before
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		text := "You are signed in. You can close this window.\n"
		if result.err != nil {
			text = "The sign-in failed. The terminal says why. You can close this window.\n"
		}
		_, _ = w.Write([]byte(text))
	})
	c.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10}
	go func() {
		if err := c.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			select {
			case c.result <- signInResult{err: fmt.Errorf("sign-in: %w", err)}:
			default:
			}
		}
	}()
	return c
}

func (c *callback) close() { _ = c.server.Close() }
