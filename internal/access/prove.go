package access

import (
	"errors"
	"fmt"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	stringadapter "github.com/casbin/casbin/v2/persist/string-adapter"
)

// newEnforcer builds casbin's own, uncached enforcer over the same bytes.
func newEnforcer(modelText, permissions []byte) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(string(modelText))
	if err != nil {
		return nil, fmt.Errorf("policy: model: %w", err)
	}
	// Without policy casbin checks the model's sections only in part.
	for _, section := range []string{"r", "p", "e", "m"} {
		if len(m[section]) != 1 {
			return nil, fmt.Errorf("policy: model: want exactly one definition of %q", section)
		}
	}
	e, err := casbin.NewEnforcer(m, stringadapter.NewAdapter(string(permissions)))
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	e.AddFunction("covers", func(args ...any) (any, error) {
		if len(args) != 2 {
			return nil, errors.New("covers: want two scopes")
		}
		have, ok1 := args[0].(string)
		need, ok2 := args[1].(string)
		if !ok1 || !ok2 {
			return nil, errors.New("covers: want two scopes")
		}
		return Scope(have).covers(Scope(need)), nil
	})
	return e, nil
}

// proved are the policies that this process has proved. The proof asks casbin some
// hundred thousand questions, and depends on nothing but what makes up a proof.
var proved sync.Map // of proof

// proof names what was proved: the files by their hash, and the permissions in use.
type proof struct{ hash, used string }

// proveOnce is prove, once for each policy in the life of the process. What failed is
// proved again.
func proveOnce(p *Policy, modelText, permissions []byte, used []Permission) error {
	key := proof{p.hash, fmt.Sprintf("%q", used)}
	if _, ok := proved.Load(key); ok {
		return nil
	}
	if err := prove(p, modelText, permissions, used); err != nil {
		return err
	}
	proved.Store(key, nil)
	return nil
}

// prove compares the compiled table with casbin, over every role, every
// permission in use and every scope, and over requests that nothing may grant:
// casbin allows the all-empty request under an empty policy.
func prove(p *Policy, modelText, permissions []byte, used []Permission) (err error) {
	// casbin's expression engine panics on some garbled matchers.
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("policy: model: the matcher cannot be evaluated")
		}
	}()
	e, err := newEnforcer(modelText, permissions)
	if err != nil {
		return err
	}
	check := func(role string, set Roles, perm Permission, need Scope) error {
		want, err := e.Enforce(role, perm.Resource, perm.Action, string(need))
		if err != nil {
			return fmt.Errorf("policy: model: %w", err)
		}
		g, ok := p.Decide(set, perm.Resource, perm.Action)
		if got := ok && g.Scope.covers(need); got != want {
			return fmt.Errorf("policy: table and model differ for %q, %q, scope %q: table %t, model %t", role, perm, need, got, want)
		}
		return nil
	}
	for _, need := range append([]Scope{"", "unknown"}, scopes...) {
		for _, perm := range used {
			for _, role := range AllRoles() {
				if err := check(role.String(), role, perm, need); err != nil {
					return err
				}
			}
			for _, nobody := range []string{"", "unknown"} {
				if err := check(nobody, 0, perm, need); err != nil {
					return err
				}
			}
		}
		for _, perm := range []Permission{{}, {"*", "*"}, {"nominal", ""}, {"", "read"}, {"unknown", "unknown"}} {
			for role, set := range map[string]Roles{"": 0, "unknown": 0, "admin": RoleAdmin} {
				if err := check(role, set, perm, need); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
