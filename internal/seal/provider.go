package seal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/core/registry"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Provider keeps the secrets of one key ring, each under a short file name.
type Provider interface {
	// Load returns the secret of that name; a missing one gives an error that wraps
	// fs.ErrNotExist.
	Load(ctx context.Context, name string) ([]byte, error)
	// Store writes or replaces the secret of that name, durably and atomically.
	Store(ctx context.Context, name string, secret []byte) error
}

// maxSecret bounds what is read as a secret: thousands of key versions.
const maxSecret = 1 << 20

type dirProvider struct{ dir string }

// DirProvider keeps secrets in clear in a folder: for development only. It creates
// the folder when it first stores, and refuses a folder or file that anybody but its
// owner may read or write.
func DirProvider(dir string) Provider { return dirProvider{dir: dir} }

func (p dirProvider) Load(_ context.Context, name string) ([]byte, error) {
	return readPrivate(p.dir, name)
}

func (p dirProvider) Store(_ context.Context, name string, secret []byte) error {
	return writePrivate(p.dir, name, secret)
}

type kmsProvider struct {
	dir string
	kek tink.AEAD
}

// KMSProvider keeps secrets in a folder, each encrypted by a key of a key-management
// service. The key's URI chooses among the Tink KMS clients registered with
// registry.RegisterKMSClient. Secrets travel to the service as a wrapped key only, so
// that their size does not matter to it.
func KMSProvider(dir, keyURI string) (Provider, error) {
	client, err := registry.GetKMSClient(keyURI)
	if err != nil {
		return nil, fmt.Errorf("%w: no key-management client for this kind of key URI", ErrKeys)
	}
	remote, err := client.GetAEAD(keyURI)
	if err != nil {
		return nil, fmt.Errorf("%w: key-management service: %w", ErrKeys, err)
	}
	return kmsProvider{dir: dir, kek: aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), remote)}, nil
}

func (p kmsProvider) Load(_ context.Context, name string) ([]byte, error) {
	sealed, err := readPrivate(p.dir, name)
	if err != nil {
		return nil, err
	}
	// The name as associated data keeps one secret from being passed off as another.
	secret, err := p.kek.Decrypt(sealed, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: the key-management service does not open it: %w", ErrKeys, name, err)
	}
	return secret, nil
}

func (p kmsProvider) Store(_ context.Context, name string, secret []byte) error {
	sealed, err := p.kek.Encrypt(secret, []byte(name))
	if err != nil {
		return fmt.Errorf("%w: %s: key-management service: %w", ErrKeys, name, err)
	}
	return writePrivate(p.dir, name, sealed)
}

// readPrivate reads a file that only its owner may reach.
func readPrivate(dir, name string) (secret []byte, err error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: folder: %w", ErrKeys, reason(err))
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: the key folder must be a folder with mode 0700", ErrKeys)
	}
	f, err := os.Open(filepath.Join(dir, name)) // #nosec G304 -- checkName allows a plain file name only
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKeys, name, reason(err))
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	// The open file is checked, not the name, so that it cannot be swapped in between.
	info, err = f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKeys, name, reason(err))
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s must be a file with mode 0600", ErrKeys, name)
	}
	secret, err = io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKeys, name, reason(err))
	}
	if len(secret) > maxSecret {
		return nil, fmt.Errorf("%w: %s is larger than %d bytes", ErrKeys, name, maxSecret)
	}
	return secret, nil
}

// writePrivate replaces a file so that a crash leaves the old or the new one whole.
func writePrivate(dir, name string, secret []byte) (err error) {
	if err := checkName(name); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("%w: folder: %w", ErrKeys, reason(err))
	}
	f, err := os.CreateTemp(dir, "."+name+".*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrKeys, name, reason(err))
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // already gone once renamed
		}
	}()
	_, err = f.Write(secret)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrKeys, name, reason(err))
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrKeys, name, reason(err))
	}
	d, err := os.Open(dir) // #nosec G304 -- the operator's own key folder
	if err != nil {
		return fmt.Errorf("%w: folder: %w", ErrKeys, reason(err))
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("%w: folder: %w", ErrKeys, reason(err))
	}
	return nil
}

func checkName(name string) error {
	if name == "" || name == "." || name == ".." || name != filepath.Base(name) {
		return fmt.Errorf("%w: a secret's name must be a plain file name", ErrKeys)
	}
	return nil
}

// reason strips the path from a file error: it says nothing to a reader of the log
// and does not belong there.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
