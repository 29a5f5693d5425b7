package access_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

var crime = pki.System{Force: "33", Name: "crime"}

type tlsWorld struct {
	*testing.T
	pki *pki.Folder
	tls *access.TLS
}

func newTLSWorld(t *testing.T, require bool) *tlsWorld {
	t.Helper()
	f, err := pki.Ensure(filepath.Join(t.TempDir(), "pki"), crime)
	if err != nil {
		t.Fatal(err)
	}
	server, err := access.NewTLS(access.TLSOptions{CertFile: f.ServerCert, KeyFile: f.ServerKey, ClientCAFile: f.RootFile, CRLDir: f.CRLDir, RequireCRL: require})
	if err != nil {
		t.Fatal(err)
	}
	return &tlsWorld{t, f, server}
}

// dial shakes hands over a pipe and returns the server's view.
func (w *tlsWorld) dial(client *tls.Config) (tls.ConnectionState, error) {
	w.Helper()
	client.ServerName = "localhost"
	near, far := net.Pipe()
	server, c := tls.Server(near, w.tls.ServerConfig()), tls.Client(far, client)
	done := make(chan struct{})
	go func() {
		defer close(done)
		// In TLS 1.3 a client learns of a refusal when it first reads.
		_ = c.HandshakeContext(w.Context())
		_, _ = io.Copy(io.Discard, c)
	}()
	err := server.HandshakeContext(w.Context())
	state := server.ConnectionState()
	_ = near.Close()
	<-done
	_ = far.Close()
	return state, err
}

func (w *tlsWorld) client(certs ...tls.Certificate) *tls.Config {
	w.Helper()
	c, err := w.pki.ClientConfig(nil)
	if err != nil {
		w.Fatal(err)
	}
	// A client may present what the server did not ask for.
	if len(certs) > 0 {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certs[0], nil }
	}
	return c
}

func (w *tlsWorld) issue(a *pki.Authority, l pki.Leaf) *pki.Issued {
	w.Helper()
	i, err := a.Issue(l)
	if err != nil {
		w.Fatal(err)
	}
	return i
}

var named = pki.Leaf{Name: "crime", URIs: []string{"register://forces/33/systems/crime"}}

func TestHandshake(t *testing.T) {
	w := newTLSWorld(t, true)
	stranger, err := pki.NewRoot("Register development root")
	if err != nil {
		t.Fatal(err)
	}
	expired := named
	expired.NotBefore, expired.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	early := named
	early.NotBefore = time.Now().Add(time.Hour)
	server := named
	server.Hosts = []string{"localhost"}
	good := w.issue(w.pki.Issuing, named)
	noChain := good.TLS
	noChain.Certificate = noChain.Certificate[:1]

	for name, c := range map[string]struct {
		client *tls.Config
		ok     bool
	}{
		"no certificate":     {w.client(), true},
		"system":             {w.client(good.TLS), true},
		"issued by the root": {w.client(w.issue(w.pki.Root, named).TLS), true},
		"no name":            {w.client(w.issue(w.pki.Issuing, pki.Leaf{Name: "x"}).TLS), true}, // refused by the Authenticator
		"unknown authority":  {w.client(w.issue(stranger, named).TLS), false},
		"expired":            {w.client(w.issue(w.pki.Issuing, expired).TLS), false},
		"not yet valid":      {w.client(w.issue(w.pki.Issuing, early).TLS), false},
		"server certificate": {w.client(w.issue(w.pki.Issuing, server).TLS), false},
		"chain left out":     {w.client(noChain), false},
		"TLS 1.2": {func() *tls.Config {
			c := w.client(good.TLS)
			c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
			return c
		}(), false},
	} {
		t.Run(name, func(t *testing.T) {
			state, err := w.dial(c.client)
			if (err == nil) != c.ok {
				t.Fatalf("handshake: %v", err)
			}
			if c.ok && state.Version != tls.VersionTLS13 {
				t.Errorf("version %x", state.Version)
			}
		})
	}
}

func TestRevocation(t *testing.T) {
	for name, c := range map[string]struct {
		revoke func(w *tlsWorld, leaf *x509.Certificate) *x509.Certificate
	}{
		"leaf":         {func(_ *tlsWorld, leaf *x509.Certificate) *x509.Certificate { return leaf }},
		"intermediate": {func(w *tlsWorld, _ *x509.Certificate) *x509.Certificate { return w.pki.Issuing.Cert }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTLSWorld(t, true)
			leaf := w.issue(w.pki.Issuing, named)
			other := w.issue(w.pki.Root, named)
			open, err := w.dial(w.client(leaf.TLS))
			if err != nil {
				t.Fatal(err)
			}
			auth, err := access.NewAuthenticator(access.Options{Revocations: w.tls})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := auth.Authenticate(t.Context(), access.Credentials{TLS: &open}); err != nil {
				t.Fatal(err)
			}
			if err := w.pki.Revoke(c.revoke(w, leaf.Cert)); err != nil {
				t.Fatal(err)
			}
			if changed, err := w.tls.Reload(); err != nil || !changed {
				t.Fatalf("changed %t: %v", changed, err)
			}
			var refusal *access.AuthError
			if _, err := w.dial(w.client(leaf.TLS)); !errors.As(err, &refusal) || refusal.Reason != access.ReasonCertificateRevoked {
				t.Errorf("handshake: %v", err)
			}
			// The connection that was open before is refused too.
			_, err = auth.Authenticate(t.Context(), access.Credentials{TLS: &open})
			_ = refused(t, err, access.ReasonCertificateRevoked)
			if _, err := w.dial(w.client(other.TLS)); err != nil {
				t.Errorf("another's certificate: %v", err)
			}
		})
	}
}

func TestRevocationListsThatAreNotGood(t *testing.T) {
	stranger, err := pki.NewRoot("Register development systems") // the issuing authority's name
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		list    func(w *tlsWorld, leaf *x509.Certificate) ([]byte, error) // nil: none
		require bool
		reason  access.Reason
	}{
		"missing, required": {nil, true, access.ReasonRevocationUnknown},
		"missing":           {nil, false, ""},
		"out of date, required": {func(w *tlsWorld, _ *x509.Certificate) ([]byte, error) {
			return w.pki.Issuing.CRL(time.Now().Add(-time.Minute))
		}, true, access.ReasonRevocationUnknown},
		"out of date": {func(w *tlsWorld, _ *x509.Certificate) ([]byte, error) {
			return w.pki.Issuing.CRL(time.Now().Add(-time.Minute))
		}, false, ""},
		"out of date, revoked": {func(w *tlsWorld, l *x509.Certificate) ([]byte, error) {
			return w.pki.Issuing.CRL(time.Now().Add(-time.Minute), l)
		}, false, access.ReasonCertificateRevoked},
		"forged, required":         {func(*tlsWorld, *x509.Certificate) ([]byte, error) { return stranger.CRL(later) }, true, access.ReasonRevocationUnknown},
		"forged to revoke":         {func(_ *tlsWorld, l *x509.Certificate) ([]byte, error) { return stranger.CRL(later, l) }, false, ""},
		"of the root for the leaf": {func(w *tlsWorld, l *x509.Certificate) ([]byte, error) { return w.pki.Root.CRL(later, l) }, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTLSWorld(t, c.require)
			leaf := w.issue(w.pki.Issuing, named)
			file := filepath.Join(w.pki.CRLDir, "issuing.crl")
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if c.list != nil {
				data, err := c.list(w, leaf.Cert)
				if err == nil {
					err = os.WriteFile(file, data, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, err := w.tls.Reload(); err != nil {
				t.Fatal(err)
			}
			_, err := w.dial(w.client(leaf.TLS))
			if c.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var refusal *access.AuthError
			if !errors.As(err, &refusal) || refusal.Reason != c.reason {
				t.Errorf("handshake: %v", err)
			}
		})
	}
}

func TestGarbledFilesKeepTheLastGoodState(t *testing.T) {
	w := newTLSWorld(t, true)
	leaf := w.issue(w.pki.Issuing, named)
	if err := w.pki.Revoke(leaf.Cert); err != nil {
		t.Fatal(err)
	}
	if _, err := w.tls.Reload(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Join("crl", "issuing.crl"), "root.pem", "server.pem", "server-key.pem"} {
		file := filepath.Join(w.pki.Dir, name)
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range [][]byte{nil, []byte("garbage"), good[:len(good)/2], []byte(strings.Replace(string(good), "BEGIN ", "BEGIN NOT ", 1))} {
			if err := os.WriteFile(file, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if changed, err := w.tls.Reload(); err == nil || changed {
				t.Errorf("%s: %d bytes of garbage were taken", name, len(bad))
			}
			var refusal *access.AuthError
			if _, err := w.dial(w.client(leaf.TLS)); !errors.As(err, &refusal) || refusal.Reason != access.ReasonCertificateRevoked {
				t.Errorf("%s: the revocation was forgotten: %v", name, err)
			}
		}
		if err := os.WriteFile(file, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if changed, err := w.tls.Reload(); err != nil || changed {
		t.Errorf("changed %t: %v", changed, err)
	}
}

func TestWatchSeesARevocation(t *testing.T) {
	w := newTLSWorld(t, true)
	leaf := w.issue(w.pki.Issuing, named)
	ctx, cancel := context.WithCancel(t.Context())
	reports, ended := make(chan error, 8), make(chan struct{})
	go func() {
		defer close(ended)
		w.tls.Watch(ctx, time.Millisecond, func(_ bool, err error) { reports <- err })
	}()
	if err := w.pki.Revoke(leaf.Cert); err != nil {
		t.Fatal(err)
	}
	if err := <-reports; err != nil {
		t.Error(err)
	}
	if _, err := w.dial(w.client(leaf.TLS)); err == nil {
		t.Error("a revoked certificate was accepted")
	}
	cancel()
	<-ended
}

func TestNewTLSRefuses(t *testing.T) {
	w := newTLSWorld(t, true)
	f := w.pki
	leaf := w.issue(f.Issuing, named)
	leafFile := filepath.Join(t.TempDir(), "leaf.pem")
	if err := os.WriteFile(leafFile, leaf.ChainPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	good := access.TLSOptions{CertFile: f.ServerCert, KeyFile: f.ServerKey, ClientCAFile: f.RootFile, CRLDir: f.CRLDir}
	for name, change := range map[string]func(*access.TLSOptions){
		"no certificate":     func(o *access.TLSOptions) { o.CertFile = "" },
		"no key":             func(o *access.TLSOptions) { o.KeyFile = "" },
		"missing roots":      func(o *access.TLSOptions) { o.ClientCAFile = "/nonexistent" },
		"leaf for a root":    func(o *access.TLSOptions) { o.ClientCAFile = leafFile },
		"key of another":     func(o *access.TLSOptions) { _, o.KeyFile = f.Client(crime) },
		"missing CRL folder": func(o *access.TLSOptions) { o.CRLDir = "/nonexistent" },
	} {
		o := good
		change(&o)
		if _, err := access.NewTLS(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The operator can see how long certificate and lists are good yet: of each authority its
// newest list counts, and of the authorities the first whose list ends.
func TestUntil(t *testing.T) {
	w := newTLSWorld(t, true)
	certificate, before := w.tls.Until()
	if left := time.Until(certificate); left < 300*24*time.Hour || left > 400*24*time.Hour {
		t.Errorf("the certificate ends in %v", left)
	}
	soon := time.Now().Add(time.Hour).Truncate(time.Second)
	write := func(name string, next time.Time) {
		list, err := w.pki.Issuing.CRL(next)
		if err == nil {
			err = os.WriteFile(filepath.Join(w.pki.CRLDir, name), list, 0o600)
		}
		if err == nil {
			_, err = w.tls.Reload()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write("issuing.crl", soon)
	if _, lists := w.tls.Until(); !lists.Equal(soon) || !lists.Before(before) {
		t.Errorf("lists are good until %v, want %v", lists, soon)
	}
	write("newer.crl", soon.Add(time.Hour))
	if _, lists := w.tls.Until(); !lists.Equal(soon.Add(time.Hour)) {
		t.Errorf("lists are good until %v, want an hour after %v", lists, soon)
	}
	files, err := filepath.Glob(filepath.Join(w.pki.CRLDir, "*.crl"))
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	if _, reloaded := w.tls.Reload(); errors.Join(err, reloaded) != nil {
		t.Fatal(err, reloaded)
	}
	if _, lists := w.tls.Until(); !lists.IsZero() {
		t.Errorf("without lists: %v", lists)
	}
}

// The authorities of client certificates are told as they are in force: a file that is
// garbled changes nothing.
func TestRootsAreThoseInForce(t *testing.T) {
	w := newTLSWorld(t, true)
	second, err := pki.NewRoot("Register second root")
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(w.pki.RootFile)
	if err != nil {
		t.Fatal(err)
	}
	both := slices.Concat(first, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: second.Cert.Raw}))
	for _, c := range []struct {
		file []byte
		want []*x509.Certificate
	}{{first, []*x509.Certificate{w.pki.Root.Cert}}, {both, []*x509.Certificate{w.pki.Root.Cert, second.Cert}}, {both[:len(both)-9], []*x509.Certificate{w.pki.Root.Cert, second.Cert}}} {
		if err := os.WriteFile(w.pki.RootFile, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = w.tls.Reload() // what is told counts
		if got := w.tls.Roots(); !slices.EqualFunc(got, c.want, (*x509.Certificate).Equal) {
			t.Errorf("%d authorities are told, want %d", len(got), len(c.want))
		}
	}
	open, err := access.NewTLS(access.TLSOptions{CertFile: w.pki.ServerCert, KeyFile: w.pki.ServerKey})
	if err != nil || open.Roots() != nil {
		t.Errorf("where no client certificate is asked for: %v, %v", open.Roots(), err)
	}
}
