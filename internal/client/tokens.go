package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/oauth2"
)

// TokenCache keeps the tokens of sign-ins in one file with mode 0600, by key:
// see Login.Key. Safe for use by several processes at once.
type TokenCache struct {
	path string
}

// NewTokenCache opens the cache in a file, which need not be there yet.
func NewTokenCache(path string) *TokenCache { return &TokenCache{path: path} }

// Get returns the token of a key, or nil if there is none. A file that others
// can read is refused.
func (t *TokenCache) Get(key string) (*oauth2.Token, error) {
	all, err := t.read()
	if err != nil {
		return nil, err
	}
	return all[key], nil
}

// Put stores the token of a key; nil removes it.
func (t *TokenCache) Put(ctx context.Context, key string, token *oauth2.Token) error {
	return t.locked(ctx, func() error { return t.put(key, token) })
}

func (t *TokenCache) put(key string, token *oauth2.Token) error {
	all, err := t.read()
	if err != nil {
		return err
	}
	if token == nil {
		delete(all, key)
	} else {
		all[key] = token
	}
	data, err := json.MarshalIndent(all, "", "  ") //nolint:gosec // a token cache holds tokens
	if err != nil {
		return fmt.Errorf("token cache: %w", err)
	}
	return writeFile(t.path, append(data, '\n'))
}

func (t *TokenCache) read() (map[string]*oauth2.Token, error) {
	all := map[string]*oauth2.Token{}
	info, err := os.Stat(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("token cache: %w", err)
	}
	// Windows has no such modes and reports 0666: there the folder protects it.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && os.PathSeparator == '/' {
		return nil, fmt.Errorf("token cache %s can be read by others (mode %04o): set it to 0600, or remove it and sign in again", t.path, mode)
	}
	data, err := os.ReadFile(t.path)
	if err != nil {
		return nil, fmt.Errorf("token cache: %w", err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("token cache %s is damaged: remove it and sign in again", t.path)
	}
	return all, nil
}

// locked runs f while no other process is within it: two refreshes of one
// token at once would each spoil the other's.
func (t *TokenCache) locked(ctx context.Context, f func() error) error {
	if err := os.MkdirAll(filepath.Dir(t.path), 0o700); err != nil {
		return fmt.Errorf("token cache: %w", err)
	}
	lock := flock.New(t.path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		return fmt.Errorf("token cache: %w", err)
	}
	err := f()
	return errors.Join(err, lock.Unlock())
}
