package misuse

import (
	"testing"
	"time"
)

// A unit goes through its list under an operation that its force tells of three days later.
// Until then nothing accounts for it, and it is flagged; from then on it counts no more.
func TestAnExplanationMayComeLate(t *testing.T) {
	t.Parallel()
	run := func(tell func(*story)) *story {
		s := begin(t).work(1, "somebody else") // the force tells of its cases
		s.at(0, 10)
		for i := range 20 {
			s.look(Code(100+i), under(7), found(Code(200+i)))
		}
		s.wants(codeBurst)
		s.at(3, 8)
		tell(s)
		s.flags = nil
		for i := range 4 { // what he forgets now and then
			s.at(10+i*7, 10).look(Code(500 + i))
		}
		return s
	}
	opened := monday.Truncate(24 * time.Hour)
	told := run(func(s *story) { s.open(Case{References: []Code{7}, Allocated: []string{"officer"}, Opened: opened}) })
	told.silent()
	if n := len(told.e.actors["officer"].unexplained); n != 4 {
		t.Errorf("%d searches stand as unexplained, want 4", n)
	}
	if len(told.e.waiting) != 0 {
		t.Errorf("%d references are waited for still", len(told.e.waiting))
	}
	for name, c := range map[string]Case{
		"of others":                   {References: []Code{7}, Allocated: []string{"colleague"}, Opened: opened},
		"that was opened afterwards":  {References: []Code{7}, Allocated: []string{"officer"}, Opened: opened.AddDate(0, 0, 2)},
		"that names somebody else":    {References: []Code{7}, Allocated: []string{"officer"}, People: []Code{9999}, Opened: opened},
		"that was closed long before": {References: []Code{7}, Allocated: []string{"officer"}, Opened: opened.AddDate(0, 0, -90), Closed: opened.AddDate(0, 0, -60)},
	} {
		s := run(func(s *story) { s.open(c) })
		if !s.raised(codeNoNexus) {
			t.Errorf("a case %s explained the searches; raised: %v", name, s.codes())
		}
	}
}

// He forgets the reference, or mistypes it, for somebody whom a case of his own names: he
// could have given a good one. Under a case of others, or a closed one, he could not.
func TestACaseOfHisOwnExplainsWithoutItsReference(t *testing.T) {
	t.Parallel()
	run := func(c Case) *story {
		c.References, c.People, c.Opened = []Code{7}, []Code{100}, monday.AddDate(0, 0, -60)
		s := begin(t).open(c)
		for i := range 12 {
			s.at(i*3, 9).work(8, "somebody else")
			s.look(100, found(77), under(Code(i%2*(900+i)))) // none, or one that nobody knows
		}
		return s
	}
	run(Case{Allocated: []string{"officer"}}).silent()
	for name, c := range map[string]Case{
		"of others": {Allocated: []string{"colleague"}},
		"closed":    {Allocated: []string{"officer"}, Closed: monday.AddDate(0, 0, -30)},
	} {
		if s := run(c); !s.raised(codeRepeatDays) {
			t.Errorf("a case %s explained the searches; raised: %v", name, s.codes())
		}
	}
	run(Case{Allocated: []string{"officer"}, Parties: []string{"officer"}}).wants(codeOwnCase)
}

// He works on a day off, as the roster never learnt: most of what he does then is his work.
// Who looks up one after the other from home is flagged, with a search of his work among
// them too.
func TestTheRosterIsWrongWhereHeEvidentlyWorks(t *testing.T) {
	t.Parallel()
	run := func(lawful int) *story {
		s := begin(t)
		onDuty(s)
		s.work(1, "officer")
		for d := range 5 {
			for i := range lawful {
				s.at(d*2, 19+float64(i)/10).look(Code(300+i), under(1), found(Code(400+i)))
			}
			s.at(d*2, 21).look(Code(100+d), found(Code(200+d)))
			s.at(d*2, 21.5).look(Code(150+d), found(Code(250+d)))
		}
		return s
	}
	if s := run(6); s.raised(codeOffRoster) {
		t.Errorf("raised: %v", s.codes())
	}
	for _, lawful := range []int{0, 1} {
		run(lawful).wants(codeOffRoster)
	}
}

// A former partner, eleven times in seven months: now without a reason, now under a case of
// his own in which she does not appear.
func TestOnePersonUnderManyReasons(t *testing.T) {
	t.Parallel()
	s := begin(t)
	for i := range 3 {
		s.open(Case{References: []Code{Code(1 + i)}, Allocated: []string{"officer"}, People: []Code{Code(900 + i)}, Opened: s.now})
	}
	s.at(1, 9).look(100, under(1))
	s.at(40, 9).look(100)
	s.at(80, 9).look(100, under(2))
	s.silent()
	s.at(120, 9).look(100, under(3))
	s.wants(codeRepeatDays)

	// Whom an enquiry leads to is looked up again and again under that one case, and once
	// the reference was forgotten.
	s = begin(t)
	s.open(Case{References: []Code{1}, Allocated: []string{"officer"}, People: []Code{900}, Opened: s.now})
	for i := range 10 {
		s.at(1+i*5, 9).look(100, under(1))
	}
	s.at(60, 9).look(100)
	s.silent()
}

// Another force telephones about people whom it is about to register: to a SPOC and his
// peers. By what comes near their unexplained searches his are judged, not by his own; and
// that three of his come near one where one in fifty does is no more than chance.
func TestWhatPeersMeetByChanceIsNoTippingOff(t *testing.T) {
	t.Parallel()
	run := func(peersEvery, times int) *story {
		s := begin(t)
		next := Code(10_000)
		telephoned := func(who string, registered bool) {
			next++
			s.look(next, by(who), as("spoc"), under(next+500_000))
			if registered {
				s.feed(Event{Kind: Registration, Actor: "rms", Terms: []Code{next}, Records: []Code{next + 900_000}})
			}
		}
		for d := range 26 {
			s.at(d, 9).work(Code(1+d), "somebody else") // the force tells of its cases
			for p := range 8 {
				telephoned("peer"+string(rune('a'+p)), peersEvery > 0 && (d*8+p)%peersEvery == 0)
			}
			telephoned("officer", d%(26/times) == 0 && d/(26/times) < times)
		}
		return s
	}
	for peersEvery, times := range map[int]int{5: 5, 50: 3} {
		if s := run(peersEvery, times); s.raised(codeTipOff) {
			t.Errorf("raised: %v", s.codes())
		}
	}
	run(50, 9).wants(codeTipOff)
	run(0, 5).wants(codeTipOff)
}
