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

// Keys are the public keys that are trusted: those of the log, under the names it
// has borne, and those of its witnesses.
type Keys struct {
	origins   []string
	verifiers map[keyID]note.Verifier
	witnesses map[keyID]bool
}

type keyID struct {
	name string
	hash uint32
}

// NewKeys reads verifier keys ("name+hash+key", C2SP signed-note): those of the
// log, of which there must be one, and those of witnesses. A log that has begun
// new epochs has keys of several names.
func NewKeys(log, witnesses []string) (*Keys, error) {
	k := &Keys{verifiers: map[keyID]note.Verifier{}, witnesses: map[keyID]bool{}}
	for _, text := range log {
		v, err := note.NewVerifier(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q is not a verifier key of the log", text)
		}
		if !slices.Contains(k.origins, v.Name()) {
			k.origins = append(k.origins, v.Name())
		}
		k.verifiers[keyID{v.Name(), v.KeyHash()}] = v
	}
	if len(k.origins) == 0 {
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

// Origins are the names that the log has borne, as far as keys are known.
func (k *Keys) Origins() []string { return k.origins }

// Verifier implements note.Verifiers.
func (k *Keys) Verifier(name string, hash uint32) (note.Verifier, error) {
	if v, ok := k.verifiers[keyID{name, hash}]; ok {
		return v, nil
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: hash}
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
