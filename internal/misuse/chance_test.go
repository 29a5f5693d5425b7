package misuse

import (
	"math"
	"testing"
	"time"
)

// Staff are victims, witnesses and suspects too. A control room meets them by chance; whoever
// is of one's own unit is no chance, nor is the same one on two days, nor are many.
func TestStaffAreMetByChance(t *testing.T) {
	t.Parallel()
	run := func(unit Code, colleagues ...Code) *story {
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
				if n := d - (12 - len(colleagues)); i == 0 && n >= 0 {
					about = colleagues[n]
				}
				s.look(about, as(roleControlRoom))
			}
		}
		return s
	}
	for _, some := range [][]Code{{7020}, {7020, 7021}, {7020, 7021, 7022}} { // of 36 slips
		if s := run(2, some...); s.raised(codeColleague) {
			t.Errorf("%d of the staff by chance: %v", len(some), s.codes())
		}
	}
	run(2, 7020, 7021, 7022, 7023, 7024, 7025).wants(codeColleague)
	run(2, 7020, 7020).wants(codeColleague)
	run(1, 7020).wants(codeColleague)
}

// What is one chance in a hundred for one user happens to somebody every day: only what is
// rare among thousands of users is told.
func TestByChance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		mean float64
		want float64
	}{{0, 0, 1}, {1, 0, 0}, {1, 0.015, 0.01489}, {3, 0.5, 0.01439}, {4, 0.445, 0.001148}, {2, 5, 1}, {1100, 1024, 0.00974}, {4000, 1024, 0}} {
		if got := byChance(c.n, c.mean); math.Abs(got-c.want) > 0.01*c.want+1e-9 {
			t.Errorf("%d or more, where %g is usual: %.5f, want %.5f", c.n, c.mean, got, c.want)
		}
	}
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
