package identity

import (
	"math/rand/v2"
	"testing"
)

// slowDistance is the textbook form of distance: optimal string alignment over
// the whole table.
func slowDistance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

func TestDistanceIsTheTextbooks(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 5))
	for n := range 50_000 {
		letters := "abcd"
		if n%3 == 0 {
			letters = "abcdefghijklmnopqrstuvwxyz0123456789 ABC"
		}
		word := func(longest int) string {
			b := make([]byte, rng.IntN(longest))
			for i := range b {
				b[i] = letters[rng.IntN(len(letters))]
			}
			return string(b)
		}
		a, b := word(12), word(12)
		switch n % 5 {
		case 0:
			b = typo(rng, typo(rng, a))
		case 1:
			a, b = a+word(50), b+word(50)
		}
		for limit := range 4 {
			if got, want := distance(a, b, limit), min(slowDistance(a, b), limit+1); got != want {
				t.Fatalf("%q %q within %d: %d, want %d", a, b, limit, got, want)
			}
		}
	}
}
