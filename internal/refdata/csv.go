package refdata

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxFile bounds a list file, in bytes.
const maxFile = 4 << 20

var codePattern = regexp.MustCompile(`^[A-Z0-9][A-Z0-9_/.-]{0,39}$`)

// loader collects the faults of all files.
type loader struct {
	override fs.FS
	faults   []error
}

func (l *loader) fault(file, format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf("%s.csv: %s", file, fmt.Sprintf(format, args...)))
}

func (l *loader) folderFault(folder, what string) {
	l.faults = append(l.faults, fmt.Errorf("folder %s: %s", folder, what))
}

// unknownFiles reports override files that would be overlooked, as misspelt ones are.
func (l *loader) unknownFiles() {
	if l.override == nil {
		return
	}
	entries, err := fs.ReadDir(l.override, ".")
	if err != nil {
		l.faults = append(l.faults, errors.New("the folder of reference data cannot be read"))
		return
	}
	for _, e := range entries {
		name, isCSV := strings.CutSuffix(e.Name(), ".csv")
		if isCSV && !slices.Contains(files(), name) {
			l.fault(name, "no such list; the lists are %s", strings.Join(files(), ", "))
		}
	}
}

func (l *loader) bytes(file string) ([]byte, error) {
	if l.override != nil {
		b, err := fs.ReadFile(l.override, file+".csv")
		if !errors.Is(err, fs.ErrNotExist) {
			return b, err
		}
	}
	return fs.ReadFile(builtIn, "data/"+file+".csv")
}

// row is one line of a list while it is read.
type row struct {
	l      *loader
	file   string
	line   int
	code   string
	fields map[string]string
}

// read reads one list. Each has a code column; title and purpose except for forces;
// the given further columns; and perhaps retired.
func read[T any](l *loader, file string, columns []string, build func(row) (string, T)) table[T] {
	t := table[T]{at: map[string]int{}}
	data, err := l.bytes(file)
	if err != nil {
		l.fault(file, "cannot be read")
		return t
	}
	if len(data) > maxFile {
		l.fault(file, "is larger than %d bytes", maxFile)
		return t
	}
	required := append([]string{"code"}, columns...)
	if file != "forces" {
		required = append(required, "title", "purpose")
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	records, err := r.ReadAll()
	if err != nil {
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			l.fault(file, "line %d: %v", parse.Line, parse.Err)
		} else {
			l.fault(file, "is not CSV")
		}
		return t
	}
	if len(records) < 2 {
		l.fault(file, "is empty")
		return t
	}
	if !l.header(file, records[0], required) {
		return t
	}
	for i, rec := range records[1:] {
		rw := row{l: l, file: file, line: i + 2, fields: map[string]string{}}
		for j, name := range records[0] {
			rw.fields[name] = rec[j]
			if rec[j] != strings.TrimSpace(rec[j]) {
				rw.fault(name, "must not begin or end with a space")
			}
		}
		rw.code = rw.fields["code"]
		if !codePattern.MatchString(rw.code) {
			rw.fault("code", "must be 1 to 40 of A-Z, 0-9, _ / . -")
		}
		code, v := build(rw)
		if _, twice := t.at[code]; twice {
			rw.fault("code", "must not be used twice")
			continue
		}
		t.add(code, v)
	}
	l.keepsCodes(file, records)
	return t
}

// settings are the lists whose codes stand in no record.
var settings = []string{"ladder", "rank-weights", "recording-rules", "guidance"}

// keepsCodes makes sure that a list that replaces a built-in one has all its codes:
// records may hold them. What is not to be used any more is marked as retired.
func (l *loader) keepsCodes(file string, records [][]string) {
	if l.override == nil || slices.Contains(settings, file) {
		return
	}
	own, err := fs.ReadFile(builtIn, "data/"+file+".csv")
	if err != nil {
		return // what is there is then all there is
	}
	ours, err := csv.NewReader(bytes.NewReader(own)).ReadAll()
	if err != nil {
		return // likewise: the package's tests rule it out
	}
	at := slices.Index(records[0], "code")
	given := map[string]bool{}
	for _, r := range records[1:] {
		given[r[at]] = true
	}
	var missing []string
	at = slices.Index(ours[0], "code")
	for _, r := range ours[1:] {
		if !given[r[at]] {
			missing = append(missing, r[at])
		}
	}
	if len(missing) > 0 {
		l.fault(file, "must keep the codes %s: records may hold them; mark as retired what is not to be used", strings.Join(missing, ", "))
	}
}

func (l *loader) header(file string, header, required []string) bool {
	before := len(l.faults)
	for i, name := range header {
		if slices.Contains(header[:i], name) {
			l.fault(file, "column %q stands twice", name)
		}
		if name != "retired" && !slices.Contains(required, name) {
			l.fault(file, "unknown column %q", name)
		}
	}
	for _, name := range required {
		if !slices.Contains(header, name) {
			l.fault(file, "column %q is missing", name)
		}
	}
	return len(l.faults) == before
}

func (r row) fault(column, what string) {
	r.l.fault(r.file, "line %d: %s %s", r.line, column, what)
}

func (r row) item() Item {
	return Item{Code: r.code, Title: r.required("title"), Purpose: r.required("purpose"), Retired: r.flag("retired")}
}

func (r row) get(column string) string { return r.fields[column] }

func (r row) required(column string) string {
	if r.fields[column] == "" {
		r.fault(column, "must not be empty")
	}
	return r.fields[column]
}

func (r row) flag(column string) bool {
	switch r.fields[column] {
	case "true":
		return true
	case "false", "":
		return false
	}
	r.fault(column, "must be true or false")
	return false
}

func (r row) number(column string, low, high int) int {
	n, err := strconv.Atoi(r.fields[column])
	if err != nil || n < low || n > high {
		r.fault(column, fmt.Sprintf("must be a whole number from %d to %d", low, high))
		return low
	}
	return n
}

func (r row) oneOf(column string, allowed ...string) string {
	if !slices.Contains(allowed, r.fields[column]) {
		r.fault(column, "must be one of: "+strings.Join(allowed, ", "))
	}
	return r.fields[column]
}

func (r row) date(column string) string {
	if v := r.fields[column]; v != "" && !isDate(v) {
		r.fault(column, "must be YYYY-MM-DD or empty")
	}
	return r.fields[column]
}

// words reads a list separated by spaces.
func (r row) words(column string, known func(string) bool) []string {
	words := strings.Fields(r.fields[column])
	for _, w := range words {
		if !known(w) {
			r.fault(column, fmt.Sprintf("holds the unknown code %q", w))
		}
	}
	if len(words) == 0 {
		return nil
	}
	return words
}
