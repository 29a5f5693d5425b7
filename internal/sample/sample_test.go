package sample_test

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"
	"testing/quick"

	"github.com/perpetrator-register/register/internal/sample"
	"github.com/perpetrator-register/register/internal/tlogfile"
)

func nonce(n uint64) [32]byte { return sha256.Sum256(binary.BigEndian.AppendUint64(nil, n)) }

// A draw is a function of its inputs: sorted, without repetition, within the
// population, and the verifier's own code draws the same.
func TestDraw(t *testing.T) {
	t.Parallel()
	const text = "register.example/log\n7\nroot\n"
	property := func(a, b uint64, population, size uint16) bool {
		n, k := int(population%3000), int(size%200)+1
		terms := sample.Terms{ID: "id", Force: "33", From: 0, Until: int64(10*n) + 1, Size: k}
		first, second := nonce(a), nonce(b)
		begin := terms.Begin(sha256.Sum256(first[:]))
		places := sample.Draw(sample.Seed(begin, text, first, second), n, k)
		if !slices.Equal(places, sample.Draw(sample.Seed(begin, text, first, second), n, k)) ||
			len(places) != min(n, k) || !slices.IsSorted(places) || len(slices.Compact(slices.Clone(places))) != len(places) {
			return false
		}
		all, drawn := make([]int64, n), []int64{}
		for i := range all {
			all[i] = int64(10 * i)
		}
		for _, p := range places {
			drawn = append(drawn, all[p])
		}
		v := tlogfile.Sample{ID: "id"}
		at := terms.Until
		for _, mark := range []string{begin, sample.Commit("id", sha256.Sum256(second[:])), sample.Reveal("id", second[:]), sample.Reveal("id", first[:]), sample.Drawn("id", at+2, drawn)} {
			if err := v.Note(at, []string{"other", mark}); err != nil {
				t.Log(mark, err)
				return false
			}
			at++
		}
		again, err := v.Redo(all, text)
		return err == nil && slices.Equal(again, drawn) && len(v.Missing()) == 0
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 300}); err != nil {
		t.Error(err)
	}
}

// Every place is equally likely, whatever part of the seed varies: by chi-square at
// fixed seeds, so that the test never fails by chance.
func TestUniform(t *testing.T) {
	t.Parallel()
	const population, size, draws = 50, 5, 20_000
	for name, seed := range map[string]func(i uint64) [32]byte{
		"first nonce":  func(i uint64) [32]byte { return sample.Seed("b", "c", nonce(i), nonce(1)) },
		"second nonce": func(i uint64) [32]byte { return sample.Seed("b", "c", nonce(1), nonce(i)) },
		"checkpoint": func(i uint64) [32]byte {
			return sample.Seed("b", string(binary.AppendUvarint(nil, i)), nonce(1), nonce(2))
		},
	} {
		counts := make([]float64, population)
		pairs := make([]float64, population) // how often each is drawn together with place 0
		for i := range uint64(draws) {
			drawn := sample.Draw(seed(i), population, size)
			for _, p := range drawn {
				counts[p]++
				if drawn[0] == 0 {
					pairs[p]++
				}
			}
		}
		// 49 and 48 degrees of freedom: 99.9 % of honest draws stay below 85.4.
		if x := chiSquare(counts, draws*size/population); x > 85.4 {
			t.Errorf("%s: chi-square %.1f", name, x)
		}
		expected := pairs[0] * (size - 1) / (population - 1)
		if x := chiSquare(pairs[1:], expected); x > 85.4 {
			t.Errorf("%s: chi-square of those drawn with the first %.1f", name, x)
		}
	}
}

func chiSquare(counts []float64, expected float64) (sum float64) {
	for _, c := range counts {
		sum += (c - expected) * (c - expected) / expected
	}
	return sum
}

// Whoever changes anything after the commitments is found out.
func TestNobodyCanPick(t *testing.T) {
	t.Parallel()
	terms := sample.Terms{ID: "id", Force: "33", From: 0, Until: 100, Size: 3}
	first, second := nonce(1), nonce(2)
	begin, commit := terms.Begin(sha256.Sum256(first[:])), sample.Commit("id", sha256.Sum256(second[:]))
	other := nonce(3)
	for name, marks := range map[string][]string{
		"another nonce":              {begin, commit, sample.Reveal("id", other[:])},
		"a nonce twice":              {begin, commit, sample.Reveal("id", first[:]), sample.Reveal("id", first[:])},
		"revealed before both bound": {begin, sample.Reveal("id", first[:])},
		"begun twice":                {begin, begin},
		"bound twice":                {begin, commit, commit},
		"drawn before":               {begin, sample.Drawn("id", 103, nil)},
		"a checkpoint from before":   {begin, commit, sample.Drawn("id", 101, nil)},
		"drawn twice":                {begin, commit, sample.Drawn("id", 102, nil), sample.Drawn("id", 102, nil)},
		"nonsense":                   {"sample:v1:id:begin:33:0:x:1:00"},
	} {
		v := tlogfile.Sample{ID: "id"}
		var err error
		for i, m := range marks {
			if err == nil {
				err = v.Note(100+int64(i), []string{m})
			}
		}
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	// Entries of one's choice in place of those drawn.
	v := tlogfile.Sample{ID: "id"}
	for i, m := range []string{begin, commit, sample.Reveal("id", first[:]), sample.Reveal("id", second[:]), sample.Drawn("id", 104, []int64{1, 2, 3})} {
		if err := v.Note(100+int64(i), []string{m}); err != nil {
			t.Fatal(err)
		}
	}
	all := make([]int64, 100)
	for i := range all {
		all[i] = int64(i)
	}
	if _, err := v.Redo(all, "text"); err == nil {
		t.Error("a chosen sample is accepted")
	}
}
