package bulk

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

// Mapping says how the columns of a table become nominals.
type Mapping struct {
	// Columns are "COLUMN=FIELD" pairs; see Fields. A column may be used for
	// several fields, and a field be filled from several columns.
	Columns []string
	// System is the name of the source system.
	System string
	// Force is the two-digit code of the force that owns all records.
	// ForceColumn names a column with the code instead. Spread, in the place of
	// both, lists forces over which data without a force are spread by a hash of
	// SpreadBy, a column; empty means the reference.
	Force       string
	ForceColumn string
	Spread      []string
	SpreadBy    string
	// Revision is that of all records, unless a column holds it.
	Revision int64
	// Separator parts several values in one cell; empty means one value.
	Separator string
	// Dates says how dates such as 3/2/2001 are read.
	Dates client.DateOrder
	// Lenient leaves out a value that cannot be read, and says so, where the
	// record would otherwise be refused.
	Lenient bool
}

// Fields are the names that Mapping.Columns knows, with what they hold.
var Fields = []struct{ Name, Meaning string }{
	{"reference", "the record's reference in the source system (needed)"},
	{"given", "given names"},
	{"surname", "surname"},
	{"name", "the whole name, used where given and surname are empty"},
	{"alias", "another whole name"},
	{"dob", "date of birth, whole or in part, in any common form"},
	{"sex", "M, F, N, NS or the words"},
	{"ethnicity", "self-defined ethnicity code"},
	{"postcode", "postcode of the address"},
	{"address", "line or lines of the address"},
	{"phone", "telephone number"},
	{"email", "e-mail address"},
	{"handle", "platform:name; or handle:PLATFORM for a column of names"},
	{"vehicle", "vehicle registration mark"},
	{"identifier:KIND", "identifier of a kind, such as identifier:pnc"},
	{"warning", "warning code"},
	{"description", "free text, without any victim's details"},
	{"revision", "the record's revision in the source system"},
}

// column is one use of a column.
type column struct {
	index    int
	name     string
	field    string
	kind     registerv1.IdentifierKind
	platform string
}

// Mapper makes nominals of rows.
type Mapper struct {
	m       Mapping
	columns []column
	force   int // index of the force column, or -1
	spread  int // index of the column to spread by, or -1
	width   int
}

var forceCode = regexp.MustCompile(`^[0-9]{2}$`)

// NewMapper checks the mapping against the header of the table. The error
// names everything that is wrong.
func NewMapper(m Mapping, header []string) (*Mapper, error) {
	out := &Mapper{m: m, force: -1, spread: -1, width: len(header)}
	var faults []error
	find := func(name string) int {
		i := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), strings.TrimSpace(name)) })
		if i < 0 {
			faults = append(faults, fmt.Errorf("there is no column %q; the columns are %s", client.Clean(name), client.Clean(strings.Join(header, ", "))))
		}
		return i
	}
	for _, pair := range m.Columns {
		at := strings.LastIndexByte(pair, '=')
		if at < 1 {
			faults = append(faults, fmt.Errorf("%q: write COLUMN=FIELD", client.Clean(pair)))
			continue
		}
		c := column{name: strings.TrimSpace(pair[:at]), index: find(pair[:at])}
		if err := c.setField(strings.TrimSpace(pair[at+1:])); err != nil {
			faults = append(faults, err)
		}
		out.columns = append(out.columns, c)
	}
	ref := slices.IndexFunc(out.columns, func(c column) bool { return c.field == "reference" })
	if ref < 0 {
		faults = append(faults, errors.New("map one column to reference"))
	}
	faults = append(faults, m.checkForces()...)
	switch {
	case m.ForceColumn != "":
		out.force = find(m.ForceColumn)
	case len(m.Spread) > 0 && m.SpreadBy != "":
		out.spread = find(m.SpreadBy)
	case len(m.Spread) > 0 && ref >= 0:
		out.spread = out.columns[ref].index
	}
	if m.System == "" {
		faults = append(faults, errors.New("name the source system"))
	}
	if m.Revision < 0 {
		faults = append(faults, errors.New("the revision must not be negative"))
	}
	return out, errors.Join(faults...)
}

func (m Mapping) checkForces() (faults []error) {
	ways := 0
	for _, given := range []bool{m.Force != "", m.ForceColumn != "", len(m.Spread) > 0} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		faults = append(faults, errors.New("say whose the records are in one way: a force, a column with the force, or forces to spread over"))
	}
	for _, f := range m.Spread {
		if !forceCode.MatchString(f) {
			faults = append(faults, fmt.Errorf("%q is not a two-digit force code", client.Clean(f)))
		}
	}
	if m.Force != "" && !forceCode.MatchString(m.Force) {
		faults = append(faults, fmt.Errorf("%q is not a two-digit force code", client.Clean(m.Force)))
	}
	return faults
}

func (c *column) setField(field string) error {
	name, detail, _ := strings.Cut(strings.ToLower(field), ":")
	c.field = name
	switch {
	case name == "identifier":
		kind, err := client.IdentifierKind(detail)
		if err != nil {
			return fmt.Errorf("column %s: %w", client.Clean(c.name), err)
		}
		c.kind = kind
		return nil
	case name == "handle":
		c.platform = detail
		return nil
	case detail == "" && slices.ContainsFunc(Fields, func(f struct{ Name, Meaning string }) bool { return f.Name == name }):
		return nil
	}
	names := make([]string, len(Fields))
	for i, f := range Fields {
		names[i] = f.Name
	}
	return fmt.Errorf("column %s: there is no field %q; the fields are %s", client.Clean(c.name), client.Clean(field), strings.Join(names, ", "))
}

// Map makes a nominal of a row. faults say why the record cannot be sent;
// left says what a lenient mapping left out. Neither repeats a value.
func (m *Mapper) Map(row []string) (req *registerv1.RegisterNominalRequest, left, faults []client.Violation) {
	if len(row) != m.width {
		return nil, nil, []client.Violation{{Field: "row", Description: fmt.Sprintf("has %d columns where the header has %d", len(row), m.width)}}
	}
	r := &reading{m: m.m, nominal: &registerv1.Nominal{Source: &registerv1.SourceKey{System: m.m.System, Revision: m.m.Revision}}}
	force, err := m.owner(row)
	if err != nil {
		r.faults = append(r.faults, client.Violation{Field: "force", Description: err.Error()})
	}
	for _, c := range m.columns {
		cell := strings.TrimSpace(row[c.index])
		if !utf8.ValidString(cell) {
			r.fault(c, errors.New("is not UTF-8: name the file's encoding"), false)
			continue
		}
		if cell == "" {
			continue
		}
		values := []string{cell}
		if m.m.Separator != "" && c.field != "reference" && c.field != "revision" && c.field != "description" {
			values = strings.Split(cell, m.m.Separator)
		}
		for _, v := range values {
			if v = strings.TrimSpace(v); v != "" {
				r.read(c, v)
			}
		}
	}
	return &registerv1.RegisterNominalRequest{Parent: "forces/" + force, Nominal: r.finish()}, r.left, r.faults
}

func (m *Mapper) owner(row []string) (string, error) {
	switch {
	case m.force >= 0:
		code := strings.TrimPrefix(strings.TrimSpace(row[m.force]), "forces/")
		if len(code) == 1 {
			code = "0" + code // as tables lose it
		}
		if !forceCode.MatchString(code) {
			return "", errors.New("is not a two-digit force code")
		}
		return code, nil
	case m.spread >= 0:
		sum := sha256.Sum256([]byte(row[m.spread]))
		n := uint64(len(m.m.Spread))
		return m.m.Spread[binary.BigEndian.Uint64(sum[:8])%n], nil
	}
	return m.m.Force, nil
}

// revisionOf reads a revision.
func revisionOf(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, errors.New("is not a whole number from 0")
	}
	return n, nil
}
