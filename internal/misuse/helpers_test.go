package misuse

import (
	"os"
	"slices"
	"testing"
	"time"
)

func settings(t testing.TB) *Settings {
	t.Helper()
	data, err := os.ReadFile("../../policies/misuse.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSettings(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// monday is when the stories of the tests begin.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// story feeds an engine; its clock goes on by itself.
type story struct {
	t     *testing.T
	e     *Engine
	now   time.Time
	next  int64
	flags []Flag
}

func begin(t *testing.T) *story {
	t.Helper()
	return &story{t: t, e: NewEngine(settings(t)), now: monday}
}

// at goes on to an hour of a later day, counted from the first.
func (s *story) at(days int, hour float64) *story {
	to := monday.Truncate(24*time.Hour).AddDate(0, 0, days).Add(time.Duration(hour * float64(time.Hour)))
	if to.Before(s.now) {
		s.t.Fatal("time goes back")
	}
	s.now = to
	return s
}

func (s *story) feed(ev Event) []Flag {
	s.now = s.now.Add(time.Minute)
	s.next++
	ev.Index, ev.Time = s.next, s.now
	if ev.Force == "" {
		ev.Force = "33"
	}
	if ev.Roles == nil {
		ev.Roles = []string{"investigator"}
	}
	if ev.Actor == "" {
		ev.Actor = "officer"
	}
	flags := s.e.Feed(ev)
	s.flags = append(s.flags, flags...)
	return flags
}

// look is a search by an officer for a person.
func (s *story) look(person Code, change ...func(*Event)) []Flag {
	ev := Event{Kind: Look, Terms: []Code{person}}
	for _, c := range change {
		c(&ev)
	}
	return s.feed(ev)
}

func by(who string) func(*Event)        { return func(e *Event) { e.Actor = who } }
func as(role string) func(*Event)       { return func(e *Event) { e.Roles = []string{role} } }
func under(reference Code) func(*Event) { return func(e *Event) { e.Reference = reference } }
func found(record Code) func(*Event) {
	return func(e *Event) { e.Found, e.Records = 1, []Code{record} }
}
func with(terms ...Code) func(*Event)     { return func(e *Event) { e.Terms = append(e.Terms, terms...) } }
func urgently(e *Event)                   { e.Reason = reasonThreat }
func widely(e *Event)                     { e.Wide, e.Found = true, 10 }
func fits(victim Code) func(*Event)       { return func(e *Event) { e.Victims = []Code{victim} } }
func meets(forces ...string) func(*Event) { return func(e *Event) { e.Silent = forces } }
func (s *story) fact() *Facts             { return s.e.Facts() }
func (s *story) open(c Case) *story       { c.Force = "33"; s.fact().PutCase(c, s.now); return s }
func (s *story) work(ref Code, who ...string) *story {
	return s.open(Case{References: []Code{ref}, Allocated: who, Opened: s.now})
}

// raised says whether a rule flagged the officer.
func (s *story) raised(rule string) bool {
	return slices.ContainsFunc(s.flags, func(f Flag) bool { return f.Rule == rule && f.Actor == "officer" })
}

func (s *story) wants(rule string) {
	s.t.Helper()
	if !s.raised(rule) {
		s.t.Errorf("%s did not fire; raised: %v", rule, s.codes())
	}
}

func (s *story) silent() {
	s.t.Helper()
	if len(s.flags) > 0 {
		s.t.Errorf("raised: %v", s.codes())
	}
}

func (s *story) codes() []string {
	var out []string
	for _, f := range s.flags {
		out = append(out, f.Rule+" "+f.Actor+": "+f.Text())
	}
	return out
}
