package identity

import (
	"strings"
	"testing"
)

func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want mistake
	}{
		{"smith", "smiht", letterSwapped},
		{"msith", "smith", letterSwapped},
		{"smith", "smitth", letterDoubled},
		{"holloway", "holoway", letterDoubled},
		{"smith", "smixth", letterInserted},
		{"smith", "smithe", letterAppended},
		{"smith", "xsmith", letterFirst},
		{"brown", "crown", letterFirst},
		{"brown", "vrown", letterKey},
		{"glass", "glaws", letterKey},
		{"marian", "marion", letterVowel},
		{"mason", "maton", letterOther},
		{"smith", "smith", mistakeNone},
	} {
		if got := letterMistake(tt.a, tt.b); got != tt.want || letterMistake(tt.b, tt.a) != got {
			t.Errorf("%s and %s: %s, not %s", tt.a, tt.b, got, tt.want)
		}
	}
	for _, tt := range []struct {
		a, b string
		want mistake
	}{
		{"1984-06-14", "1974-06-14", digitYear},
		{"1984-06-14", "1984-09-14", digitMonth},
		{"1984-02-14", "1984-12-14", digitMonth},
		{"1984-06-14", "1984-06-24", digitTens},
		{"1984-06-14", "1984-06-17", digitDay},
		{"1984-06-14", "1984-86-14", digitImpossible},
	} {
		a, _ := readBirth(tt.a)
		b, _ := readBirth(tt.b)
		if compareBirths(a, b) != ruleOneDigit {
			t.Errorf("%s and %s are not one digit apart", tt.a, tt.b)
		}
		if got := digitMistake(a, b); got != tt.want || digitMistake(b, a) != got {
			t.Errorf("%s and %s: %s, not %s", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestLikelyMistakesWeighMore checks the order of what hands do and what tells
// people apart, and that no mistake weighs as much as none.
func TestLikelyMistakesWeighMore(t *testing.T) {
	x := NewIndex()
	surname := func(a, b string) float64 {
		return x.Score(mustRecord(t, person("", a, "")), mustRecord(t, person("", b, ""))).Bits
	}
	exact, swapped, first := surname("Quillfeather", "Quillfeather"), surname("Quillfeather", "Quillfaether"), surname("Quillfeather", "Nuillfeather")
	if exact <= swapped || swapped <= first {
		t.Errorf("exact %.1f, swapped letters %.1f, another first letter %.1f", exact, swapped, first)
	}
	birth := func(a, b string) float64 {
		return x.Score(mustRecord(t, person("Zoe", "", a)), mustRecord(t, person("Zoe", "", b))).Bits
	}
	same, month, day := birth("1984-06-14", "1984-06-14"), birth("1984-06-14", "1984-09-14"), birth("1984-06-14", "1984-06-17")
	if same <= month || month <= day {
		t.Errorf("same %.1f, another month %.1f, another day %.1f", same, month, day)
	}
}

// TestTwoMisspellingsOfOneName checks that two rare forms of a common name do
// not count for more than the common name does.
func TestTwoMisspellingsOfOneName(t *testing.T) {
	x := NewIndex()
	for i := range 200 {
		x.Put(numbered(i), "33", mustRecord(t, person("", "Whitley", "")))
	}
	x.Put(numbered(200), "33", mustRecord(t, person("", "Hwitley", "")))
	least := 0.0
	got := x.Search(mustQuery(t, person("", "Whitbley", "")), Limits{Candidates: 300, MinBits: &least}).Candidates
	if len(got) != 201 || got[0].ID == numbered(200) || got[200].ID != numbered(200) {
		t.Errorf("%d found, the best by %+v", len(got), got[0].Terms)
	}
}

func TestMistakesOfTheWeights(t *testing.T) {
	good, err := DefaultModel().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(string(good), `"day_tens"`, `"night"`, 1)
	if _, err := ParseModel([]byte(bad)); err == nil || !strings.Contains(err.Error(), "day_tens") {
		t.Errorf("a mistake without weight is accepted: %v", err)
	}
	at := strings.Index(string(good), ",\n  \"mistakes\"")
	m, err := ParseModel([]byte(string(good)[:at] + "\n}"))
	if err != nil {
		t.Fatalf("weights without mistakes: %v", err)
	}
	if m.mistakes != [mistakes]float64{} {
		t.Errorf("mistakes of nothing: %v", m.mistakes)
	}
}

func TestThresholdsRise(t *testing.T) {
	good, err := DefaultModel().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	without := strings.Replace(string(good), `"break": 4.75,`, "", 1)
	if m, err := ParseModel([]byte(without)); err != nil || m.Thresholds.Break != (m.Thresholds.Propose+m.Thresholds.Join)/2 {
		t.Errorf("without a break threshold: %+v, %v", m, err)
	}
	for _, b := range []string{"1.5", "8"} {
		if _, err := ParseModel([]byte(strings.Replace(string(good), `"break": 4.75,`, `"break": `+b+`,`, 1))); err == nil {
			t.Errorf("a break threshold of %s is accepted", b)
		}
	}
}
