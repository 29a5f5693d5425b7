// Package clienttest serves test services over real TLS on this machine.
package clienttest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"path/filepath"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/perpetrator-register/register/internal/client"
	"github.com/perpetrator-register/register/internal/devstack/pki"
)

// Site is a server with the files by which clients reach it.
type Site struct {
	// Addr is the address, PKI the authority with its files.
	Addr string
	PKI  *pki.Folder
}

// Serve serves the services that register adds until the test ends. There are
// client certificates for the systems.
func Serve(t testing.TB, register func(*grpc.Server), systems ...pki.System) *Site {
	t.Helper()
	folder, err := pki.Ensure(filepath.Join(t.TempDir(), "pki"), systems...)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(folder.ServerCert, folder.ServerKey)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(folder.Root.Cert)
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair},
		ClientCAs: roots, ClientAuth: tls.VerifyClientCertIfGiven,
	})))
	register(server)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return &Site{Addr: l.Addr().String(), PKI: folder}
}

// Profile is how a system calls the server; the zero System has no certificate.
func (s *Site) Profile(as pki.System) client.Profile {
	p := client.Profile{Server: s.Addr, CA: s.PKI.RootFile}
	if as != (pki.System{}) {
		p.Cert, p.Key = s.PKI.Client(as)
	}
	return p
}
