package misuse

import "testing"

// Neither the actor, nor his line, nor those near him judge his use.
func TestTieBetween(t *testing.T) {
	t.Parallel()
	staff := map[string]*Staff{}
	for _, s := range []Staff{
		{Subject: "chief"},
		{Subject: "super", Manager: "chief", Unit: 1},
		{Subject: "sergeant", Manager: "inspector", Unit: 2}, // of the inspector nothing is told
		{Subject: "officer", Manager: "sergeant", Unit: 3, Identity: []Code{70}},
		{Subject: "mate", Unit: 3},
		{Subject: "elsewhere", Force: "10", Unit: 3},
		{Subject: "wife", Force: "10", Associates: []Code{70}},
		{Subject: "twin", Identity: []Code{70, 71}},
		{Subject: "stranger", Manager: "super", Unit: 9},
		{Subject: "round", Manager: "about"}, {Subject: "about", Manager: "round"},
	} {
		if s.Force == "" {
			s.Force = "33"
		}
		staff[s.Subject] = &s
	}
	fact := func(subject string) *Staff { return staff[subject] }
	for pair, want := range map[[2]string]Tie{
		{"officer", "officer"}:   TieSelf,
		{"officer", "sergeant"}:  TieLine,
		{"officer", "stranger"}:  TieNone,
		{"stranger", "chief"}:    TieLine,
		{"stranger", "super"}:    TieLine,
		{"officer", "mate"}:      TieUnit,
		{"officer", "elsewhere"}: TieNone,
		{"officer", "wife"}:      TieClose,
		{"officer", "twin"}:      TieClose,
		{"round", "about"}:       TieLine,
		{"round", "chief"}:       TieNone,
	} {
		for _, p := range [][2]string{pair, {pair[1], pair[0]}} {
			if got := TieBetween(staff[p[0]], staff[p[1]], fact); got != want {
				t.Errorf("%s and %s: %q, want %q", p[0], p[1], got, want)
			}
		}
	}
	inspector := &Staff{Subject: "inspector", Force: "33", Unit: 8}
	if got := TieBetween(staff["officer"], inspector, fact); got != TieLine {
		t.Errorf("through one of whom it is told who his manager is: %q", got)
	}
}

// What is flagged of somebody above the department is not for the department, under
// whatever role he searched, and whether or not he came through his force's system.
func TestAboveTheDepartment(t *testing.T) {
	t.Parallel()
	for name, told := range map[string][]Staff{
		"its member":    {{Subject: "officer", Standards: true}},
		"its head":      {{Subject: "reviewer", Standards: true, Manager: "officer"}, {Subject: "officer"}},
		"the chief":     {{Subject: "reviewer", Standards: true, Manager: "head"}, {Subject: "head", Manager: "officer"}, {Subject: "officer"}},
		"by his number": {{Subject: "officer", Collars: []string{"4711"}, Standards: true}},
	} {
		s := begin(t)
		for _, m := range told {
			m.Force = "33"
			s.fact().PutStaff(m)
		}
		for i := range 12 {
			s.look(Code(100+i), func(e *Event) {
				if name == "by his number" {
					e.Actor, e.Collar = "system/4711", "4711"
				}
			})
		}
		if len(s.flags) == 0 {
			t.Errorf("%s: no flag", name)
		}
		for _, f := range s.flags {
			if f.Audience != National || f.Actor != "officer" {
				t.Errorf("%s: %s of %s goes to %s", name, f.Rule, f.Actor, f.Audience)
			}
		}
	}
	s := begin(t)
	s.fact().PutStaff(Staff{Subject: "reviewer", Force: "33", Standards: true, Manager: "head"})
	for i := range 12 {
		s.look(Code(100 + i))
	}
	for _, f := range s.flags {
		if f.Audience != "33" {
			t.Errorf("%s of an officer goes to %s", f.Rule, f.Audience)
		}
	}
}

// Who divides his searches between the register's pages and his force's system is one
// person all the same, once his force has told his collar number.
func TestOnePersonByTwoWays(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.fact().PutStaff(Staff{Subject: "officer", Force: "33", Collars: []string{"4711"}})
	for i := range 7 { // of neither way alone are there enough
		s.look(Code(100 + 2*i))
		s.look(Code(101+2*i), func(e *Event) { e.Actor, e.Collar, e.Asserted = "system/4711", "4711", true })
	}
	s.wants(codeZeroHits)
	s.fact().PutStaff(Staff{Subject: "officer", Force: "33"}) // he has given the number back
	s.look(200, func(e *Event) { e.Actor, e.Collar = "system/4711", "4711" })
	if _, ok := s.e.actors["system/4711"]; !ok {
		t.Error("he is still known by a number that is no longer his")
	}
}
