package tlogfile

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Keys are the public keys that are trusted: those of the log and those of its
// witnesses. The log's are of one name, or of the names of its epochs in their order.
type Keys struct {
	origins   []string
	origin    string // the last of them
	verifiers map[keyID]note.Verifier
	witnesses map[keyID]bool
}

type keyID struct {
	name string
	hash uint32
}

// NewKeys reads verifier keys ("name+hash+key", C2SP signed-note): those of the
// log, of which there must be one, and those of witnesses.
func NewKeys(log, witnesses []string) (*Keys, error) {
	k := &Keys{verifiers: map[keyID]note.Verifier{}, witnesses: map[keyID]bool{}}
	for _, text := range log {
		v, err := note.NewVerifier(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q is not a verifier key of the log", text)
		}
		if v.Name() != k.origin {
			if slices.Contains(k.origins, v.Name()) {
				return nil, fmt.Errorf("the keys of %q do not stand together: give those of earlier epochs first", v.Name())
			}
			k.origin = v.Name()
			k.origins = append(k.origins, k.origin)
		}
		k.verifiers[keyID{v.Name(), v.KeyHash()}] = v
	}
	if k.origin == "" {
		return nil, errors.New("no key of the log is given")
	}
	for _, text := range witnesses {
		v, err := newCosignatureVerifier(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q is not the verifier key of a witness", text)
		}
		id := keyID{v.name, v.hash}
		k.verifiers[id], k.witnesses[id] = v, true
	}
	return k, nil
}

// Origin is the log's name, the last if it has had several.
func (k *Keys) Origin() string { return k.origin }

// Origins are the names of the log's epochs, oldest first.
func (k *Keys) Origins() []string { return slices.Clone(k.origins) }

// Verifier implements note.Verifiers.
func (k *Keys) Verifier(name string, hash uint32) (note.Verifier, error) {
	if v, ok := k.verifiers[keyID{name, hash}]; ok {
		return v, nil
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
}

// Witnesses is how many witnesses are known; one of them may have several keys.
func (k *Keys) Witnesses() int {
	names := map[string]bool{}
	for id := range k.witnesses {
		names[id.name] = true
	}
	return len(names)
}

// Majority is the quorum unless another is asked for: more than half of so many
// witnesses, so that no two histories can have it; 0 of none.
func Majority(witnesses int) int {
	if witnesses == 0 {
		return 0
	}
	return witnesses/2 + 1
}

// Quorum checks that so many of the known witnesses have co-signed a checkpoint.
func (k *Keys) Quorum(c Checkpoint, quorum int) error {
	if len(c.Witnesses) < quorum {
		return fmt.Errorf("%d of %d known witnesses have co-signed the checkpoint, %d must have", len(c.Witnesses), k.Witnesses(), quorum)
	}
	return nil
}

func (k *Keys) witness(name string, hash uint32) bool { return k.witnesses[keyID{name, hash}] }

// algCosignature is the signature type of cosignature/v1 (C2SP tlog-cosignature).
const algCosignature = 4

// cosignatureVerifier verifies cosignature/v1: an Ed25519 signature that tells
// the time at which the witness saw the checkpoint.
type cosignatureVerifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

var errKey = errors.New("not a verifier key")

func newCosignatureVerifier(text string) (*cosignatureVerifier, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 || parts[0] == "" || strings.ContainsAny(parts[0], " \t\n") {
		return nil, errKey
	}
	hash, errHash := strconv.ParseUint(parts[1], 16, 32)
	key, errBase := base64.StdEncoding.DecodeString(parts[2])
	if errHash != nil || errBase != nil || len(parts[1]) != 8 || len(key) != 1+ed25519.PublicKeySize || key[0] != algCosignature {
		return nil, errKey
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if binary.BigEndian.Uint32(sum[:]) != uint32(hash) {
		return nil, errKey
	}
	return &cosignatureVerifier{parts[0], uint32(hash), key[1:]}, nil
}

// Name implements note.Verifier.
func (v *cosignatureVerifier) Name() string { return v.name }

// KeyHash implements note.Verifier.
func (v *cosignatureVerifier) KeyHash() uint32 { return v.hash }

// Verify implements note.Verifier.
func (v *cosignatureVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, msg)
	return at < 1<<63 && ed25519.Verify(v.key, []byte(signed), sig[8:])
}
