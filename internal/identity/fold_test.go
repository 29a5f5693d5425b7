package identity

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestPlainTextFoldsLikeAnyOther compares the short cut for ASCII with the way
// of other text, which a letter behind it forces.
func TestPlainTextFoldsLikeAnyOther(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(8, 8))
	for range 100_000 {
		b := make([]byte, rng.IntN(20))
		for i := range b {
			b[i] = byte(rng.IntN(0x80))
			if rng.IntN(3) == 0 {
				b[i] = " \t`'-aA"[rng.IntN(7)]
			}
		}
		s := string(b)
		want := strings.TrimSpace(strings.TrimSuffix(fold(s+" é"), "e"))
		if got := fold(s); got != want {
			t.Fatalf("%q: %q, want %q", s, got, want)
		}
	}
}
