// Package refdata holds the register's reference data: forces, offences,
// behaviours, reasons and the other coded lists. Each list is a CSV file under
// data/, loaded and checked at start, so that a new force or offence needs no new
// release. Codes are stable: an entry is retired, never renamed or removed.
package refdata

import "slices"

// Set is one loaded and checked set of reference data. It never changes and is safe
// for concurrent use. The slices it returns are shared: do not change them.
type Set struct {
	forces      table[Force]
	aliases     map[string]string
	offences    table[Offence]
	behaviours  table[Behaviour]
	warnings    table[Warning]
	standings   table[Standing]
	assessments table[Assessment]
	reasons     table[Reason]
	conduct     conductLists
	lists       map[List]table[Item]
}

// table is a list with its look-up by code.
type table[T any] struct {
	rows []T
	at   map[string]int
}

func (t table[T]) get(code string) (T, bool) {
	i, ok := t.at[code]
	if !ok {
		var none T
		return none, false
	}
	return t.rows[i], true
}

// Item is an entry of a coded list.
type Item struct {
	// Code is what records hold, at most 40 characters.
	Code string
	// Title is what a person reads.
	Title string
	// Purpose says in a sentence what the entry is for.
	Purpose string
	// Retired entries are accepted in old records and not offered for new ones.
	Retired bool
}

// Force is a police force or other body that owns records.
type Force struct {
	// Code is the PNC force code, two characters.
	Code string
	// Name is the force's name without "Police" where that is usual: "Leicestershire".
	Name string
	// Kind is "territorial" (the 43 of England and Wales), "national" (Police
	// Scotland, PSNI), "special" (a force with a function) or "agency".
	Kind string
	// Nation is "england", "wales", "scotland", "northern ireland" or "united kingdom".
	Nation string
	// Aliases are legacy codes that mean this force.
	Aliases []string
	// Retired forces keep their records and register nothing new.
	Retired bool
}

// Offence is an offence as recorded. Pattern rules never look at it alone: stalking
// is often recorded under another principal offence.
type Offence struct {
	Item
	// Scheme is "CJS", "HO" (Home Office counting) or "LOCAL" (this register's own).
	Scheme string
	// Jurisdiction is "england and wales", "scotland", "northern ireland" or "united kingdom".
	Jurisdiction string
	// Act is the act and section; it may be empty.
	Act string
	// From and To bound its validity, YYYY-MM-DD, both inclusive; empty means open or
	// not known.
	From, To string
	// Kind is "stalking", "harassment", "breach", "coercion", "communications",
	// "property", "violence", "sexual" or "other".
	Kind string
	// Unverified says that code, title or dates rest on no public primary source.
	Unverified bool
	// Warnings are the codes of warnings that the offence implies.
	Warnings []string
}

// InForce reports whether the offence was in force on a day, YYYY-MM-DD.
func (o Offence) InForce(day string) bool {
	return (o.From == "" || o.From <= day) && (o.To == "" || day <= o.To)
}

// Behaviour is a kind of conduct.
type Behaviour struct {
	Item
	// Ordinal is its bit in a set of behaviours, 0 to 63, never reused.
	Ordinal uint8
	// Statute says that the Protection from Harassment Act 1997 s2A(3) lists it.
	Statute bool
	// Warnings are the codes of warnings that the behaviour implies.
	Warnings []string
}

// Warning is a danger to be shown before all else.
type Warning struct {
	Item
	// Gravity orders warnings, 1 to 100, the gravest highest. It is this register's
	// own scale.
	Gravity int
}

// Standing is where a matter is in the process.
type Standing struct {
	Item
	// Counts says that conduct of this standing counts towards repeat and serial.
	Counts bool
	// Convicts says that it counts towards the convicted tier also.
	Convicts bool
}

// Assessment is the second part of 3x5x2 grading: how the information is known.
type Assessment struct {
	Item
	// Counts says that conduct of this grade counts towards repeat and serial.
	Counts bool
}

// Reason is a reason for which a search may be made.
type Reason struct {
	Item
	// NeedsReference says that an incident or crime reference must be given.
	NeedsReference bool
}

// List names a plain coded list.
type List string

// The plain lists.
const (
	Relationships List = "relationships" // of the suspect to the victim
	Motivations   List = "motivations"   // types of stalker
	Sexes         List = "sexes"
	Ethnicities   List = "ethnicities"  // self-defined
	Sources       List = "sources"      // first part of 3x5x2
	Handlings     List = "handlings"    // third part of 3x5x2
	Restrictions  List = "restrictions" // of a record
	LogPurposes   List = "log-purposes" // for reading the access log, DPA 2018 s62
)

// PlainLists lists the plain lists.
func PlainLists() []List {
	return []List{Relationships, Motivations, Sexes, Ethnicities, Sources, Handlings, Restrictions, LogPurposes,
		NoActionReasons, InformedCodes, Exhibits, Notifications, PlanActions, Referrals, Closures, DutyRoles}
}

// Forces lists every force, by code.
func (s *Set) Forces() []Force { return s.forces.rows }

// Force finds a force by code or legacy alias; the result holds the code to use.
func (s *Set) Force(code string) (Force, bool) {
	if to, ok := s.aliases[code]; ok {
		code = to
	}
	return s.forces.get(code)
}

// Offences lists every offence in the order of its file.
func (s *Set) Offences() []Offence { return s.offences.rows }

// Offence finds an offence by code.
func (s *Set) Offence(code string) (Offence, bool) { return s.offences.get(code) }

// Behaviours lists every behaviour, by ordinal.
func (s *Set) Behaviours() []Behaviour { return s.behaviours.rows }

// Behaviour finds a behaviour by code.
func (s *Set) Behaviour(code string) (Behaviour, bool) { return s.behaviours.get(code) }

// Warnings lists every warning, the gravest first.
func (s *Set) Warnings() []Warning { return s.warnings.rows }

// Warning finds a warning by code.
func (s *Set) Warning(code string) (Warning, bool) { return s.warnings.get(code) }

// Standings lists every standing in the order of the process.
func (s *Set) Standings() []Standing { return s.standings.rows }

// Standing finds a standing by code.
func (s *Set) Standing(code string) (Standing, bool) { return s.standings.get(code) }

// Assessments lists the assessments A to E.
func (s *Set) Assessments() []Assessment { return s.assessments.rows }

// Assessment finds an assessment by code.
func (s *Set) Assessment(code string) (Assessment, bool) { return s.assessments.get(code) }

// Reasons lists every reason for a search.
func (s *Set) Reasons() []Reason { return s.reasons.rows }

// Reason finds a reason by code.
func (s *Set) Reason(code string) (Reason, bool) { return s.reasons.get(code) }

// Items lists a plain list in the order of its file; an unknown list is empty.
func (s *Set) Items(l List) []Item { return s.lists[l].rows }

// Item finds an item of a plain list by code.
func (s *Set) Item(l List, code string) (Item, bool) { return s.lists[l].get(code) }

// Has reports whether a plain list holds a code.
func (s *Set) Has(l List, code string) bool {
	_, ok := s.lists[l].get(code)
	return ok
}

// sort orders the rows and rebuilds the look-up.
func (t *table[T]) sort(code func(T) string, compare func(a, b T) int) {
	slices.SortStableFunc(t.rows, compare)
	for i, r := range t.rows {
		t.at[code(r)] = i
	}
}
