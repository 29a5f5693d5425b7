// Package pki is a certificate authority for development and tests: a root, an
// intermediate that issues the force systems' certificates, a server
// certificate for this machine, and revocation lists. Its keys lie in clear
// files; nothing outside this machine should trust its root.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"time"
)

// Authority can issue certificates and revocation lists.
type Authority struct {
	// Cert is the authority's own certificate.
	Cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	chain [][]byte // DER from Cert up to, but without, the root
}

// Leaf says what to issue.
type Leaf struct {
	// Name is the common name; it identifies nothing.
	Name string
	// URIs are the URI names: register://forces/33/systems/crime for a system.
	URIs []string
	// Hosts are DNS names and IP addresses; with them the certificate is a
	// server's, without a client's.
	Hosts []string
	// NotBefore and NotAfter bound its life; zero means an hour ago and a year
	// from now.
	NotBefore, NotAfter time.Time
}

// Issued is a certificate with its key.
type Issued struct {
	// Cert is the certificate.
	Cert *x509.Certificate
	// TLS holds it, its chain without the root, and its key.
	TLS tls.Certificate
	// ChainPEM and KeyPEM are the same in PEM.
	ChainPEM, KeyPEM []byte
}

const year = 365 * 24 * time.Hour

// NewRoot makes a self-signed authority that lives ten years.
func NewRoot(name string) (*Authority, error) { return newAuthority(name, nil) }

// Intermediate makes an authority below this one, which can issue leaves only.
func (a *Authority) Intermediate(name string) (*Authority, error) { return newAuthority(name, a) }

func newAuthority(name string, parent *Authority) (*Authority, error) {
	key, serial, err := newKey()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"Development only"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(10 * year),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage:   x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		MaxPathLen: 1,
	}
	signer, signerKey := t, key
	if parent != nil {
		signer, signerKey = parent.Cert, parent.key
		t.MaxPathLen, t.MaxPathLenZero = 0, true
	}
	der, err := x509.CreateCertificate(rand.Reader, t, signer, key.Public(), signerKey)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	a := &Authority{Cert: cert, key: key}
	if parent != nil {
		a.chain = append([][]byte{der}, parent.chain...)
	}
	return a, nil
}

// Issue makes a certificate and a new key for it.
func (a *Authority) Issue(l Leaf) (*Issued, error) {
	key, serial, err := newKey()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: l.Name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(year),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if !l.NotBefore.IsZero() {
		t.NotBefore = l.NotBefore
	}
	if !l.NotAfter.IsZero() {
		t.NotAfter = l.NotAfter
	}
	for _, h := range l.Hosts {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	for _, raw := range l.URIs {
		u, err := url.Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("pki: %w", err)
		}
		t.URIs = append(t.URIs, u)
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.Cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	return newIssued(append([][]byte{der}, a.chain...), key)
}

func newIssued(chain [][]byte, key *ecdsa.PrivateKey) (*Issued, error) {
	cert, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	keyPEM, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	i := &Issued{Cert: cert, KeyPEM: keyPEM, TLS: tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: cert}}
	for _, der := range chain {
		i.ChainPEM = append(i.ChainPEM, encodeCert(der)...)
	}
	return i, nil
}

// CRL makes a revocation list in PEM, valid from an hour ago until next.
func (a *Authority) CRL(next time.Time, revoked ...*x509.Certificate) ([]byte, error) {
	now := time.Now()
	t := &x509.RevocationList{Number: big.NewInt(now.UnixNano()), ThisUpdate: now.Add(-time.Hour), NextUpdate: next}
	if next.Before(t.ThisUpdate) {
		t.ThisUpdate = next.Add(-time.Hour)
	}
	for _, c := range revoked {
		t.RevokedCertificateEntries = append(t.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: t.ThisUpdate})
	}
	der, err := x509.CreateRevocationList(rand.Reader, t, a.Cert, a.key)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), nil
}

// PEM returns the authority's certificate in PEM.
func (a *Authority) PEM() []byte { return encodeCert(a.Cert.Raw) }

func newKey() (*ecdsa.PrivateKey, *big.Int, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("pki: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, fmt.Errorf("pki: %w", err)
	}
	return key, serial.Add(serial, big.NewInt(1)), nil
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func parseKey(data []byte) (*ecdsa.PrivateKey, error) {
	der, err := decode(data, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("pki: not an elliptic-curve key")
	}
	return key, nil
}

func parseCert(data []byte) (*x509.Certificate, error) {
	der, err := decode(data, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	return cert, nil
}

func decode(data []byte, want string) ([]byte, error) {
	block, _ := pem.Decode(data)
	if block == nil || block.Type != want {
		return nil, fmt.Errorf("pki: no %s in the file", want)
	}
	return block.Bytes, nil
}
