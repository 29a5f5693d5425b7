package view

import (
	"strconv"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/identity"
)

// Mapped is a person's details as the identity package takes them, with the
// way back from its field paths to those of the request.
type Mapped struct {
	// Raw is what the identity package normalises.
	Raw    identity.Raw
	prefix string
	places []place
}

// place says where an item of a list of Raw stands in the request. The path is
// put together only when it is asked for: it seldom is.
type place struct {
	list  string
	item  int
	field string // of the request, below the prefix
	index int    // within that field, -1 when it is no list
	rest  string // how the path goes on
}

// Path returns the request's path for a path of the identity package.
func (m *Mapped) Path(field string) string {
	for i := range m.places {
		p := &m.places[i]
		if rest, ok := strings.CutPrefix(field, p.list+"["+strconv.Itoa(p.item)+"]"); ok && (rest == "" || rest[0] == '.') {
			// An identifier's path names its value already.
			return m.request(p) + strings.TrimPrefix(rest, ".value")
		}
	}
	if field == "" {
		return m.prefix
	}
	return m.prefix + "." + field
}

func (m *Mapped) request(p *place) string {
	if p.index < 0 {
		return m.prefix + "." + p.field
	}
	return m.prefix + "." + p.field + "[" + strconv.Itoa(p.index) + "]" + p.rest
}

func (m *Mapped) at(list string, item int, field string, index int, rest string) {
	if m.prefix == "" {
		return // nobody will ask
	}
	if m.places == nil {
		m.places = make([]place, 0, 8)
	}
	m.places = append(m.places, place{list: list, item: item, field: field, index: index, rest: rest})
}

// MapNominal maps a nominal; prefix is its path in the request, "" when no path
// will be asked for.
func MapNominal(n *registerv1.Nominal, prefix string) *Mapped {
	m := &Mapped{prefix: prefix}
	m.names(n.GetNames())
	for i, d := range n.GetBirthDates() {
		m.birth(d, "birth_dates", i)
	}
	m.sex(n.GetSex())
	for i, id := range n.GetIdentifiers() {
		m.identifier(id, "identifiers", i, ".value")
	}
	for i, a := range n.GetAddresses() {
		if a.GetPostcode() != "" {
			m.at("postcodes", len(m.Raw.Postcodes), "addresses", i, ".postcode")
			m.Raw.Postcodes = append(m.Raw.Postcodes, a.GetPostcode())
		}
		if len(a.GetLines()) > 0 {
			m.at("addresses", len(m.Raw.Addresses), "addresses", i, ".lines")
			m.Raw.Addresses = append(m.Raw.Addresses, strings.Join(a.GetLines(), ", "))
		}
	}
	return m
}

// Record is what a nominal is weighed by.
func Record(n *registerv1.Nominal) identity.Record {
	record, _ := identity.NewRecord(MapNominal(n, "").Raw) // its faults were told when it was registered
	return record
}

// MapCriteria maps search criteria; prefix is their path in the request.
func MapCriteria(c *registerv1.SearchCriteria, prefix string) *Mapped {
	m := &Mapped{prefix: prefix}
	m.names(c.GetNames())
	if c.GetBirthDate() != nil {
		m.birth(c.GetBirthDate(), "birth_date", -1)
	}
	m.sex(c.GetSex())
	plain := func(kind registerv1.IdentifierKind, values []string, list string) {
		for i, v := range values {
			m.identifier(&registerv1.Identifier{Kind: kind, Value: v}, list, i, "")
		}
	}
	plain(registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE, c.GetPhones(), "phones")
	plain(registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL, c.GetEmails(), "emails")
	for i, h := range c.GetHandles() {
		m.identifier(&registerv1.Identifier{
			Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE, Platform: h.GetPlatform(), Value: h.GetValue(),
		}, "handles", i, ".value")
	}
	plain(registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE, c.GetVehicles(), "vehicles")
	for i, id := range c.GetIdentifiers() {
		m.identifier(id, "identifiers", i, ".value")
	}
	for i, p := range c.GetPostcodes() {
		m.at("postcodes", len(m.Raw.Postcodes), "postcodes", i, "")
		m.Raw.Postcodes = append(m.Raw.Postcodes, p)
	}
	return m
}

func (m *Mapped) names(names []*registerv1.PersonName) {
	for i, n := range names {
		m.at("names", i, "names", i, "")
		m.Raw.Names = append(m.Raw.Names, identity.RawName{
			Kind: nameKind(n.GetKind()), Given: n.GetGiven(), Surname: n.GetSurname(), Full: n.GetFull(),
		})
	}
}

func nameKind(k registerv1.NameKind) identity.NameKind {
	switch k {
	case registerv1.NameKind_NAME_KIND_ALIAS, registerv1.NameKind_NAME_KIND_NICKNAME:
		return identity.NameAlias
	case registerv1.NameKind_NAME_KIND_FORMER:
		return identity.NameFormer
	default:
		return identity.NamePrimary
	}
}

func (m *Mapped) birth(d *registerv1.PartialDate, field string, index int) {
	m.at("births", len(m.Raw.Births), field, index, "")
	m.Raw.Births = append(m.Raw.Births, identity.RawBirth{Value: FormatDate(d), Approximate: d.GetApproximate()})
}

// FormatDate writes the known parts of a date: 2001-02-03, 2001-02 or 2001.
func FormatDate(d *registerv1.PartialDate) string {
	if d.GetYear() == 0 {
		return ""
	}
	out := make([]byte, 0, len("2001-02-03"))
	out = appendPadded(out, d.GetYear(), 4)
	if d.GetMonth() != 0 {
		out = appendPadded(append(out, '-'), d.GetMonth(), 2)
		if d.GetDay() != 0 {
			out = appendPadded(append(out, '-'), d.GetDay(), 2)
		}
	}
	return string(out)
}

// appendPadded appends n with zeros in front up to a width.
func appendPadded(out []byte, n int32, width int) []byte {
	if n < 0 {
		out, n, width = append(out, '-'), -n, width-1
	}
	digits := strconv.Itoa(int(n))
	for range width - len(digits) {
		out = append(out, '0')
	}
	return append(out, digits...)
}

func (m *Mapped) sex(s registerv1.Sex) {
	switch s {
	case registerv1.Sex_SEX_MALE:
		m.Raw.Sex = "M"
	case registerv1.Sex_SEX_FEMALE:
		m.Raw.Sex = "F"
	case registerv1.Sex_SEX_NOT_APPLICABLE:
		m.Raw.Sex = "N"
	case registerv1.Sex_SEX_NOT_STATED:
		m.Raw.Sex = "NS"
	case registerv1.Sex_SEX_UNSPECIFIED:
	}
}

var identifierKinds = map[registerv1.IdentifierKind]identity.IdentifierKind{
	registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE:              identity.IdentifierPhone,
	registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL:              identity.IdentifierEmail,
	registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE:             identity.IdentifierHandle,
	registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE:            identity.IdentifierVehicle,
	registerv1.IdentifierKind_IDENTIFIER_KIND_PNC:                identity.IdentifierPNC,
	registerv1.IdentifierKind_IDENTIFIER_KIND_CRO:                identity.IdentifierCRO,
	registerv1.IdentifierKind_IDENTIFIER_KIND_ASN:                identity.IdentifierASN,
	registerv1.IdentifierKind_IDENTIFIER_KIND_DRIVING_LICENCE:    identity.IdentifierDrivingLicence,
	registerv1.IdentifierKind_IDENTIFIER_KIND_PASSPORT:           identity.IdentifierPassport,
	registerv1.IdentifierKind_IDENTIFIER_KIND_NATIONAL_INSURANCE: identity.IdentifierOther,
	registerv1.IdentifierKind_IDENTIFIER_KIND_OTHER:              identity.IdentifierOther,
}

func (m *Mapped) identifier(id *registerv1.Identifier, field string, index int, rest string) {
	m.at("identifiers", len(m.Raw.Identifiers), field, index, rest)
	platform := id.GetPlatform()
	if id.GetKind() == registerv1.IdentifierKind_IDENTIFIER_KIND_NATIONAL_INSURANCE {
		platform = "ni"
	}
	m.Raw.Identifiers = append(m.Raw.Identifiers, identity.RawIdentifier{
		Kind: identifierKinds[id.GetKind()], Platform: platform, Value: id.GetValue(),
	})
}
