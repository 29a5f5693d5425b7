package access

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// TLSOptions configures the server's side of TLS.
type TLSOptions struct {
	// Name precedes the settings' names in errors, such as "grpc."; they are cert, key,
	// client_ca and crl_dir.
	Name string
	// CertFile and KeyFile are the server's PEM chain and key.
	CertFile, KeyFile string
	// ClientCAFile holds the PEM roots that client certificates must chain to.
	// Clients send their intermediates. Empty: no client certificate is asked
	// for.
	ClientCAFile string
	// CRLDir is a folder of *.crl files, PEM or DER; empty: none are read.
	CRLDir string
	// RequireCRL refuses a certificate if any of the chain's issuers has no
	// current CRL in the folder. Without it a CRL past its next update still
	// revokes, and an issuer without one revokes nothing.
	RequireCRL bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// TLS holds the server certificate, client roots and revocation lists, and
// re-reads them when the files change. It is safe for concurrent use.
type TLS struct {
	o     TLSOptions
	state atomic.Pointer[tlsState]
	mu    sync.Mutex // one reload at a time
}

// tlsState is one reading of the files.
type tlsState struct {
	sum    [sha256.Size]byte
	config *tls.Config
	roots  []*x509.Certificate
	crls   *revocations
}

// NewTLS reads the files. It fails on a garbled or missing file.
func NewTLS(o TLSOptions) (*TLS, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	t := &TLS{o: o}
	if _, err := t.Reload(); err != nil {
		return nil, err
	}
	return t, nil
}

// ServerConfig returns a TLS 1.3 configuration that asks for a client
// certificate when client roots are set, verifies one if given, and always
// uses the files as last read. It offers h2 and http/1.1.
func (t *TLS) ServerConfig() *tls.Config {
	c := t.state.Load().config.Clone()
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return t.state.Load().config, nil
	}
	return c
}

// Reload re-reads the files if they changed. On a fault the last good state
// stays in use.
func (t *TLS) Reload() (changed bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	files, err := t.read()
	if err != nil {
		return false, err
	}
	sum := files.sum()
	if old := t.state.Load(); old != nil && old.sum == sum {
		return false, nil
	}
	s, err := t.build(files)
	if err != nil {
		return false, err
	}
	s.sum = sum
	t.state.Store(s)
	return true, nil
}

// Watch calls Reload at each interval until ctx ends, and reports each change
// or fault; a fault that lasts is reported once.
func (t *TLS) Watch(ctx context.Context, every time.Duration, report func(changed bool, err error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for last := ""; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		changed, err := t.Reload()
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if changed || fault != "" && fault != last {
			report(changed, err)
		}
		last = fault
	}
}

// Check reports whether the chains of a connection are good at this moment:
// nil, or an *AuthError. The handshake asks it, and the Authenticator asks
// again on every call.
func (t *TLS) Check(chains [][]*x509.Certificate) error {
	return t.state.Load().crls.check(chains, t.o.Now(), t.o.RequireCRL)
}

// Until tells when the server's certificate ends and when the first of the revocation
// lists is out of date, from which on those of its authority are refused; zero without lists.
func (t *TLS) Until() (certificate, lists time.Time) {
	state := t.state.Load()
	leaf := state.config.Certificates[0].Leaf // set by tls.X509KeyPair
	return leaf.NotAfter, state.crls.until()
}

// Roots are the authorities that client certificates must chain to, as last read; none
// when no client certificate is asked for.
func (t *TLS) Roots() []*x509.Certificate { return t.state.Load().roots }

type namedFile struct {
	name string
	data []byte
}

type tlsFiles struct {
	cert, key, ca []byte
	crls          []namedFile
}

func (t *TLS) read() (f tlsFiles, err error) {
	var faults []error
	for _, one := range []struct {
		setting, name string
		to            *[]byte
	}{{"cert", t.o.CertFile, &f.cert}, {"key", t.o.KeyFile, &f.key}, {"client_ca", t.o.ClientCAFile, &f.ca}} {
		if one.name == "" {
			continue
		}
		if *one.to, err = os.ReadFile(one.name); err != nil {
			faults = append(faults, t.fault(one.setting, err))
		}
	}
	if t.o.CRLDir == "" {
		return f, errors.Join(faults...)
	}
	// ReadDir, unlike Glob, fails when the folder cannot be read.
	entries, err := os.ReadDir(t.o.CRLDir)
	if err != nil {
		faults = append(faults, t.fault("crl_dir", err))
	}
	for _, e := range entries {
		if e.IsDir() || filepath.Ext(e.Name()) != ".crl" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(t.o.CRLDir, e.Name()))
		if err != nil {
			faults = append(faults, t.fault("crl_dir", err))
		}
		f.crls = append(f.crls, namedFile{e.Name(), data})
	}
	sort.Slice(f.crls, func(i, j int) bool { return f.crls[i].name < f.crls[j].name })
	return f, errors.Join(faults...)
}

// fault names the setting that an error is about.
func (t *TLS) fault(setting string, err error) error {
	return fmt.Errorf("%s%s: %w", t.o.Name, setting, err)
}

func (f tlsFiles) sum() (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, part := range [][]byte{f.cert, f.key, f.ca} {
		_, _ = fmt.Fprintf(h, "%d:", len(part))
		_, _ = h.Write(part)
	}
	for _, c := range f.crls {
		_, _ = fmt.Fprintf(h, "%q %d:", c.name, len(c.data))
		_, _ = h.Write(c.data)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func (t *TLS) build(f tlsFiles) (*tlsState, error) {
	cert, err := tls.X509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, t.fault("cert", fmt.Errorf("%s with the key %s: %w", t.o.CertFile, t.o.KeyFile, err))
	}
	c := &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{cert},
		NextProtos:   []string{"h2", "http/1.1"},
		Time:         t.o.Now,
		// A resumed session would not present its chain again.
		SessionTicketsDisabled: true,
	}
	s := &tlsState{config: c}
	if t.o.ClientCAFile != "" {
		if s.roots, err = parseRoots(f.ca); err != nil {
			return nil, t.fault("client_ca", fmt.Errorf("%s: %w", t.o.ClientCAFile, err))
		}
		c.ClientCAs = pool(s.roots)
		c.ClientAuth = tls.VerifyClientCertIfGiven
		c.VerifyConnection = func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) == 0 {
				return nil
			}
			return t.Check(cs.VerifiedChains)
		}
	}
	if s.crls, err = parseCRLs(f.crls); err != nil {
		return nil, t.fault("crl_dir", err)
	}
	return s, nil
}

// parseRoots is stricter than CertPool.AppendCertsFromPEM, which skips what it
// cannot read.
func parseRoots(data []byte) ([]*x509.Certificate, error) {
	blocks := bytes.Count(data, []byte("-----BEGIN "))
	var roots []*x509.Certificate
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("holds a %q", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		if !c.IsCA || !c.BasicConstraintsValid {
			return nil, errors.New("holds a certificate that is not an authority's")
		}
		roots = append(roots, c)
	}
	switch {
	case blocks == 0:
		return nil, errors.New("no certificate in the file")
	case len(roots) != blocks: // package pem leaves out what it cannot read
		return nil, errors.New("holds a certificate that is cut short or garbled")
	}
	return roots, nil
}

func pool(roots []*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range roots {
		p.AddCert(c)
	}
	return p
}
