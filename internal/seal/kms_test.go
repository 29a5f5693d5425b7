package seal

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tink-crypto/tink-go/v2/core/registry"
	"github.com/tink-crypto/tink-go/v2/testing/fakekms"
)

func TestKMSProvider(t *testing.T) {
	ctx := context.Background()
	uri, err := fakekms.NewKeyURI()
	if err != nil {
		t.Fatal(err)
	}
	client, err := fakekms.NewClient(uri)
	if err != nil {
		t.Fatal(err)
	}
	registry.RegisterKMSClient(client)
	t.Cleanup(registry.ClearKMSClients)

	dir := filepath.Join(t.TempDir(), "keys")
	p, err := KMSProvider(dir, uri)
	if err != nil {
		t.Fatal(err)
	}
	if err := Generate(ctx, p, "register.example/log"); err != nil {
		t.Fatal(err)
	}
	k, err := Open(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := AddKey(ctx, p, TokenKeys); err != nil {
		t.Fatal(err)
	}
	if err := k.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("keyData")) || bytes.Contains(b, []byte("PRIVATE")) {
			t.Errorf("%s is in clear", e.Name())
		}
	}
	// One secret cannot stand in for another, nor can clear ones.
	b, err := os.ReadFile(filepath.Join(dir, string(HMACKeys)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, string(TokenKeys)), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, p); !errors.Is(err, ErrKeys) {
		t.Errorf("swapped secrets: got %v", err)
	}
	if _, err := Open(ctx, DirProvider(dir)); !errors.Is(err, ErrKeys) {
		t.Errorf("read as clear: got %v", err)
	}
	if _, err := KMSProvider(dir, "no-such-kms://key"); !errors.Is(err, ErrKeys) {
		t.Errorf("unknown service: got %v", err)
	}
}
