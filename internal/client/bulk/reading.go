package bulk

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// The contract's bounds of an address.
const (
	maxAddressLines = 6
	maxAddressLine  = 120
)

// reading is one row on its way to a nominal.
type reading struct {
	m              Mapping
	nominal        *registerv1.Nominal
	given, surname string
	full           []string
	aliases        []string
	lines          []string
	postcodes      []string
	left, faults   []client.Violation
}

// fault notes a value that cannot be used. When it may be left out and the
// mapping is lenient, the record goes on without it.
func (r *reading) fault(c column, err error, optional bool) {
	v := client.Violation{Field: "column " + client.Clean(c.name), Description: err.Error()}
	if optional && r.m.Lenient {
		v.Description += "; left out"
		r.left = append(r.left, v)
		return
	}
	r.faults = append(r.faults, v)
}

// read takes one value.
func (r *reading) read(c column, v string) {
	n := r.nominal
	switch c.field {
	case "reference":
		n.Source.Reference = v
	case "revision":
		revision, err := revisionOf(v)
		if err != nil {
			r.fault(c, err, false)
		}
		n.Source.Revision = revision
	case "given", "surname", "name", "alias":
		r.name(c, v)
	case "dob":
		r.birth(c, v)
	case "sex":
		sex, err := client.ParseSex(v)
		if err != nil {
			r.fault(c, err, true)
			return
		}
		n.Sex = sex
	case "ethnicity":
		n.Ethnicity = strings.ToUpper(v)
	case "postcode":
		r.postcodes = append(r.postcodes, v)
	case "address":
		r.address(c, v)
	case "warning":
		n.Warnings = append(n.Warnings, v)
	case "description":
		n.Description = join(n.Description, "\n", v)
	default:
		r.identifier(c, v)
	}
}

// name takes a name or a part of one. What has no letter, such as a full stop
// where a surname is not known, is none.
func (r *reading) name(c column, v string) {
	if !strings.ContainsFunc(v, unicode.IsLetter) {
		r.fault(c, errors.New("has no letter: it is not a name"), true)
		return
	}
	switch c.field {
	case "given":
		r.given = join(r.given, " ", v)
	case "surname":
		r.surname = join(r.surname, " ", v)
	case "name":
		r.full = append(r.full, v)
	default:
		r.aliases = append(r.aliases, v)
	}
}

func join(before, between, v string) string {
	if before == "" {
		return v
	}
	return before + between + v
}

// birth reads a date of birth. A lenient mapping keeps a sound year whose
// month or day is not.
func (r *reading) birth(c column, v string) {
	d, err := client.ParseDate(v, r.m.Dates)
	if err == nil {
		r.nominal.BirthDates = append(r.nominal.BirthDates, d)
		return
	}
	if d.GetYear() != 0 && r.m.Lenient {
		r.nominal.BirthDates = append(r.nominal.BirthDates, d)
		r.left = append(r.left, client.Violation{Field: "column " + client.Clean(c.name), Description: err.Error() + "; the rest of the date is kept"})
		return
	}
	r.fault(c, err, true)
}

func (r *reading) address(c column, v string) {
	for _, line := range strings.FieldsFunc(v, func(x rune) bool { return x == '\n' || x == '\r' || x == ',' }) {
		line = strings.Join(strings.Fields(line), " ")
		switch {
		case line == "":
		case len(line) > maxAddressLine:
			r.fault(c, fmt.Errorf("an address line is longer than %d bytes", maxAddressLine), true)
		case len(r.lines) == maxAddressLines: // the tail of a long address is its least telling part
			r.lines[maxAddressLines-1] += ", " + line
			if len(r.lines[maxAddressLines-1]) > maxAddressLine {
				r.lines[maxAddressLines-1] = strings.TrimSuffix(r.lines[maxAddressLines-1], ", "+line)
				r.fault(c, errors.New("the address has more lines than fit"), true)
			}
		default:
			r.lines = append(r.lines, line)
		}
	}
}

var identifierFields = map[string]registerv1.IdentifierKind{
	"phone":   registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE,
	"email":   registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL,
	"vehicle": registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE,
}

func (r *reading) identifier(c column, v string) {
	if c.field == "handle" {
		h := &registerv1.Handle{Value: v, Platform: c.platform}
		if c.platform == "" {
			var err error
			if h, err = client.ParseHandle(v); err != nil {
				r.fault(c, err, true)
				return
			}
		}
		r.nominal.Identifiers = append(r.nominal.Identifiers, &registerv1.Identifier{
			Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE, Value: h.GetValue(), Platform: h.GetPlatform(),
		})
		return
	}
	kind := c.kind
	if k, ok := identifierFields[c.field]; ok {
		kind = k
	}
	r.nominal.Identifiers = append(r.nominal.Identifiers, &registerv1.Identifier{Kind: kind, Value: v})
}

// finish puts names and address together and checks what every record needs.
func (r *reading) finish() *registerv1.Nominal {
	n := r.nominal
	full := r.full
	if r.given != "" || r.surname != "" {
		n.Names = append(n.Names, &registerv1.PersonName{Given: r.given, Surname: r.surname, Kind: registerv1.NameKind_NAME_KIND_PRIMARY})
		full = nil
	}
	for i, f := range full {
		kind := registerv1.NameKind_NAME_KIND_PRIMARY
		if i > 0 {
			kind = registerv1.NameKind_NAME_KIND_ALIAS
		}
		n.Names = append(n.Names, &registerv1.PersonName{Full: f, Kind: kind})
	}
	for _, a := range r.aliases {
		n.Names = append(n.Names, &registerv1.PersonName{Full: a, Kind: registerv1.NameKind_NAME_KIND_ALIAS})
	}
	if len(r.lines) > 0 || len(r.postcodes) > 0 {
		first := &registerv1.Address{Lines: r.lines}
		if len(r.postcodes) > 0 {
			first.Postcode = r.postcodes[0]
		}
		n.Addresses = append(n.Addresses, first)
		for _, p := range r.postcodes[min(1, len(r.postcodes)):] {
			n.Addresses = append(n.Addresses, &registerv1.Address{Postcode: p})
		}
	}
	if n.GetSource().GetReference() == "" {
		r.faults = append(r.faults, client.Violation{Field: "reference", Description: "is empty: every record needs one"})
	}
	if len(n.GetNames()) == 0 {
		r.faults = append(r.faults, client.Violation{Field: "name", Description: "is empty: a nominal needs at least one name"})
	}
	return n
}
