package access

import (
	"fmt"
	"math/bits"
	"strings"
)

// Roles is a set of roles. The zero value is the empty set.
type Roles uint16

// The roles. Each is also a set of one.
const (
	// RoleSystem is a force's crime system. Only a client certificate gives it.
	RoleSystem Roles = 1 << iota
	// RoleInvestigator is an investigator or response officer.
	RoleInvestigator
	// RoleControlRoom is control-room staff.
	RoleControlRoom
	// RoleSPOC is a force's single point of contact for stalking and triage.
	RoleSPOC
	// RoleSupervisor approves closures and reviews counter-allegations.
	RoleSupervisor
	// RolePSD is a force's professional standards department.
	RolePSD
	// RoleAuditor is the national auditor (IOPC).
	RoleAuditor
	// RoleDPO is a force's data protection officer.
	RoleDPO
	// RoleAdmin runs the service and never sees a nominal.
	RoleAdmin

	roleEnd
)

const (
	allRoles  = roleEnd - 1
	roleCount = 9
)

var roleNames = [roleCount]string{
	"system", "investigator", "control_room", "spoc", "supervisor",
	"psd", "auditor", "dpo", "admin",
}

// AllRoles returns every role, one by one, in a fixed order.
func AllRoles() []Roles {
	out := make([]Roles, 0, len(roleNames))
	for i := range roleNames {
		out = append(out, Roles(1)<<i)
	}
	return out
}

// ParseRole returns the role of that exact name.
func ParseRole(name string) (Roles, error) {
	for i, n := range roleNames {
		if n == name {
			return Roles(1) << i, nil
		}
	}
	return 0, fmt.Errorf("unknown role")
}

// ParseRoles returns the set of the named roles. It fails on an unknown name.
func ParseRoles(names ...string) (Roles, error) {
	var set Roles
	for _, n := range names {
		r, err := ParseRole(n)
		if err != nil {
			return 0, err
		}
		set |= r
	}
	return set, nil
}

// Has reports whether the set holds every role of other, and other is not empty.
func (r Roles) Has(other Roles) bool { return other != 0 && r&other == other }

// Names returns the role names in a fixed order.
func (r Roles) Names() []string {
	out := make([]string, 0, bits.OnesCount16(uint16(r)))
	for i, n := range roleNames {
		if r&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// String returns the names joined by commas.
func (r Roles) String() string { return strings.Join(r.Names(), ",") }
