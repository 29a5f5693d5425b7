package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// readTable reads a CSV file with a header, from whatever program: the values
// may be parted by commas, semicolons, tabs or bars, be UTF-8 with or without
// its mark or Latin-1, and stand in quotes that are not closed properly. Values
// come back trimmed, rows as long as the header; what programs write for "no
// value" is empty.
func readTable(path string) (rows [][]string, header []string, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) {
		return nil, nil, errors.New("it is UTF-16: it must be UTF-8 or Latin-1")
	}
	table := csv.NewReader(bytes.NewReader(raw))
	table.Comma = separator(raw)
	table.TrimLeadingSpace, table.LazyQuotes, table.FieldsPerRecord = table.Comma != '\t', true, -1
	rows, err = table.ReadAll()
	if err != nil {
		return nil, nil, err
	}
	if len(rows) == 0 {
		return nil, nil, errors.New("it is empty: it must have a header")
	}
	for i, row := range rows {
		for j, v := range row {
			row[j] = clean(v)
		}
		for len(row) < len(rows[0]) {
			row = append(row, "")
		}
		if extra := row[len(rows[0]):]; slices.ContainsFunc(extra, func(v string) bool { return v != "" }) {
			return nil, nil, fmt.Errorf("record %d has %d values, the header %d", i, len(row), len(rows[0]))
		}
		rows[i] = row
	}
	return rows[1:], rows[0], nil
}

// separator is what parts the values: of those in use, the one that stands most
// often in the header.
func separator(raw []byte) rune {
	line, _, _ := bytes.Cut(bytes.TrimLeft(raw, "\r\n"), []byte("\n"))
	best, most := ',', bytes.Count(line, []byte(","))
	for _, c := range ";\t|" {
		if n := strings.Count(string(line), string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// noValue is what programs write in place of nothing. A lower-case "nan" or
// "none" may be a name.
var noValue = map[string]bool{"NaN": true, "NULL": true, "None": true, "<NA>": true, "NaT": true, `\N`: true}

// clean trims a value and reads it as Latin-1 when it is no UTF-8.
func clean(v string) string {
	if !utf8.ValidString(v) {
		runes := make([]rune, len(v))
		for i := range len(v) {
			runes[i] = rune(v[i])
		}
		v = string(runes)
	}
	v = strings.TrimSpace(v)
	if noValue[v] {
		return ""
	}
	return v
}
