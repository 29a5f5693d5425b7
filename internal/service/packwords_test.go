package service

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// A court reads no hour that nobody has said.
func TestHappenedAtHasNoHourThatNobodySaid(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"2022-05-19T00:00:00Z": "19 May 2022", "2022-05-18T23:00:00Z": "19 May 2022", "2026-09-01T11:00:00Z": "1 September 2026", "2026-01-09T12:00:00Z": "9 January 2026",
		"2026-09-01T11:40:00Z": "1 September 2026, 12:40", "2026-07-01T23:15:00Z": "2 July 2026, 00:15",
	} {
		at, err := time.Parse(time.RFC3339, sent)
		if err != nil {
			t.Fatal(err)
		}
		if got := happenedAt(timestamppb.New(at)); got != want {
			t.Errorf("%s is printed as %q, want %q", sent, got, want)
		}
	}
	if got := happenedAt(nil); got != "not recorded" {
		t.Errorf("no time is printed as %q", got)
	}
}
