package uktime_test

import (
	"testing"
	"time"

	"github.com/perpetrator-register/register/internal/uktime"
)

func TestLondon(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{
		"2026-03-31T23:30:00Z": "2026-04-01T00:30:00+01:00",
		"2026-01-31T23:30:00Z": "2026-01-31T23:30:00Z",
	} {
		utc, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := utc.In(uktime.London).Format(time.RFC3339); got != want {
			t.Errorf("%s is %s, want %s", at, got, want)
		}
	}
}
