package main

import (
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/perpetrator-register/register/internal/identity"
)

type evaluateCmd struct {
	Data    []string `help:"Labelled records (CSV with a header). With a second file all of the first are indexed and the second's are looked for; else the first record of each person is indexed and the others are looked for." required:"" placeholder:"FILE[,FILE2]"`
	Columns []string `help:"Which column holds which field: given, surname, name (whole), dob, address (may be repeated), postcode, phone, email, handle, vehicle, identifier." required:"" placeholder:"FIELD=COLUMN,…"`
	Truth   string   `help:"The column that says which person a record is of; with a regular expression, its first group, or all it matches." required:"" placeholder:"COLUMN[~REGEXP]"`
	Query   []string `help:"The fields to ask with; all of --columns when absent." placeholder:"FIELD,…"`
	Weights string   `help:"A weights file in place of the shipped one." type:"existingfile"`
	JSON    bool     `name:"json" help:"Print one JSON object."`
}

// Run judges the matching on labelled records.
func (c *evaluateCmd) Run(_ context.Context) error {
	model, err := c.model()
	if err != nil {
		return err
	}
	var sets [][]identity.Labelled
	for _, path := range c.Data {
		set, err := c.read(path, uint64(len(sets)))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		sets = append(sets, set)
	}
	var result identity.Evaluation
	switch len(sets) {
	case 1:
		result = identity.Evaluate(model, sets[0], nil)
	case 2:
		result = identity.Evaluate(model, sets[1], sets[0])
	default:
		return errors.New("--data takes one file or two")
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(result)
	}
	fmt.Printf(`indexed %d, asked %d
recall     first %.4f   among ten %.4f   mean reciprocal rank %.4f
time       p50 %.3f ms   p99 %.3f ms
pairs      precision %.4f   recall %.4f   F1 %.4f
automatic  precision %.4f   recall %.4f
`, result.Records, result.Queries, result.RecallAt1, result.RecallAt10, result.MRR, result.P50, result.P99,
		result.PairsPrecision, result.PairsRecall, result.PairsF1, result.AutomaticPrecision, result.AutomaticRecall)
	return nil
}

func (c *evaluateCmd) model() (*identity.Model, error) {
	if c.Weights == "" {
		return identity.DefaultModel(), nil
	}
	raw, err := os.ReadFile(c.Weights)
	if err != nil {
		return nil, err
	}
	return identity.ParseModel(raw)
}

// fieldColumn says that a column holds a field.
type fieldColumn struct {
	field  string
	column int
}

// read reads the labelled records of a file; set tells the ids of files apart.
func (c *evaluateCmd) read(path string, set uint64) ([]identity.Labelled, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	table := csv.NewReader(f)
	table.TrimLeadingSpace = true
	header, err := table.Read()
	if err != nil {
		return nil, err
	}
	columns, person, err := c.resolve(header)
	if err != nil {
		return nil, err
	}
	var out []identity.Labelled
	for {
		row, err := table.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		who := person(row)
		if who == "" {
			return nil, fmt.Errorf("record %d: no person in the truth column", len(out)+1)
		}
		record, _ := identity.NewRecord(rawOf(row, columns, nil))
		query, _ := identity.NewQuery(rawOf(row, columns, c.Query))
		var id identity.ID
		binary.BigEndian.PutUint64(id[:], set+1)
		binary.BigEndian.PutUint64(id[8:], uint64(len(out)))
		out = append(out, identity.Labelled{ID: id, Person: who, Record: record, Query: query})
	}
}

// evaluateFields are the fields that --columns knows.
var evaluateFields = []string{"given", "surname", "name", "dob", "address", "postcode", "phone", "email", "handle", "vehicle", "identifier"}

// resolve finds the columns by name, and how to read the person of a row.
func (c *evaluateCmd) resolve(header []string) ([]fieldColumn, func([]string) string, error) {
	place := func(name string) (int, error) {
		for i, h := range header {
			if strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")) == name {
				return i, nil
			}
		}
		return 0, fmt.Errorf("no column %q", name)
	}
	var columns []fieldColumn
	for _, m := range c.Columns {
		field, name, ok := strings.Cut(m, "=")
		if !ok || !slices.Contains(evaluateFields, field) {
			return nil, nil, fmt.Errorf("--columns: %q is not FIELD=COLUMN with one of %s", m, strings.Join(evaluateFields, ", "))
		}
		i, err := place(name)
		if err != nil {
			return nil, nil, err
		}
		columns = append(columns, fieldColumn{field, i})
	}
	for _, q := range c.Query {
		if !slices.ContainsFunc(columns, func(f fieldColumn) bool { return f.field == q }) {
			return nil, nil, fmt.Errorf("--query: no column is mapped to %q", q)
		}
	}
	name, pattern, _ := strings.Cut(c.Truth, "~")
	i, err := place(name)
	if err != nil {
		return nil, nil, err
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return nil, nil, fmt.Errorf("--truth: %w", err)
	}
	return columns, func(row []string) string {
		value := strings.TrimSpace(row[i])
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
		value := strings.TrimSpace(row[c.column])
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
