package idp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-oauth2/oauth2/v4"
	"github.com/go-oauth2/oauth2/v4/models"
)

// store keeps codes in memory and refresh tokens in a file, both under their
// hash. Access tokens are signed and need no keeping. It implements
// oauth2.TokenStore.
type store struct {
	file string // empty: memory only

	mu      sync.Mutex
	codes   map[string]kept
	refresh map[string]kept
}

type kept struct {
	Until time.Time       `json:"until"`
	Info  json.RawMessage `json:"info"`
}

func openStore(file string) (*store, error) {
	s := &store{file: file, codes: map[string]kept{}, refresh: map[string]kept{}}
	if file == "" {
		return s, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s.refresh)
	}
	if err != nil {
		return nil, fmt.Errorf("idp: refresh tokens: %w", err)
	}
	return s, nil
}

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Create implements oauth2.TokenStore.
func (s *store) Create(_ context.Context, info oauth2.TokenInfo) error {
	token, ok := info.(*models.Token)
	if !ok {
		return errors.New("idp: not a token")
	}
	t := *token
	code, refresh := t.Code, t.Refresh
	t.Code, t.Access, t.Refresh = "", "", ""
	data, err := json.Marshal(&t)
	if err != nil {
		return fmt.Errorf("idp: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case code != "":
		s.codes[hashed(code)] = kept{t.CodeCreateAt.Add(t.CodeExpiresIn), data}
		drop(s.codes)
		return nil
	case refresh != "":
		s.refresh[hashed(refresh)] = kept{t.RefreshCreateAt.Add(t.RefreshExpiresIn), data}
		return s.save()
	}
	return nil
}

func drop(m map[string]kept) {
	for k, v := range m {
		if time.Now().After(v.Until) {
			delete(m, k)
		}
	}
}

func (s *store) save() error {
	drop(s.refresh)
	if s.file == "" {
		return nil
	}
	data, err := json.Marshal(s.refresh)
	if err != nil {
		return fmt.Errorf("idp: %w", err)
	}
	return replaceFile(s.file, data)
}

func (s *store) get(m map[string]kept, secret string) (*models.Token, error) {
	s.mu.Lock()
	k, ok := m[hashed(secret)]
	s.mu.Unlock()
	if !ok || time.Now().After(k.Until) {
		return nil, nil //nolint:nilnil // the library takes no token for "unknown"
	}
	t := models.NewToken()
	if err := json.Unmarshal(k.Info, t); err != nil {
		return nil, fmt.Errorf("idp: %w", err)
	}
	return t, nil
}

// GetByCode implements oauth2.TokenStore.
func (s *store) GetByCode(_ context.Context, code string) (oauth2.TokenInfo, error) {
	t, err := s.get(s.codes, code)
	if t == nil {
		return nil, err
	}
	t.Code = code
	return t, nil
}

// GetByRefresh implements oauth2.TokenStore.
func (s *store) GetByRefresh(_ context.Context, refresh string) (oauth2.TokenInfo, error) {
	t, err := s.get(s.refresh, refresh)
	if t == nil {
		return nil, err
	}
	t.Refresh = refresh
	return t, nil
}

// GetByAccess implements oauth2.TokenStore; access tokens are not kept.
func (s *store) GetByAccess(context.Context, string) (oauth2.TokenInfo, error) {
	return nil, nil //nolint:nilnil // the library takes no token for "unknown"
}

// RemoveByCode implements oauth2.TokenStore.
func (s *store) RemoveByCode(_ context.Context, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.codes, hashed(code))
	return nil
}

// RemoveByRefresh implements oauth2.TokenStore.
func (s *store) RemoveByRefresh(_ context.Context, refresh string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.refresh, hashed(refresh))
	return s.save()
}

// RemoveByAccess implements oauth2.TokenStore; access tokens are not kept.
func (s *store) RemoveByAccess(context.Context, string) error { return nil }

// replaceFile writes a file whole, readable by its owner only.
func replaceFile(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".idp-") // mode 0600
	if err != nil {
		return fmt.Errorf("idp: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("idp: %w", err)
	}
	return nil
}
