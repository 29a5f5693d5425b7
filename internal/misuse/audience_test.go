package misuse

import (
	"strings"
	"testing"
)

// Nobody is judged by his own department: what concerns professional standards, and
// national roles, goes to the national auditor.
func TestAudience(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{"investigator": "33", rolePSD: National, roleAuditor: National} {
		s := begin(t)
		for i := range 12 {
			s.look(Code(100+i), as(role))
		}
		for _, f := range s.flags {
			if f.Audience != want {
				t.Errorf("role %s: %s goes to %s, want %s", role, f.Rule, f.Audience, want)
			}
		}
		if len(s.flags) == 0 {
			t.Errorf("role %s: no flag", role)
		}
	}
}

// That a SILENT record was met is told to its owner alone: the actor's own force must
// not learn that there is one.
func TestSilentIsToldToItsOwnerAlone(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.look(100, meets("10"))
	if len(s.flags) != 1 || s.flags[0].Rule != codeProbe || s.flags[0].Audience != "10" {
		t.Fatalf("flags: %v", s.codes())
	}
	s = begin(t)
	s.look(100, meets("33"), as(rolePSD))
	if len(s.flags) != 1 || s.flags[0].Audience != National {
		t.Fatalf("flags: %v", s.codes())
	}
	// All else about the search is as if no record had been met.
	a, b := begin(t), begin(t)
	for i := range 30 {
		a.look(Code(100 + i))
		b.look(Code(100+i), meets("10"))
	}
	var others []string
	for _, f := range b.flags {
		if f.Audience == "33" {
			others = append(others, f.Rule+" "+f.Actor+": "+f.Text())
		}
	}
	if got, want := strings.Join(others, "\n"), strings.Join(a.codes(), "\n"); got != want {
		t.Errorf("with a SILENT record met:\n%s\nwithout:\n%s", got, want)
	}
}

// Flags hold counts and days; no threshold stands in them.
func TestFlagsShowWhatWasSeen(t *testing.T) {
	t.Parallel()
	s := begin(t)
	for i := range 9 {
		s.look(Code(100 + i))
	}
	f := s.flags[len(s.flags)-1]
	if f.Looks < 8 || f.Persons != f.Looks || f.Days != 1 || len(f.Entries) != f.Looks || f.Entries[0] != f.Index || f.Seen == "" || len(f.Weighed) == 0 {
		t.Errorf("flag: %+v", f)
	}
}
