package pki

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// System names a force's system, to issue a client certificate for.
type System struct {
	// Force is a two-digit code, Name the system's name.
	Force, Name string
}

// URI returns the certificate name, register://forces/33/systems/crime.
func (s System) URI() string { return "register://forces/" + s.Force + "/systems/" + s.Name }

// Folder is a development authority with its files.
type Folder struct {
	// Dir is the folder.
	Dir string
	// Root issues the server's certificate, Issuing the systems'.
	Root, Issuing *Authority
	// RootFile is the PEM root: what clients trust the server by, and the
	// server its clients.
	RootFile string
	// ServerCert and ServerKey are the server's PEM chain and key, for
	// localhost, 127.0.0.1 and ::1.
	ServerCert, ServerKey string
	// CRLDir holds the revocation lists root.crl and issuing.crl.
	CRLDir string
}

// renewBefore is how long before its end a certificate or list is replaced.
const renewBefore = 30 * 24 * time.Hour

// Ensure opens the authority in dir, making whatever is missing or about to
// run out: the folder itself, the server's certificate, one for each system,
// and empty revocation lists. Keys are readable by their owner only.
func Ensure(dir string, systems ...System) (*Folder, error) {
	f := &Folder{
		Dir:        dir,
		RootFile:   filepath.Join(dir, "root.pem"),
		ServerCert: filepath.Join(dir, "server.pem"),
		ServerKey:  filepath.Join(dir, "server-key.pem"),
		CRLDir:     filepath.Join(dir, "crl"),
	}
	if _, err := os.Stat(f.RootFile); errors.Is(err, fs.ErrNotExist) {
		if err := create(dir); err != nil {
			return nil, err
		}
	}
	if err := f.load(); err != nil {
		return nil, err
	}
	server := Leaf{Name: "register development server", Hosts: []string{"localhost", "127.0.0.1", "::1"}}
	if err := renew(f.Root, server, f.ServerCert, f.ServerKey); err != nil {
		return nil, err
	}
	for _, s := range systems {
		cert, key := f.Client(s)
		leaf := Leaf{Name: "force " + s.Force + " " + s.Name, URIs: []string{s.URI()}}
		if err := renew(f.Issuing, leaf, cert, key); err != nil {
			return nil, err
		}
	}
	return f, f.renewLists()
}

// Client returns the files of a system's PEM chain and key.
func (f *Folder) Client(s System) (certFile, keyFile string) {
	base := filepath.Join(f.Dir, "clients", s.Force+"-"+s.Name)
	return base + ".pem", base + "-key.pem"
}

// ClientConfig returns a TLS configuration for calling the server; as the
// system, or as nobody if there is none.
func (f *Folder) ClientConfig(s *System) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: x509.NewCertPool()}
	c.RootCAs.AddCert(f.Root.Cert)
	if s != nil {
		cert, err := tls.LoadX509KeyPair(f.Client(*s))
		if err != nil {
			return nil, fmt.Errorf("pki: %w", err)
		}
		c.Certificates = []tls.Certificate{cert}
	}
	return c, nil
}

// create makes both authorities in a folder beside dir and moves it into
// place whole, so that a half-made authority is never met.
func create(dir string) error {
	root, err := NewRoot("Register development root")
	if err != nil {
		return err
	}
	issuing, err := root.Intermediate("Register development systems")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return fmt.Errorf("pki: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".pki-")
	if err != nil {
		return fmt.Errorf("pki: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	for name, a := range map[string]*Authority{"root": root, "issuing": issuing} {
		key, err := encodeKey(a.key)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(tmp, name+"-key.pem"), key, 0o600); err != nil {
			return err
		}
		if err := write(filepath.Join(tmp, name+".pem"), a.PEM(), 0o644); err != nil {
			return err
		}
	}
	for _, sub := range []string{"clients", "crl"} {
		if err := os.Mkdir(filepath.Join(tmp, sub), 0o700); err != nil {
			return fmt.Errorf("pki: %w", err)
		}
	}
	// An empty folder may be there already; rename replaces nothing else.
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("pki: %w", err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return fmt.Errorf("pki: %w", err)
	}
	return nil
}

func (f *Folder) load() error {
	read := func(name string) (*Authority, error) {
		certPEM, err := os.ReadFile(filepath.Join(f.Dir, name+".pem"))
		if err != nil {
			return nil, fmt.Errorf("pki: %w", err)
		}
		keyPEM, err := os.ReadFile(filepath.Join(f.Dir, name+"-key.pem"))
		if err != nil {
			return nil, fmt.Errorf("pki: %w", err)
		}
		a := &Authority{}
		if a.Cert, err = parseCert(certPEM); err != nil {
			return nil, err
		}
		a.key, err = parseKey(keyPEM)
		return a, err
	}
	var err error
	if f.Root, err = read("root"); err != nil {
		return err
	}
	if f.Issuing, err = read("issuing"); err != nil {
		return err
	}
	f.Issuing.chain = [][]byte{f.Issuing.Cert.Raw}
	return nil
}

// renew issues the certificate unless a good one of this authority is there.
func renew(a *Authority, l Leaf, certFile, keyFile string) error {
	if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil && pair.Leaf != nil &&
		pair.Leaf.CheckSignatureFrom(a.Cert) == nil && time.Until(pair.Leaf.NotAfter) > renewBefore {
		return nil
	}
	i, err := a.Issue(l)
	if err != nil {
		return err
	}
	// The key first: a certificate that is there then always has its key.
	if err := write(keyFile, i.KeyPEM, 0o600); err != nil {
		return err
	}
	return write(certFile, i.ChainPEM, 0o644)
}

func (f *Folder) renewLists() error {
	for name, a := range map[string]*Authority{"root.crl": f.Root, "issuing.crl": f.Issuing} {
		old, err := readList(filepath.Join(f.CRLDir, name))
		if err != nil {
			return err
		}
		if old != nil && time.Until(old.NextUpdate) > renewBefore {
			continue
		}
		// What was revoked stays revoked.
		var revoked []*x509.Certificate
		if old != nil {
			for _, e := range old.RevokedCertificateEntries {
				revoked = append(revoked, &x509.Certificate{SerialNumber: e.SerialNumber})
			}
		}
		if err := f.writeList(name, a, revoked); err != nil {
			return err
		}
	}
	return nil
}

// Revoke adds certificates to the list of the authority that issued them.
func (f *Folder) Revoke(certs ...*x509.Certificate) error {
	for name, a := range map[string]*Authority{"root.crl": f.Root, "issuing.crl": f.Issuing} {
		var revoked []*x509.Certificate
		for _, c := range certs {
			if c.CheckSignatureFrom(a.Cert) == nil {
				revoked = append(revoked, c)
			}
		}
		if len(revoked) == 0 {
			continue
		}
		old, err := readList(filepath.Join(f.CRLDir, name))
		if err != nil {
			return err
		}
		if old != nil {
			for _, e := range old.RevokedCertificateEntries {
				revoked = append(revoked, &x509.Certificate{SerialNumber: e.SerialNumber})
			}
		}
		if err := f.writeList(name, a, revoked); err != nil {
			return err
		}
	}
	return nil
}

func (f *Folder) writeList(name string, a *Authority, revoked []*x509.Certificate) error {
	data, err := a.CRL(time.Now().Add(year), revoked...)
	if err != nil {
		return err
	}
	return write(filepath.Join(f.CRLDir, name), data, 0o644)
}

// readList returns nil if there is no such list.
func readList(name string) (*x509.RevocationList, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no list yet
	}
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	der, err := decode(data, "X509 CRL")
	if err != nil {
		return nil, err
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	return list, nil
}

// write replaces a file whole.
func write(name string, data []byte, mode fs.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+strings.TrimPrefix(filepath.Base(name), ".")+"-")
	if err != nil {
		return fmt.Errorf("pki: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Chmod(mode), tmp.Close()); err != nil {
		return fmt.Errorf("pki: %w", err)
	}
	if err := os.Rename(tmp.Name(), name); err != nil {
		return fmt.Errorf("pki: %w", err)
	}
	return nil
}
