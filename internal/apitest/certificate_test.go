package apitest

import (
	"context"
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

// insisting presents the certificate even if the server says that it knows no
// such authority.
func insisting(base *tls.Config, cert *tls.Certificate) *tls.Config {
	c := base.Clone()
	c.Certificates = nil
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
	return c
}

// asSystem calls over both transports with a client certificate.
func (w *world) asSystem(ctx context.Context, t *testing.T, config *tls.Config) (overGRPC, rest *answer) {
	t.Helper()
	m := w.methods[getSelf]
	return grpcCall(ctx, dial(t, w.replica.Server.GRPCAddr(), config), m, "", &pb.GetSelfRequest{}),
		restCall(ctx, httpClient(t, config), w.replica.REST(), m, "", &pb.GetSelfRequest{})
}

// TestBadCertificates presents certificates that must not be believed.
func TestBadCertificates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	base := w.site.ClientTLS("")
	system := func(a *pki.Authority, leaf pki.Leaf) *tls.Config {
		issued, err := a.Issue(leaf)
		if err != nil {
			t.Fatal(err)
		}
		return insisting(base, &issued.TLS)
	}
	name := []string{"register://forces/33/systems/crime"}
	stranger, err := pki.NewRoot("A stranger's root")
	if err != nil {
		t.Fatal(err)
	}
	stolen, err := w.site.PKI.Issuing.Issue(pki.Leaf{Name: "stolen", URIs: name})
	if err != nil {
		t.Fatal(err)
	}
	revoked := insisting(base, &stolen.TLS)
	// Good until it is known to be stolen; the connection stays open.
	open := dial(t, w.replica.Server.GRPCAddr(), revoked)
	if a := grpcCall(t.Context(), open, w.methods[getSelf], "", &pb.GetSelfRequest{}); a.err != nil {
		t.Fatalf("before it is revoked: %v", a.err)
	}
	streams := w.openStreams(t, open)
	if err := w.site.PKI.Revoke(stolen.Cert); err != nil {
		t.Fatal(err)
	}
	w.untilRefused(t, func(ctx context.Context) *answer {
		return grpcCall(ctx, open, w.methods[getSelf], "", &pb.GetSelfRequest{})
	})
	streams.mustEnd(t, w, codes.Unauthenticated, access.ReasonCertificateRevoked)
	refused := map[string]*tls.Config{
		"of an unknown authority": system(stranger, pki.Leaf{Name: "stranger", URIs: name}),
		"expired":                 system(w.site.PKI.Issuing, pki.Leaf{Name: "old", URIs: name, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour)}),
		"of a server":             system(w.site.PKI.Issuing, pki.Leaf{Name: "server", Hosts: []string{"localhost"}}),
		"revoked":                 revoked,
	}
	for name, config := range refused {
		overGRPC, rest := w.asSystem(t.Context(), t, config)
		if code, _, _ := refusal(overGRPC.err); code != codes.Unavailable || len(overGRPC.responses) > 0 {
			t.Errorf("%s, gRPC: %v", name, overGRPC.err)
		}
		if rest.err == nil || rest.http != 0 {
			t.Errorf("%s, REST: HTTP %d %v", name, rest.http, rest.err)
		}
	}
	// A good chain to a name that is no system's is refused by the register.
	overGRPC, rest := w.asSystem(t.Context(), t, system(w.site.PKI.Issuing, pki.Leaf{Name: "odd", URIs: []string{"https://forces/33"}}))
	for _, a := range []*answer{overGRPC, rest} {
		if code, reason, _ := refusal(a.err); code != codes.Unauthenticated || reason != string(access.ReasonCertificateName) {
			t.Errorf("a name that is no system's: %s %s", code, reason)
		}
	}
	// The others are not touched, until the authority that issued them falls.
	overGRPC, rest = w.asSystem(t.Context(), t, w.site.ClientTLS("33"))
	if overGRPC.err != nil || rest.err != nil {
		t.Fatalf("a good certificate: %v, %v", overGRPC.err, rest.err)
	}
	if err := w.site.PKI.Revoke(w.site.PKI.Issuing.Cert); err != nil {
		t.Fatal(err)
	}
	w.untilRefused(t, func(ctx context.Context) *answer {
		return w.call(ctx, overMTLS, "system-33", getSelf, &pb.GetSelfRequest{})
	})
	overGRPC, rest = w.asSystem(t.Context(), t, w.site.ClientTLS("33"))
	if code, _, _ := refusal(overGRPC.err); code != codes.Unavailable || rest.err == nil || rest.http == http.StatusOK {
		t.Errorf("a certificate of a revoked authority: %v, %v", overGRPC.err, rest.err)
	}
	if a := w.call(t.Context(), overToken, "spoc-33", getSelf, &pb.GetSelfRequest{}); a.err != nil {
		t.Errorf("people are not concerned: %v", a.err)
	}
}

// untilRefused calls over an open connection until the revocation list has
// been read.
func (w *world) untilRefused(t *testing.T, try func(context.Context) *answer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		a := try(ctx)
		if a.err == nil {
			select {
			case <-ctx.Done():
				t.Fatal("a revoked certificate is believed on an open connection")
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		if code, reason, _ := refusal(a.err); code != codes.Unauthenticated || reason != string(access.ReasonCertificateRevoked) {
			t.Errorf("revoked on an open connection: %v", a.err)
		}
		return
	}
}
