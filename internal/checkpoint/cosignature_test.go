package checkpoint

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const text = "example.com/log\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

// The secret of a key whose seed is the bytes 1 to 32.
const knownSecret = "PRIVATE+KEY+witness.example/w1+468d99bb+BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"

// made by another program that follows C2SP tlog-cosignature.
const foreign = text + "\n— witness.example/w1 Ro2ZuwAAAABrAhY2j50JUbdRVEJZ1ct2aMBYMYFe+3hcl651fQj22RYrbYOOPxrwVJE5oJvzew3BUzhWsBS2ajgCOgT/d001K4YcDw==\n"

const foreignTime = 0x6b021636

// Our cosignatures are, byte for byte, those of another program.
func TestCosignatureIsTheSpecified(t *testing.T) {
	t.Parallel()
	c, err := NewCosigner(knownSecret, func() time.Time { return time.Unix(foreignTime, 0) })
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: text}, c)
	if err != nil || string(signed) != foreign {
		t.Errorf("%v:\n%s", err, signed)
	}
	v, err := NewCosignatureVerifier(c.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open([]byte(foreign), note.VerifierList(v))
	if err != nil {
		t.Fatal(err)
	}
	if at, err := CosignatureTime(n.Sigs[0]); err != nil || at.Unix() != foreignTime {
		t.Errorf("at %v, %v", at, err)
	}
}

// Whatever is changed, be it the time alone, the cosignature fails.
func TestCosignatureCoversAll(t *testing.T) {
	t.Parallel()
	secret, public, err := GenerateCosigner("witness.example/w2")
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCosigner(secret, nil)
	if err != nil || c.VerifierKey() != public {
		t.Fatal(err)
	}
	v := c.Verifier()
	signature, err := c.Sign([]byte(text))
	if err != nil || !v.Verify([]byte(text), signature) {
		t.Fatalf("%v", err)
	}
	for i := range signature {
		changed := append([]byte(nil), signature...)
		changed[i] ^= 1
		if v.Verify([]byte(text), changed) {
			t.Errorf("byte %d may be changed", i)
		}
	}
	if v.Verify([]byte(strings.Replace(text, "7", "8", 1)), signature) || v.Verify([]byte(text), signature[:len(signature)-1]) {
		t.Error("another text or a shorter signature passes")
	}
}

func TestKeysAreReadStrictly(t *testing.T) {
	t.Parallel()
	secret, public, err := GenerateCosigner("witness.example/w2")
	if err != nil {
		t.Fatal(err)
	}
	_, logKey, err := note.GenerateKey(zeroes{}, "witness.example/w2")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "a", "a+b+c", public[1:], strings.Replace(public, "w2", "w3", 1), public + "AA", secret, logKey} {
		if _, err := NewCosignatureVerifier(bad); err == nil {
			t.Errorf("verifier %q", bad)
		}
	}
	for _, bad := range []string{"", public, secret[1:], strings.Replace(secret, "w2", "w3", 1), secret + "AAAA"} {
		if _, err := NewCosigner(bad, nil); err == nil || strings.Contains(err.Error(), "AA") {
			t.Errorf("a signing key that is none is accepted, or repeated: %v", err)
		}
	}
	for _, bad := range []string{"", "a b", "a+b", "a\n", "a\xff"} {
		if _, _, err := GenerateCosigner(bad); err == nil {
			t.Errorf("name %q", bad)
		}
	}
}

// zeroes is a source without randomness, for a key that is not used.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { return len(p), nil }

func TestPeekBelievesNothingAndReadsTheForm(t *testing.T) {
	t.Parallel()
	c, err := Peek([]byte(foreign))
	if err != nil || c.Origin != "example.com/log" || c.Tree.N != 7 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"", text, "x\n\n— a AAAAAAAA\n", strings.Replace(foreign, "\n7\n", "\n07\n", 1)} {
		if _, err := Peek([]byte(bad)); err == nil {
			t.Errorf("%q is a checkpoint", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(text)
	f.Add(Checkpoint{Origin: "a", Tree: tlog.Tree{N: 1}, Extension: "more\n"}.Text())
	f.Fuzz(func(t *testing.T, in string) {
		if c, err := Parse(in); err == nil && c.Text() != in {
			t.Errorf("%q is read as %q", in, c.Text())
		}
	})
}
