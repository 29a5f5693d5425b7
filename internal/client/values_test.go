package client_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

func TestParseIdentifier(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want *registerv1.Identifier // nil for an error
	}{
		{"pnc:1981/0000034U", &registerv1.Identifier{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_PNC, Value: "1981/0000034U"}},
		{"PNC: 1981/0000034U ", &registerv1.Identifier{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_PNC, Value: "1981/0000034U"}},
		{"cro:65656/91H", &registerv1.Identifier{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_CRO, Value: "65656/91H"}},
		{"driving_licence:X", &registerv1.Identifier{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_DRIVING_LICENCE, Value: "X"}},
		{"ni:QQ123456C", &registerv1.Identifier{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_NATIONAL_INSURANCE, Value: "QQ123456C"}},
		{"handle:Instagram:night.owl", &registerv1.Identifier{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE, Value: "night.owl", Platform: "instagram"}},
		{"other:a:b", &registerv1.Identifier{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_OTHER, Value: "a:b"}},
		{"pnc", nil}, {"pnc:", nil}, {":x", nil}, {"shoe-size:9", nil}, {"unspecified:9", nil},
		{"pnc:1981\x1b[31m", nil}, {"other:" + strings.Repeat("x", 255), nil}, {"handle:x:", nil},
	} {
		got, err := client.ParseIdentifier(tt.in)
		if (err == nil) != (tt.want != nil) || err == nil && !proto.Equal(got, tt.want) {
			t.Errorf("%q: %v, %v", tt.in, got, err)
		}
	}
}

func TestParseHandle(t *testing.T) {
	for in, want := range map[string]*registerv1.Handle{
		"instagram:night.owl": {Platform: "instagram", Value: "night.owl"},
		"@night.owl":          {Value: "@night.owl"},
		"X:@owl":              {Platform: "x", Value: "@owl"},
		"https://x.com/owl":   nil, "": nil, "@": nil, ":owl": nil, "x:": nil,
	} {
		got, err := client.ParseHandle(in)
		if (err == nil) != (want != nil) || err == nil && !proto.Equal(got, want) {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
}

func TestParseSexAndPurpose(t *testing.T) {
	for in, want := range map[string]registerv1.Sex{"m": 1, "Male": 1, "f\t": 2, "N": 3, "NS": 4, "unknown": 4, "t2227949966": 0, "": 0} {
		if got, err := client.ParseSex(in); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for in, want := range map[string]registerv1.LogPurpose{"lawfulness": 1, "SELF_MONITORING": 2, "criminal-proceedings": 4, "unspecified": 0, "curiosity": 0} {
		if got, err := client.LogPurpose(in); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
}

func FuzzParseIdentifier(f *testing.F) {
	for _, s := range []string{"pnc:1981/0000034U", "handle:instagram:x", "other:\x1b[2J", "phone:\u202e44", "a:b:c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := client.ParseIdentifier(s)
		if err != nil {
			if len(s) > 40 && strings.Contains(err.Error(), s) {
				t.Fatalf("the error repeats the value: %v", err)
			}
			return
		}
		if id.GetKind() == 0 || id.GetValue() == "" || client.Clean(id.GetValue()) != id.GetValue() {
			t.Fatalf("%q: %v", s, id)
		}
		if _, err := proto.Marshal(id); err != nil {
			t.Fatalf("%q cannot be sent: %v", s, err)
		}
	})
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"Anne\x1b[31mMarie":        "Anne[31mMarie",
		"a\u009b31mb":              "a31mb",
		"a\u202egnp.exe":           "agnp.exe",
		"two\nlines\tand\u2028one": "two lines and one",
		"\x07bell\x00":             "bell",
		"Zoë Müller 王":             "Zoë Müller 王",
		"bad\xffutf":               "bad\uFFFDutf",
		"می\u200cخواهم":            "می\u200cخواهم",
	} {
		if got := client.Clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := client.Lines("a\r\nb\x1b\n\n"); len(got) != 2 || got[1] != "b" {
		t.Errorf("lines: %q", got)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("x\x1b]0;title\x07\u009b\u202e\U000e0041")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range client.Clean(s) {
			if unicode.IsControl(r) || r == '\u202e' {
				t.Fatalf("%q leaves %U", s, r)
			}
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := client.CleanJSON(&b, data); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); client.Clean(got) != got {
			t.Fatalf("%q leaves %q", s, got)
		}
		var before, after string
		if err := json.Unmarshal(data, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(b.String()), &after); err != nil || before != after {
			t.Fatalf("%q became %q (%v)", before, after, err)
		}
	})
}
