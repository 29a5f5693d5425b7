// Package demo makes demonstration data: people, their nominals in several forces, and
// courses of conduct. All of it is invented. Names are common ones put together at
// random; telephone numbers are in ranges that Ofcom keeps for drama or in an area code
// that serves no place; e-mail addresses are of example domains; postcodes hold letters
// that real ones never do; vehicle marks begin with letters that are never issued;
// police identifiers have serial numbers that no year reaches.
//
// The same options always give the same data.
package demo

// Nominal is one force's record of a person of interest.
type Nominal struct {
	// Force, System and Reference identify the source record.
	Force, System, Reference string
	// Revision is the source system's revision, from 1.
	Revision int64
	// Person numbers the human being it is about: the truth that matching is to find.
	// It is for tests and is no part of the record.
	Person      int
	Given       []string
	Surname     string
	DOB         string // YYYY-MM-DD, YYYY-MM or YYYY
	Sex         string // refdata sexes
	Ethnicity   string // refdata ethnicities
	Aliases     []Alias
	Identifiers []Identifier
	Addresses   []Address
	Restriction string // "" or a code of refdata restrictions
	Courses     []Course
}

// Alias is another name.
type Alias struct {
	Given   []string
	Surname string
	Kind    string // "ALIAS" or "FORMER"
}

// Identifier is something that points to a person.
type Identifier struct {
	// Kind is "PHONE", "EMAIL", "HANDLE", "VEHICLE", "PNC_ID" or "CRO".
	Kind     string
	Platform string // of a handle
	Value    string
}

// Address is a place where he lived.
type Address struct {
	Lines    []string
	Postcode string
}

// Course is his conduct against one victim, as one force recorded it.
type Course struct {
	Reference    string
	Relationship string // refdata relationships
	Motivation   string // refdata motivations
	Standing     string // refdata standings
	Principal    Victim
	Associated   []Victim
	Incidents    []Incident
	// Source, Assessment and Handling are the 3x5x2 grading.
	Source, Assessment, Handling string
}

// Incident is one dated report.
type Incident struct {
	Reference  string
	Date       string   // YYYY-MM-DD
	Behaviours []string // refdata behaviours
	Offence    string   // refdata offence as recorded
	Included   []string // further classifications
	Summary    string   // free text that names nobody
}

// Victim is an invented victim. The register keeps only tokens of her.
type Victim struct {
	// Person numbers the human being, for tests.
	Person    int
	Given     []string
	Surname   string
	Former    []string
	DOB       string
	Phones    []string
	Emails    []string
	Postcodes []string
	Handles   []string
}

// Options choose what Generate makes.
type Options struct {
	// Seed chooses among the possible sets.
	Seed uint64
	// Nominals is about how many to make; 0 means 1,000.
	Nominals int
}
