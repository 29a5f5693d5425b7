package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/perpetrator-register/register/internal/identity"
)

// tables says how the matching's test and training data are read.
type tables struct {
	Columns []string `help:"Which column holds which field: given, surname, name (whole), dob, address (may be repeated), postcode, phone, email, handle, vehicle, identifier." required:"" placeholder:"FIELD=COLUMN,…"`

	// truth is COLUMN[~REGEXP], or empty: nobody's person is known then.
	truth string
	// query are the fields to ask with; all when it is empty.
	query []string
	// unknown accepts records whose person the truth column does not tell.
	unknown bool
}

// fieldColumn says that a column holds a field.
type fieldColumn struct {
	field  string
	column int
}

// read reads the labelled records of a file; set tells the ids of files apart.
// A record whose person the truth column does not tell is a person of its own,
// whom nobody else's record is of.
func (c *tables) read(path string, set uint64) ([]identity.Labelled, error) {
	rows, header, err := readTable(path)
	if err != nil {
		return nil, err
	}
	columns, person, err := c.resolve(header)
	if err != nil {
		return nil, err
	}
	out := make([]identity.Labelled, len(rows))
	told := 0
	for i, row := range rows {
		l := &out[i]
		if l.Person = person(row); l.Person != "" {
			told++
		} else if !c.unknown {
			l.Person = fmt.Sprintf("\x00%d/%d", set, i)
		}
		l.Record, _ = identity.NewRecord(rawOf(row, columns, nil))
		l.Query, _ = identity.NewQuery(rawOf(row, columns, c.query))
		binary.BigEndian.PutUint64(l.ID[:], set+1)
		binary.BigEndian.PutUint64(l.ID[8:], uint64(i))
	}
	if told == 0 && !c.unknown {
		return nil, errors.New("--truth: the column tells nobody's person")
	}
	return out, nil
}

// tableFields are the fields that --columns knows.
var tableFields = []string{"given", "surname", "name", "dob", "address", "postcode", "phone", "email", "handle", "vehicle", "identifier"}

// resolve finds the columns by name, and how to read the person of a row.
func (c *tables) resolve(header []string) ([]fieldColumn, func([]string) string, error) {
	place := func(name string) (int, error) {
		name = strings.TrimSpace(name)
		if i := slices.Index(header, name); i >= 0 {
			return i, nil
		}
		if i := slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(h, name) }); i >= 0 {
			return i, nil
		}
		return 0, fmt.Errorf("no column %q; there are %q", name, header)
	}
	var columns []fieldColumn
	for _, m := range c.Columns {
		field, name, ok := strings.Cut(m, "=")
		field = strings.TrimSpace(field)
		if !ok || !slices.Contains(tableFields, field) {
			return nil, nil, fmt.Errorf("--columns: %q is not FIELD=COLUMN with one of %s", m, strings.Join(tableFields, ", "))
		}
		i, err := place(name)
		if err != nil {
			return nil, nil, err
		}
		columns = append(columns, fieldColumn{field, i})
	}
	for _, q := range c.query {
		if !slices.ContainsFunc(columns, func(f fieldColumn) bool { return f.field == q }) {
			return nil, nil, fmt.Errorf("--query: no column is mapped to %q", q)
		}
	}
	if c.truth == "" {
		return columns, func([]string) string { return "" }, nil
	}
	name, pattern, _ := strings.Cut(c.truth, "~")
	i, err := place(name)
	if err != nil {
		return nil, nil, err
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, nil, fmt.Errorf("--truth: %w", err)
	}
	return columns, func(row []string) string {
		value := row[i]
		if pattern == "" {
			return value
		}
		match := expression.FindStringSubmatch(value)
		switch {
		case match == nil:
			return ""
		case len(match) > 1:
			return match[1]
		}
		return match[0]
	}, nil
}

// rawOf maps a row; only lists the fields to use, all when it is empty.
func rawOf(row []string, columns []fieldColumn, only []string) identity.Raw {
	var raw identity.Raw
	var name identity.RawName
	for _, c := range columns {
		value := row[c.column]
		if value == "" || (len(only) > 0 && !slices.Contains(only, c.field)) {
			continue
		}
		identifier := func(kind identity.IdentifierKind) {
			raw.Identifiers = append(raw.Identifiers, identity.RawIdentifier{Kind: kind, Value: value})
		}
		switch c.field {
		case "given":
			name.Given = strings.TrimSpace(name.Given + " " + value)
		case "surname":
			name.Surname = strings.TrimSpace(name.Surname + " " + value)
		case "name":
			raw.Names = append(raw.Names, identity.RawName{Full: value})
		case "dob":
			raw.Births = append(raw.Births, identity.RawBirth{Value: value})
		case "address":
			raw.Addresses = append(raw.Addresses, value)
		case "postcode":
			raw.Postcodes = append(raw.Postcodes, value)
		case "phone":
			identifier(identity.IdentifierPhone)
		case "email":
			identifier(identity.IdentifierEmail)
		case "handle":
			identifier(identity.IdentifierHandle)
		case "vehicle":
			identifier(identity.IdentifierVehicle)
		case "identifier":
			identifier(identity.IdentifierOther)
		}
	}
	if name.Given != "" || name.Surname != "" {
		raw.Names = append([]identity.RawName{name}, raw.Names...)
	}
	return raw
}
