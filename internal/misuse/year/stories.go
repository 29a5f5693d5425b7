package year

import "time"

// story is planted misuse: what somebody does beside his work.
type story struct {
	n      int
	title  string
	who    []*user
	about  []*human
	from   int // the day on which it begins
	matter *matter
	play   func(*Year, *story)
}

// plant chooses who misuses the register, and how: one story for each pattern that
// regulators and the press have reported.
func (y *Year) plant() {
	kind := func(w work) *user {
		for {
			if u := y.users[y.r.IntN(len(y.users))]; u.work == w && u.misuse == 0 {
				return u
			}
		}
	}
	add := func(title string, w work, from int, play func(*Year, *story)) *story {
		u := kind(w)
		s := &story{n: len(y.stories) + 1, title: title, who: []*user{u}, from: from + y.r.IntN(20), play: play}
		u.misuse = s.n
		y.stories = append(y.stories, s)
		return s
	}
	people := func(s *story, n int) {
		for range n {
			s.about = append(s.about, y.anybody())
		}
	}
	s := add("a burst in one day on a woman, her friends, family and colleagues", responds, 100, (*Year).burst)
	people(s, 65)
	add("checks on women, now and then, all the year", investigates, 0, (*Year).women)
	add("his own name and address", responds, 60, (*Year).himself)
	s = add("colleagues and family", investigates, 80, (*Year).closeOnes)
	people(s, 1)
	s = add("a former partner, over seven months", investigates, 30, (*Year).formerPartner)
	people(s, 1)
	s = add("four people on many different days", controls, 10, (*Year).fourPeople)
	people(s, 4)
	add("lawful at first, private after the case was closed", investigates, 40, (*Year).afterClosure)
	s = add("many users on one person in the news", responds, 150, (*Year).curious)
	people(s, 1)
	for range 13 {
		u := kind([]work{investigates, responds, controls, supervises}[y.r.IntN(4)])
		u.misuse = s.n
		s.who = append(s.who, u)
	}
	add("off duty", responds, 50, (*Year).offDuty)
	add("false reasons", investigates, 20, (*Year).falseReasons)
	add("results passed on: who is to be registered is looked up before", supervises, 70, (*Year).passedOn)
	s = add("a sergeant watching his own case", supervises, 90, (*Year).ownCase)
	people(s, 1)
}

// close is whom a user has declared to be close to him: most have declared somebody.
func (y *Year) close(u *user) []*human {
	h := y.anybody()
	if s := y.storyOf(u); s != nil && s.n == 4 {
		h = s.about[0]
	}
	return []*human{h}
}

func (y *Year) storyOf(u *user) *story {
	if u.misuse == 0 {
		return nil
	}
	return y.stories[u.misuse-1]
}

// onShift is an hour of the user's shift on the day under way; ok is false when he
// is off.
func (y *Year) onShift(u *user) (hour float64, ok bool) {
	from, until, ok := y.shift(u, y.day)
	return from + (until-from)*y.r.Float64(), ok
}

func (s *story) lasts(y *Year, days int) bool { return y.day >= s.from && y.day < s.from+days }

// made is a search without a reason: none given, or one made up.
func (y *Year) made(s *story, u *user, hour float64, whom *human, invented float64) {
	ev := y.asks(u, y.at(hour), whom)
	ev.Reason = "INTELLIGENCE"
	if y.chance(invented) {
		ev.Reference = code("invented", y.r.Int())
	}
	y.items = append(y.items, Item{Event: ev, Misuse: s.n})
}

func (y *Year) burst(s *story) {
	u := s.who[0]
	from, until, ok := y.shift(u, y.day)
	if !ok || y.day < s.from || len(s.about) == 0 {
		return
	}
	one := &matter{serial: -1 - s.n}
	for i, h := range s.about {
		y.search(u, y.at(from+(until-from)*float64(i)/float64(len(s.about))), h, one, s.n)
	}
	s.about = nil
}

func (y *Year) women(s *story) {
	if hour, ok := y.onShift(s.who[0]); ok && y.chance(0.36) {
		y.made(s, s.who[0], hour, y.anybody(), 0.5)
	}
}

func (y *Year) himself(s *story) {
	if hour, ok := y.onShift(s.who[0]); ok && s.lasts(y, 60) && y.chance(0.1) {
		y.made(s, s.who[0], hour, s.who[0].self, 0.5)
	}
}

func (y *Year) closeOnes(s *story) {
	u := s.who[0]
	hour, ok := y.onShift(u)
	if !ok || !s.lasts(y, 120) || !y.chance(0.1) {
		return
	}
	whom := s.about[0]
	if y.chance(0.7) {
		whom = y.users[y.r.IntN(len(y.users))].self
	}
	y.made(s, u, hour, whom, 0.3)
}

func (y *Year) formerPartner(s *story) {
	u := s.who[0]
	hour, ok := y.onShift(u)
	if !ok || !s.lasts(y, 210) || !y.chance(0.1) {
		return
	}
	if len(u.own) > 0 && y.chance(0.5) { // under a case of his own that has nothing to do with her
		y.search(u, y.at(hour), s.about[0], u.own[y.r.IntN(len(u.own))], s.n)
		return
	}
	y.made(s, u, hour, s.about[0], 0.5)
}

func (y *Year) fourPeople(s *story) {
	if hour, ok := y.onShift(s.who[0]); ok && s.lasts(y, 330) && y.chance(0.54) {
		y.made(s, s.who[0], hour, s.about[y.r.IntN(4)], 0.8)
	}
}

func (y *Year) afterClosure(s *story) {
	u := s.who[0]
	if s.matter == nil && y.day >= s.from && len(u.own) > 0 {
		s.matter = u.own[0]
	}
	if m := s.matter; m != nil && y.day > m.ends+20 && y.day < m.ends+180 {
		if hour, ok := y.onShift(u); ok && y.chance(0.15) {
			y.search(u, y.at(hour), m.suspect, m, s.n)
		}
	}
}

func (y *Year) curious(s *story) {
	for _, u := range s.who {
		if hour, ok := y.onShift(u); ok && s.lasts(y, 4) && y.chance(0.6) {
			if len(u.own) > 0 && y.chance(0.3) {
				y.search(u, y.at(hour), s.about[0], u.own[0], s.n)
			} else {
				y.made(s, u, hour, s.about[0], 0.2)
			}
		}
	}
}

func (y *Year) offDuty(s *story) {
	u := s.who[0]
	if _, _, ok := y.shift(u, y.day); ok || !s.lasts(y, 90) || !y.chance(0.5) {
		return
	}
	for range 1 + y.r.IntN(3) {
		y.made(s, u, 19+3*y.r.Float64(), y.anybody(), 0.5)
	}
}

func (y *Year) falseReasons(s *story) {
	u := s.who[0]
	hour, ok := y.onShift(u)
	if !ok || !s.lasts(y, 200) || !y.chance(0.5) {
		return
	}
	if o := y.users[y.r.IntN(len(y.users))]; len(o.own) > 0 && y.chance(0.4) {
		y.search(u, y.at(hour), y.anybody(), o.own[0], s.n)
		return
	}
	y.made(s, u, hour, y.anybody(), 1)
}

func (y *Year) passedOn(s *story) {
	u := s.who[0]
	hour, ok := y.onShift(u)
	if !ok || !s.lasts(y, 150) || !y.chance(0.15) {
		return
	}
	for _, m := range y.cases { // somebody who will be registered tomorrow, or was just now
		if d := m.register - y.day; d >= -1 && d <= 1 && !has(m.workers, u) {
			y.made(s, u, hour, m.suspect, 0.6)
			return
		}
	}
}

func (y *Year) ownCase(s *story) {
	u := s.who[0]
	if s.matter == nil && y.day >= s.from {
		m := y.opens(9, false, 200, y.units[u.unit][3%len(y.units[u.unit])])
		m.suspect, m.parties = s.about[0], []string{u.subject}
		m.named = []*human{m.suspect}
		s.matter = m
		y.fact(10, m.tell(time.Time{}))
	}
	if hour, ok := y.onShift(u); ok && s.matter != nil && s.lasts(y, 180) && y.day > s.from && y.chance(0.06) {
		y.search(u, y.at(hour), s.matter.suspect, s.matter, s.n)
	}
}
