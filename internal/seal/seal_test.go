package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"
)

func newRing(t testing.TB) (*KeyRing, Provider) {
	t.Helper()
	p := DirProvider(filepath.Join(t.TempDir(), "keys"))
	if err := Generate(context.Background(), p, "register.example/log"); err != nil {
		t.Fatal(err)
	}
	k, err := Open(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	return k, p
}

func TestSealOpensOnlyWithItsKeyAndContext(t *testing.T) {
	k, _ := newRing(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "plain")
		id := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		d := NewDataKey()
		ad := RecordAD(id, "nominal")
		sealed, err := d.Seal(plain, ad)
		if err != nil {
			t.Fatal(err)
		}
		if len(plain) > 3 && bytes.Contains(sealed, plain) {
			t.Fatal("the plain text shows")
		}
		wrapped, err := k.Wrap(d, id[:])
		if err != nil {
			t.Fatal(err)
		}
		back, err := k.Unwrap(wrapped, id[:])
		if err != nil {
			t.Fatal(err)
		}
		if got, err := back.Open(sealed, ad); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("does not open again: %v", err)
		}
		other := id
		other[3] ^= 1
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "i")
		flipped := bytes.Clone(sealed)
		flipped[i] ^= 0x10
		bad := map[string]func() ([]byte, error){
			"altered":      func() ([]byte, error) { return d.Open(flipped, ad) },
			"cut short":    func() ([]byte, error) { return d.Open(sealed[:i], ad) },
			"other record": func() ([]byte, error) { return d.Open(sealed, RecordAD(other, "nominal")) },
			"other kind":   func() ([]byte, error) { return d.Open(sealed, RecordAD(id, "course")) },
			"entry body":   func() ([]byte, error) { return d.Open(sealed, BodyAD(id)) },
			"other key":    func() ([]byte, error) { return NewDataKey().Open(sealed, ad) },
		}
		for name, open := range bad {
			if _, err := open(); !errors.Is(err, ErrOpen) {
				t.Fatalf("%s: got %v, want ErrOpen", name, err)
			}
		}
		if _, err := k.Unwrap(wrapped, other[:]); !errors.Is(err, ErrOpen) {
			t.Fatal("the key unwraps for another record")
		}
	})
}

func TestSecretsDoNotPrint(t *testing.T) {
	d := NewDataKey()
	raw := fmt.Sprintf("%x", d.key)
	j, err := json.Marshal(map[string]any{"key": d})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(d), fmt.Sprintf("%v %+v %#v %s", d, d, d, d), fmt.Sprintf("%+v", struct{ K DataKey }{d}), string(j)} {
		if strings.Contains(s, raw[:8]) || strings.Contains(s, fmt.Sprint(d.key[0], " ", d.key[1], " ")) {
			t.Errorf("the key shows: %s", s)
		}
	}
}

func TestLookups(t *testing.T) {
	ctx := context.Background()
	k, p := newRing(t)
	a := k.SourceHMAC("33", "niche", "NOM/1", "nominal")
	if a.Version != 1 || len(a.Sum) != 32 || !a.Equal(k.SourceHMAC("33", "niche", "NOM/1", "nominal")) {
		t.Fatal("not stable")
	}
	for _, b := range []HMAC{
		k.SourceHMAC("34", "niche", "NOM/1", "nominal"), k.SourceHMAC("33", "nicheN", "OM/1", "nominal"),
		k.SourceHMAC("33", "niche", "NOM/1", "course"), k.SourceHMAC("33", "niche", "NOM/1n", "ominal"),
	} {
		if a.Equal(b) {
			t.Error("different references share a code")
		}
	}
	term := k.TermHMAC("surname", "smith")
	if len(term) != 18 || !strings.HasPrefix(term, "1:") || strings.Contains(term, "smith") {
		t.Errorf("form of a term: %s", term)
	}
	if term == k.TermHMAC("given", "smith") || term == k.ReferenceHMAC("surname", "smith") {
		t.Error("kinds or purposes share codes")
	}
	if _, err := AddKey(ctx, p, HMACKeys); err != nil {
		t.Fatal(err)
	}
	if err := PromoteKey(ctx, p, HMACKeys, 2); err != nil {
		t.Fatal(err)
	}
	if err := k.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	all := k.SourceHMACs("33", "niche", "NOM/1", "nominal")
	if len(all) != 2 || all[0].Version != 2 || !all[1].Equal(a) || !all[0].Equal(k.SourceHMAC("33", "niche", "NOM/1", "nominal")) {
		t.Error("after a rotation the old code must be found behind the new one")
	}
	if terms := k.TermHMACs("surname", "smith"); len(terms) != 2 || terms[1] != term || !strings.HasPrefix(terms[0], "2:") {
		t.Errorf("terms after a rotation: %v", terms)
	}
	if refs := k.ReferenceHMACs("33", "1/24"); len(refs) != 2 || refs[0] != k.ReferenceHMAC("33", "1/24") {
		t.Errorf("references after a rotation: %v", refs)
	}
}

func TestDigest(t *testing.T) {
	v := VersionFields{Record: [16]byte{1, 2, 3}, N: 2, Kind: "nominal", Force: "33", Revision: 7, Sealed: []byte("sealed")}
	salt := []byte("0123456789abcdef")
	// The documented layout, by hand: exports are verified against it for ever.
	const want = "0000001e" + "70657270657472617 46f722d726567697374657 22f76657273696f6e2f31" +
		"00000010" + "01020300000000000000000000000000" + "00000008" + "0000000000000002" +
		"00000007" + "6e6f6d696e616c" + "00000002" + "3333" + "00000008" + "0000000000000007" + "00000001" + "00" +
		"00000020" + "SHA"
	got := fmt.Sprintf("%x", Canonical(v))
	if prefix := strings.TrimSuffix(strings.ReplaceAll(want, " ", ""), "SHA"); !strings.HasPrefix(got, prefix) || len(got) != len(prefix)+64 {
		t.Errorf("canonical bytes changed:\n%s\n%s", got, prefix)
	}
	d := Digest(salt, v)
	if !DigestEqual(d, salt, v) || DigestEqual(d[:31], salt, v) {
		t.Error("DigestEqual")
	}
	changed := map[string]VersionFields{}
	for name, change := range map[string]func(*VersionFields){
		"record": func(v *VersionFields) { v.Record[15] = 1 }, "n": func(v *VersionFields) { v.N++ },
		"kind": func(v *VersionFields) { v.Kind = "course" }, "force": func(v *VersionFields) { v.Force = "34" },
		"revision": func(v *VersionFields) { v.Revision = -v.Revision }, "erased": func(v *VersionFields) { v.Erased = true },
		"sealed": func(v *VersionFields) { v.Sealed = []byte("sealeD") },
		"shift":  func(v *VersionFields) { v.Kind, v.Force = "nominal3", "3" },
	} {
		c := v
		change(&c)
		changed[name] = c
	}
	for name, c := range changed {
		if DigestEqual(d, salt, c) {
			t.Errorf("the digest does not cover %s", name)
		}
	}
	if DigestEqual(d, NewSalt(), v) || len(NewSalt()) != 16 || bytes.Equal(NewSalt(), NewSalt()) {
		t.Error("salt")
	}
}

func TestLogSigners(t *testing.T) {
	ctx := context.Background()
	k, p := newRing(t)
	sign := func() []byte {
		signed, err := note.Sign(&note.Note{Text: "register.example/log\n1\nroot\n"}, k.LogSigners()...)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	first := sign()
	if err := AddLogSigner(ctx, p, "register.example/log"); err != nil {
		t.Fatal(err)
	}
	if err := k.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	second := sign()
	if err := RetireLogSigner(ctx, p, k.LogVerifiers()[0]); err != nil {
		t.Fatal(err)
	}
	if err := k.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	third := sign()
	if len(k.LogSigners()) != 1 || len(k.LogVerifiers()) != 2 {
		t.Fatalf("%d signers and %d verifiers", len(k.LogSigners()), len(k.LogVerifiers()))
	}
	var verifiers []note.Verifier
	for _, s := range k.LogVerifiers() {
		v, err := note.NewVerifier(s)
		if err != nil {
			t.Fatal(err)
		}
		verifiers = append(verifiers, v)
	}
	for i, msg := range [][]byte{first, second, third} {
		n, err := note.Open(msg, note.VerifierList(verifiers...))
		if err != nil || len(n.UnverifiedSigs) != 0 || len(n.Sigs) != []int{1, 2, 1}[i] {
			t.Errorf("note %d: %v", i, err)
		}
	}
	if err := RetireLogSigner(ctx, p, k.LogVerifiers()[1]); !errors.Is(err, ErrKeys) {
		t.Error("the last signer was retired")
	}
	if err := RetireLogSigner(ctx, p, "nobody"); !errors.Is(err, ErrKeys) {
		t.Error("an unknown signer was retired")
	}
	for _, origin := range []string{"", "a b", "a+b", "é"} {
		if err := AddLogSigner(ctx, p, origin); !errors.Is(err, ErrKeys) {
			t.Errorf("origin %q accepted", origin)
		}
	}
}

func TestOpenRefusesUnsafeOrBrokenKeys(t *testing.T) {
	ctx := context.Background()
	for name, spoil := range map[string]func(dir string) error{
		"folder open to others": func(dir string) error { return os.Chmod(dir, 0o755) },
		"file open to group":    func(dir string) error { return os.Chmod(filepath.Join(dir, "hmac-keys.json"), 0o640) },
		"missing file":          func(dir string) error { return os.Remove(filepath.Join(dir, "token-keys.json")) },
		"no JSON": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "record-keys.json"), []byte("secret-stuff"), 0o600)
		},
		"empty": func(dir string) error { return os.WriteFile(filepath.Join(dir, "log-signers.txt"), nil, 0o600) },
		"broken signer": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "log-signers.txt"), []byte("PRIVATE+KEY+x+y+secret-stuff\n"), 0o600)
		},
		"wrong kind of key": func(dir string) error {
			b, err := os.ReadFile(filepath.Join(dir, "hmac-keys.json"))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "record-keys.json"), b, 0o600)
		},
		"folder in place of file": func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "hmac-keys.json")), os.Mkdir(filepath.Join(dir, "hmac-keys.json"), 0o700))
		},
		"too large": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "hmac-keys.json"), make([]byte, maxSecret+1), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "keys")
			if err := Generate(ctx, DirProvider(dir), "register.example/log"); err != nil {
				t.Fatal(err)
			}
			k, err := Open(ctx, DirProvider(dir))
			if err != nil {
				t.Fatal(err)
			}
			before := k.TermHMAC("a", "b")
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			_, err = Open(ctx, DirProvider(dir))
			if !errors.Is(err, ErrKeys) {
				t.Fatalf("got %v, want ErrKeys", err)
			}
			if strings.Contains(err.Error(), "secret-stuff") || strings.Contains(err.Error(), dir) {
				t.Errorf("the error tells too much: %v", err)
			}
			if err := k.Reload(ctx); err == nil || k.TermHMAC("a", "b") != before {
				t.Error("a failed reload must leave the ring as it is")
			}
		})
	}
	_, err := Open(ctx, DirProvider(filepath.Join(t.TempDir(), "none")))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder: got %v, want fs.ErrNotExist", err)
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b"} {
		if _, err := DirProvider(t.TempDir()).Load(ctx, name); !errors.Is(err, ErrKeys) {
			t.Errorf("name %q accepted", name)
		}
	}
}
