package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
)

// DataKey is the key of one record or one entry body: AES-256. It prints as a
// placeholder only.
type DataKey struct{ key [32]byte }

// NewDataKey returns a fresh random key.
func NewDataKey() DataKey {
	var d DataKey
	_, _ = rand.Read(d.key[:]) // never fails: crypto/rand stops the program instead
	return d
}

// String hides the key.
func (DataKey) String() string { return "data key (hidden)" }

// GoString hides the key from %#v.
func (DataKey) GoString() string { return "seal.DataKey{hidden}" }

// sealFormat stands first in each sealed value: AES-256-GCM, then 12 bytes of random
// nonce, the ciphertext and 16 bytes of tag.
const sealFormat = 1

// overhead is how much longer a sealed value is than what it holds.
const overhead = 1 + 12 + 16

// Seal encrypts plain, bound to ad: it opens only with the same key and ad.
func (d DataKey) Seal(plain, ad []byte) ([]byte, error) {
	c, err := d.cipher()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 1, overhead+len(plain))
	out[0] = sealFormat
	return c.Seal(out, nil, plain, ad), nil // #nosec G407 -- the cipher draws a random nonce itself
}

// Open decrypts what Seal made with the same key and ad; anything else gives ErrOpen.
func (d DataKey) Open(sealed, ad []byte) ([]byte, error) {
	if len(sealed) < overhead || sealed[0] != sealFormat {
		return nil, ErrOpen
	}
	c, err := d.cipher()
	if err != nil {
		return nil, err
	}
	plain, err := c.Open(make([]byte, 0, len(sealed)-overhead), nil, sealed[1:], ad)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

func (d DataKey) cipher() (cipher.AEAD, error) {
	b, err := aes.NewCipher(d.key[:])
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	c, err := cipher.NewGCMWithRandomNonce(b)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return c, nil
}

// RecordAD is the associated data of a record's sealed content: it cannot be passed
// off as that of another record or kind.
func RecordAD(record [16]byte, kind string) []byte {
	return append(append([]byte("record:"), record[:]...), kind...)
}

// BodyAD is the associated data of a log entry's sealed body; entry is the entry's id.
func BodyAD(entry [16]byte) []byte {
	return append([]byte("entry-body:"), entry[:]...)
}

// Wrap encrypts a data key under the primary key-management key, bound to context:
// the 16 bytes of the record's or entry's id. The result is 65 bytes long.
func (k *KeyRing) Wrap(d DataKey, context []byte) ([]byte, error) {
	wrapped, err := k.keys.Load().record.Encrypt(d.key[:], context)
	if err != nil {
		return nil, fmt.Errorf("seal: wrapping a data key: %w", err)
	}
	return wrapped, nil
}

// Unwrap opens what Wrap made with the same context; anything else gives ErrOpen.
func (k *KeyRing) Unwrap(wrapped, context []byte) (DataKey, error) {
	var d DataKey
	plain, err := k.keys.Load().record.Decrypt(wrapped, context)
	if err != nil || len(plain) != len(d.key) {
		return DataKey{}, ErrOpen
	}
	copy(d.key[:], plain)
	return d, nil
}

// WrappedVersion returns the version of the key-management key that wrapped is under,
// or 0 if it has no such form.
func WrappedVersion(wrapped []byte) uint32 {
	// Tink puts 0x01 and the key's id first.
	if len(wrapped) < 5 || wrapped[0] != 1 {
		return 0
	}
	return binary.BigEndian.Uint32(wrapped[1:5])
}

// NeedsRewrap reports whether wrapped is not under the primary key version.
func (k *KeyRing) NeedsRewrap(wrapped []byte) bool {
	return WrappedVersion(wrapped) != k.keys.Load().recordPrimary
}

// Rewrap wraps a stored key afresh under the primary version; changed is false when it
// is under it already. context is what it was wrapped with.
func (k *KeyRing) Rewrap(wrapped, context []byte) (fresh []byte, changed bool, err error) {
	if !k.NeedsRewrap(wrapped) {
		return nil, false, nil
	}
	d, err := k.Unwrap(wrapped, context)
	if err != nil {
		return nil, false, err
	}
	fresh, err = k.Wrap(d, context)
	return fresh, true, err
}
