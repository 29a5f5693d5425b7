package access

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

type policyLine struct {
	number int
	text   string
	role   Roles
	perm   Permission
	scope  Scope
}

// String returns "number: text", the form that log entries carry.
func (l policyLine) String() string { return fmt.Sprintf("%d: %s", l.number, l.text) }

// Names are this narrow so that no joining of them can be read in two ways.
var permissionName = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// parseLines reads the permissions strictly, by itself: what it finds is later
// compared with what casbin made of the same bytes.
func parseLines(data []byte, used []Permission) ([]policyLine, error) {
	known := make(map[Permission]bool, len(used))
	for _, u := range used {
		if !permissionName.MatchString(u.Resource) || !permissionName.MatchString(u.Action) {
			return nil, fmt.Errorf("policy: permission %q in use has an ill-formed name", u)
		}
		known[u] = true
	}
	type cell struct {
		role Roles
		perm Permission
	}
	var (
		lines    []policyLine
		faults   []error
		seen     = map[cell]int{}
		families = map[Permission]policyLine{}
	)
	err := eachLine(data, func(number int, text string) {
		l, err := parseLine(number, text)
		if err == nil && !known[l.perm] {
			err = fmt.Errorf("no call uses %q", l.perm)
		}
		if err == nil {
			if first, ok := seen[cell{l.role, l.perm}]; ok {
				err = fmt.Errorf("line %d already says what %s may do", first, l.role)
			}
		}
		if err == nil {
			if first, ok := families[l.perm]; ok && !sameFamily(first.scope, l.scope) {
				err = fmt.Errorf("scope %s cannot be compared with %s of line %d", l.scope, first.scope, first.number)
			}
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("policy: line %d: %w", number, err))
			return
		}
		seen[cell{l.role, l.perm}] = number
		families[l.perm] = l
		lines = append(lines, l)
	})
	if err != nil {
		faults = append(faults, fmt.Errorf("policy: %w", err))
	}
	if len(lines) == 0 && len(faults) == 0 {
		faults = append(faults, errors.New("policy: empty; a policy must have at least one line"))
	}
	return lines, errors.Join(faults...)
}

func sameFamily(a, b Scope) bool {
	f, _ := a.family()
	g, _ := b.family()
	return f == g
}

func parseLine(number int, text string) (policyLine, error) {
	f, err := splitFields(text)
	if err != nil {
		return policyLine{}, err
	}
	if len(f) != 5 || f[0] != "p" {
		return policyLine{}, errors.New("want: p, role, resource, action, scope")
	}
	l := policyLine{number: number, text: strings.Join(f, ", "), perm: Permission{f[2], f[3]}, scope: Scope(f[4])}
	if l.role, err = ParseRole(f[1]); err != nil {
		return policyLine{}, fmt.Errorf("unknown role %q", f[1])
	}
	if family, _ := l.scope.family(); family == "" {
		return policyLine{}, fmt.Errorf("unknown scope %q", f[4])
	}
	return l, nil
}

// eachLine calls f with each line that is neither blank nor a comment.
func eachLine(data []byte, f func(number int, text string)) error {
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return errors.New("not a text file")
	}
	sc := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; sc.Scan(); n++ {
		if text := strings.TrimSpace(sc.Text()); text != "" && !strings.HasPrefix(text, "#") {
			f(n, text)
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return nil
}

func splitFields(text string) ([]string, error) {
	// Quotes would let a field hold commas or line ends; none is needed.
	if strings.ContainsAny(text, `"'`) {
		return nil, errors.New("quotes are not allowed")
	}
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace = true
	f, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("not a line of comma-separated values: %w", err)
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	return f, nil
}
