package refdata

import "time"

// MeasureKind is a kind of what restrains a person.
type MeasureKind struct {
	Item
	// Breach is what a breach allows: "offence", "arrest" (a power of arrest and no
	// offence), "contempt", "recall" or "evidence" (nothing of its own).
	Breach string
	// Offences are the codes under which a breach is charged; empty when it is no
	// offence or its code is not known.
	Offences []string
	// Says tells in a sentence what a breach allows.
	Says string
	// LeastDays is the least length in days, 0 when the law sets none.
	LeastDays int
	// Notify are codes of the list of notifications, due NotifyDays after it begins
	// and after each change.
	Notify     []string
	NotifyDays int
	// NoticeDays is how many days before its end it is said to be ending.
	NoticeDays int
	// Protects says that it restrains him; a warning does not.
	Protects bool
	// Jurisdiction is as of offences, Act the act and section, From its first day,
	// YYYY-MM-DD or empty.
	Jurisdiction, Act, From string
	// Unverified says that something here rests on no public primary source.
	Unverified bool
}

// ConditionKind is a kind of condition of a measure.
type ConditionKind struct {
	Item
	// Zone says that it can name a coded place.
	Zone bool
}

// ActionKind is something done, or decided not to be done.
type ActionKind struct {
	Item
	// Answers says that it answers a report: somebody saw to the victim or took him.
	Answers bool
	// Enforces says that it enforces a measure after a breach.
	Enforces bool
	// ShownBy are the kinds of record that can hold or show it: "incident", "breach",
	// "measure", "assessment", "plan", "course", "check" and "counter".
	ShownBy []string
}

// StatementKind is a kind of what a victim says she wants.
type StatementKind struct {
	Item
	// Withdraws says that she takes back her report or her support.
	Withdraws bool
}

// Gravity is the weight of a behaviour. It is this register's own table, made for
// stalking.
type Gravity struct {
	// Item's code is that of the behaviour.
	Item
	// Gravity is 1 to 100, the gravest highest.
	Gravity int
	// Visit says that he came in person, Pattern that the behaviour is a sign of
	// stalking, Grave that one report of it must be answered at once.
	Visit, Pattern, Grave bool
}

// Weight is one component of the ranking.
type Weight struct {
	Item
	// Weight is the most that it can add, 1 to 100; all together make 100.
	Weight int
	// Full is the value at which it is full, 0 where that is not a number.
	Full int
	// HalfLifeDays is after how many days a value counts half, 0 for no decay.
	HalfLifeDays int
	// Version is of the whole table.
	Version string
}

// RecordingRule is how stalking was to be recorded from a day on.
type RecordingRule struct {
	Item
	// From is its first day, YYYY-MM-DD; a later rule of the same jurisdiction ends it.
	From, Jurisdiction string
	// DomesticKinds and OtherKinds are how many different behaviours at least show
	// stalking, by a partner, former partner or relative and by others.
	DomesticKinds, OtherKinds int
	// Included says that stalking as an included classification suffices; else it had
	// to be the principal offence.
	Included   bool
	Unverified bool
}

// Guidance is advice to who deals with him now.
type Guidance struct {
	Item
	// When is "ALWAYS", "MEASURE" (one is in force), or the code of a warning or prompt.
	When string
}

// Step is one step of a duty's ladder.
type Step struct {
	Item
	// Duty is the code of the rule, Number the step's, from 0.
	Duty       string
	Number     int
	Day, Night Turn
}

// Turn is who is told, and how long after the duty opened.
type Turn struct {
	// Role is a code of the list of duty roles.
	Role  string
	After time.Duration
}

// Further plain lists.
const (
	NoActionReasons List = "no-action-reasons" // why nothing was done
	InformedCodes   List = "informed"          // what a victim was told
	Exhibits        List = "exhibits"
	Notifications   List = "notifications" // what an order makes him notify
	PlanActions     List = "plan-actions"
	Referrals       List = "referrals"
	Closures        List = "closures"   // why a matter was closed
	DutyRoles       List = "duty-roles" // who acts on a duty
)

// Measures lists the kinds of measures.
func (s *Set) Measures() []MeasureKind { return s.conduct.measures.rows }

// Measure finds a kind of measure by code.
func (s *Set) Measure(code string) (MeasureKind, bool) { return s.conduct.measures.get(code) }

// Conditions lists the kinds of conditions.
func (s *Set) Conditions() []ConditionKind { return s.conduct.conditions.rows }

// Condition finds a kind of condition by code.
func (s *Set) Condition(code string) (ConditionKind, bool) { return s.conduct.conditions.get(code) }

// Actions lists the kinds of actions.
func (s *Set) Actions() []ActionKind { return s.conduct.actions.rows }

// Action finds a kind of action by code.
func (s *Set) Action(code string) (ActionKind, bool) { return s.conduct.actions.get(code) }

// Statements lists the kinds of victims' statements.
func (s *Set) Statements() []StatementKind { return s.conduct.statements.rows }

// Statement finds a kind of statement by code.
func (s *Set) Statement(code string) (StatementKind, bool) { return s.conduct.statements.get(code) }

// Gravities lists the gravity of behaviours.
func (s *Set) Gravities() []Gravity { return s.conduct.gravities.rows }

// Gravity finds the gravity of a behaviour by its code.
func (s *Set) Gravity(code string) (Gravity, bool) { return s.conduct.gravities.get(code) }

// Weights lists the components of the ranking.
func (s *Set) Weights() []Weight { return s.conduct.weights.rows }

// Weight finds a component of the ranking by code.
func (s *Set) Weight(code string) (Weight, bool) { return s.conduct.weights.get(code) }

// RecordingRules lists the recording rules.
func (s *Set) RecordingRules() []RecordingRule { return s.conduct.recordingRules.rows }

// RecordingRule finds the rule by which stalking was to be recorded in a jurisdiction
// on a day, YYYY-MM-DD; none before stalking was an offence there.
func (s *Set) RecordingRule(jurisdiction, day string) (RecordingRule, bool) {
	var found RecordingRule
	for _, r := range s.conduct.recordingRules.rows {
		if r.Jurisdiction == jurisdiction && r.From <= day && r.From > found.From {
			found = r
		}
	}
	return found, found.Code != ""
}

// Guidance lists the advice to who deals with him, in the order to show it.
func (s *Set) Guidance() []Guidance { return s.conduct.guidance.rows }

// Ladder lists the steps of a duty, the first to act first; a duty without steps of
// its own has none.
func (s *Set) Ladder(duty string) []Step {
	var out []Step
	for _, step := range s.conduct.ladder.rows {
		if step.Duty == duty {
			out = append(out, step)
		}
	}
	return out
}
