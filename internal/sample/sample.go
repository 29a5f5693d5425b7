// Package sample draws dip samples of log entries that nobody can choose: from the
// nonces of two parties, to which both were bound before either was known, and a
// checkpoint of the log that came after. What it needs stands in the log in the clear,
// as marks of entries, so that anyone can redo a draw (verifylog sample, which has code
// of its own). It is pure.
package sample

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// NonceSize is the length of a nonce, in bytes.
const NonceSize = 32

// Terms are what a sample is to be drawn of; they are fixed before all else.
type Terms struct {
	// ID names the sample: a UUID.
	ID string
	// Force is whose callers' entries are drawn.
	Force string
	// From and Until bound the entries' indices: From ≤ index < Until.
	From, Until int64
	// Size is how many are drawn.
	Size int
}

const prefix = "sample:v1:"

// Begin is the mark of the entry that fixes the terms and the first commitment.
func (t Terms) Begin(commitment [32]byte) string {
	return fmt.Sprintf("%s%s:begin:%s:%d:%d:%d:%x", prefix, t.ID, t.Force, t.From, t.Until, t.Size, commitment)
}

// Commit is the mark of the entry with the second commitment.
func Commit(id string, commitment [32]byte) string {
	return fmt.Sprintf("%s%s:commit:%x", prefix, id, commitment)
}

// Reveal is the mark of an entry that reveals a nonce.
func Reveal(id string, nonce []byte) string {
	return fmt.Sprintf("%s%s:reveal:%x", prefix, id, nonce)
}

// Drawn is the mark of the entry that records the draw: the size of the checkpoint's
// tree, and the hash of the indices drawn.
func Drawn(id string, size int64, indices []int64) string {
	return fmt.Sprintf("%s%s:drawn:%d:%x", prefix, id, size, HashOf(indices))
}

// HashOf is the SHA-256 of indices in decimal, joined by commas.
func HashOf(indices []int64) [32]byte {
	text := make([]string, len(indices))
	for i, n := range indices {
		text[i] = strconv.FormatInt(n, 10)
	}
	return sha256.Sum256([]byte(strings.Join(text, ",")))
}

// ParseHex reads 32 bytes in hex.
func ParseHex(s string) (out [32]byte, ok bool) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(out) {
		return out, false
	}
	return [32]byte(raw), true
}

// Seed is what a draw follows from: the terms with the first commitment (their mark),
// the text of a checkpoint without signatures, and the two nonces. In place of a nonce
// that was not revealed stands its commitment.
func Seed(begin, checkpoint string, first, second [32]byte) [32]byte {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(begin), []byte(checkpoint), first[:], second[:]} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		_, _ = h.Write(n[:]) // never fails
		_, _ = h.Write(part)
	}
	return [32]byte(h.Sum(nil))
}

// Draw draws size places out of population without replacement, each set equally
// likely, and returns them in ascending order; all of them if there are no more.
func Draw(seed [32]byte, population, size int) []int {
	size = min(size, population)
	s := stream{seed: seed}
	moved := map[int]int{} // the shuffled places, as far as they differ
	at := func(i int) int {
		if v, ok := moved[i]; ok {
			return v
		}
		return i
	}
	out := make([]int, size)
	for i := range out {
		j := i + s.below(population-i)
		out[i] = at(j)
		moved[j] = at(i)
	}
	slices.Sort(out)
	return out
}

// stream is SHA-256 of the seed and a counter, eight bytes at a time.
type stream struct {
	seed    [32]byte
	counter uint64
}

// below is a number below n, each equally likely.
func (s *stream) below(n int) int {
	bound := uint64(n)                            //nolint:gosec // positive
	most := math.MaxUint64 - math.MaxUint64%bound // a multiple of n; what lies beyond is thrown away
	for {
		in := binary.BigEndian.AppendUint64(s.seed[:], s.counter)
		s.counter++
		sum := sha256.Sum256(in)
		if v := binary.BigEndian.Uint64(sum[:8]); v < most {
			return int(v % bound) //nolint:gosec // below n
		}
	}
}
