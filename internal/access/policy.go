package access

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"sort"
)

// Permission is one resource and action, as named by an RPC's access option.
type Permission struct{ Resource, Action string }

// String returns "resource action".
func (p Permission) String() string { return p.Resource + " " + p.Action }

// Grant is a positive decision.
type Grant struct {
	// Scope is the widest scope that the actor's roles give.
	Scope Scope
	// Line is the policy line that decided, as "number: text".
	Line string
	// PolicyHash is the hex SHA-256 of model and permissions.
	PolicyHash string
}

// Covers reports whether the grant reaches a thing owned by ownerForce, for an
// actor of actorForce. An empty force owns nothing: such a thing is reached
// only by any, any_force and all_logs, and an actor without a force reaches
// nothing by own_force or own_log.
func (g Grant) Covers(actorForce, ownerForce string) bool {
	switch g.Scope {
	case ScopeAny, ScopeAnyForce, ScopeAllLogs:
		return true
	case ScopeOwnForce, ScopeOwnLog:
		return actorForce != "" && actorForce == ownerForce
	default:
		return false
	}
}

// Policy is an immutable compiled policy. It is safe for concurrent use.
// Its zero value denies everything.
type Policy struct {
	hash     string
	table    map[Permission]*[roleCount]Grant
	lines    []policyLine
	warnings []string
}

// LoadPolicy compiles a policy from the bytes of the casbin model and the
// permissions. used are the pairs that RPCs name. It fails, naming every fault
// it finds, on an empty or garbled file, on an unknown role, scope or pair, on
// a line that repeats or contradicts another, and when the compiled table
// differs from casbin's own Enforce in a single cell. A used pair that no role
// has is a warning: nobody can call that RPC.
func LoadPolicy(model, permissions []byte, used []Permission) (*Policy, error) {
	if len(used) == 0 {
		return nil, fmt.Errorf("policy: no permissions are in use")
	}
	lines, err := parseLines(permissions, used)
	if err != nil {
		return nil, err
	}
	p := &Policy{hash: hashPolicy(model, permissions), lines: lines}
	p.compile(used)
	if err := proveOnce(p, model, permissions, used); err != nil {
		return nil, err
	}
	return p, nil
}

// hashPolicy returns SHA-256 of both files, each after its length, so that
// moving bytes from one to the other changes the hash.
func hashPolicy(model, permissions []byte) string {
	h := sha256.New()
	for _, part := range [][]byte{model, permissions} {
		_, _ = fmt.Fprintf(h, "%d:", len(part))
		_, _ = h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (p *Policy) compile(used []Permission) {
	p.table = make(map[Permission]*[roleCount]Grant, len(used))
	for _, u := range used {
		p.table[u] = nil
	}
	for _, l := range p.lines {
		cells := p.table[l.perm]
		if cells == nil {
			cells = new([roleCount]Grant)
			p.table[l.perm] = cells
		}
		cells[bits.TrailingZeros16(uint16(l.role))] = Grant{
			Scope: l.scope, Line: l.String(), PolicyHash: p.hash,
		}
	}
	for u, cells := range p.table {
		if cells == nil {
			p.warnings = append(p.warnings, fmt.Sprintf("no role has %s", u))
		}
	}
	sort.Strings(p.warnings)
}

// Decide returns the grant that the roles have for the resource and action,
// and false if they have none. Where several roles grant it, the widest scope
// decides. It does not allocate.
func (p *Policy) Decide(roles Roles, resource, action string) (Grant, bool) {
	if p == nil {
		return Grant{}, false
	}
	cells := p.table[Permission{resource, action}]
	if cells == nil {
		return Grant{}, false
	}
	var best *Grant
	for rest := uint16(roles & allRoles); rest != 0; rest &= rest - 1 {
		g := &cells[bits.TrailingZeros16(rest)]
		if g.Scope != "" && (best == nil || g.Scope.wider(best.Scope)) {
			best = g
		}
	}
	if best == nil {
		return Grant{}, false
	}
	return *best, true
}

// Hash returns the hex SHA-256 of model and permissions.
func (p *Policy) Hash() string { return p.hash }

// Warnings returns what is allowed but odd: used pairs that no role has.
func (p *Policy) Warnings() []string { return append([]string(nil), p.warnings...) }

// MaySeeSilent reports whether the actor may see and lift SILENT on a record
// of ownerForce: whoever may restrict that force's nominals, which the policy
// gives to the owner's PSD alone.
func (p *Policy) MaySeeSilent(a Actor, ownerForce string) bool {
	g, ok := p.Decide(a.Roles, "nominal", "restrict")
	return ok && g.Covers(a.Force, ownerForce)
}
