package misuse

import (
	"strings"
	"testing"
)

// stories has for each rule one in which it must fire, and one, like it but for an
// explanation, in which nothing must.
var stories = map[string]struct{ fires, stays func(*story) }{
	codeSelf: {
		fires: func(s *story) {
			s.fact().PutStaff(Staff{Subject: "officer", Force: "33", Identity: []Code{7}, Names: []Code{8}})
			s.work(1, "officer").look(8, with(7), under(1))
		},
		stays: func(s *story) { // a namesake, in a case
			s.fact().PutStaff(Staff{Subject: "officer", Force: "33", Identity: []Code{7}, Names: []Code{8}})
			s.work(1, "officer").look(8, with(9), under(1))
		},
	},
	codeOwnCase: {
		fires: func(s *story) {
			s.open(Case{References: []Code{1}, Allocated: []string{"other"}, Parties: []string{"officer"}, People: []Code{50}})
			s.look(50)
		},
		stays: func(s *story) {
			s.open(Case{References: []Code{1}, Allocated: []string{"officer"}, Parties: []string{"other"}, People: []Code{50}})
			s.look(50, under(1))
		},
	},
	codeColleague: {
		fires: func(s *story) {
			s.fact().PutStaff(Staff{Subject: "colleague", Force: "33", Identity: []Code{7}, Names: []Code{8}})
			s.look(8, with(7))
		},
		stays: func(s *story) {
			s.fact().PutStaff(Staff{Subject: "colleague", Force: "33", Identity: []Code{7}, Names: []Code{8}})
			s.fact().PutStaff(Staff{Subject: "elsewhere", Force: "10", Identity: []Code{17}, Names: []Code{18}})
			s.work(1, "officer").look(8, with(7), under(1))
			s.look(8)            // once, a name alone: a namesake of somebody in 2,000
			s.look(18, with(17)) // of another force
		},
	},
	codeFamily: {
		fires: func(s *story) {
			s.fact().PutStaff(Staff{Subject: "officer", Force: "33", Associates: []Code{60}, Surnames: []Code{61}, Addresses: []Code{62}})
			s.look(60)
		},
		stays: func(s *story) {
			for i := range 900 { // a common surname
				s.fact().PutStaff(Staff{Subject: string(rune('a' + i)), Force: "33", Surnames: []Code{Code(61 + i%10)}})
			}
			s.fact().PutStaff(Staff{Subject: "officer", Force: "33", Associates: []Code{60}, Surnames: []Code{61}, Addresses: []Code{62}})
			s.work(1, "officer").look(60, under(1))
			s.look(100, with(61))
			s.look(101, with(61))
		},
	},
	codeBurst: {
		fires: func(s *story) {
			for i := range 10 {
				s.look(Code(100+i), found(Code(200+i)))
			}
		},
		stays: func(s *story) {
			for i := range 60 {
				s.work(Code(1000+i), "officer").look(Code(100+i), under(Code(1000+i)), found(Code(200+i)))
			}
		},
	},
	codeZeroHits: {
		fires: func(s *story) {
			for i := range 10 {
				s.at(0, 10+float64(i)).look(Code(100 + i))
			}
		},
		stays: func(s *story) { // the control room, whose incidents are told of the same minute
			for i := range 60 {
				s.open(Case{References: []Code{Code(1000 + i)}, Incident: true, Allocated: []string{"patrol"}})
				s.look(Code(100+i), as(roleControlRoom), under(Code(1000+i)))
			}
		},
	},
	codeOrbit: {
		fires: func(s *story) {
			for i := range 5 {
				s.at(i, 10).look(Code(100+i), with(500), found(Code(200+i)))
			}
		},
		stays: func(s *story) {
			for i := range 3 {
				s.at(i, 10).look(Code(100+i), with(500), found(Code(200+i)))
			}
		},
	},
	codeRepeatDays: {
		fires: func(s *story) {
			for i := range 5 {
				s.at(i*30, 10).look(Code(100+i), found(77)) // always misspelt otherwise, the same record
			}
		},
		stays: func(s *story) {
			s.work(1, "officer")
			for i := range 40 {
				s.at(i, 10).look(100, found(77), under(1))
			}
		},
	},
	codeVolume: {
		fires: func(s *story) {
			for d := range 10 {
				s.at(d, 9).look(Code(d), under(Code(1000+d)), found(1))
			}
			for i := range 45 {
				s.at(11, 9+float64(i)/5).look(Code(100+i%5), under(Code(2000+i%5)), found(1))
			}
		},
		stays: func(s *story) {
			s.work(1, "officer")
			for i := range 45 {
				s.at(11, 9+float64(i)/5).look(Code(100+i%5), under(1), found(1))
			}
		},
	},
	codeOffRoster: {
		fires: func(s *story) {
			onDuty(s)
			for d := range 3 {
				s.at(d*2+1, 23).look(Code(100+d), found(1))
			}
		},
		stays: func(s *story) {
			onDuty(s)
			s.at(1, 17.9).look(100, found(1)) // overtime
			s.at(3, 17.9).look(101, found(2))
			s.at(5, 17.9).look(102, found(3))
			s.work(1, "officer").at(6, 23).look(103, found(4), under(1))
		},
	},
	codeNoNexus: {
		fires: func(s *story) {
			peers(s, 30)
			for d := range 12 {
				s.at(31+d, 10).look(Code(100+d), found(Code(200+d)))
			}
		},
		stays: func(s *story) {
			peers(s, 30)
			for d := range 5 {
				s.at(31+d, 10).look(Code(100+d), found(Code(200+d)))
			}
		},
	},
	codeFishing: {
		fires: func(s *story) {
			for i := range 6 {
				s.at(i, 10).look(Code(100+i), widely)
			}
		},
		stays: func(s *story) {
			s.work(1, "officer")
			for i := range 20 {
				s.at(i, 10).look(Code(100+i), widely, under(1))
			}
		},
	},
	codeReference: {
		fires: func(s *story) {
			for d := range 30 {
				s.work(1, "other").at(d, 10).look(Code(100+d), found(Code(200+d)), under(Code(3000+d)))
			}
		},
		stays: func(s *story) { // told of the day after
			for d := range 30 {
				s.at(d, 10).look(Code(100+d), found(Code(200+d)), under(Code(3000+d)))
				s.at(d, 20).work(Code(3000+d), "officer")
			}
		},
	},
	codeTipOff: {
		fires: func(s *story) {
			for i := range 4 {
				s.at(i*3, 10).look(Code(100 + i))
				s.feed(Event{Kind: Registration, Actor: "rms", Terms: []Code{Code(100 + i)}, Records: []Code{Code(200 + i)}})
			}
		},
		stays: func(s *story) {
			for i := range 4 { // he registers them himself
				s.at(i*3, 10).look(Code(100 + i))
				s.feed(Event{Kind: Registration, Terms: []Code{Code(100 + i)}, Records: []Code{Code(200 + i)}})
			}
		},
	},
	codeProbe: {
		fires: func(s *story) { s.look(100, fits(900)) },
		stays: func(s *story) { s.work(1, "officer").look(100, fits(900), meets("10"), under(1)) },
	},
	codeBreakGlass: {
		fires: func(s *story) {
			for i := range 6 {
				s.at(i, 10).look(Code(100+i), urgently)
			}
		},
		stays: func(s *story) {
			for i := range 6 {
				s.at(i*10, 10).look(Code(100+i), urgently)
			}
		},
	},
	codeAfterClosure: {
		fires: func(s *story) {
			s.open(Case{References: []Code{1}, Allocated: []string{"officer"}, People: []Code{100}, Closed: monday.AddDate(0, 0, 3)})
			s.look(100, under(1), found(77))
			for i := range 3 {
				s.at(30+i, 10).look(100, under(1), found(77))
			}
		},
		stays: func(s *story) {
			s.open(Case{References: []Code{1}, Allocated: []string{"officer"}, People: []Code{100}, Closed: monday.AddDate(0, 0, 3)})
			for i := range 10 { // in the days of grace
				s.at(i, 10).look(100, under(1), found(77))
			}
			s.open(Case{References: []Code{2}, Allocated: []string{"officer"}, People: []Code{100}})
			for i := range 5 { // another case
				s.at(40+i, 10).look(100, under(2), found(77))
			}
		},
	},
	codeManyUsers: {
		fires: func(s *story) {
			for _, who := range []string{"officer", "a", "b", "c", "d"} {
				s.look(100, by(who), found(77))
			}
		},
		stays: func(s *story) {
			s.open(Case{References: []Code{1}, Incident: true})
			for _, who := range strings.Fields("officer a b c d e f g h") {
				s.look(100, by(who), found(77), under(1))
			}
		},
	},
	codeReviewer: {
		fires: func(s *story) { s.feed(Event{Kind: Review, Subject: "officer", Roles: []string{rolePSD}}) },
		stays: func(s *story) {
			s.fact().PutStaff(Staff{Subject: "officer", Force: "33", Unit: 1})
			s.fact().PutStaff(Staff{Subject: "other", Force: "33", Unit: 2})
			s.feed(Event{Kind: Review, Subject: "other", Roles: []string{rolePSD}})
		},
	},
}

// onDuty gives the officer shifts from 9 to 17 for ten days.
func onDuty(s *story) {
	var shifts []Shift
	for d := -1; d < 10; d++ {
		day := monday.AddDate(0, 0, d)
		shifts = append(shifts, Shift{From: day, Until: day.Add(8 * 3600e9)})
	}
	s.fact().PutShifts("officer", monday.AddDate(0, 0, -1), monday.AddDate(0, 0, 10), shifts)
}

// peers has 20 others and the officer work for some days, who forget the reference
// now and then.
func peers(s *story, days int) {
	for d := range days {
		s.at(d, 9)
		for p := range 21 {
			who := "peer" + string(rune('a'+p))
			if p == 20 {
				who = "officer"
			}
			ref := Code(10_000 + d*100 + p)
			s.work(ref, who)
			for i := range 4 {
				if (d*7+p*3+i)%64 == 0 {
					ref = 0
				}
				s.look(Code(1_000_000+d*1000+p*10+i), by(who), under(ref), found(Code(2_000_000+d*1000+p*10+i)))
			}
		}
	}
}

func TestEachRuleFires(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		t.Run(r.Code, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			stories[r.Code].fires(s)
			s.wants(r.Code)
		})
	}
}

func TestEachRuleStaysSilentWhenExplained(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		t.Run(r.Code, func(t *testing.T) {
			t.Parallel()
			s := begin(t)
			stories[r.Code].stays(s)
			s.silent()
		})
	}
}

// Who registers conduct in order to be told of the suspects is judged as who searches.
func TestRegisteringToBeToldIsSearching(t *testing.T) {
	t.Parallel()
	register := func(s *story, checked bool) {
		for i := range 10 {
			s.feed(Event{Kind: Registration, Checked: checked, Terms: []Code{Code(100 + i)}, Records: []Code{Code(200 + i)}, Found: 1})
		}
	}
	told := begin(t)
	register(told, true)
	told.wants(codeBurst)
	silent := begin(t)
	register(silent, false)
	silent.silent()
}

// A PCSO looks up a woman, her friends, family and colleagues, over 60 times in one
// day. None of them is on the register.
func TestSixtySearchesAreFlaggedBeforeTheTwentieth(t *testing.T) {
	t.Parallel()
	for name, reference := range map[string]func(i int) Code{
		"without a reference":   func(int) Code { return 0 },
		"one reference for all": func(int) Code { return 1 },
		"always another":        func(i int) Code { return Code(1 + i) },
	} {
		for _, told := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := begin(t)
				if told { // a force that tells of its cases
					s.work(999, "somebody")
				}
				first := 0
				for i := range 60 {
					s.at(0, 10+float64(i)/10)
					if len(s.look(Code(100+i), under(reference(i)))) > 0 && first == 0 {
						first = i + 1
					}
				}
				if first == 0 || first >= 20 {
					t.Errorf("first flagged at search %d", first)
				}
				if !s.raised(codeZeroHits) {
					t.Error("the run of searches that found nobody is not among the flags")
				}
			})
		}
	}
}

// Sixty threats to life in a day are no way round.
func TestSixtyThreatsToLife(t *testing.T) {
	t.Parallel()
	s := begin(t)
	for i := range 19 {
		s.look(Code(100+i), urgently)
	}
	s.wants(codeBreakGlass)
}
