package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// table is a CSV file as it was read.
type table struct {
	path   string
	header []string
	// rows are as long as the header. Values are trimmed; what programs write
	// for "no value" is empty.
	rows [][]string
	// notes say what was left out, for whoever reads the result.
	notes []string
}

// readTable reads a CSV file with a header, from whatever program: the values
// may be parted by commas, semicolons, tabs or bars, be UTF-8, UTF-16 with its
// mark, or Windows-1252 (Latin-1), and stand in quotes that are not closed
// properly.
func readTable(path string) (*table, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text := decode(raw)
	comma, text := separator(text)
	rows := parseRows(text, comma)
	if len(rows) == 0 {
		return nil, errors.New("it is empty: it must have a header")
	}
	t := &table{path: path, header: rows[0], rows: rows[1:]}
	wide, first := 0, 0
	for i, row := range t.rows {
		for len(row) < len(t.header) {
			row = append(row, "")
		}
		if beyond := row[len(t.header):]; slices.ContainsFunc(beyond, func(v string) bool { return v != "" }) {
			if wide++; wide == 1 {
				first = i + 1
			}
		}
		t.rows[i] = row[:len(t.header)]
	}
	if wide > 0 {
		t.notes = append(t.notes, fmt.Sprintf("%d records have more values than the header, the first of them record %d: what is beyond it is left out", wide, first))
	}
	return t, nil
}

// decode brings a file to text. Values that are no UTF-8 are left to clean, as
// one file may hold both; a program that ends lines as an old Macintosh did is
// understood.
func decode(raw []byte) string {
	if mark := string(raw[:min(len(raw), 2)]); mark == "\xff\xfe" || mark == "\xfe\xff" {
		if out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(raw); err == nil {
			raw = out
		}
	}
	text := strings.TrimPrefix(string(raw), "\ufeff")
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	return strings.TrimLeft(text, "\r\n")
}

// separator tells what parts the values: what a first line such as "sep=;",
// which it takes away, says, or else whichever of those in use stands most often
// in the header, not counting within quotes.
func separator(text string) (comma byte, rest string) {
	line, after, _ := strings.Cut(text, "\n")
	if s, ok := strings.CutPrefix(strings.TrimRight(line, "\r"), "sep="); ok && len(s) == 1 {
		return s[0], after
	}
	counts := map[byte]int{}
	within := false
	for i := range len(text) {
		c := text[i]
		if c == '"' {
			within = !within
		}
		if c == '\n' && (!within || i >= maxHeader) {
			break
		}
		if !within {
			counts[c]++
		}
	}
	comma = ','
	for _, c := range []byte(";\t|") {
		if counts[c] > counts[comma] {
			comma = c
		}
	}
	return comma, text
}

// maxHeader is how far a header may reach over several lines within quotes, in
// bytes; beyond it a quote was not closed.
const maxHeader = 1 << 16

// parseRows parts a text into rows of values; empty lines are left out. The
// reader of the standard library takes a quote that is not closed for the begin
// of a value that reaches to the next quote, and loses the rows between.
func parseRows(text string, comma byte) (rows [][]string) {
	var row []string
	for at := 0; at < len(text) || len(row) > 0; {
		v, end := nextValue(text, at, comma)
		row = append(row, clean(v))
		at = end + 1
		if end < len(text) && text[end] == comma {
			continue
		}
		if slices.ContainsFunc(row, func(v string) bool { return v != "" }) {
			rows = append(rows, row)
		}
		row = make([]string, 0, len(row))
	}
	return rows
}

// nextValue reads the value at a place of the text; end is where its separator
// stands, its line ends or the text does.
func nextValue(text string, at int, comma byte) (v string, end int) {
	if at >= len(text) {
		return "", len(text)
	}
	start := skipSpace(text, at, comma)
	if start < len(text) && text[start] == '"' {
		if v, end, ok := quotedValue(text, start+1, comma); ok {
			return v, end
		}
	}
	for end = at; end < len(text) && text[end] != comma && text[end] != '\n'; {
		end++
	}
	return text[at:end], end
}

// quotedValue reads a value after its first quote. A quote within it must be
// doubled; one that is not is let pass on a single line, and shows over several
// that the first was no quotation.
func quotedValue(text string, at int, comma byte) (v string, end int, ok bool) {
	var b strings.Builder
	loose, lines := false, false
	for i := at; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && i+1 < len(text) && text[i+1] == '"':
			i++
		case c == '"':
			after := skipSpace(text, i+1, comma)
			if after == len(text) || text[after] == comma || text[after] == '\n' {
				return b.String(), after, true
			}
			loose = true
		case c == '\n':
			lines = true
		}
		if loose && lines {
			return "", 0, false
		}
		b.WriteByte(text[i])
	}
	return "", 0, false
}

func skipSpace(text string, at int, comma byte) int {
	for at < len(text) && text[at] != comma && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r') {
		at++
	}
	return at
}

// noValue is what programs write in place of nothing. A lower-case "nan" or
// "none" may be a name.
var noValue = map[string]bool{
	"NaN": true, "NULL": true, "(null)": true, "None": true, "<NA>": true, "NaT": true, `\N`: true,
	"NA": true, "N/A": true, "n/a": true, "#N/A": true, "-": true, "?": true,
}

// clean trims a value and reads it as Windows-1252, of which Latin-1 is a part,
// when it is no UTF-8. A whole number that a program wrote as a fraction
// ("4011.0") is a whole number.
func clean(v string) string {
	if !utf8.ValidString(v) {
		if out, err := charmap.Windows1252.NewDecoder().String(v); err == nil {
			v = out
		}
	}
	v = strings.TrimSpace(v)
	if noValue[v] {
		return ""
	}
	if n, ok := strings.CutSuffix(v, ".0"); ok && n != "" && strings.Trim(n, "0123456789") == "" {
		return n
	}
	return v
}
