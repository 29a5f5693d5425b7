package misuse

import (
	"slices"
	"sort"
	"time"
)

// Staff is what a force has said of a member of its staff. People are codes.
type Staff struct {
	// Subject is the member as the log names him.
	Subject string
	// Force is his force's code.
	Force string
	// Unit is the code of his unit, of the force's own choice.
	Unit Code
	// Collars are his collar numbers.
	Collars []string
	// Manager is the subject of his line manager; may be empty.
	Manager string
	// Standards says that he is of the professional standards department.
	Standards bool
	// Identity are codes that mean him and hardly another: name with date of
	// birth, telephone numbers, e-mail addresses.
	Identity []Code
	// Names are the codes of his full names; namesakes have them too.
	Names []Code
	// Surnames are the codes of his surnames.
	Surnames []Code
	// Addresses are the codes of the postcodes where he lives.
	Addresses []Code
	// Associates are codes of people close to him, which he has declared: partner,
	// former partner, family.
	Associates []Code
}

// Case is a case or an incident of a force.
type Case struct {
	// References are its reference's codes, one for each key version.
	References []Code
	// Force is the force's code.
	Force string
	// Incident says that it is a call for service, which whoever is on duty may
	// attend, and the control room deals with.
	Incident bool
	// Allocated are the subjects and collar numbers of those who work on it.
	Allocated []string
	// Parties are the subjects of staff who are concerned in it themselves.
	Parties []string
	// People are the codes of people named in it; may be empty.
	People []Code
	// Around are the codes of their surnames and addresses.
	Around []Code
	// Opened and Closed bound it; a zero Closed means open.
	Opened, Closed time.Time
}

// Shift is a time during which a member of staff is on duty.
type Shift struct{ From, Until time.Time }

// Facts are what forces have said. An Engine owns its Facts; they are given in the
// order of the log, like the events.
type Facts struct {
	staff     map[string]*Staff
	collars   map[collar]string          // subjects
	standards map[string]map[string]bool // subjects by force
	identity  map[Code][]*Staff          // by identity and name, over all forces
	surnames  map[surname]int
	size      map[string]int // staff by force
	cases     map[Code]*Case
	closed    map[day][]Code     // references of cases by the day on which they were closed
	people    map[Code][]*Case   // cases by people named
	parties   map[string][]*Case // cases by the staff concerned in them themselves
	shifts    map[string][]Shift
	rostered  map[string]map[day]bool
	told      map[string]time.Time // by force: the last time it told of cases
	questions map[Code][]*Question // by the references of the forces that ask
	news      []*Case              // told since they were last looked at
}

type surname struct {
	force string
	code  Code
}

type collar struct{ force, number string }

func newFacts() *Facts {
	return &Facts{
		staff: map[string]*Staff{}, collars: map[collar]string{}, standards: map[string]map[string]bool{}, identity: map[Code][]*Staff{}, surnames: map[surname]int{}, size: map[string]int{},
		cases: map[Code]*Case{}, closed: map[day][]Code{}, people: map[Code][]*Case{}, parties: map[string][]*Case{}, shifts: map[string][]Shift{},
		rostered: map[string]map[day]bool{}, told: map[string]time.Time{}, questions: map[Code][]*Question{},
	}
}

// PutStaff takes in what a force says of a member; it replaces what it said before.
func (f *Facts) PutStaff(s Staff) {
	if old, ok := f.staff[s.Subject]; ok {
		f.dropStaff(old)
	}
	f.staff[s.Subject] = &s
	f.size[s.Force]++
	for _, c := range s.Collars {
		f.collars[collar{s.Force, c}] = s.Subject
	}
	if s.Standards {
		if f.standards[s.Force] == nil {
			f.standards[s.Force] = map[string]bool{}
		}
		f.standards[s.Force][s.Subject] = true
	}
	for _, c := range slices.Concat(s.Identity, s.Names) {
		f.identity[c] = append(f.identity[c], &s)
	}
	for _, c := range s.Surnames {
		f.surnames[surname{s.Force, c}]++
	}
}

// DropStaff forgets a member who has left.
func (f *Facts) DropStaff(subject string) {
	if old, ok := f.staff[subject]; ok {
		f.dropStaff(old)
		delete(f.staff, subject)
	}
}

func (f *Facts) dropStaff(old *Staff) {
	f.size[old.Force]--
	for _, c := range old.Collars {
		if key := (collar{old.Force, c}); f.collars[key] == old.Subject {
			delete(f.collars, key)
		}
	}
	delete(f.standards[old.Force], old.Subject)
	for _, c := range slices.Concat(old.Identity, old.Names) {
		f.identity[c] = slices.DeleteFunc(f.identity[c], func(s *Staff) bool { return s == old })
		if len(f.identity[c]) == 0 {
			delete(f.identity, c)
		}
	}
	for _, c := range old.Surnames {
		f.surnames[surname{old.Force, c}]--
	}
}

// PutCase takes in a case at a time; it replaces what was said of it before.
func (f *Facts) PutCase(c Case, at time.Time) {
	f.told[c.Force] = at
	f.news = append(f.news, &c)
	for _, r := range c.References {
		if old, ok := f.cases[r]; ok {
			f.dropCase(old)
		}
	}
	for _, r := range c.References {
		f.cases[r] = &c
		if !c.Closed.IsZero() {
			f.closed[dayOf(c.Closed)] = append(f.closed[dayOf(c.Closed)], r)
		}
	}
	for _, p := range c.People {
		f.people[p] = append(f.people[p], &c)
	}
	for _, p := range c.Parties {
		f.parties[p] = append(f.parties[p], &c)
	}
}

// dropCase forgets whom a case concerns.
func (f *Facts) dropCase(c *Case) {
	same := func(o *Case) bool { return o == c }
	for _, p := range c.People {
		if f.people[p] = slices.DeleteFunc(f.people[p], same); len(f.people[p]) == 0 {
			delete(f.people, p)
		}
	}
	for _, p := range c.Parties {
		if f.parties[p] = slices.DeleteFunc(f.parties[p], same); len(f.parties[p]) == 0 {
			delete(f.parties, p)
		}
	}
}

// PutShifts takes in all shifts of a member that begin on the days from a day to
// another, both included; it replaces those said of these days before. Days without
// a shift are days off.
func (f *Facts) PutShifts(subject string, from, until time.Time, shifts []Shift) {
	first, last := dayOf(from), dayOf(until)
	kept := slices.DeleteFunc(f.shifts[subject], func(s Shift) bool {
		d := dayOf(s.From)
		return first <= d && d <= last
	})
	kept = append(kept, shifts...)
	slices.SortFunc(kept, func(a, b Shift) int { return a.From.Compare(b.From) })
	f.shifts[subject] = kept
	days := f.rostered[subject]
	if days == nil {
		days = map[day]bool{}
		f.rostered[subject] = days
	}
	for d := first; d <= last; d++ {
		days[d] = true
	}
}

// rosterDays is how long rosters are kept.
const rosterDays = 8

// forget drops rosters of the past and cases closed long ago.
func (f *Facts) forget(today day, closed day) {
	for subject, days := range f.rostered {
		for d := range days {
			if d < today-rosterDays {
				delete(days, d)
			}
		}
		if len(days) == 0 {
			delete(f.rostered, subject)
		}
		f.shifts[subject] = slices.DeleteFunc(f.shifts[subject], func(s Shift) bool { return dayOf(s.Until) < today-rosterDays })
		if len(f.shifts[subject]) == 0 {
			delete(f.shifts, subject)
		}
	}
	f.forgetQuestions(closed)
	for d, references := range f.closed {
		if d >= closed {
			continue
		}
		delete(f.closed, d)
		for _, code := range references {
			f.forgetCase(code, closed)
		}
	}
}

// forgetCase drops a case under one of its references, unless it has been said since that
// it was closed later, or is open.
func (f *Facts) forgetCase(code Code, closed day) {
	c, ok := f.cases[code]
	if !ok || c.Closed.IsZero() || dayOf(c.Closed) >= closed {
		return
	}
	delete(f.cases, code)
	f.dropCase(c)
}

// offDuty reports whether a member's roster of a time is known and has him off
// duty, a grace before and after each shift allowed for.
func (f *Facts) offDuty(subject string, at time.Time, grace time.Duration) bool {
	days := f.rostered[subject]
	if !days[dayOf(at)] || !days[dayOf(at)-1] { // a night's shift begins the day before
		return false
	}
	shifts := f.shifts[subject]
	i := sort.Search(len(shifts), func(i int) bool { return shifts[i].Until.Add(grace).After(at) })
	return i == len(shifts) || shifts[i].From.Add(-grace).After(at)
}

// tells reports whether a force has told of cases lately: only then does it mean
// anything that a reference is not among them.
func (f *Facts) tells(force string, at time.Time) bool {
	last, ok := f.told[force]
	return ok && at.Sub(last) < 7*24*time.Hour
}

// works reports whether the one who made an event works on the case, or for whom the
// control room made it. Anybody else's word that he asks for another is worth no more
// than that he helps a colleague out.
func (c *Case) works(e *Event) bool {
	return slices.Contains(c.Allocated, e.Actor) || (e.Collar != "" && slices.Contains(c.Allocated, e.Collar)) ||
		(e.OnBehalfOf != "" && e.hasRole(roleControlRoom) && slices.Contains(c.Allocated, e.OnBehalfOf))
}

// his reports whether the one who made an event deals with the case: it is allocated to
// him, or it is a call for service that is anybody's, or the control room's.
func (c *Case) his(e *Event) bool {
	return c.Incident && (len(c.Allocated) == 0 || e.hasRole(roleControlRoom)) || c.works(e)
}

// concerns reports whether a search may be for somebody of the case: it names the person,
// or nobody.
func (c *Case) concerns(e *Event) bool {
	return len(c.People) == 0 || e.person() == 0 || overlap(e.Terms, c.People)
}

func overlap(a, b []Code) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return true
		}
	}
	return false
}
