package misuse

import (
	"slices"
	"time"
)

// look is what is kept of a search.
type look struct {
	index     int64
	at        int64 // seconds
	person    Code
	record    Code
	reference Code
	victim    Code
	shared    [4]Code // what else was asked: surname, postcode, telephone …
	bits      bits
}

func (l *look) time() time.Time { return time.Unix(l.at, 0).UTC() }

type bits uint16

const (
	nobody   bits = 1 << iota // nobody was found
	wide                      // the criteria fit more people than can be shown
	offDuty                   // the roster has the actor off duty
	unknown                   // no force has told of the reference in time
	others                    // the reference's case is allocated to others
	lateCase                  // the reference's case was closed
	staffed                   // the criteria mean a member of the same force's staff
	namesake                  // they hold the name of one, which few bear
	nearby                    // somebody else registered something on the person shortly before or after
)

func newLook(e *Event) look {
	l := look{index: e.Index, at: e.Time.Unix(), person: e.person(), record: e.record(), reference: e.Reference}
	if len(e.Victims) > 0 {
		l.victim = e.Victims[0]
	}
	if len(e.Terms) > 1 {
		copy(l.shared[:], e.Terms[1:])
		if len(e.Terms) > 1+len(l.shared) {
			copy(l.shared[:], e.Terms[len(e.Terms)-len(l.shared):])
		}
	}
	if e.Found == 0 {
		l.bits |= nobody
	}
	if e.Wide {
		l.bits |= wide
	}
	return l
}

// maxLooks bounds what is kept of one actor: 30 a working day for half a year.
const maxLooks = 4096

// actor is what is kept of one actor.
type actor struct {
	who         who
	force, role string
	roles       []string
	// unexplained are the searches that nothing accounts for, in order of time.
	unexplained []look
	// apart are those on an own case for people whom the case does not name.
	apart []look
	// urgent are those for a threat to life without a reference.
	urgent []look
	// worked are the times, in seconds, of searches that his work accounts for though the
	// roster had him off duty.
	worked []int64
	// claims are the references of others or of nobody yet, with the people they
	// were used for, within claimDays.
	claims []claim
	// totals are his searches by day.
	totals []total
	// today is what he has done today.
	today today
}

// claimDays is for how long it counts for whom a reference was used.
const claimDays = 28

// claim is the use of a reference that is not confirmed, for one person.
type claim struct {
	reference, person Code
	last              day
}

// claim notes the use of a reference and returns for how many people it was used lately.
func (a *actor) claim(reference, person Code, d day) int {
	n, known := 0, false
	for i := range a.claims {
		c := &a.claims[i]
		if c.reference != reference {
			continue
		}
		n++
		if c.person == person {
			c.last, known = d, true
		}
	}
	if !known {
		a.claims = append(a.claims, claim{reference, person, d})
		n++
	}
	return n
}

type total struct {
	day   day
	looks int32
}

// today is what an actor has done on one day.
type today struct {
	day        day
	open       int    // searches that no confirmed case accounts for
	references []Code // that are not confirmed
}

// add appends a look and drops those that are too old or too many.
func add(list []look, l look, horizon int) []look {
	list = append(list, l)
	// One that settles late belongs before those that came since.
	for i := len(list) - 1; i > 0 && list[i].index < list[i-1].index; i-- {
		list[i], list[i-1] = list[i-1], list[i]
	}
	return recent(list, l.at-int64(horizon)*secondsPerDay)
}

// recent drops what is older than a time or too much.
func recent(list []look, from int64) []look {
	drop := max(0, len(list)-maxLooks)
	for drop < len(list) && list[drop].at < from {
		drop++
	}
	return list[drop:] // and not moved to the front: append does that now and then
}

// since are the looks of the last days, counted back from a day.
func since(list []look, d day, days int) []look {
	from := int64(d-day(days)+1) * secondsPerDay //nolint:gosec // days are small
	i, _ := slices.BinarySearchFunc(list, from, func(l look, from int64) int {
		if l.at < from {
			return -1
		}
		return 1
	})
	return list[i:]
}

func where(list []look, keep func(*look) bool) []look {
	var out []look
	for i := range list {
		if keep(&list[i]) {
			out = append(out, list[i])
		}
	}
	return out
}

func persons(list []look) int {
	seen := make(map[Code]bool, len(list))
	for i := range list {
		seen[list[i].person] = true
	}
	return len(seen)
}

func daysOf(list []look) int {
	n, last := 0, day(-1)
	for i := range list {
		if d := dayOf(list[i].time()); d != last {
			n, last = n+1, d
		}
	}
	return n
}

// work notes a search that his work accounts for.
func (a *actor) work(l *look) {
	if l.bits&offDuty != 0 && len(a.worked) < maxLooks {
		a.worked = append(a.worked, l.at)
	}
}

// count adds to the totals of a day.
func (a *actor) count(d day, horizon int) {
	if n := len(a.totals); n > 0 && a.totals[n-1].day == d {
		a.totals[n-1].looks++
		return
	}
	a.totals = append(a.totals, total{day: d, looks: 1})
	drop := 0
	for a.totals[drop].day <= d-day(horizon) { //nolint:gosec // days are small
		drop++
	}
	a.totals = append(a.totals[:0], a.totals[drop:]...)
}

// sum is how many searches he made in the last days, counted back from a day.
func (a *actor) sum(d day, days int) int {
	n := 0
	for _, t := range a.totals {
		if t.day > d-day(days) && t.day <= d { //nolint:gosec // days are small
			n += int(t.looks)
		}
	}
	return n
}

// median is his usual number of searches on a day on which he searches, of the
// days before.
func (a *actor) median(d day) int {
	var all []int32
	for _, t := range a.totals {
		if t.day < d && t.day >= d-usualDays {
			all = append(all, t.looks)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return int(all[len(all)/2])
}

// usualDays is how far back one's own and one's peers' usual day is reckoned.
const usualDays = 28
