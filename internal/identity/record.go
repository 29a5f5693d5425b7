package identity

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What one record or query may hold at most.
const (
	maxNames       = 32
	maxBirths      = 8
	maxIdentifiers = 64
	maxPostcodes   = 16
	maxAddresses   = 16
	maxRecordWords = 48
)

// Record is the normal form of one nominal. It is immutable; the zero Record
// holds nothing.
type Record struct {
	names       []name
	births      []Birth
	sex         byte // M, F, N or 0
	identifiers []identifier
	postcodes   []string
	address     []string
}

// Query is the normal form of what is asked of a person.
type Query struct {
	record Record
}

// NewRecord normalises what is known of a person. The faults say, field by
// field, what is wrong; everything else is in the record, and so is a faulty
// value whose fault says Kept. A caller that wants only good data refuses
// whatever has faults; one that loads old data keeps both. A whole date of
// birth that cannot be takes part too, for its digits, though its fault does
// not say Kept: it should be put right where it is entered.
func NewRecord(raw Raw) (Record, []Fault) {
	var b builder
	b.names(raw.Names)
	b.births(raw.Births)
	if strings.TrimSpace(raw.Sex) != "" {
		sex, err := NormaliseSex(raw.Sex)
		if err != nil {
			b.fault("sex", err, false)
		} else if sex != "NS" {
			b.record.sex = sex[0]
		}
	}
	b.identifiers(raw.Identifiers)
	b.postcodes(raw.Postcodes)
	b.addresses(raw.Addresses)
	r := &b.record
	if len(r.names)+len(r.births)+len(r.identifiers)+len(r.postcodes)+len(r.address) == 0 && len(b.faults) == 0 {
		b.fault("", invalid("empty", "must hold a name, a date of birth, an identifier, a postcode or an address"), false)
	}
	return b.record, b.faults
}

// NewQuery normalises a question in the same way as NewRecord.
func NewQuery(raw Raw) (Query, []Fault) {
	r, faults := NewRecord(raw)
	return Query{record: r}, faults
}

// QueryOf asks for whoever the record describes.
func QueryOf(r Record) Query { return Query{record: r} }

// builder gathers a record and its faults.
type builder struct {
	record Record
	faults []Fault
}

func (b *builder) fault(field string, err error, kept bool) {
	f := Fault{Field: field, Code: "format", Message: err.Error(), Kept: kept}
	var bad *Invalid
	if errors.As(err, &bad) {
		f.Code = bad.Code
	}
	b.faults = append(b.faults, f)
}

// within cuts a list to its limit and says so.
func within[T any](b *builder, field string, list []T, limit int) []T {
	if len(list) <= limit {
		return list
	}
	b.fault(field, invalid("too_many", fmt.Sprintf("must hold at most %d", limit)), false)
	return list[:limit]
}

func (b *builder) names(raw []RawName) {
	for i, r := range within(b, "names", raw, maxNames) {
		n, part, err := parseName(r)
		if err != nil {
			field := fmt.Sprintf("names[%d]", i)
			if part != "" {
				field += "." + part
			}
			b.fault(field, err, false)
		}
		if len(n.given)+len(n.surname) > 0 && !slices.ContainsFunc(b.record.names, n.same) {
			b.record.names = append(b.record.names, n)
		}
	}
}

func (n name) same(o name) bool {
	return n.whole == o.whole && n.joined == o.joined && slices.Equal(n.given, o.given) && slices.Equal(n.surname, o.surname)
}

func (b *builder) births(raw []RawBirth) {
	for i, r := range within(b, "births", raw, maxBirths) {
		d, err := readBirth(r.Value)
		if err != nil {
			b.fault(fmt.Sprintf("births[%d]", i), err, false)
			if d.Day == 0 {
				continue
			}
		}
		d.Approximate = (d.Approximate || r.Approximate) && err == nil
		if !slices.Contains(b.record.births, d) {
			b.record.births = append(b.record.births, d)
		}
	}
}

func (b *builder) identifiers(raw []RawIdentifier) {
	for i, r := range within(b, "identifiers", raw, maxIdentifiers) {
		v, err := NormaliseIdentifier(r)
		if err != nil {
			v = alnum(r.Value)
			b.fault(fmt.Sprintf("identifiers[%d].value", i), err, len(v) >= 2)
			if len(v) < 2 {
				continue
			}
			v = v[:min(len(v), 64)]
		}
		id := identifier{kind: r.Kind, value: v}
		if r.Kind >= identifierKinds {
			id.kind = IdentifierOther
		}
		if id.kind == IdentifierHandle || id.kind == IdentifierOther {
			id.platform = normalisePlatform(r.Platform)
		}
		if !slices.Contains(b.record.identifiers, id) {
			b.record.identifiers = append(b.record.identifiers, id)
		}
	}
}

func (b *builder) postcodes(raw []string) {
	for i, s := range within(b, "postcodes", raw, maxPostcodes) {
		v, err := NormalisePostcode(s)
		if err != nil {
			v = alnum(s)
			kept := len(v) >= 2 && len(v) <= 10
			b.fault(fmt.Sprintf("postcodes[%d]", i), err, kept)
			if !kept {
				continue
			}
		}
		if !slices.Contains(b.record.postcodes, v) {
			b.record.postcodes = append(b.record.postcodes, v)
		}
	}
}

func (b *builder) addresses(raw []string) {
	for i, s := range within(b, "addresses", raw, maxAddresses) {
		tokens := addressTokens(s)
		if len(tokens) == 0 {
			b.fault(fmt.Sprintf("addresses[%d]", i), invalid("format", "must hold at least one letter or digit"), false)
		}
		for _, t := range tokens {
			if len(b.record.address) < maxRecordWords && !slices.Contains(b.record.address, t) {
				b.record.address = append(b.record.address, t)
			}
		}
	}
}
