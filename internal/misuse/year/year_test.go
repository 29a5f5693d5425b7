package year

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/policies"
)

// The thresholds were set on small years of the seeds 1 to 3; docs/misuse.md has those that
// judge them. Of a year of 250 users an eighth of what 2,000 may raise is the bound.
func TestAllPlantedMisuseIsFoundAndTheHonestAreLeftAlone(t *testing.T) {
	t.Parallel()
	s, err := misuse.ParseSettings(policies.Misuse)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{Seed: 1, Habits: Steady}, {Seed: 1, Habits: Busy}} {
		o.Users = 250
		r := Judge(o, s)
		var text strings.Builder
		if err := r.Write(&text); err != nil {
			t.Fatal(err)
		}
		if os.Getenv("SHOW") != "" {
			t.Log(text.String())
		}
		if missed := r.Missed(); len(missed) > 0 {
			t.Errorf("seed %d, %s: not found: %v\n%s", o.Seed, o.Habits, missed, text.String())
		}
		if got, most := r.HonestADay(), 5.0*250/2000; got > most {
			t.Errorf("seed %d, %s: the honest raise %.2f flags a day, more than %.2f\n%s", o.Seed, o.Habits, got, most, text.String())
		}
	}
}

// Whoever is honest behaves otherwise in each kind of force: so the rules are not judged on
// one force's habits.
func TestABusyForceWorksOtherwise(t *testing.T) {
	t.Parallel()
	type count struct{ looks, night int }
	of := func(h Habits) (c count) {
		y := New(Options{Seed: 5, Users: 250, Days: 30, Habits: h})
		last := time.Time{}
		y.Each(func(i Item) {
			if i.Event.Time.Before(last) {
				t.Fatal("time goes back")
			}
			if last = i.Event.Time; i.Event.Kind != misuse.Look {
				return
			}
			c.looks++
			if h := i.Event.Time.Hour(); h < 6 {
				c.night++
			}
		})
		return c
	}
	steady, busy := of(Steady), of(Busy)
	if steady.night > 0 || busy.night*10 < busy.looks {
		t.Errorf("searches at night: %d of %d, and %d of %d", steady.night, steady.looks, busy.night, busy.looks)
	}
}
