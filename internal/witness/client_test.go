package witness

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

func TestClientAsks(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(50, "entry")
	w := newTestWitness(t, watching(t, l))
	server := httptest.NewServer(w.w.Handler(1000))
	defer server.Close()
	c := &Client{URL: server.URL + "/", Verifier: w.o.Cosigners[0].Verifier(), HTTP: server.Client()}
	for _, r := range []Request{l.request(0, 20), l.request(20, 40), l.request(40, 40)} {
		line, err := c.Add(t.Context(), r)
		must(t, err)
		if !strings.HasPrefix(string(line), "— witness.example/w1 ") || strings.Count(string(line), "\n") != 1 {
			t.Errorf("line %q", line)
		}
	}
	var conflict *ConflictError
	if _, err := c.Add(t.Context(), l.request(20, 50)); !errors.As(err, &conflict) || conflict.Size != 40 {
		t.Errorf("%v", err)
	}
	bad := l.request(40, 50)
	bad.Proof = nil
	if _, err := c.Add(t.Context(), bad); !errors.Is(err, ErrInconsistent) {
		t.Errorf("%v", err)
	}
}

// Whatever a witness answers, nothing but its own true cosignature passes, and
// nothing that it wrote is repeated.
func TestClientBelievesNoAnswer(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(50, "entry")
	honest := newTestWitness(t, watching(t, l))
	other := newTestWitness(t, watching(t, l))
	r := l.request(0, 20)
	elsewhere, err := other.w.Add(t.Context(), r)
	must(t, err)
	smaller, err := honest.w.Add(t.Context(), l.request(0, 10))
	must(t, err)
	right, err := honest.w.Add(t.Context(), l.request(10, 20))
	must(t, err)
	for name, answer := range map[string]struct {
		status int
		body   string
	}{
		"empty":              {http.StatusOK, ""},
		"garbage":            {http.StatusOK, "\x00\xffgarbage that must not be shown"},
		"another's key":      {http.StatusOK, string(elsewhere)},
		"of another tree":    {http.StatusOK, string(smaller)},
		"cut off":            {http.StatusOK, string(right[:len(right)-5])},
		"a whole note":       {http.StatusOK, string(l.signed(20)) + string(right)},
		"huge":               {http.StatusOK, strings.Repeat(string(right), 1000)},
		"a conflict of what": {http.StatusConflict, "garbage that must not be shown\n"},
		"a huge number":      {http.StatusConflict, "99999999999999999999\n"},
		"a negative number":  {http.StatusConflict, "-1\n"},
		"forbidden":          {http.StatusForbidden, "garbage that must not be shown"},
		"not found":          {http.StatusNotFound, "garbage that must not be shown"},
		"broken":             {http.StatusInternalServerError, "garbage that must not be shown"},
		"elsewhere":          {http.StatusTemporaryRedirect, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://192.0.2.1/")
			w.WriteHeader(answer.status)
			_, _ = w.Write([]byte(answer.body))
		}))
		c := &Client{URL: server.URL, Verifier: honest.o.Cosigners[0].Verifier(), HTTP: NewHTTPClient(nil, 5*time.Second)}
		line, err := c.Add(t.Context(), r)
		if err == nil || line != nil || strings.Contains(err.Error(), "must not be shown") {
			t.Errorf("%s: %q, %v", name, line, err)
		}
		server.Close()
	}
	c := &Client{Verifier: honest.o.Cosigners[0].Verifier()}
	if _, err := c.verified(r.Checkpoint, append(elsewhere, right...)); err != nil {
		t.Errorf("the witness's own among others: %v", err)
	}
	late := &clock{time.Now().Add(-time.Hour)}
	c.Now = late.now
	if _, err := c.verified(r.Checkpoint, right); err == nil || !strings.Contains(err.Error(), "clock") {
		t.Errorf("an hour's difference: %v", err)
	}
}

func TestClientDoesNotWait(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	secret, _, err := checkpoint.GenerateCosigner("w")
	must(t, err)
	cosigner, err := checkpoint.NewCosigner(secret, nil)
	must(t, err)
	c := &Client{URL: server.URL, Verifier: cosigner.Verifier(), HTTP: NewHTTPClient(nil, 50*time.Millisecond)}
	l := newTestLog(t)
	l.grow(1, "entry")
	if _, err := c.Add(t.Context(), l.request(0, 1)); err == nil {
		t.Error("no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.HTTP = NewHTTPClient(nil, time.Hour)
	if _, err := c.Add(ctx, l.request(0, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
