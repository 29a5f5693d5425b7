package console

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/perpetrator-register/register/internal/postgres"
)

// errSignedOut says that there is no session: the browser has none, it has run
// out, or it was signed out.
var errSignedOut = errors.New("not signed in")

// kept is what a session holds. It is stored sealed under a key that is made of
// the browser's cookie: who has the database has no session, and who takes one
// row away signs that browser out everywhere.
type kept struct {
	Subject     string   `json:"subject"`
	Name        string   `json:"name"`
	Force       string   `json:"force"` // two digits; empty for national roles
	Collar      string   `json:"collar"`
	Roles       []string `json:"roles"`
	Permissions []string `json:"permissions"` // "resource.action"
	PolicyHash  string   `json:"policy_hash"`

	Issuer  string    `json:"issuer"`
	Access  string    `json:"access"`
	Expiry  time.Time `json:"expiry"` // of Access
	Refresh string    `json:"refresh"`

	Case     purpose       `json:"case"`
	Log      purpose       `json:"log"`
	Receipts []keptReceipt `json:"receipts"`
	Draft    *draft        `json:"draft,omitempty"`
	Done     *registered   `json:"done,omitempty"`   // what was registered last
	Notice   string        `json:"notice,omitempty"` // shown once
	Bundles  []keptBundle  `json:"bundles,omitempty"`
}

// purpose is why something was last looked at, offered again for the same case.
type purpose struct {
	Reason        string `json:"reason"`
	Reference     string `json:"reference"`
	Justification string `json:"justification"`
	OnBehalfOf    string `json:"on_behalf_of"`
}

// keptReceipt is the receipt of a search, shown with its answer.
type keptReceipt struct {
	Search  string `json:"search"`
	Entry   string `json:"entry"`
	Receipt string `json:"receipt"`
	// Time and Why are when it was made and for which reason and reference.
	Time time.Time `json:"time"`
	Why  string    `json:"why"`
}

// may reports whether the roles allow an action at all. It decides what is
// shown; whether a call is allowed, the chain decides.
func (k *kept) may(permission string) bool { return slices.Contains(k.Permissions, permission) }

// session is a stored session with the key that opens it.
type session struct {
	row  postgres.ConsoleSession
	key  []byte
	data kept
}

const (
	secretSize = 32
	touchEvery = time.Minute
)

// secretOf reads a cookie's value: the session's id and key, both derived.
func secretOf(value string) (id [32]byte, key []byte, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(raw) != secretSize {
		return id, nil, false
	}
	if key, err = hkdf.Key(sha256.New, raw, nil, "register console session", 32); err != nil {
		return id, nil, false
	}
	name, err := hkdf.Key(sha256.New, raw, nil, "register console session id", 32)
	if err != nil {
		return id, nil, false
	}
	copy(id[:], name)
	return id, key, true
}

// begin stores a new session and returns the value of its cookie. A session
// always begins with a fresh secret, so that nobody can choose another's.
func (c *Console) begin(ctx context.Context, data *kept) (string, error) {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails
	value := base64.RawURLEncoding.EncodeToString(secret)
	id, key, _ := secretOf(value)
	sealed, err := seal(key, id, data)
	if err != nil {
		return "", err
	}
	now := c.now()
	if err := c.db.ExpireConsoleSessions(ctx, now.Add(-c.config.Idle)); err != nil {
		return "", err
	}
	return value, c.db.InsertConsoleSession(ctx, postgres.ConsoleSession{ID: id, CreateTime: now, Sealed: sealed})
}

// load reads the session of a request's cookie, or errSignedOut. Use by a
// person, unlike a list that keeps itself up to date, prolongs it.
func (c *Console) load(ctx context.Context, r *http.Request, byPerson bool) (*session, error) {
	cookie, err := r.Cookie(c.cookieName(sessionCookie))
	if err != nil {
		return nil, errSignedOut
	}
	id, key, ok := secretOf(cookie.Value)
	if !ok {
		return nil, errSignedOut
	}
	s := &session{key: key}
	if err := c.read(ctx, id, s); err != nil {
		return nil, err
	}
	now := c.now()
	if now.Sub(s.row.UseTime) > c.config.Idle || now.Sub(s.row.CreateTime) > c.config.Absolute {
		return nil, errors.Join(errSignedOut, c.db.DeleteConsoleSession(ctx, id))
	}
	if byPerson && now.Sub(s.row.UseTime) > touchEvery {
		if err := c.db.TouchConsoleSession(ctx, id, now); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (c *Console) read(ctx context.Context, id [32]byte, s *session) (err error) {
	if s.row, err = c.db.ConsoleSession(ctx, id); errors.Is(err, postgres.ErrNotFound) {
		return errSignedOut
	} else if err != nil {
		return err
	}
	s.data = kept{}
	return open(s.key, id, s.row.Sealed, &s.data)
}

// change changes what a session holds. When another request of the same
// browser was quicker, the change is made to what that one left.
func (c *Console) change(ctx context.Context, s *session, f func(*kept)) error {
	for range 5 {
		f(&s.data)
		sealed, err := seal(s.key, s.row.ID, &s.data)
		if err != nil {
			return err
		}
		s.row.Sealed = sealed
		done, err := c.db.UpdateConsoleSession(ctx, s.row)
		if err != nil {
			return err
		}
		if done {
			s.row.Revision++
			return nil
		}
		if err := c.read(ctx, s.row.ID, s); err != nil {
			return err
		}
	}
	return errors.New("console: the session is being changed by others")
}

func seal(key []byte, id [32]byte, data *kept) ([]byte, error) {
	plain, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("console session: %w", err)
	}
	aead, err := sealer(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, id[:]), nil //nolint:gosec // this cipher draws the nonce itself and puts it before
}

func open(key []byte, id [32]byte, sealed []byte, data *kept) error {
	aead, err := sealer(key)
	if err != nil {
		return err
	}
	plain, err := aead.Open(nil, nil, sealed, id[:])
	if err != nil {
		return errSignedOut // not stored by us under this cookie
	}
	if err := json.Unmarshal(plain, data); err != nil {
		return fmt.Errorf("console session: %w", err)
	}
	return nil
}

func sealer(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("console session: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Names of the cookies, without their prefix.
const (
	sessionCookie = "session"
	signInCookie  = "sign-in"
)

// cookieName is a cookie's full name. Over TLS the prefix makes browsers hold
// it to this host, to TLS and to all paths.
func (c *Console) cookieName(name string) string {
	if c.secure() {
		return "__Host-" + name
	}
	return "register-" + name
}

// setCookie sets a cookie that no script can read; an empty value takes it away.
func (c *Console) setCookie(w http.ResponseWriter, name, value string, age time.Duration) {
	cookie := &http.Cookie{ //nolint:gosec // Secure but for plain HTTP on loopback, in development
		Name: c.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: c.secure(), SameSite: http.SameSiteLaxMode,
		MaxAge: int(age.Seconds()),
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}
