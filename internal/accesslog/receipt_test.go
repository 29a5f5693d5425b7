package accesslog

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/perpetrator-register/register/internal/checkpoint"
)

func signedCheckpoint(tb testing.TB, k logKey) []byte {
	tb.Helper()
	signed, err := checkpoint.Sign(testOrigin, tlog.Tree{N: 9, Hash: leafNumber(9)}, []note.Signer{k.signer})
	if err != nil {
		tb.Fatal(err)
	}
	return signed
}

func TestReceiptRoundTrip(t *testing.T) {
	k := newLogKey(t)
	r := Receipt{Index: 7, Leaf: leafNumber(7), Checkpoint: signedCheckpoint(t, k)}
	back, err := ParseReceipt(r.String())
	if err != nil {
		t.Fatal(err)
	}
	if back.String() != r.String() {
		t.Error("another receipt came back")
	}
	c, err := OpenCheckpoint(back.Checkpoint, testOrigin, k.known)
	if err != nil {
		t.Fatal(err)
	}
	if c.Tree.N != 9 || c.Tree.Hash != leafNumber(9) {
		t.Errorf("got %+v", c)
	}
}

func TestOpenCheckpointRefuses(t *testing.T) {
	k, stranger := newLogKey(t), newLogKey(t)
	good := string(signedCheckpoint(t, k))
	unsigned, _, _ := strings.Cut(good, "\n—")
	for name, c := range map[string]struct {
		signed string
		origin string
		known  note.Verifiers
	}{
		"another key":    {good, testOrigin, stranger.known},
		"another origin": {good, "register.example/other", k.known},
		"another size":   {strings.Replace(good, "\n9\n", "\n8\n", 1), testOrigin, k.known},
		"nothing":        {"", testOrigin, k.known},
		"no signature":   {unsigned + "\n", testOrigin, k.known},
	} {
		if _, err := OpenCheckpoint([]byte(c.signed), c.origin, c.known); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestParseCheckpoint(t *testing.T) {
	root := leafNumber(1).String()
	for text, want := range map[string]bool{
		"a\n1\n" + root + "\n":                   true,
		"a\n1\n" + root + "\nextension\n":        true,
		"a\n1\n" + root + "\n\n":                 false,
		"a\n1\n" + root + "\next":                false,
		"a\n01\n" + root + "\n":                  false,
		"a\n+1\n" + root + "\n":                  false,
		"a\n-1\n" + root + "\n":                  false,
		"a\n0\n" + root + "\n":                   false,
		"\n1\n" + root + "\n":                    false,
		"a\n1\n" + root:                          false,
		"a\n1\nAAAA\n":                           false,
		"a\n9223372036854775808\n" + root + "\n": false,
	} {
		if _, err := ParseCheckpoint(text); (err == nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseReceipt(f *testing.F) {
	r := Receipt{Index: 7, Leaf: leafNumber(7), Checkpoint: signedCheckpoint(f, newLogKey(f))}
	f.Add(r.String())
	f.Add("index=0;leaf=;checkpoint=")
	f.Add("index=-1;leaf=AAAA;checkpoint=====")
	f.Fuzz(func(t *testing.T, s string) {
		if r, err := ParseReceipt(s); err == nil && (r.String() != s || r.Index < 0) {
			t.Errorf("%q is read as %q", s, r)
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	k := newLogKey(f)
	good := signedCheckpoint(f, k)
	f.Add(good)
	f.Add([]byte("register.example/log\n1\n\n— x AAAA\n"))
	f.Fuzz(func(t *testing.T, signed []byte) {
		c, err := OpenCheckpoint(signed, testOrigin, k.known)
		if err == nil && (c.Tree.N != 9 || c.Tree.Hash != leafNumber(9)) {
			t.Errorf("accepted %q, which nobody signed", signed)
		}
		if c, err := ParseCheckpoint(string(signed)); err == nil && c.Text() != string(signed) {
			t.Errorf("%q is read as %q", signed, c.Text())
		}
	})
}
