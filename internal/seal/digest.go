package seal

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
)

// VersionFields are what the digest of one version of a record covers.
type VersionFields struct {
	Record   [16]byte // record id
	N        int32    // number of the version within the record, from 1
	Kind     string   // kind of record
	Force    string   // code of the owner force
	Revision int64    // the source system's revision
	Erased   bool     // the version that marks the erasure
	Sealed   []byte   // sealed content
}

// canonicalDomain begins the canonical bytes, so that a digest of anything else is
// never one of a version; its number changes with the layout.
const canonicalDomain = "perpetrator-register/version/1"

// NewSalt returns 16 random bytes for a version's digest. Without the salt, which
// stays in the database, an entry's digest says nothing about the version.
func NewSalt() []byte {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails: crypto/rand stops the program instead
	return salt
}

// Canonical returns the bytes that a version's digest covers: eight parts, each
// preceded by its length in bytes as four bytes big-endian:
//
//  1. the text "perpetrator-register/version/1"
//  2. the record id, 16 bytes
//  3. the number of the version, 8 bytes big-endian
//  4. the kind, UTF-8
//  5. the force code, UTF-8
//  6. the source revision, 8 bytes big-endian, two's complement
//  7. one byte: 1 if the version marks the erasure, else 0
//  8. SHA-256 of the sealed content, 32 bytes
func Canonical(v VersionFields) []byte {
	erased := byte(0)
	if v.Erased {
		erased = 1
	}
	sealed := sha256.Sum256(v.Sealed)
	return encode(
		[]byte(canonicalDomain),
		v.Record[:],
		binary.BigEndian.AppendUint64(nil, uint64(int64(v.N))), // #nosec G115 -- two's complement is meant
		[]byte(v.Kind),
		[]byte(v.Force),
		binary.BigEndian.AppendUint64(nil, uint64(v.Revision)), // #nosec G115 -- two's complement is meant
		[]byte{erased},
		sealed[:],
	)
}

// Digest returns SHA-256(salt || Canonical(v)), 32 bytes.
func Digest(salt []byte, v VersionFields) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(Canonical(v))
	return h.Sum(nil)
}

// DigestEqual reports, in constant time, whether digest is that of v under salt.
func DigestEqual(digest, salt []byte, v VersionFields) bool {
	return subtle.ConstantTimeCompare(digest, Digest(salt, v)) == 1
}

// encode joins parts so that no two lists of parts give the same bytes.
func encode(parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += 4 + len(p)
	}
	out := make([]byte, 0, n)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p))) // #nosec G115 -- parts are far below 4 GiB
		out = append(out, p...)
	}
	return out
}
