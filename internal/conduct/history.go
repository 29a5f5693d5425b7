package conduct

import (
	"slices"
	"time"
)

// History is all that is recorded of one person, by all forces, as of one moment.
// What a restriction hides must have been left out before. The order of anything
// in it does not matter.
type History struct {
	Matters     []Matter
	Measures    []Measure
	Breaches    []Breach
	Assessments []Assessment
	Plans       []Plan
	Checks      []Check
	// Counters are the accusations between the person and one whom he has accused.
	Counters []Counter
}

// Exclude takes a record out of the history, as if it had never been.
func (h *History) Exclude(id ID) {
	h.Matters = slices.DeleteFunc(h.Matters, func(m Matter) bool { return m.ID == id })
	h.Measures = slices.DeleteFunc(h.Measures, func(m Measure) bool { return m.ID == id })
	h.Breaches = slices.DeleteFunc(h.Breaches, func(b Breach) bool { return b.ID == id })
	h.Assessments = slices.DeleteFunc(h.Assessments, func(a Assessment) bool { return a.ID == id })
	h.Plans = slices.DeleteFunc(h.Plans, func(p Plan) bool { return p.ID == id })
}

// Matter is a course of conduct in full: one force's part, with what was done about it.
type Matter struct {
	// Course is the course as Summarise takes it.
	Course
	// Reports are its incidents in full.
	Reports []Report
	// Officer is the collar number of the officer in the case; empty when none is named.
	Officer string
	// Relationship and Motivation are codes of the reference data.
	Relationship, Motivation string
	Four                     Four
	// Statements are the victim's views, by date. None of them closes anything.
	Statements []Statement
	// Standings are the standings that the matter has had, the first included.
	Standings []StandingSince
	// Informed says when the victim was told what.
	Informed []Informed
	// Exhibits are what may hold evidence and has been seized or is to be had.
	Exhibits []Exhibit
	// Closure is how it was closed; zero while it never was.
	Closure Closure
	// Actions are what police did about the whole matter, and not about one incident.
	Actions []Action
	// Loaded is when the register got it, if it was loaded as history: clocks start
	// then. Zero for what was reported as it happened.
	Loaded time.Time
	// Owners are the forces that have owned it, when there was more than one.
	Owners []string
	// Recorded is when the register first had it.
	Recorded time.Time
}

// Closure is how a matter was closed.
type Closure struct {
	// Reason is a code of the reference data.
	Reason string
	Time   time.Time
	// Second says that a second person confirmed it.
	Second bool
	// Informed is when the victim was told; zero while she was not.
	Informed time.Time
}

// Four are the signs of stalking.
type Four struct{ Fixated, Obsessive, Unwanted, Repeated bool }

// Report is one incident in full.
type Report struct {
	// Reference is the force's own.
	Reference string
	// Occurred and Reported are when it happened and when police were told; Reported
	// is never zero.
	Occurred, Reported time.Time
	Behaviours         Behaviours
	// Principal is the code of the offence as recorded, empty for a non-crime report;
	// Included are the classifications included in it.
	Principal string
	Included  []string
	// Jurisdiction is as in the reference data of offences.
	Jurisdiction string
	// Source says who reported it: VICTIM, THIRD_PARTY, PROFESSIONAL or ANONYMOUS.
	Source string
	// SourceGrade is 1 to 3, 0 when not graded; Assessment A to E, empty when not graded.
	SourceGrade int
	Assessment  string
	// Actions are what police did about it, by time.
	Actions []Action
}

// Action is something that was done, or decided not to be done.
type Action struct {
	// Code is an action of the reference data, such as ARRESTED, ATTENDED or NONE.
	Code string
	Time time.Time
	// Why is the code of the reason for doing nothing; empty for other actions.
	Why string
}

// Statement is what a victim said she wants, as a dated fact.
type Statement struct {
	// Code is a statement of the reference data, such as SUPPORTS or WITHDRAWS.
	Code string
	Time time.Time
}

// StandingSince is a standing with when it was reached.
type StandingSince struct {
	Standing string
	Since    time.Time
}

// Informed is what a victim was told: a code of the reference data, such as
// CLOSURE, RELEASE or CONDITIONS.
type Informed struct {
	Code string
	Time time.Time
}

// Exhibit is something that may hold evidence, such as a seized telephone.
type Exhibit struct {
	Code             string
	Seized, Expected time.Time // Expected: when its examination is to be done; zero when not said
	Done             time.Time // zero while it waits
}

// Measure is what restrains the person.
type Measure struct {
	ID, Nominal ID
	// Force is the force that recorded it.
	Force       string
	Unconfirmed bool
	Cancelled   bool
	// Courses are the matters whose victims it protects.
	Courses []ID
	// Kind is a measure of the reference data, such as POLICE_BAIL or RESTRAINING_ORDER.
	Kind string
	// Status is APPLIED_FOR, IN_FORCE, REFUSED, DISCHARGED, EXPIRED or REPLACED.
	Status string
	// From and Until bound it; Until is zero until further order.
	From, Until time.Time
	Verified    time.Time
	Conditions  []Condition
	// Rejected are conditions or measures that were considered and not imposed, with
	// the code of the reason.
	Rejected []Rejected
	// Notifications are what the person had to notify, such as his address under a
	// stalking protection order, with what he did.
	Notifications []Notification
	Loaded        time.Time
	// Recorded is when the register first had it.
	Recorded time.Time
	// Former is as of a Course.
	Former []ID
}

// Condition is one condition of a measure.
type Condition struct {
	// Code is a condition of the reference data, such as NO_CONTACT or EXCLUSION_ZONE.
	Code string
	// Zone is the coded place, such as a postcode district: to keep away from, or to
	// live in under RESIDE_AT.
	Zone string
	// Metres is the radius of an exclusion zone, 0 when not said.
	Metres int
}

// Rejected is a condition or measure that was considered and not imposed.
type Rejected struct{ Code, Why string }

// Notification is a duty to notify under a measure.
type Notification struct {
	Code     string    // NAME, HOME_ADDRESS or CHANGE
	Due      time.Time // when it had to be done
	Notified time.Time // zero while it was not
}

// Breach is a dated contravention of a measure.
type Breach struct {
	ID, Nominal, Measure ID
	// Force is the force that recorded it, which need not be that of the measure.
	Force              string
	Unconfirmed        bool
	Cancelled          bool
	Occurred, Reported time.Time
	Conditions         []string
	Behaviours         Behaviours
	Actions            []Action
	Loaded             time.Time
	// Former is as of a Course.
	Former []ID
}

// Assessment is a dated assessment of risk.
type Assessment struct {
	ID, Nominal, Course ID
	Force               string
	Unconfirmed         bool
	Cancelled           bool
	// Tool is a questionnaire of the reference data, Yes the codes of the answers
	// that speak for risk. Wording is the force whose own it was; empty for the common one.
	Tool, Wording string
	Yes           []string
	Grade         Grade // as the assessor graded it
	Time          time.Time
	// Regrades are the supervisors' later grades, by time.
	Regrades []Regrade
	Loaded   time.Time
	// Former is as of a Course.
	Former []ID
}

// Grade is a grade of risk.
type Grade uint8

// The grades of risk.
const (
	GradeNone Grade = iota
	Standard
	Medium
	High
)

// Regrade is another grade given by a supervisor, whose rationale stands beside it.
type Regrade struct {
	Grade Grade
	Time  time.Time
}

// Stands is the grade that stands: the last one given.
func (a *Assessment) Stands() Grade {
	grade, at := a.Grade, a.Time
	for _, r := range a.Regrades {
		if !r.Time.Before(at) {
			grade, at = r.Grade, r.Time
		}
	}
	return grade
}

// Plan is the safety plan for one victim.
type Plan struct {
	ID, Nominal, Course ID
	Force               string
	Unconfirmed         bool
	Cancelled           bool
	Made                time.Time
	Actions             []PlanAction
	// Referrals are codes such as MARAC and ADVOCATE, by time.
	Referrals []Informed
	Loaded    time.Time
	// Former is as of a Course.
	Former []ID
}

// PlanAction is one action of a safety plan.
type PlanAction struct {
	Code      string
	Due, Done time.Time // Done is zero while it is open
}

// Check is a search that found the person, or was made for one of his matters.
type Check struct {
	Force string
	Time  time.Time
	// Reference is that of the incident it was made for; empty when it was another.
	Reference string
}

// Counter is an accusation both ways: a person is accused by somebody whom he, or
// in whose name somebody, accuses. It counts towards nothing until it is reviewed.
type Counter struct {
	// Course is the matter of this person, Other that in which he is the victim.
	Course, Other ID
	// Force and OtherForce recorded them.
	Force, OtherForce string
	// Possible says that a victim may be another.
	Possible bool
	// Later says that Course is the later of the two accusations: it counts towards
	// nothing until a review has upheld it.
	Later bool
	// Reviewed is when a supervisor reviewed it; zero while none has.
	Reviewed time.Time
	// Upheld says that the review found it genuine.
	Upheld bool
	Time   time.Time
}

// Prompt is what a rule says must be looked at, or done.
type Prompt struct {
	// Code is the rule's, such as UNACTIONED_BREACH.
	Code string
	// Version is the rule's version.
	Version string
	// Key tells this occurrence from others of the same code and person: it is made of
	// the evidence that raised it first, and stays the same while more is added.
	Key string
	// Level and Unconfirmed say how surely it holds.
	Level       Level
	Unconfirmed bool
	// Force is the code of the force that must act; empty when each force concerned
	// is to know and none must act.
	Force string
	// Course and Measure are what it is about; zero when it is about the person.
	Course, Measure ID
	// Reason says in a sentence why it holds, without a name.
	Reason string
	// Evidence is what it rests on; never empty.
	Evidence []Evidence
	// Since is when it began to hold.
	Since time.Time
	// Critical says that it is a duty; Due is its deadline.
	Critical bool
	Due      time.Time
}

// Evidence is one thing that a prompt rests on.
type Evidence struct {
	// Kind is "incident", "breach", "measure", "assessment", "plan", "course",
	// "statement", "exhibit", "check" or "counter".
	Kind string
	// Record is the record that holds it, Item the reference within, such as an
	// incident's.
	Record ID
	Item   string
	Force  string
	Time   time.Time
}

// Rule is what a rule declares of itself.
type Rule struct {
	// Code is the prompt's code, Version the rule's version.
	Code, Version string
	// Title is what a person reads, Says what the prompt means and asks for.
	Title, Says string
	// Source is the law, paper or review that the rule rests on.
	Source string
	// Critical says that the prompt is a duty; Within is how soon it is due.
	Critical bool
	Within   time.Duration
	// Closes are the codes of the actions that close the duty, of the reference data.
	Closes []string
	// Acts is the role that must act first; for a duty it is that of the ladder's first
	// step. Tells are the roles that are told beside.
	Acts  string
	Tells []string
}
