package misuse

import "testing"

// Attacks: what somebody would try who knows how he is watched. Each is found.

// He is accused, and looks up who accuses him, or her mother, under a case that he works
// on: no reference clears it. Where the record is SILENT, its owner alone is told.
func TestTheAccusedLooksForHisAccuser(t *testing.T) {
	t.Parallel()
	me := Staff{Subject: "officer", Force: "33", Identity: []Code{50}, Names: []Code{51}, Collars: []string{"4711"}}
	accused := func(owner string, codes ...Code) func(*Event) {
		return func(e *Event) {
			e.Victims, e.Accused = []Code{900}, []Accused{{Codes: codes, Owner: owner}}
		}
	}
	for name, c := range map[string]struct {
		change   []func(*Event)
		audience string
	}{
		"with a case of his own":              {[]func(*Event){under(7), accused("", 50)}, "33"},
		"of a SILENT record of another force": {[]func(*Event){under(7), accused("10", 50)}, "10"},
		"of a SILENT record of his own":       {[]func(*Event){under(7), accused("33", 50)}, "33"},
		"by his name alone, without a case":   {[]func(*Event){accused("", 51)}, "33"},
		"through his force's system": {[]func(*Event){under(7), accused("", 50), func(e *Event) {
			e.Actor, e.Collar, e.Asserted = "system/4711", "4711", true
		}}, "33"},
		"he is of professional standards": {[]func(*Event){under(7), accused("33", 50), as(rolePSD)}, National},
	} {
		s := begin(t)
		s.fact().PutStaff(me)
		s.work(7, "officer")
		s.look(100, c.change...)
		found := false
		for _, f := range s.flags {
			if f.Rule == codeOwnCase {
				found = true
				if f.Audience != c.audience || f.Actor != "officer" {
					t.Errorf("%s: %s goes to %s", name, f.Text(), f.Audience)
				}
			}
		}
		if !found {
			t.Errorf("%s: not found, raised: %v", name, s.codes())
		}
	}
	// A namesake who works on the case is not accused by it, nor is anybody else.
	s := begin(t)
	s.fact().PutStaff(me)
	s.work(7, "officer").work(8, "colleague")
	s.look(100, under(7), accused("", 51))
	s.look(101, under(8), by("colleague"), accused("", 50))
	s.silent()
}

// He is a party to a case, and looks for those around the people whom it names: her
// family by their rare surname, or whoever lives with her.
func TestAPartyLooksAroundHisCase(t *testing.T) {
	t.Parallel()
	party := func(t *testing.T) *story {
		t.Helper()
		s := begin(t)
		s.fact().PutStaff(Staff{Subject: "officer", Force: "33"})
		for i := range 200 { // 61 is a surname of many, 60 of nobody else
			s.fact().PutStaff(Staff{Subject: string(rune('A' + i)), Force: "33", Surnames: []Code{61}})
		}
		return s.open(Case{References: []Code{7}, Parties: []string{"officer"}, People: []Code{99}, Around: []Code{60, 61, 62}, Opened: s.now})
	}
	s := party(t)
	s.look(100, with(60))
	s.wants(codeOwnCase)
	s = party(t)
	s.look(100, with(63, 62)) // her postcode
	s.wants(codeOwnCase)
	s = party(t)
	s.work(8, "officer")
	s.look(100, with(61))           // a surname of many
	s.look(101, with(60), under(8)) // on a case that he works on
	s.silent()
	s = party(t)
	s.open(Case{References: []Code{7}, People: []Code{99}, Around: []Code{60}, Opened: s.now}) // he is a party no longer
	s.look(100, with(60))
	s.silent()
}

// He names the officer of a case as the one for whom he asks: that makes the case his
// for as many people as one helps out with, and no more. The control room does so all day.
func TestInAnotherOfficersName(t *testing.T) {
	t.Parallel()
	forHim := func(e *Event) { e.OnBehalfOf = "2200" }
	s := begin(t)
	s.work(7, "2200")
	for i := range 3 {
		s.look(Code(100+i), under(7), forHim)
	}
	s.silent()
	for i := range 12 {
		s.look(Code(110+i), under(7), forHim)
	}
	s.wants(codeBurst)
	s = begin(t)
	s.work(7, "2200")
	for i := range 30 {
		s.look(Code(100+i), under(7), forHim, as(roleControlRoom))
	}
	s.silent()
}
