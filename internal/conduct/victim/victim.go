// Package victim turns a victim's details into the material of keyed tokens,
// compares two victims by such tokens, and finds a victim's own details in free text.
//
// The register never stores who a victim is. On the write that names her, her
// details become tokens (keyed one-way codes, see package seal) and are then
// forgotten; later courses are compared by how well several tokens agree. The
// tokens are pseudonymous, not anonymous: whoever holds the keys can test a guess.
//
// The package is pure: no database, no network, no files.
package victim

import (
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Details are what is known about one victim at the moment of a write. They must
// never be stored, logged or put into an error; String and GoString hide them.
type Details struct {
	// Given are the given names in order, first the one she goes by.
	Given []string
	// Surname is the family name now in use.
	Surname string
	// Former are earlier or other surnames or full names (maiden name, alias).
	Former []string
	// DOB is the date of birth: YYYY-MM-DD, YYYY-MM or YYYY, or empty when unknown.
	DOB string
	// Phones are telephone numbers as written.
	Phones []string
	// Emails are e-mail addresses as written.
	Emails []string
	// Postcodes are postcodes of home addresses, as written.
	Postcodes []string
	// Addresses are address lines as written; the free-text guard alone uses them.
	Addresses []string
	// Handles are account names on social platforms, with or without a leading @.
	Handles []string
	// Reference is a force's own opaque reference of her, made unique by the force's
	// code before it.
	Reference string
}

// String hides the details, so that a stray print does not disclose a victim.
func (Details) String() string { return "victim details (hidden)" }

// GoString hides the details from %#v.
func (Details) GoString() string { return "victim.Details{hidden}" }

// Kind says what a token was made of. The numbers are stored: never renumber.
type Kind uint8

// The kinds of token. Those marked weak point to nobody alone; they tell sisters,
// twins and namesakes apart. Full names are free of order.
const (
	KindNameDOB         Kind = iota + 1 // full name with the date of birth
	KindSurnameDOB                      // surname by sound, with the date of birth
	KindForenameDOB                     // forename, nicknames folded, with the date of birth
	KindSurnamePostcode                 // surname by sound, with the postcode
	KindNameYearMonth                   // full name by sound, with year and month of birth
	KindNameMonthDay                    // full name by sound, with month and day of birth, in any order
	KindNameYearDay                     // full name by sound, with year and day of birth
	KindName                            // full name by sound
	KindPhone                           // telephone number
	KindEmail                           // e-mail address
	KindHandle                          // account name
	KindDOB                             // date of birth (weak)
	KindForename                        // forename, nicknames folded (weak)
	KindForenameSound                   // forename by sound (weak)
	KindSurname                         // surname by sound (weak)
	KindPostcode                        // postcode (weak)
	KindReference                       // a force's own reference of her
	kinds
)

// Size is the length of a token's code in bytes.
const Size = 16

// Token is one keyed one-way code of one aspect of a victim.
type Token struct {
	Kind Kind
	// Layer is the number of keys of the onion that Sum has been through, from 1.
	// Only tokens of the same layer can be compared.
	Layer uint16
	Sum   [Size]byte
}

// MarshalText gives "kind:layer:hex", the form in which a token is kept in sealed
// content.
func (t Token) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%d:%d:%x", t.Kind, t.Layer, t.Sum), nil
}

// UnmarshalText reads what MarshalText gives.
func (t *Token) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), ":")
	if len(parts) != 3 {
		return errToken
	}
	kind, errKind := strconv.ParseUint(parts[0], 10, 8)
	layer, errLayer := strconv.ParseUint(parts[1], 10, 16)
	sum, errSum := hex.DecodeString(parts[2])
	if errKind != nil || errLayer != nil || errSum != nil || kind == 0 || layer == 0 || len(sum) != Size {
		return errToken
	}
	*t = Token{Kind: Kind(kind), Layer: uint16(layer), Sum: [Size]byte(sum)}
	return nil
}

// Equal compares two tokens in constant time.
func (t Token) Equal(o Token) bool {
	return t.Kind == o.Kind && t.Layer == o.Layer && subtle.ConstantTimeCompare(t.Sum[:], o.Sum[:]) == 1
}

var errToken = errors.New("victim: malformed token")

// Material is what a token of a kind is computed from: normalised, and still
// readable. It lives only between the request and the keyed function.
type Material struct {
	Kind  Kind
	Value string
}
