// Package seal keeps what is personal unreadable to whoever holds only the
// database: record keys and their wrapping, sealing and opening, erasure by
// destroying a key, keyed look-ups, victim tokens and the log's signing keys.
//
// # Keys
//
// A key ring is four secrets, kept by a [Provider]:
//
//   - record keys: key-management keys that wrap each record's own data key;
//   - HMAC keys: for source references, search terms and case references;
//   - token keys: the layers of the onion that victim tokens go through;
//   - log signers: Ed25519 keys that sign the access log's checkpoints.
//
// The first three are Tink keysets whose key ids are version numbers, counted from 1
// and never reused. A rotation has three steps, so that replicas never meet a key
// they do not have: [AddKey] (every replica reloads), [PromoteKey] (every replica
// reloads), and, when nothing is left under the old version, [RetireKey].
//
// # Erasure
//
// A record's content is sealed under its own random data key. Only the wrapped form
// of that key is stored; when it is deleted, no key of the ring can open the content
// again, while digests of the sealed bytes, and so all proofs, stay valid.
package seal

import "errors"

// Errors a caller can tell apart; none ever holds personal data or key material.
var (
	// ErrOpen means that a sealed value or wrapped key does not open: it was altered,
	// belongs to another record, or its key version is not in this key ring.
	ErrOpen = errors.New("seal: value does not open")
	// ErrKeys means that the keys of a provider are missing, unsafe or malformed.
	ErrKeys = errors.New("seal: keys unusable")
	// ErrLayer means that a token is of a layer that is not (yet) current here: reload
	// the key ring and try again.
	ErrLayer = errors.New("seal: token layer unknown")
)
