package year

import (
	"os"
	"strings"
	"testing"

	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/policies"
)

// The thresholds were set on the seed 1; other seeds judge them. Of a year of 250
// users an eighth of what 2,000 may raise is the bound.
func TestAllPlantedMisuseIsFoundAndTheHonestAreLeftAlone(t *testing.T) {
	t.Parallel()
	s, err := misuse.ParseSettings(policies.Misuse)
	if err != nil {
		t.Fatal(err)
	}
	for _, seed := range []uint64{1, 2} {
		r := Judge(Options{Seed: seed, Users: 250}, s)
		var text strings.Builder
		if err := r.Write(&text); err != nil {
			t.Fatal(err)
		}
		if os.Getenv("SHOW") != "" {
			t.Log(text.String())
		}
		if missed := r.Missed(); len(missed) > 0 {
			t.Errorf("seed %d: not found: %v\n%s", seed, missed, text.String())
		}
		if got, most := r.HonestADay(), 5.0*250/2000; got > most {
			t.Errorf("seed %d: the honest raise %.2f flags a day, more than %.2f\n%s", seed, got, most, text.String())
		}
	}
}
