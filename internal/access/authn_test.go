package access_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"testing"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/devstack/idp"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

type claims = map[string]any

// world is a development provider, an authority, and who trusts them.
type world struct {
	testing.TB
	idp  *idp.Provider
	root *pki.Authority
	auth *access.Authenticator
}

func newWorld(t testing.TB) *world {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := idp.Start(ctx, idp.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := p.Wait(); err != nil {
			t.Error(err)
		}
	})
	root, err := pki.NewRoot("test root")
	if err != nil {
		t.Fatal(err)
	}
	auth, err := access.NewAuthenticator(access.Options{Issuers: p.Issuers()})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t, p, root, auth}
}

func (w *world) mint(login string, changes claims) string {
	w.Helper()
	token, err := w.idp.MintForTest(login, changes)
	if err != nil {
		w.Fatal(err)
	}
	return token
}

// peer is a connection state as the handshake leaves it.
func (w *world) peer(uris ...string) *tls.ConnectionState {
	w.Helper()
	i, err := w.root.Issue(pki.Leaf{Name: "test", URIs: uris})
	if err != nil {
		w.Fatal(err)
	}
	return &tls.ConnectionState{
		PeerCertificates: []*x509.Certificate{i.Cert},
		VerifiedChains:   [][]*x509.Certificate{{i.Cert, w.root.Cert}},
	}
}

func (w *world) issuer(login string) string {
	w.Helper()
	url, err := w.idp.Issuer(login)
	if err != nil {
		w.Fatal(err)
	}
	return url
}

func bearer(token string) []string { return []string{"Bearer " + token} }

func binding(state *tls.ConnectionState) claims {
	return claims{"x5t#S256": access.Fingerprint(state.PeerCertificates[0])}
}

func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	crime := w.peer("register://forces/33/systems/crime")
	for name, c := range map[string]access.Credentials{
		"system":       {TLS: crime, Officer: []string{"1234"}},
		"person":       {Authorization: bearer(w.mint("investigator-33", nil))},
		"bound person": {TLS: crime, Authorization: bearer(w.mint("investigator-33", claims{"cnf": binding(crime)}))},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.auth.Authenticate(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func refused(t *testing.T, err error, want access.Reason) *access.AuthError {
	t.Helper()
	var refusal *access.AuthError
	if !errors.As(err, &refusal) {
		t.Fatalf("not refused: %v", err)
	}
	if refusal.Reason != want {
		t.Fatalf("refused for %s, want %s", refusal.Reason, want)
	}
	if refusal.Error() != (&access.AuthError{Reason: want}).Error() {
		t.Errorf("the error says more than its reason: %q", refusal)
	}
	return refusal
}
