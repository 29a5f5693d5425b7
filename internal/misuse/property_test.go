package misuse

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// short are settings with short windows, so that much happens at their edges.
func short(t testing.TB) *Settings {
	s := settings(t)
	s.Horizon = 30
	for code, rule := range s.Rules {
		for name, v := range rule {
			switch name {
			case tDays:
				rule[name] = min(v, 10)
			case tLongDays:
				rule[name] = min(v, 20)
			case tAgain:
				rule[name] = min(v, 7)
			case tLooks, tPersons, "least", "users", "names":
				rule[name] = min(v, 4)
			case "sigmas", "times", "seen_days", "cases_for_one":
				rule[name] = min(v, 2)
			}
		}
		if code == codeAfterClosure {
			rule["grace_days"] = 3
		}
	}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	return s
}

// item is an event, or a fact that came to be known with it.
type item struct {
	event Event
	fact  func(*Facts)
}

// wild makes a feed of some days in which people do anything at all.
func wild(seed uint64, days int) []item {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(n int) Code { return Code(1 + r.IntN(n)) }
	who := func() string { return fmt.Sprintf("actor%d", r.IntN(6)) }
	now := monday
	var out []item
	for end := now.AddDate(0, 0, days); now.Before(end); {
		now = now.Add(time.Duration(r.IntN(150)) * time.Minute)
		at := now
		ev := Event{Index: int64(len(out)), Time: at, Actor: who(), Force: []string{"33", "10"}[r.IntN(2)], Roles: []string{[]string{"investigator", rolePSD, roleControlRoom}[r.IntN(3)]}}
		var fact func(*Facts)
		switch r.IntN(20) {
		case 0:
			c := Case{References: []Code{pick(12)}, Force: ev.Force, Allocated: []string{who()}, Incident: r.IntN(3) == 0}
			if r.IntN(2) == 0 {
				c.People = []Code{100 + pick(30)}
			}
			if r.IntN(3) == 0 {
				c.Closed = at.AddDate(0, 0, r.IntN(5))
			}
			fact = func(f *Facts) { f.PutCase(c, at) }
		case 1:
			st := Staff{Subject: who(), Force: ev.Force, Identity: []Code{200 + pick(5)}, Names: []Code{100 + pick(30)}, Surnames: []Code{300 + pick(4)}, Unit: pick(2)}
			fact = func(f *Facts) { f.PutStaff(st) }
		case 2:
			subject := who()
			day := at.Truncate(24 * time.Hour)
			fact = func(f *Facts) {
				f.PutShifts(subject, day, day.AddDate(0, 0, 3), []Shift{{day.Add(8 * time.Hour), day.Add(16 * time.Hour)}})
			}
		case 3:
			ev.Kind, ev.Terms, ev.Records = Registration, []Code{100 + pick(30)}, []Code{400 + pick(30)}
		case 4:
			ev.Kind, ev.Subject = Review, who()
		default:
			ev.Kind, ev.Terms = Look, []Code{100 + pick(30), 300 + pick(8)}
			if r.IntN(2) == 0 {
				ev.Found, ev.Records = 1+r.IntN(2), []Code{400 + pick(30)}
			}
			if r.IntN(3) > 0 {
				ev.Reference = pick(14)
			} else if r.IntN(3) == 0 {
				ev.Reason = reasonThreat
			}
			ev.Wide = r.IntN(5) == 0
			if r.IntN(20) == 0 {
				ev.Silent = []string{"10"}
			}
			if r.IntN(10) == 0 {
				ev.Victims = []Code{500 + pick(4)}
			}
		}
		out = append(out, item{ev, fact})
	}
	return out
}

// run feeds items from a number on; the facts of those before are known.
func run(s *Settings, items []item, from int) []Flag {
	e := NewEngine(s)
	var out []Flag
	for i, it := range items {
		if it.fact != nil {
			it.fact(e.Facts())
		}
		if i >= from {
			out = append(out, e.Feed(it.event)...)
		}
	}
	return out
}

// The same feed gives the same flags.
func TestTheSameFeedGivesTheSameFlags(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		items := wild(seed, 60)
		first := run(short(t), items, 0)
		if len(first) < 50 {
			t.Errorf("seed %d: only %d flags: the test proves little", seed, len(first))
		}
		if again := run(short(t), items, 0); !reflect.DeepEqual(first, again) {
			t.Errorf("seed %d: another run gives other flags", seed)
		}
	}
}

// An engine that begins later, but long enough before, agrees with one that has seen
// all: so a replica that starts anew, or a replay of a part, finds the same.
func TestAnEngineThatBeginsLaterAgrees(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		s := short(t)
		items := wild(seed, 160)
		whole := run(s, items, 0)
		for _, days := range []int{1, 17, 40} {
			begin := monday.AddDate(0, 0, days)
			from := slices.IndexFunc(items, func(i item) bool { return !i.event.Time.Before(begin) })
			mature := items[from].event.Time.Add(s.WarmUp())
			after := func(list []Flag) []Flag {
				return slices.DeleteFunc(slices.Clone(list), func(f Flag) bool { return f.Time.Before(mature) })
			}
			want, got := after(whole), after(run(s, items, from))
			if len(want) < 20 {
				t.Errorf("seed %d: only %d flags after the warm-up", seed, len(want))
			}
			if !reflect.DeepEqual(want, got) {
				t.Errorf("seed %d from day %d: %d flags, want %d; %s", seed, days, len(got), len(want), difference(want, got))
			}
		}
	}
}

func difference(want, got []Flag) string {
	for i := range min(len(want), len(got)) {
		if !reflect.DeepEqual(want[i], got[i]) {
			return fmt.Sprintf("the first that differs: want %+v, got %+v", want[i], got[i])
		}
	}
	return "one is longer"
}

// Every flag has a key of its own.
func TestKeysAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range run(short(t), wild(1, 160), 0) {
		if seen[f.Key] {
			t.Errorf("twice: %s", f.Key)
		}
		seen[f.Key] = true
	}
}

// What is kept does not grow with the log.
func TestStateIsBounded(t *testing.T) {
	t.Parallel()
	s := short(t)
	e := NewEngine(s)
	at := monday
	for i := range 12_000 {
		at = at.Add(5 * time.Minute)
		e.Feed(Event{Index: int64(i), Time: at, Kind: Look, Actor: "officer", Force: "33", Terms: []Code{Code(i + 1), Code(i + 2)}, Reference: Code(i + 1)})
	}
	if a := e.actors["officer"]; len(a.unexplained) > maxLooks || len(a.claims) > (claimDays+1)*24*12 {
		t.Errorf("%d searches and %d references are kept of one actor", len(a.unexplained), len(a.claims))
	}
}
