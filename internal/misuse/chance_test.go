package misuse

import (
	"testing"
	"time"
)

// Staff are victims, witnesses and suspects too. A control room meets them by chance; whoever
// is of one's own unit is no chance, nor are several.
func TestStaffAreMetByChance(t *testing.T) {
	t.Parallel()
	run := func(unit Code, colleagues int) *story {
		s := begin(t)
		s.fact().PutStaff(Staff{Subject: "officer", Force: "33", Unit: 1})
		for i := range 30 {
			s.fact().PutStaff(Staff{Subject: "staff" + string(rune('a'+i)), Force: "33", Unit: unit, Identity: []Code{Code(7000 + i)}})
		}
		next := Code(100_000)
		for d := range 12 {
			s.at(d, 9)
			for i := range 100 { // peers, each under an incident; one in a hundred is for one of the staff
				next++
				s.open(Case{References: []Code{next}, Incident: true})
				about := next
				if i == 0 {
					about = Code(7000 + d)
				}
				s.look(about, by("peer"), as(roleControlRoom), under(next))
			}
			for i := range 3 { // slips
				about := next + Code(10_000+i)
				if i == 0 && d >= 12-colleagues {
					about = Code(7012 + d)
				}
				s.look(about, as(roleControlRoom))
			}
		}
		return s
	}
	if s := run(2, 1); s.raised(codeColleague) {
		t.Errorf("one of the staff by chance: %v", s.codes())
	}
	run(2, 2).wants(codeColleague)
	run(1, 1).wants(codeColleague)
}

// Somebody of whom nothing accounts for one search in four goes on so all the year: it is
// told when it goes beyond what his peers do, and then now and then, not every month.
func TestWhatStoodIsNotToldEveryMonth(t *testing.T) {
	t.Parallel()
	s := begin(t)
	peers(s, 30)
	for d := 31; d < 330; d += 5 {
		s.at(d, 9).work(Code(50_000+d), "officer")
		for i := range 3 {
			s.look(Code(600_000+d*10+i), under(Code(50_000+d)))
		}
		s.look(Code(700_000 + d))
	}
	var told []time.Time
	for _, f := range s.flags {
		if f.Rule == codeNoNexus && f.Actor == "officer" {
			told = append(told, f.Time)
		}
	}
	if len(told) == 0 || len(told) > 3 {
		t.Errorf("told %d times: %v", len(told), told)
	}
}
