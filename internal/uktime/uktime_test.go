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

// What people write for a time is read; a day begins when it does in London.
func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"30m": "2026-11-21T11:30:00Z", "24h": "2026-11-20T12:00:00Z", "2w": "2026-11-07T12:00:00Z",
		"2026-11-20T08:00:00+01:00": "2026-11-20T07:00:00Z", "2026-11-20T08:00:00Z": "2026-11-20T08:00:00Z",
		"2026-11-01": "2026-11-01T00:00:00Z", "2026-07-01": "2026-06-30T23:00:00Z", "2026-07-01 09:30": "2026-07-01T08:30:00Z", "2026-07-01T09:30": "2026-07-01T08:30:00Z",
	} {
		if got, err := uktime.Moment(in, now, uktime.London); err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	if got, err := uktime.Moment("", now, uktime.London); err != nil || !got.IsZero() {
		t.Errorf("nothing: %v, %v", got, err)
	}
	for _, in := range []string{"noon", "2026-13-01", "7", "-7d", "2026-11-01\n"} {
		if got, err := uktime.Moment(in, now, uktime.London); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}
