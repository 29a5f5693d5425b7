package idp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-oauth2/oauth2/v4"

	"github.com/perpetrator-register/register/internal/access"
)

const (
	audience = "register"
	// acr says how strongly the demonstration accounts pretend to have signed
	// in: NIST SP 800-63B authenticator assurance level 2.
	acr             = "aal2"
	accessLifetime  = 30 * time.Minute
	refreshLifetime = 12 * time.Hour
)

// accessClaims are those of RFC 9068, and the register's own.
func (i *issuer) accessClaims(a Account, clientID string, cert *x509.Certificate) map[string]any {
	now := time.Now()
	claims := map[string]any{
		"iss": i.url, "sub": a.Login, "aud": audience, "client_id": clientID, "jti": random(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(accessLifetime).Unix(),
		"auth_time": now.Unix(), "acr": acr, "roles": a.Roles, "name": a.Name, "email": a.Login + "@police.example",
	}
	if a.Force != "" {
		claims["force"], claims["collar"] = a.Force, a.Collar
	}
	if cert != nil {
		claims["cnf"] = map[string]string{"x5t#S256": access.Fingerprint(cert)}
	}
	return claims
}

func (i *issuer) idClaims(a Account, clientID, nonce string) map[string]any {
	now := time.Now()
	claims := map[string]any{
		"iss": i.url, "sub": a.Login, "aud": clientID, "name": a.Name, "acr": acr,
		"iat": now.Unix(), "exp": now.Add(accessLifetime).Unix(),
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	return claims
}

// sign makes a compact JWS with ES256.
func (i *issuer) sign(typ string, claims map[string]any) (string, error) {
	s, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.key, KeyID: i.kid}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", fmt.Errorf("idp: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("idp: %w", err)
	}
	jws, err := s.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("idp: %w", err)
	}
	return jws.CompactSerialize()
}

// Token implements oauth2.AccessGenerate.
func (i *issuer) Token(_ context.Context, b *oauth2.GenerateBasic, refresh bool) (accessToken, refreshToken string, err error) {
	a, ok := i.accounts[b.UserID]
	if !ok {
		return "", "", errors.New("idp: the account is gone")
	}
	var cert *x509.Certificate
	if b.Request.TLS != nil && len(b.Request.TLS.PeerCertificates) > 0 {
		cert = b.Request.TLS.PeerCertificates[0]
	}
	claims := i.accessClaims(a, b.Client.GetID(), cert)
	if b.Request.FormValue("grant_type") == oauth2.Refreshing.String() {
		delete(claims, "auth_time") // nobody has signed in
	}
	accessToken, err = i.sign("at+jwt", claims)
	if err == nil && refresh {
		refreshToken = random()
	}
	return accessToken, refreshToken, err
}

// codes implements oauth2.AuthorizeGenerate.
type codes struct{}

func (codes) Token(context.Context, *oauth2.GenerateBasic) (string, error) { return random(), nil }

// MintForTest returns an access token for the account, as if it had signed in
// with registerctl. Tests may change any claim; typ is then at+jwt unless
// "typ" is set among the claims.
func (p *Provider) MintForTest(login string, changes map[string]any) (string, error) {
	i, a, err := p.find(login)
	if err != nil {
		return "", err
	}
	claims := i.accessClaims(a, "registerctl", nil)
	typ := "at+jwt"
	for k, v := range maps.All(changes) {
		switch {
		case k == "typ":
			typ = fmt.Sprint(v)
		case v == nil:
			delete(claims, k)
		default:
			claims[k] = v
		}
	}
	return i.sign(typ, claims)
}

func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// signingKey reads the key of the file, making it first if there is none; an
// empty name makes one that is kept nowhere.
func signingKey(file string) (key *ecdsa.PrivateKey, kid string, err error) {
	if file != "" {
		key, err = readKey(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, "", fmt.Errorf("idp: signing key: %w", err)
		}
	}
	if key == nil {
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, "", fmt.Errorf("idp: signing key: %w", err)
		}
		if file != "" {
			if err := writeKey(file, key); err != nil {
				return nil, "", fmt.Errorf("idp: signing key: %w", err)
			}
		}
	}
	sum, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, "", fmt.Errorf("idp: signing key: %w", err)
	}
	return key, base64.RawURLEncoding.EncodeToString(sum), nil
}

func readKey(file string) (*ecdsa.PrivateKey, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no key in the file")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("not an elliptic-curve key")
	}
	return key, nil
}

func writeKey(file string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return replaceFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
