package pki_test

import (
	"bytes"
	"crypto/x509"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/devstack/pki"
)

var crime = pki.System{Force: "33", Name: "crime"}

func TestEnsureIsStableAndPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "pki")
	f, err := pki.Ensure(dir, crime)
	if err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	if _, err := pki.Ensure(dir, crime); err != nil {
		t.Fatal(err)
	}
	after := contents(t, dir)
	for name, data := range before {
		if !bytes.Equal(after[name], data) {
			t.Errorf("%s changed on the second opening", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files, then %d", len(before), len(after))
	}
	// A system asked for later is added; the rest stays.
	if _, err := pki.Ensure(dir, crime, pki.System{Force: "10", Name: "crime"}); err != nil {
		t.Fatal(err)
	}
	if n := len(contents(t, dir)); n != len(before)+2 {
		t.Errorf("%d files after adding a system to %d", n, len(before))
	}

	cfg, err := f.ClientConfig(&crime)
	if err != nil {
		t.Fatal(err)
	}
	leaf := cfg.Certificates[0].Leaf
	inter := x509.NewCertPool()
	inter.AddCert(f.Issuing.Cert)
	roots := x509.NewCertPool()
	roots.AddCert(f.Root.Cert)
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: inter, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil || len(chains) != 1 || len(chains[0]) != 3 {
		t.Errorf("chains %d: %v", len(chains), err)
	}
	if len(leaf.URIs) != 1 || leaf.URIs[0].String() != "register://forces/33/systems/crime" {
		t.Errorf("URIs %v", leaf.URIs)
	}
}

func TestRevokedStaysRevoked(t *testing.T) {
	f, err := pki.Ensure(filepath.Join(t.TempDir(), "pki"), crime)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := f.ClientConfig(&crime)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Revoke(cfg.Certificates[0].Leaf); err != nil {
		t.Fatal(err)
	}
	if err := f.Revoke(f.Issuing.Cert); err != nil {
		t.Fatal(err)
	}
	before := contents(t, f.CRLDir)
	if _, err := pki.Ensure(f.Dir, crime); err != nil {
		t.Fatal(err)
	}
	for name, data := range contents(t, f.CRLDir) {
		if !bytes.Equal(before[name], data) {
			t.Errorf("%s was replaced", name)
		}
	}
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, "-key.pem") && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		out[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
