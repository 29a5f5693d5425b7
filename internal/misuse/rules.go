package misuse

import "slices"

// Rule is one pattern that the register looks for. Each is declared once, here; the
// page for reviewers is made of these declarations.
type Rule struct {
	// Code names the rule for good; Version counts its changes of meaning.
	Code    string
	Version int
	// Title is what a reader is told it is.
	Title string
	// Looks says what it looks for.
	Looks string
	// Clears are the explanations that are weighed first.
	Clears string
	// Thresholds are the numbers that it needs, beside those that all have.
	Thresholds []Threshold

	look func(*judgement)
	late bool // also asked of searches whose reference turned out to be unknown
}

// Threshold is a number of a rule.
type Threshold struct {
	// Name is its name in the settings.
	Name string
	// Means says what it counts, with its unit.
	Means string
}

// Rules lists every rule, in the order in which they are asked.
func Rules() []Rule { return slices.Clone(rules) }

// RuleOf finds a rule by its code.
func RuleOf(code string) (Rule, bool) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == code })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// Codes of rules.
const (
	codeSelf         = "SELF"
	codeOwnCase      = "OWN_CASE"
	codeColleague    = "COLLEAGUE"
	codeFamily       = "FAMILY"
	codeBurst        = "BURST"
	codeZeroHits     = "ZERO_HITS"
	codeOrbit        = "ORBIT"
	codeRepeatDays   = "REPEAT_DAYS"
	codeVolume       = "VOLUME"
	codeOffRoster    = "OFF_ROSTER"
	codeNoNexus      = "NO_NEXUS"
	codeFishing      = "FISHING"
	codeReference    = "REFERENCE"
	codeTipOff       = "TIP_OFF"
	codeProbe        = "PROBE"
	codeBreakGlass   = "BREAK_GLASS"
	codeAfterClosure = "AFTER_CLOSURE"
	codeManyUsers    = "MANY_USERS"
	codeReviewer     = "REVIEWER_SCOPE"
)

// Names of thresholds.
const (
	tDays     = "days"
	tLongDays = "long_days"
	tLooks    = "looks"
	tPersons  = "persons"
	tHours    = "hours"
	tChance   = "chance_at_most_per_mille"
	tRare     = "rare_per_mille"
	tOnceIn   = "once_in"
)

var (
	inDays    = Threshold{tDays, "days looked back"}
	rarely    = Threshold{tRare, "of the force's staff, at most, bear a surname that is rare enough to point to somebody"}
	theLooks  = Threshold{tLooks, "searches"}
	thePeople = Threshold{tPersons, "different people"}
	sigmas    = Threshold{"sigmas", "standard deviations above what peers do by oversight"}
	least     = Threshold{"least", "searches, below which it never fires"}
	atMost    = Threshold{"peers_at_most_per_mille", "of peers' searches, the most that is believed to be oversight"}
	chance    = Threshold{tChance, "of peers' searches, the most that is believed to be for somebody registered near them by chance"}
	onceIn    = Threshold{tOnceIn, "stretches of as many days of one user, in which chance alone may bring as much once"}
	differ    = Threshold{"peers_differ_per_cent", "of their mean, by which people deviate from each other in how often they slip"}
)

const work = "a case or incident that the actor works on, or for whom the control room asks; an open case of his that names the person; a question of another force that he answers; helping a colleague out; a reference that the force may yet tell of"

// rules are all rules. What they are told of a search is in judge.go; the patterns
// are those that regulators and the press have reported.
var rules []Rule

func init() { //nolint:gochecknoinits // the rules ask for their own thresholds by code
	rules = []Rule{
		{Code: codeSelf, Version: 1, Title: "Searched for himself",
			Looks:  "the actor's own name with his date of birth, his telephone or e-mail; or his name alone without a case",
			Clears: "for the name alone: " + work, look: (*judgement).self},
		{Code: codeOwnCase, Version: 2, Title: "Watched a case that concerns himself",
			Looks: "the reference or the people of a case in which the actor is himself concerned, or somebody who bears their rare surname or lives with them; " +
				"somebody who was harmed by conduct that is recorded against him",
			Clears:     "for those near the people of the case, " + work + "; else none: whoever is concerned in a case does not work on it",
			Thresholds: []Threshold{rarely}, look: (*judgement).ownCase, late: true},
		{Code: codeColleague, Version: 3, Title: "Looked up colleagues",
			Looks:  "people of the same force's staff: one by name and date of birth or contact who is of his unit, of his line or close to him, one on different days, or several; or several by name alone",
			Clears: work + "; staff whom his searches meet by chance, or their names, as his peers' do",
			Thresholds: []Threshold{{"names", "searches by name alone, of a rare surname, within the days"}, inDays, rarely, onceIn,
				{tChance, "of peers' searches, the most that is believed to meet staff by chance"},
				{"namesakes_at_most_per_mille", "of peers' searches, the most that is believed to meet rare names of staff by chance"}},
			look: (*judgement).colleague, late: true},
		{Code: codeFamily, Version: 1, Title: "Looked up people close to himself",
			Looks:  "people the actor has declared to be close to him, his own address, or repeatedly his own, rare surname",
			Clears: work + "; a surname that many of the force's staff bear",
			Thresholds: []Threshold{{"surnames", "searches for his own surname, within the days"}, inDays,
				rarely},
			look: (*judgement).family, late: true},
		{Code: codeBurst, Version: 1, Title: "Many people in a few hours",
			Looks: "many different people within hours", Clears: work,
			Thresholds: []Threshold{thePeople, {tHours, "hours"}}, look: (*judgement).burst},
		{Code: codeZeroHits, Version: 1, Title: "Many people whom the register does not hold",
			Looks:  "a run of searches in one day that find nobody, as for a victim, her friends, family and colleagues",
			Clears: work, Thresholds: []Threshold{thePeople}, look: (*judgement).zeroHits},
		{Code: codeOrbit, Version: 1, Title: "The circle around one person",
			Looks: "different people who share a surname, an address, a telephone or a victim", Clears: work,
			Thresholds: []Threshold{thePeople, inDays, rarely}, look: (*judgement).orbit, late: true},
		{Code: codeRepeatDays, Version: 2, Title: "The same person again and again",
			Looks:      "the same person or record on different days, also when some of them are under cases of his own that do not name the person, each counted once",
			Clears:     work,
			Thresholds: []Threshold{{"seen_days", "different days"}, inDays}, look: (*judgement).repeatDays, late: true},
		{Code: codeVolume, Version: 1, Title: "Far more than usual",
			Looks:      "many more searches in a day than the actor and his peers usually make",
			Clears:     "searches on cases he works on are not counted",
			Thresholds: []Threshold{theLooks, {"times", "times the greater of his own and his peers' median day"}}, look: (*judgement).volume},
		{Code: codeOffRoster, Version: 2, Title: "Off duty",
			Looks: "searches outside the actor's shifts", Clears: work + "; overtime within the grace; no roster known; hours in which most that he did was his work: the roster does not know",
			Thresholds: []Threshold{theLooks, inDays, {"grace_minutes", "minutes before and after a shift"}, {tHours, "hours around a search, in which it is asked what else he did"}}, look: (*judgement).offRoster, late: true},
		{Code: codeNoNexus, Version: 3, Title: "No connection with his work",
			Looks:      "more searches that nothing accounts for than forgetting and mistyping explain",
			Clears:     work + "; what peers in the same role do by oversight; what stood against him already the month before",
			Thresholds: []Threshold{inDays, {tLongDays, "days looked back the second time"}, least, sigmas, atMost, differ}, look: (*judgement).noNexus, late: true},
		{Code: codeFishing, Version: 1, Title: "Fishing",
			Looks: "criteria so wide that they fit more people than can be shown", Clears: work,
			Thresholds: []Threshold{theLooks, inDays}, look: (*judgement).fishing, late: true},
		{Code: codeReference, Version: 2, Title: "False reasons",
			Looks:  "references that are unknown, of others' cases or of closed ones; or one person under one own case after another, none of which names him",
			Clears: "a force that does not tell of its cases; what peers mistype",
			Thresholds: []Threshold{inDays, least, sigmas, atMost, differ,
				{"cases_for_one", "own cases given for one person whom none of them names, within the days"}},
			look: (*judgement).reference, late: true},
		{Code: codeTipOff, Version: 4, Title: "Shortly before or after a registration",
			Looks:      "several people looked up shortly before or after a force registers something on them: as if to pass it on",
			Clears:     work + "; his own registrations; whom his searches meet near a registration by chance, as his peers' do, those too that nothing accounts for",
			Thresholds: []Threshold{{"times", "different people"}, {tHours, "hours before and after"}, inDays, rarely, onceIn, chance},
			look:       (*judgement).tipOff, late: true},
		{Code: codeProbe, Version: 1, Title: "Reached for what is hidden",
			Looks:  "criteria that fit a victim, or a silent record; the latter is told to its owner force alone",
			Clears: work, look: (*judgement).probe, late: true},
		{Code: codeBreakGlass, Version: 1, Title: "Threat to life, often",
			Looks: "searches for a threat to life without any reference, again and again", Clears: "the control room takes more of them",
			Thresholds: []Threshold{theLooks, {"looks_control_room", "searches, in the control room"}, inDays}, look: (*judgement).breakGlass},
		{Code: codeAfterClosure, Version: 1, Title: "After the case was closed",
			Looks:      "the reference or the people of a case of his own that was closed before",
			Clears:     "the days of grace after closing; another case that names the person",
			Thresholds: []Threshold{theLooks, inDays, {"grace_days", "days after closing"}}, look: (*judgement).afterClosure, late: true},
		{Code: codeManyUsers, Version: 2, Title: "Many users on one person",
			Looks: "many different users look up one person, as somebody in the news", Clears: work + ", of each user; namesakes; one reference that several give, who then count as one",
			Thresholds: []Threshold{{"users", "different users"}, inDays, rarely}, look: (*judgement).manyUsers, late: true},
		{Code: codeReviewer, Version: 1, Title: "A reviewer out of scope",
			Looks:  "somebody who may read the log reads about himself or his own unit",
			Clears: "none: a reviewer who is concerned hands the review to another"},
	}
}
