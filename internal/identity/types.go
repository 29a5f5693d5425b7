package identity

// ID names one nominal in the index: the sixteen bytes of its record id.
type ID [16]byte

// NameKind says how a person bears a name.
type NameKind uint8

// The kinds of name. All are searched alike; the kind is kept for the reader.
const (
	// NamePrimary is the name the owner force records the person under.
	NamePrimary NameKind = iota
	// NameAlias is a name also used: an alias, a street name, a false name.
	NameAlias
	// NameFormer is an earlier name: before marriage or a deed poll.
	NameFormer
)

// IdentifierKind says what an identifier identifies.
type IdentifierKind uint8

// The kinds of identifier.
const (
	// IdentifierOther is any other reference, compared by letters and digits.
	IdentifierOther IdentifierKind = iota
	// IdentifierPhone is a telephone number, held as E.164.
	IdentifierPhone
	// IdentifierEmail is an e-mail address.
	IdentifierEmail
	// IdentifierHandle is an account name on a platform.
	IdentifierHandle
	// IdentifierVehicle is a vehicle registration mark.
	IdentifierVehicle
	// IdentifierPNC is a Police National Computer id.
	IdentifierPNC
	// IdentifierCRO is a criminal record office number.
	IdentifierCRO
	// IdentifierASN is an arrest summons number.
	IdentifierASN
	// IdentifierPassport is a passport number.
	IdentifierPassport
	// IdentifierDrivingLicence is a driving licence number.
	IdentifierDrivingLicence
	identifierKinds
)

// RawName is a name as somebody typed it: either in parts or as Full.
type RawName struct {
	// Kind says how the person bears the name.
	Kind NameKind
	// Given holds the forenames, in order.
	Given string
	// Surname holds the family name or names, particles included.
	Surname string
	// Full is the whole name when its parts are not known. "SURNAME, Given"
	// is understood; otherwise no order is assumed. Ignored when Given or
	// Surname is set.
	Full string
}

// RawBirth is a date of birth as somebody typed it.
type RawBirth struct {
	// Value is a date in a common form, day before month: 2001-02-03,
	// 03/02/2001, 3 Feb 2001, 20010203, 2001-02, Feb 2001 or 2001.
	Value string
	// Approximate says that the year may be wrong by up to two years.
	Approximate bool
}

// RawIdentifier is an identifier as somebody typed it.
type RawIdentifier struct {
	// Kind says what it identifies.
	Kind IdentifierKind
	// Platform names the service of a handle ("instagram"), or the issuer or
	// scheme of another reference. It may be empty.
	Platform string
	// Value is the identifier.
	Value string
}

// Raw is what is known, or asked, of one person, as it was typed. All parts
// are optional and each may be given several times.
type Raw struct {
	Names  []RawName
	Births []RawBirth
	// Sex is M, F, N (indeterminate) or NS (not specified), or a word for it.
	Sex         string
	Identifiers []RawIdentifier
	Postcodes   []string
	// Addresses holds address lines or whole addresses, in any order.
	Addresses []string
}

// Fault says what is wrong with one field of a Raw, without repeating the
// value.
type Fault struct {
	// Field is the path within Raw: "names[0].surname", "births[1]".
	Field string
	// Code is a stable lower-case word such as "check_letter".
	Code string
	// Message says what would be right, in plain words.
	Message string
	// Kept reports that the value is kept unverified: it is compared as it
	// stands although its form or check letter is wrong.
	Kept bool
}

// Limits bounds one search. The zero value takes the defaults.
type Limits struct {
	// Candidates is the most to return (default 50).
	Candidates int
	// Considered is the most postings to read (default 500).
	Considered int
	// MinBits drops candidates under this total evidence (default: the Show
	// threshold of the weights).
	MinBits *float64
}

// Term is one line of an explanation: what a field added or took away.
type Term struct {
	// Field is given, middle, surname, birth, sex, postcode, address or the
	// name of an identifier kind.
	Field string
	// Query and Record are the two normalised values that were compared.
	Query, Record string
	// Rule names the level of agreement, such as "exact" or "nickname".
	Rule string
	// Bits is log2(m/u): positive supports, negative contradicts.
	Bits float64
	// Frequency is the share of records expected to bear the value (the
	// commoner of the two in a near match); 0 when it plays no part.
	Frequency float64
}

// Scored is the evidence that two descriptions are of one person.
type Scored struct {
	// Bits is the sum of the terms.
	Bits float64
	// Prior is the log2 odds before any evidence.
	Prior float64
	// Probability is that of the sum of Prior and Bits, between 0 and 1.
	Probability float64
	// Terms explain the sum, strongest field first.
	Terms []Term
	// Model is the version of the weights.
	Model string
}

// Candidate is one nominal that may be the person asked about.
type Candidate struct {
	Scored
	// ID is the nominal.
	ID ID
	// Force is the owner force's code as it was put.
	Force string
	// Keys names the kinds of key that retrieved the candidate.
	Keys []string
}

// Result answers a search.
type Result struct {
	// Candidates are ordered by Bits, best first. Of two that are as strong, the one
	// of whom less is held that was not asked, of forenames, surname and date of birth,
	// comes first; then the order is that of the IDs.
	Candidates []Candidate
	// Considered counts the nominals that were scored.
	Considered int
	// Found counts those at or over the minimum, returned or not.
	Found int
	// BudgetReached reports that some posting lists were left unread.
	BudgetReached bool
	// TooCommon names the criteria, such as "surname", that alone match too
	// many nominals to be used without another.
	TooCommon []string
}
