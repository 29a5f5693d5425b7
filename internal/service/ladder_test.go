package service

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/refdata"
)

// Whenever the clock looks, a duty reaches each rung once, in order and never early,
// the deadline is told once, and it ends at the top.
func TestDutyClimbsEachRungOnce(t *testing.T) {
	t.Parallel()
	ref, err := refdata.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &Deps{Ref: ref}
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom([]string{"UNACTIONED_BREACH", "NO_ACTION", "MEASURE_ENDING", "NO_PLAN", "NONE_OF_ITS_OWN"}).Draw(t, "code")
		rungs := d.ladder(code)
		opened := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 48*60).Draw(t, "opened")) * time.Minute)
		due := opened.Add(time.Duration(rapid.IntRange(-600, 9000).Draw(t, "due")) * time.Minute)
		officer := rapid.SampledFrom([]string{"", "4711"}).Draw(t, "officer")
		stored := &storev1.StoredDuty{Duty: &registerv1.Duty{DueTime: timestamppb.New(due)}}
		begin(stored, rungs, officer, opened)
		duty := stored.GetDuty()
		if o := duty.GetOwner(); o.GetRole() == registerv1.DutyRole_DUTY_ROLE_OFFICER_IN_CASE && (o.GetOfficer() == "" || o.GetOfficer() != officer) {
			t.Fatalf("it begins with nobody: %v", o)
		}
		first, now := int(stored.GetNextRung()), opened
		for range 200 {
			was := duty.GetClimbTime()
			climbed := climb(stored, rungs, now)
			if climbed != (was != nil && !now.Before(was.AsTime())) {
				t.Fatalf("at %v it climbs: %t, though it was to at %v", now, climbed, was)
			}
			if !climbed {
				now = now.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "wait")) * time.Minute)
			}
		}
		if duty.GetClimbTime() != nil || int(stored.GetNextRung()) != len(rungs) || !stored.GetOverdue() {
			t.Fatalf("it ends at rung %d of %d, overdue %t, to climb at %v", stored.GetNextRung(), len(rungs), stored.GetOverdue(), duty.GetClimbTime())
		}
		late := 0
		for _, s := range duty.GetSteps() {
			if s.GetOverdue() {
				late++
			}
		}
		// One step for each rung beyond the first, and one more if the deadline came at the top.
		if n := len(duty.GetSteps()) - 1; late != 1 || n != len(rungs)-first && n != len(rungs)-first+1 {
			t.Fatalf("%d steps over %d rungs, %d of them for the deadline", n, len(rungs)-first, late)
		}
		if !slices.IsSortedFunc(duty.GetSteps(), func(a, b *registerv1.DutyStep) int { return a.GetTime().AsTime().Compare(b.GetTime().AsTime()) }) {
			t.Fatal("the steps are out of order")
		}
	})
}

func TestNightIsInLondon(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]bool{
		"2026-01-10T07:59:00Z": true, "2026-01-10T08:00:00Z": false, "2026-01-10T19:59:00Z": false, "2026-01-10T20:00:00Z": true,
		"2026-07-10T07:00:00Z": false, "2026-07-10T19:00:00Z": true, // summer time
	} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if isNight(moment) != want {
			t.Errorf("%s: night %t", at, !want)
		}
	}
}

// Whoever is set is due once, at the time last set, and never before.
func TestSchedule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newSchedule()
		want := map[identity.ID]time.Time{}
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 60).Draw(t, "acts") {
			if id := (identity.ID{byte(rapid.IntRange(0, 5).Draw(t, "who"))}); rapid.Bool().Draw(t, "set") {
				at := time.Time{}
				if rapid.IntRange(0, 4).Draw(t, "ever") > 0 {
					at = now.Add(time.Duration(rapid.IntRange(-5, 20).Draw(t, "at")) * time.Second)
				}
				s.set(id, at)
				if delete(want, id); !at.IsZero() {
					want[id] = at
				}
				continue
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 10).Draw(t, "pass")) * time.Second)
			due := s.due(now)
			for _, id := range due {
				if at, ok := want[id]; !ok || now.Before(at) {
					t.Fatalf("%v is due at %v, wanted at %v (%t)", id, now, at, ok)
				}
				delete(want, id)
			}
			for id, at := range want {
				if !now.Before(at) {
					t.Fatalf("%v was due at %v, and is not at %v", id, at, now)
				}
			}
		}
	})
}

// What happened is kept within bounds, the first event always.
func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	duty := &registerv1.Duty{}
	for i := range 3 * maxEvents {
		code := eventClimbed
		if i == 0 {
			code = eventOpened
		}
		happened(duty, code, byRegister, "", time.Unix(int64(i), 0))
	}
	events := duty.GetEvents()
	if len(events) != maxEvents || events[0].GetCode() != eventOpened || events[maxEvents-1].GetTime().GetSeconds() != 3*maxEvents-1 {
		t.Errorf("%d events, from %v to %v", len(events), events[0], events[len(events)-1])
	}
}
