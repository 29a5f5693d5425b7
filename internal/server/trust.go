package server

import (
	"crypto/x509"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/service"
)

// trust is whom the configuration lets in.
func (s *Server) trust() *service.Trust {
	t := &service.Trust{Issuers: s.authn.Issuers(), ConsoleClients: map[string]string{}}
	if s.config.Console != nil {
		for _, p := range s.config.Console.Providers {
			t.ConsoleClients[p.Issuer] = p.ClientID
		}
	}
	t.Roots = func() (out []*x509.Certificate) {
		for _, port := range []*access.TLS{s.tls, s.restTLS} {
			if port != nil {
				out = append(out, port.Roots()...)
			}
		}
		return out
	}
	return t
}
