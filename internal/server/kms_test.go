package server

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/seal"
)

// transit answers as Vault's transit engine does for one key.
func transit(t *testing.T) *httptest.Server {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Plaintext, Ciphertext string }
		if r.Header.Get("X-Vault-Token") != "s.right" || json.NewDecoder(r.Body).Decode(&in) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		out := map[string]string{}
		switch {
		case strings.HasSuffix(r.URL.Path, "/encrypt/register"):
			plain, _ := base64.StdEncoding.DecodeString(in.Plaintext)
			nonce := make([]byte, aead.NonceSize())
			_, _ = rand.Read(nonce)
			out["ciphertext"] = "vault:v1:" + base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, nil))
		case strings.HasSuffix(r.URL.Path, "/decrypt/register"):
			sealed, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(in.Ciphertext, "vault:v1:"))
			plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil)
			if err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			out["plaintext"] = base64.StdEncoding.EncodeToString(plain)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": out})
	}))
}

func TestKeysEncryptedByVault(t *testing.T) {
	t.Parallel()
	vault := transit(t)
	defer vault.Close()
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys := Keys{
		Dir: filepath.Join(dir, "keys"), KMS: vaultScheme + strings.TrimPrefix(vault.URL, "https://") + "/transit/keys/register",
		TokenFile: write("token", []byte("s.right\n")),
		CA:        write("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: vault.Certificate().Raw})),
	}
	provider, err := keys.Provider()
	if err != nil {
		t.Fatal(err)
	}
	if err := seal.Generate(t.Context(), provider, "register.example/log"); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(t.Context(), provider); err != nil {
		t.Fatalf("keys do not open again: %v", err)
	}
	if _, err := seal.Open(t.Context(), seal.DirProvider(keys.Dir)); err == nil {
		t.Error("the key files open without the key-management service: they are in clear")
	}
}
