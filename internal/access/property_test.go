package access_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"pgregory.net/rapid"

	"github.com/perpetrator-register/register/internal/access"
)

var families = [][]access.Scope{
	{access.ScopeOwnForce, access.ScopeAnyForce},
	{access.ScopeOwnLog, access.ScopeAllLogs},
	{access.ScopeAny},
}

// What a set of roles may do by the table is what any one of them may do by
// casbin, whatever the policy says.
func TestTableEqualsEnforceForAnyPolicy(t *testing.T) {
	modelText := file(t, "model.conf")
	perms := permissions("nominal read", "log list", "a b_c")
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for _, perm := range perms {
			family := rapid.SampledFrom(families).Draw(t, "family")
			for _, role := range access.AllRoles() {
				if rapid.IntRange(0, 2).Draw(t, "has") == 0 {
					scope := rapid.SampledFrom(family).Draw(t, "scope")
					lines = append(lines, fmt.Sprintf("p, %s, %s, %s, %s", role, perm.Resource, perm.Action, scope))
				}
			}
		}
		if len(lines) == 0 {
			t.Skip("an empty policy is refused")
		}
		lines = rapid.Permutation(lines).Draw(t, "lines")
		p, err := access.LoadPolicy(modelText, []byte(strings.Join(lines, "\n")), perms)
		if err != nil {
			t.Fatal(err)
		}
		e := enforcer(t, string(modelText), lines)

		for range 20 {
			set := access.Roles(rapid.Uint16().Draw(t, "roles"))
			perm := rapid.SampledFrom(perms).Draw(t, "permission")
			need := rapid.SampledFrom([]access.Scope{access.ScopeOwnForce, access.ScopeAnyForce, access.ScopeOwnLog, access.ScopeAllLogs, access.ScopeAny}).Draw(t, "need")
			want := false
			for _, role := range access.AllRoles() {
				if set.Has(role) {
					ok, err := e.Enforce(role.String(), perm.Resource, perm.Action, string(need))
					if err != nil {
						t.Fatal(err)
					}
					want = want || ok
				}
			}
			g, ok := p.Decide(set, perm.Resource, perm.Action)
			if got := ok && reaches(g, need); got != want {
				t.Fatalf("%s, %s, %s: table %t, casbin %t", set, perm, need, got, want)
			}
			if ok && !lineOf(lines, g.Line) {
				t.Fatalf("line %q is not of the policy", g.Line)
			}
		}
	})
}

// enforcer has its own idea of which scope covers which.
func enforcer(t *rapid.T, modelText string, lines []string) *casbin.Enforcer {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		t.Fatal(err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		t.Fatal(err)
	}
	e.AddFunction("covers", func(args ...any) (any, error) {
		have, need := args[0].(string), args[1].(string)
		return have == need || have == "any_force" && need == "own_force" || have == "all_logs" && need == "own_log", nil
	})
	for _, line := range lines {
		f := strings.Split(line, ", ")
		if _, err := e.AddPolicy(f[1], f[2], f[3], f[4]); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// reaches tells by Covers alone whether a grant satisfies the scope needed.
func reaches(g access.Grant, need access.Scope) bool {
	forceLike := g.Scope == access.ScopeOwnForce || g.Scope == access.ScopeAnyForce
	logLike := g.Scope == access.ScopeOwnLog || g.Scope == access.ScopeAllLogs
	switch need {
	case access.ScopeOwnForce:
		return forceLike && g.Covers("33", "33")
	case access.ScopeAnyForce:
		return forceLike && g.Covers("33", "10")
	case access.ScopeOwnLog:
		return logLike && g.Covers("33", "33")
	case access.ScopeAllLogs:
		return logLike && g.Covers("33", "10")
	default:
		return !forceLike && !logLike && g.Covers("", "")
	}
}

func lineOf(lines []string, granted string) bool {
	for i, line := range lines {
		if granted == fmt.Sprintf("%d: %s", i+1, line) {
			return true
		}
	}
	return false
}

func TestRolesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set access.Roles
		for _, r := range rapid.SliceOf(rapid.SampledFrom(access.AllRoles())).Draw(t, "roles") {
			set |= r
		}
		back, err := access.ParseRoles(set.Names()...)
		if err != nil || back != set {
			t.Fatalf("%s came back as %s: %v", set, back, err)
		}
	})
	for _, name := range []string{"", "System", "system ", "root", "system,admin"} {
		if r, err := access.ParseRole(name); err == nil || r != 0 {
			t.Errorf("%q is the role %s", name, r)
		}
	}
}
