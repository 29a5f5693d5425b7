package main

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"github.com/perpetrator-register/register/internal/identity"
)

// tables says how the matching's test and training data are read.
type tables struct {
	Columns []string `help:"Which column holds which field: given, surname, name (whole), dob, address (may be repeated), postcode, phone, email, handle, vehicle, identifier. Of several files, one may lack a column." required:"" placeholder:"FIELD=COLUMN,…"`

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
	// read brings a value to a form that is understood.
	read func(string) string
}

// read reads the labelled records of the files. A record whose person the truth
// column does not tell is a person of its own, whom nobody else's record is of.
func (c *tables) read(paths []string, log *slog.Logger) ([][]identity.Labelled, error) {
	var files []*table
	for _, path := range paths {
		t, err := readTable(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, note := range t.notes {
			log.Warn(note, "file", path)
		}
		files = append(files, t)
	}
	fields, err := c.fields(files)
	if err != nil {
		return nil, err
	}
	var sets [][]identity.Labelled
	for i, t := range files {
		person, err := c.person(t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.path, err)
		}
		set, err := c.label(t, t.places(fields, log), person, uint64(i))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.path, err)
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// label makes the records of a file; set tells the ids of files apart.
func (c *tables) label(t *table, columns []fieldColumn, person func([]string) string, set uint64) ([]identity.Labelled, error) {
	out := make([]identity.Labelled, len(t.rows))
	told := 0
	for i, row := range t.rows {
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
		return nil, fmt.Errorf("--truth: %q tells nobody's person", c.truth)
	}
	return out, nil
}

// tableFields are the fields that --columns knows.
var tableFields = []string{"given", "surname", "name", "dob", "address", "postcode", "phone", "email", "handle", "vehicle", "identifier"}

// fields reads --columns and --query, of which the columns must be in one of
// the files at least.
func (c *tables) fields(files []*table) (fields [][2]string, err error) {
	var faults []error
	for _, m := range c.Columns {
		field, column, _ := strings.Cut(m, "=")
		field, column = strings.ToLower(strings.TrimSpace(field)), strings.TrimSpace(column)
		if column == "" || !slices.Contains(tableFields, field) {
			faults = append(faults, fmt.Errorf("--columns: %q is not FIELD=COLUMN with one of %s", m, strings.Join(tableFields, ", ")))
			continue
		}
		if !slices.ContainsFunc(files, func(t *table) bool { return t.place(column) >= 0 }) {
			faults = append(faults, fmt.Errorf("--columns: no column %q; %s", column, headers(files)))
		}
		fields = append(fields, [2]string{field, column})
	}
	for i, q := range c.query {
		q = strings.ToLower(strings.TrimSpace(q))
		if c.query[i] = q; !slices.ContainsFunc(fields, func(f [2]string) bool { return f[0] == q }) {
			faults = append(faults, fmt.Errorf("--query: --columns gives no column for %q", q))
		}
	}
	return fields, errors.Join(faults...)
}

// headers lists the columns that there are.
func headers(files []*table) string {
	var out []string
	for _, t := range files {
		out = append(out, fmt.Sprintf("%s has %q", t.path, t.header))
	}
	return strings.Join(out, "; ")
}

// place finds a column by its name, whatever its case when none is written the
// same; -1 when there is none.
func (t *table) place(name string) int {
	if i := slices.Index(t.header, name); i >= 0 {
		return i
	}
	return slices.IndexFunc(t.header, func(h string) bool { return strings.EqualFold(h, name) })
}

// places finds the columns of the fields, without those that the file lacks. Of
// several columns of one name a field takes as many as it is given, the first first;
// a column that is given twice counts once.
func (t *table) places(fields [][2]string, log *slog.Logger) []fieldColumn {
	var out []fieldColumn
	for n, f := range fields {
		first := t.place(f[1])
		if first < 0 {
			log.Warn("the file lacks a column that another has", "file", t.path, "column", f[1])
			continue
		}
		i, more := -1, false
		for k, h := range t.header {
			switch taken := slices.ContainsFunc(out, func(c fieldColumn) bool { return c.field == f[0] && c.column == k }); {
			case h != t.header[first] || taken:
			case i < 0:
				i = k
			default:
				more = true
			}
		}
		if i < 0 {
			continue
		}
		if more && !slices.Contains(fields[n+1:], f) {
			log.Warn("several columns have one name: those after the first that --columns asks for are not used", "file", t.path, "column", f[1])
		}
		column := fieldColumn{f[0], i, func(v string) string { return v }}
		if f[0] == "dob" {
			values := make([]string, len(t.rows))
			for k, row := range t.rows {
				values[k] = row[i]
			}
			column.read = dateReader(values)
		}
		out = append(out, column)
	}
	return out
}

// person returns how to read the person of a row.
func (c *tables) person(t *table) (func([]string) string, error) {
	if c.truth == "" {
		return func([]string) string { return "" }, nil
	}
	name, pattern := c.truth, ""
	if t.place(name) < 0 { // a column's own name may hold the sign
		name, pattern, _ = strings.Cut(c.truth, "~")
		name = strings.TrimSpace(name)
	}
	i := t.place(name)
	if i < 0 {
		return nil, fmt.Errorf("--truth: no column %q; there are %q", name, t.header)
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("--truth: %w", err)
	}
	return func(row []string) string {
		value := row[i]
		if pattern == "" {
			return value
		}
		match := expression.FindStringSubmatch(value)
		switch {
		case match == nil:
			return ""
		case len(match) > 1: // of alternatives, the group of the one that fits
			return cmp.Or(match[1:]...)
		}
		return match[0]
	}, nil
}

// rawOf maps a row; only lists the fields to use, all when it is empty.
func rawOf(row []string, columns []fieldColumn, only []string) identity.Raw {
	var raw identity.Raw
	var name identity.RawName
	for _, c := range columns {
		value := c.read(row[c.column])
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
