package witness

import (
	"bytes"
	"strings"
	"testing"
)

func TestRequestsAreReadStrictly(t *testing.T) {
	t.Parallel()
	l := newTestLog(t)
	l.grow(300, "entry")
	for _, r := range []Request{l.request(0, 5), l.request(7, 300), l.request(300, 300)} {
		got, err := ParseRequest(r.Marshal())
		must(t, err)
		if got.Old != r.Old || len(got.Proof) != len(r.Proof) || !bytes.Equal(got.Checkpoint, r.Checkpoint) {
			t.Errorf("%+v is read as %+v", r, got)
		}
	}
	const hash = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	for _, bad := range []string{
		"", "\n\n", "old 1", "old 1\n", "old 01\n\nx", "old -1\n\nx", "old +1\n\nx", "old  1\n\nx", "old 1 \n\nx", "OLD 1\n\nx", "old 1\r\n\r\nx",
		"old 9223372036854775808\n\nx", "old 1\nAAAA\n\nx", "old 1\n" + strings.TrimSuffix(hash, "=\n") + "\n\nx",
		"old 1\n" + strings.Repeat(hash, 64) + "\nx", strings.Repeat("x", MaxRequest+1),
	} {
		if _, err := ParseRequest([]byte(bad)); err == nil {
			t.Errorf("%.40q is read", bad)
		}
	}
	if _, err := ParseRequest([]byte("old 1\n" + strings.Repeat(hash, 63) + "\nx")); err != nil {
		t.Error(err)
	}
}

// Whatever comes is refused or is written back byte for byte; a witness that is
// shown it neither panics nor signs what is not the log's.
func FuzzRequest(f *testing.F) {
	l := newTestLog(f)
	l.grow(20, "entry")
	f.Add(l.request(0, 5).Marshal())
	f.Add(l.request(5, 20).Marshal())
	f.Add([]byte("old 0\n\nregister.example/log\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— register.example/log AAAAAAAA\n"))
	w := newTestWitness(f, watching(f, l))
	five, twenty := []byte(noteText(l.signed(5))), []byte(noteText(l.signed(20)))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseRequest(body)
		if err != nil {
			return
		}
		if !bytes.Equal(r.Marshal(), body) {
			t.Errorf("%q is read as %q", body, r.Marshal())
		}
		if lines, err := w.w.Add(t.Context(), r); err == nil && !bytes.Contains(body, five) && !bytes.Contains(body, twenty) {
			t.Errorf("%q is co-signed: %q", body, lines)
		}
	})
}
