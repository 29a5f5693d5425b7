// Package conduct sums up what a person has done, from the courses of conduct that
// several forces recorded: how many victims, where, when, how grave, and whether the
// tiers of repeat and serial stalking are reached.
//
// An allegation is never taken for a conviction, conduct that was cancelled, led to an
// acquittal or rests on information suspected to be false counts towards nothing, and
// what rests on an unconfirmed link says so.
//
// The package is pure: no database, no network, no files.
package conduct

import (
	"fmt"
	"time"

	"github.com/perpetrator-register/register/internal/conduct/victim"
)

// ID is the identity of a record: a UUID's 16 bytes.
type ID [16]byte

// Day is a calendar day in days since 1 January 1970.
type Day int32

// NoDay is an unknown day.
const NoDay Day = -1 << 31

// DayOf returns the calendar day of t, in t's own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400) // #nosec G115 -- years to 5.8 million
}

// ParseDay reads YYYY-MM-DD.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return NoDay, fmt.Errorf("conduct: a day must be YYYY-MM-DD")
	}
	return DayOf(t), nil
}

// String gives YYYY-MM-DD, or "" when unknown.
func (d Day) String() string {
	if d == NoDay {
		return ""
	}
	return d.time().Format(time.DateOnly)
}

func (d Day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Month returns the month that d lies in, NoMonth when unknown.
func (d Day) Month() Month {
	if d == NoDay {
		return NoMonth
	}
	t := d.time()
	return Month(t.Year()*12 + int(t.Month()) - 1) // #nosec G115 -- as above
}

// Month is a calendar month: year*12 + month - 1.
type Month int32

// NoMonth is an unknown month.
const NoMonth Month = 0

// String gives YYYY-MM, or "" when unknown.
func (m Month) String() string {
	if m == NoMonth {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", m/12, m%12+1)
}

// Behaviours is a set of behaviours, by their ordinals in the reference data.
type Behaviours uint64

// Incident is one dated report within a course.
type Incident struct {
	Day        Day
	Behaviours Behaviours
	// Offences are the codes of the recorded offence and of the classifications
	// included in it. Unknown codes are kept and imply no warning.
	Offences []string
}

// Course is one force's part of the conduct of one nominal against one victim. What a
// restriction hides must have been left out before.
type Course struct {
	ID      ID
	Nominal ID
	// Force is the code of the owner force.
	Force string
	// Unconfirmed says that the nominal belongs to the person by a link that nobody
	// has confirmed and that is not sure enough to need no confirmation.
	Unconfirmed bool
	// Principal are the tokens of the target, all of one layer.
	Principal []victim.Token
	// Associated are the tokens of each person harmed because of her.
	Associated [][]victim.Token
	Incidents  []Incident
	// Standing is a code of the reference data; an unknown one counts as reported.
	Standing string
	// Cancelled says that the record itself was cancelled.
	Cancelled bool
	// Assessment is the 3x5x2 assessment, A to E; empty means not graded.
	Assessment string
	// Settled is what its force says of its victim and those of other courses.
	Settled []Settled
	// Countered says that it is a counter-allegation that no review has upheld.
	Countered bool
	// Former are the courses that it was before its force took it over, the first one
	// first; Transferred says that another force has taken it over: it is that force's
	// course now, and counts as that one alone.
	Former      []ID
	Transferred bool
}

// Settled is what a force says of the victims of two courses. Between forces it
// holds when both say the same; of one force's, what was said last.
type Settled struct {
	Other ID
	Same  bool
	Time  time.Time
}

// Level says how surely a finding holds.
type Level uint8

// The levels of a finding.
const (
	No       Level = iota // does not hold
	Possible              // holds if victims that may be the same are different
	Yes                   // holds on what is recorded
)

// String names the level.
func (l Level) String() string {
	switch l {
	case Yes:
		return "yes"
	case Possible:
		return "possible"
	default:
		return "no"
	}
}

// Finding is a tier with what it rests on.
type Finding struct {
	Level Level
	// Unconfirmed says that without unconfirmed links the level would be lower:
	// show it as "possible, unconfirmed".
	Unconfirmed bool
}

// Range is a number known between two bounds, both inclusive.
type Range struct{ Min, Max int }

// StandingCount counts courses by standing.
type StandingCount struct {
	Standing string
	Courses  int
}

// Warning is a danger to be shown before all else.
type Warning struct {
	// Code is a warning of the reference data.
	Code string
	// Convicted says that conduct he was convicted of shows it; otherwise it is alleged.
	Convicted bool
	// Unconfirmed says that only conduct behind an unconfirmed link shows it.
	Unconfirmed bool
}

// Coarse is a count that is not shown exactly while so small that it points to somebody.
type Coarse struct {
	// Count is the number, or the bound when Below.
	Count int
	// Below says "fewer than Count".
	Below bool
}

// String gives "none", "fewer than 3" or the number.
func (c Coarse) String() string {
	switch {
	case c.Below:
		return fmt.Sprintf("fewer than %d", c.Count)
	case c.Count == 0:
		return "none"
	}
	return fmt.Sprintf("%d", c.Count)
}

// Pattern is the summary that a search shows for a person. But for Standings and
// Discounted, it is of the courses that count.
type Pattern struct {
	// Victims is the number of different principal victims.
	Victims Range
	// Unresolved is how many of them may be the same as another: Max - Min.
	Unresolved int
	// Associated is the number of associated victims, at least, small numbers hidden.
	Associated Coarse
	// Forces are the codes of the forces that recorded the courses, sorted.
	Forces []string
	// First and Last are the months of the first and last dated incident.
	First, Last Month
	Incidents   int
	Courses     int
	// Discounted is the number of courses that count towards nothing: cancelled,
	// acquitted, or of information suspected to be false.
	Discounted int
	// Standings counts all courses, the discounted ones included, in the order of
	// the process; a cancelled record counts as CANCELLED.
	Standings []StandingCount
	// Serial: two or more principal victims in separate courses, alleged or proved.
	Serial Finding
	// SerialConvicted: the same, of courses that led to a conviction only.
	SerialConvicted Finding
	// Repeat: two or more incidents against one principal victim.
	Repeat Finding
	// CrossForce: courses recorded by two or more forces.
	CrossForce Finding
	// Warnings, the gravest first.
	Warnings []Warning
}
