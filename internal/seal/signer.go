package seal

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// logSigners is the name of the secret with the log's signing keys: one a line, in the
// text form of signed notes. A line with a verifier key only is that of a retired
// signer, whose old checkpoints must still verify.
const logSigners = "log-signers.txt"

const privatePrefix = "PRIVATE+KEY+"

// LogSigners returns the signers of checkpoints; the first is the oldest in use.
func (k *KeyRing) LogSigners() []note.Signer { return slices.Clone(k.keys.Load().signers) }

// LogVerifiers returns the public verifier keys ("name+hash+key") of all signers,
// retired ones included.
func (k *KeyRing) LogVerifiers() []string { return slices.Clone(k.keys.Load().verifiers) }

// AddLogSigner adds a fresh signing key. From the next reload on, checkpoints carry a
// signature of it too.
func AddLogSigner(ctx context.Context, p Provider, origin string) error {
	secret, err := p.Load(ctx, logSigners)
	if err != nil {
		return err
	}
	if _, _, err := parseSigners(secret); err != nil {
		return err
	}
	line, err := newLogSigner(origin)
	if err != nil {
		return err
	}
	return p.Store(ctx, logSigners, append(append(secret[:len(secret):len(secret)], line...), '\n'))
}

// RetireLogSigner destroys the private half of the signer with this verifier key and
// keeps the public one. The last signer cannot be retired.
func RetireLogSigner(ctx context.Context, p Provider, verifier string) error {
	secret, err := p.Load(ctx, logSigners)
	if err != nil {
		return err
	}
	signers, _, err := parseSigners(secret)
	if err != nil {
		return err
	}
	lines := strings.Fields(string(secret))
	for i, line := range lines {
		if v, private, err := verifierOf(line); err == nil && private && v == verifier {
			if len(signers) == 1 {
				return fmt.Errorf("%w: %s: the last signer cannot be retired", ErrKeys, logSigners)
			}
			lines[i] = v
			return p.Store(ctx, logSigners, []byte(strings.Join(lines, "\n")+"\n"))
		}
	}
	return fmt.Errorf("%w: %s holds no such signer", ErrKeys, logSigners)
}

func newLogSigner(origin string) (string, error) {
	if origin == "" || strings.ContainsFunc(origin, func(r rune) bool { return r <= ' ' || r == '+' || r > '~' }) {
		return "", fmt.Errorf("%w: the log's origin must be printable ASCII without space or plus", ErrKeys)
	}
	private, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", ErrKeys, logSigners, err)
	}
	return private, nil
}

func loadSigners(ctx context.Context, p Provider) ([]note.Signer, []string, error) {
	secret, err := p.Load(ctx, logSigners)
	if err != nil {
		return nil, nil, err
	}
	return parseSigners(secret)
}

func parseSigners(secret []byte) (signers []note.Signer, verifiers []string, err error) {
	malformed := fmt.Errorf("%w: %s is malformed", ErrKeys, logSigners)
	for _, line := range strings.Fields(string(secret)) {
		v, private, err := verifierOf(line)
		if err != nil {
			return nil, nil, malformed
		}
		if private {
			s, err := note.NewSigner(line)
			if err != nil {
				return nil, nil, malformed
			}
			signers = append(signers, s)
		}
		verifiers = append(verifiers, v)
	}
	if len(signers) == 0 {
		return nil, nil, fmt.Errorf("%w: %s holds no signer", ErrKeys, logSigners)
	}
	return signers, verifiers, nil
}

// verifierOf returns the public form of a line of the secret.
func verifierOf(line string) (verifier string, private bool, err error) {
	rest, private := strings.CutPrefix(line, privatePrefix)
	if !private {
		_, err := note.NewVerifier(line)
		return line, false, err
	}
	name, rest, _ := strings.Cut(rest, "+")
	_, key, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", true, ErrKeys
	}
	public, ok := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", true, ErrKeys
	}
	verifier, err = note.NewEd25519VerifierKey(name, public)
	return verifier, true, err
}
