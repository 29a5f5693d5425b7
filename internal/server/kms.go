package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/tink-crypto/tink-go-hcvault/v2/integration/hcvault"
	"github.com/tink-crypto/tink-go/v2/core/registry"

	"github.com/perpetrator-register/register/internal/seal"
)

// Provider is where the keys are read from: files encrypted by a key of a
// key-management service or, in development, files in clear.
//
// A KMS URI of the form hcvault://host:port/transit/keys/NAME names a key of
// the transit engine of HashiCorp Vault or OpenBao. Another service is one
// more Tink client, registered here.
func (k Keys) Provider() (seal.Provider, error) {
	if k.KMS == "" {
		return seal.DirProvider(k.Dir), nil
	}
	if !strings.HasPrefix(k.KMS, vaultScheme) {
		return nil, errors.New("keys.kms: must be hcvault://host:port/transit/keys/NAME")
	}
	client, err := k.vault()
	if err != nil {
		return nil, fmt.Errorf("keys.%w", err)
	}
	registry.RegisterKMSClient(client)
	provider, err := seal.KMSProvider(k.Dir, k.KMS)
	if err != nil {
		return nil, fmt.Errorf("keys.kms: %w", err)
	}
	return provider, nil
}

// Open reads the keys from where they are.
func (k Keys) Open(ctx context.Context) (*seal.KeyRing, error) {
	provider, err := k.Provider()
	if err != nil {
		return nil, err
	}
	keys, err := seal.Open(ctx, provider)
	if err != nil {
		return nil, fmt.Errorf("keys.dir: %s: %w", k.Dir, err)
	}
	return keys, nil
}

const vaultScheme = "hcvault://"

func (k Keys) vault() (registry.KMSClient, error) {
	token, err := os.ReadFile(k.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("token_file: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if k.CA != "" {
		pem, err := os.ReadFile(k.CA)
		if err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca: %s: no certificate in it", k.CA)
		}
	}
	// One client serves the one key that is configured.
	client, err := hcvault.NewClient(k.KMS, config, strings.TrimSpace(string(token)))
	if err != nil {
		return nil, fmt.Errorf("kms: %w", err)
	}
	return client, nil
}
