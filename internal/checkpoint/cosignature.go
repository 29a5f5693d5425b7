package checkpoint

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// cosignatureV1 is the type byte of Ed25519 cosignature keys.
const cosignatureV1 = 0x04

const (
	timestampSize  = 8
	privateKeyWord = "PRIVATE+KEY+"
)

// Errors of keys. They do not repeat the key.
var (
	errSigner   = errors.New("not a cosigning key: it reads PRIVATE+KEY+name+hash+key")
	errVerifier = errors.New("not a cosignature verifier key: it reads name+hash+key, with key type 4")
)

// Cosigner makes cosignatures of one key: each says that at the time it bears,
// the checkpoint's tree was the largest that its owner had seen of the log, and
// that it extends all that he had seen before. Safe for concurrent use.
type Cosigner struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
	now  func() time.Time
}

// GenerateCosigner makes a key pair in the text forms of signed notes. The name
// should be an address without scheme, such as "witness.police.example/1".
func GenerateCosigner(name string) (secret, verifier string, err error) {
	if !validName(name) {
		return "", "", errors.New("a witness's name must not be empty, nor hold spaces or plus signs")
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", "", err
	}
	hash := cosignerHash(name, public)
	return privateKeyWord + keyText(name, hash, private.Seed()), keyText(name, hash, public), nil
}

// NewCosigner reads a signing key; now is the clock, nil means time.Now.
func NewCosigner(secret string, now func() time.Time) (*Cosigner, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(secret), privateKeyWord)
	name, hash, seed, err := parseKey(rest)
	if !ok || err != nil || len(seed) != ed25519.SeedSize {
		return nil, errSigner
	}
	key := ed25519.NewKeyFromSeed(seed)
	c := &Cosigner{name: name, key: key, now: now}
	if c.hash = cosignerHash(name, key.Public().(ed25519.PublicKey)); c.hash != hash {
		return nil, errSigner
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}

// Name implements note.Signer.
func (c *Cosigner) Name() string { return c.name }

// KeyHash implements note.Signer.
func (c *Cosigner) KeyHash() uint32 { return c.hash }

// Sign implements note.Signer: it signs a checkpoint's text as of now.
func (c *Cosigner) Sign(text []byte) ([]byte, error) {
	seconds := c.now().Unix()
	if seconds < 0 {
		return nil, errors.New("cosignature: the clock is before 1970")
	}
	stamp := uint64(seconds)
	signature := binary.BigEndian.AppendUint64(make([]byte, 0, timestampSize+ed25519.SignatureSize), stamp)
	return append(signature, ed25519.Sign(c.key, cosigned(stamp, text))...), nil
}

// VerifierKey is the public key in text form.
func (c *Cosigner) VerifierKey() string {
	return keyText(c.name, c.hash, c.key.Public().(ed25519.PublicKey))
}

// Verifier is that of the public key.
func (c *Cosigner) Verifier() note.Verifier {
	return &cosignatureVerifier{name: c.name, hash: c.hash, key: c.key.Public().(ed25519.PublicKey)}
}

type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// NewCosignatureVerifier reads a verifier key of type 4.
func NewCosignatureVerifier(text string) (note.Verifier, error) {
	name, hash, key, err := parseKey(strings.TrimSpace(text))
	if err != nil || len(key) != ed25519.PublicKeySize || cosignerHash(name, key) != hash {
		return nil, errVerifier
	}
	return &cosignatureVerifier{name: name, hash: hash, key: key}, nil
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.hash }

// Verify implements note.Verifier.
func (v *cosignatureVerifier) Verify(text, signature []byte) bool {
	if len(signature) != timestampSize+ed25519.SignatureSize {
		return false
	}
	stamp := binary.BigEndian.Uint64(signature)
	return stamp <= math.MaxInt64 && ed25519.Verify(v.key, cosigned(stamp, text), signature[timestampSize:])
}

// CosignatureTime is the time that a verified cosignature bears.
func CosignatureTime(s note.Signature) (time.Time, error) {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	const hashSize = 4
	if err != nil || len(raw) != hashSize+timestampSize+ed25519.SignatureSize {
		return time.Time{}, errors.New("not a cosignature")
	}
	return time.Unix(int64(binary.BigEndian.Uint64(raw[hashSize:])), 0).UTC(), nil //nolint:gosec // Verify bounds it
}

// cosigned is the message that a cosignature signs.
func cosigned(stamp uint64, text []byte) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", stamp, text)
}

// cosignerHash is the key's id in signature lines.
func cosignerHash(name string, public []byte) uint32 {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%c", name, cosignatureV1) // a hash never fails
	_, _ = h.Write(public)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

func keyText(name string, hash uint32, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, hash, base64.StdEncoding.EncodeToString(append([]byte{cosignatureV1}, key...)))
}

// parseKey reads name+hash+base64(type ‖ key).
func parseKey(text string) (name string, hash uint32, key []byte, err error) {
	name, rest, _ := strings.Cut(text, "+")
	digits, encoded, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !validName(name) || len(raw) < 1 || raw[0] != cosignatureV1 {
		return "", 0, nil, errVerifier
	}
	id, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 8 {
		return "", 0, nil, errVerifier
	}
	return name, uint32(id), raw[1:], nil
}

// validName is what signed notes ask of a name.
func validName(name string) bool {
	return name != "" && utf8.ValidString(name) && !strings.Contains(name, "+") && strings.IndexFunc(name, unicode.IsSpace) < 0
}
