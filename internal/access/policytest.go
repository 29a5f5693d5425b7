package access

import (
	"errors"
	"fmt"
	"strings"
)

// TestFault is one failed line of the policy tests.
type TestFault struct {
	// Line is the line number in the tests, from 1; 0 when the fault is that a
	// policy line has no test.
	Line int
	// Text is the line; Problem says what differed.
	Text, Problem string
}

// CheckTests runs the policy tests of permissions_test.csv against the policy.
// Each line is: role (several joined by +), actor's force, resource, action,
// owner's force, allow or deny; "-" stands for no force. A policy line that no
// allow test exercises is a fault too, so that nothing is granted untested.
// It returns how many tests ran and the faults; the error is for a garbled or
// empty file.
func CheckTests(p *Policy, tests []byte) (ran int, faults []TestFault, err error) {
	var garbled []error
	tested := map[string]bool{}
	err = eachLine(tests, func(number int, text string) {
		t, err := parseTest(text)
		if err != nil {
			garbled = append(garbled, fmt.Errorf("policy tests: line %d: %w", number, err))
			return
		}
		ran++
		g, ok := p.Decide(t.roles, t.perm.Resource, t.perm.Action)
		got := ok && g.Covers(t.actorForce, t.ownerForce)
		if got && t.allow {
			tested[g.Line] = true
		}
		if got != t.allow {
			faults = append(faults, TestFault{Line: number, Text: text, Problem: describe(got, ok, g)})
		}
	})
	if err != nil {
		garbled = append(garbled, fmt.Errorf("policy tests: %w", err))
	}
	if ran == 0 && len(garbled) == 0 {
		garbled = append(garbled, errors.New("policy tests: empty"))
	}
	if len(garbled) > 0 {
		return ran, faults, errors.Join(garbled...)
	}
	for _, l := range p.lines {
		if !tested[l.String()] {
			faults = append(faults, TestFault{Text: l.String(), Problem: "no allow test exercises policy line " + l.String()})
		}
	}
	return ran, faults, nil
}

func describe(got, granted bool, g Grant) string {
	switch {
	case got:
		return "want deny, got allow by line " + g.Line
	case granted:
		return "want allow, got deny: line " + g.Line + " does not reach that force"
	default:
		return "want allow, got deny: no line grants it"
	}
}

type policyTest struct {
	roles                  Roles
	actorForce, ownerForce string
	perm                   Permission
	allow                  bool
}

func parseTest(text string) (policyTest, error) {
	f, err := splitFields(text)
	if err != nil {
		return policyTest{}, err
	}
	if len(f) != 6 {
		return policyTest{}, errors.New("want: role, actor force, resource, action, owner force, allow or deny")
	}
	t := policyTest{perm: Permission{f[2], f[3]}}
	if t.roles, err = ParseRoles(strings.Split(f[0], "+")...); err != nil {
		return policyTest{}, err
	}
	for i, to := range map[int]*string{1: &t.actorForce, 4: &t.ownerForce} {
		if f[i] == "-" {
			continue
		}
		if !ValidForce(f[i]) {
			return policyTest{}, errors.New("a force is two digits or -")
		}
		*to = f[i]
	}
	switch f[5] {
	case "allow":
		t.allow = true
	case "deny":
	default:
		return policyTest{}, errors.New("the outcome is allow or deny")
	}
	return t, nil
}
