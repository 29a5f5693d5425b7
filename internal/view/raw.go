package view

import (
	"fmt"
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
	paths  []string // identity path, request path, …
}

// Path returns the request's path for a path of the identity package.
func (m *Mapped) Path(field string) string {
	for i := 0; i < len(m.paths); i += 2 {
		if rest, ok := strings.CutPrefix(field, m.paths[i]); ok && (rest == "" || rest[0] == '.') {
			if rest == ".value" {
				rest = "" // an identifier's path is that of its value
			}
			// An identifier's path names its value already.
			return m.paths[i+1] + strings.TrimPrefix(rest, ".value")
		}
	}
	if field == "" {
		return m.prefix
	}
	return m.prefix + "." + field
}

func (m *Mapped) at(list string, n int, request string) {
	m.paths = append(m.paths, list+"["+strconv.Itoa(n)+"]", request)
}

// MapNominal maps a nominal; prefix is its path in the request.
func MapNominal(n *registerv1.Nominal, prefix string) *Mapped {
	m := &Mapped{prefix: prefix}
	m.names(n.GetNames(), prefix+".names")
	for i, d := range n.GetBirthDates() {
		m.birth(d, fmt.Sprintf("%s.birth_dates[%d]", prefix, i))
	}
	m.sex(n.GetSex())
	for i, id := range n.GetIdentifiers() {
		m.identifier(id, fmt.Sprintf("%s.identifiers[%d].value", prefix, i))
	}
	for i, a := range n.GetAddresses() {
		if a.GetPostcode() != "" {
			m.at("postcodes", len(m.Raw.Postcodes), fmt.Sprintf("%s.addresses[%d].postcode", prefix, i))
			m.Raw.Postcodes = append(m.Raw.Postcodes, a.GetPostcode())
		}
		if len(a.GetLines()) > 0 {
			m.at("addresses", len(m.Raw.Addresses), fmt.Sprintf("%s.addresses[%d].lines", prefix, i))
			m.Raw.Addresses = append(m.Raw.Addresses, strings.Join(a.GetLines(), ", "))
		}
	}
	return m
}

// MapCriteria maps search criteria; prefix is their path in the request.
func MapCriteria(c *registerv1.SearchCriteria, prefix string) *Mapped {
	m := &Mapped{prefix: prefix}
	m.names(c.GetNames(), prefix+".names")
	if c.GetBirthDate() != nil {
		m.birth(c.GetBirthDate(), prefix+".birth_date")
	}
	m.sex(c.GetSex())
	plain := func(kind registerv1.IdentifierKind, values []string, list string) {
		for i, v := range values {
			m.identifier(&registerv1.Identifier{Kind: kind, Value: v}, fmt.Sprintf("%s.%s[%d]", prefix, list, i))
		}
	}
	plain(registerv1.IdentifierKind_IDENTIFIER_KIND_PHONE, c.GetPhones(), "phones")
	plain(registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL, c.GetEmails(), "emails")
	for i, h := range c.GetHandles() {
		m.identifier(&registerv1.Identifier{
			Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_HANDLE, Platform: h.GetPlatform(), Value: h.GetValue(),
		}, fmt.Sprintf("%s.handles[%d].value", prefix, i))
	}
	plain(registerv1.IdentifierKind_IDENTIFIER_KIND_VEHICLE, c.GetVehicles(), "vehicles")
	for i, id := range c.GetIdentifiers() {
		m.identifier(id, fmt.Sprintf("%s.identifiers[%d].value", prefix, i))
	}
	for i, p := range c.GetPostcodes() {
		m.at("postcodes", len(m.Raw.Postcodes), fmt.Sprintf("%s.postcodes[%d]", prefix, i))
		m.Raw.Postcodes = append(m.Raw.Postcodes, p)
	}
	return m
}

func (m *Mapped) names(names []*registerv1.PersonName, prefix string) {
	for i, n := range names {
		m.at("names", i, fmt.Sprintf("%s[%d]", prefix, i))
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

func (m *Mapped) birth(d *registerv1.PartialDate, path string) {
	m.at("births", len(m.Raw.Births), path)
	m.Raw.Births = append(m.Raw.Births, identity.RawBirth{Value: FormatDate(d), Approximate: d.GetApproximate()})
}

// FormatDate writes the known parts of a date: 2001-02-03, 2001-02 or 2001.
func FormatDate(d *registerv1.PartialDate) string {
	switch {
	case d.GetYear() == 0:
		return ""
	case d.GetMonth() == 0:
		return fmt.Sprintf("%04d", d.GetYear())
	case d.GetDay() == 0:
		return fmt.Sprintf("%04d-%02d", d.GetYear(), d.GetMonth())
	default:
		return fmt.Sprintf("%04d-%02d-%02d", d.GetYear(), d.GetMonth(), d.GetDay())
	}
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

func (m *Mapped) identifier(id *registerv1.Identifier, path string) {
	m.at("identifiers", len(m.Raw.Identifiers), path)
	platform := id.GetPlatform()
	if id.GetKind() == registerv1.IdentifierKind_IDENTIFIER_KIND_NATIONAL_INSURANCE {
		platform = "ni"
	}
	m.Raw.Identifiers = append(m.Raw.Identifiers, identity.RawIdentifier{
		Kind: identifierKinds[id.GetKind()], Platform: platform, Value: id.GetValue(),
	})
}
