package service

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
)

// Trust is whom the register's configuration lets in.
type Trust struct {
	// Issuers are the OpenID providers whose tokens are accepted, by URL.
	Issuers []access.IssuerConfig
	// ConsoleClients are the console's client IDs, by issuer.
	ConsoleClients map[string]string
	// Roots returns the authorities of force systems as they are now; it may name one
	// twice.
	Roots func() []*x509.Certificate
}

// maxSystems bounds the systems that are told.
const maxSystems = 1000

// ListClients implements the RPC.
func (s *Directory) ListClients(ctx context.Context, req *registerv1.ListClientsRequest) (*registerv1.ListClientsResponse, error) {
	force, prefix := call.ForceCode(req.GetParent()), "register://forces/"
	if force != "" {
		if _, ok := s.Ref.Force(force); !ok {
			return nil, NotFound("force")
		}
		prefix += force + "/"
	}
	systems, err := s.DB.Systems(ctx, prefix, maxSystems+1)
	if err != nil {
		return nil, err
	}
	out := &registerv1.ListClientsResponse{
		SignInServices: s.Trust.services(force), SystemAuthorities: s.Trust.authorities(), Truncated: len(systems) > maxSystems,
	}
	for _, k := range systems[:min(len(systems), maxSystems)] {
		of, name, ok := access.ParseSystemURI(k.Name)
		if !ok {
			continue // no certificate is accepted under it
		}
		out.Systems = append(out.Systems, &registerv1.SystemClient{
			Subject: k.Name, Force: "forces/" + of, System: name,
			FirstCallTime: timestamppb.New(k.First), LastCallTime: timestamppb.New(k.Last),
		})
	}
	return out, nil
}

// services are the issuers that may name people of a force; all for none.
func (t *Trust) services(force string) (out []*registerv1.SignInService) {
	for i := range t.Issuers {
		k := &t.Issuers[i]
		if force != "" && !slices.Contains(k.Forces, force) {
			continue
		}
		one := &registerv1.SignInService{
			Issuer: k.URL, Audience: k.Audience, National: k.National, Roles: k.Roles, AcceptedAcrs: k.Sufficient(),
			MaxTokenLifetime: durationpb.New(k.MaxLifetime), ConsoleClientId: t.ConsoleClients[k.URL],
		}
		for _, code := range slices.Sorted(slices.Values(k.Forces)) {
			one.Forces = append(one.Forces, "forces/"+code)
		}
		out = append(out, one)
	}
	return out
}

// authorities are the roots by subject, each once.
func (t *Trust) authorities() (out []*registerv1.SystemAuthority) {
	for _, k := range t.Roots() {
		sum := sha256.Sum256(k.Raw)
		out = append(out, &registerv1.SystemAuthority{
			Subject: k.Subject.String(), Sha256Fingerprint: hex.EncodeToString(sum[:]), ExpireTime: timestamppb.New(k.NotAfter),
		})
	}
	slices.SortFunc(out, func(a, b *registerv1.SystemAuthority) int {
		return cmp.Or(cmp.Compare(a.GetSubject(), b.GetSubject()), cmp.Compare(a.GetSha256Fingerprint(), b.GetSha256Fingerprint()))
	})
	return slices.CompactFunc(out, func(a, b *registerv1.SystemAuthority) bool {
		return a.GetSha256Fingerprint() == b.GetSha256Fingerprint()
	})
}
