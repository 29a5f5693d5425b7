package access

// Scope says over whose things a grant reaches.
type Scope string

// The scopes. own_force and any_force are about records, own_log and all_logs
// about the access log, any about what belongs to no force.
const (
	ScopeOwnForce Scope = "own_force"
	ScopeAnyForce Scope = "any_force"
	ScopeOwnLog   Scope = "own_log"
	ScopeAllLogs  Scope = "all_logs"
	ScopeAny      Scope = "any"
)

var scopes = []Scope{ScopeOwnForce, ScopeAnyForce, ScopeOwnLog, ScopeAllLogs, ScopeAny}

// family groups the scopes that can be compared: within a family the wide one
// covers the narrow one, across families nothing covers anything.
func (s Scope) family() (name string, wide bool) {
	switch s {
	case ScopeOwnForce:
		return "force", false
	case ScopeAnyForce:
		return "force", true
	case ScopeOwnLog:
		return "log", false
	case ScopeAllLogs:
		return "log", true
	case ScopeAny:
		return "any", true
	default:
		return "", false
	}
}

func (s Scope) wider(than Scope) bool {
	f, wide := s.family()
	g, thanWide := than.family()
	return f == g && wide && !thanWide
}

// covers reports whether holding s suffices where need is asked for. The
// casbin model calls it by this name.
func (s Scope) covers(need Scope) bool {
	if f, _ := s.family(); f == "" {
		return false
	}
	return s == need || s.wider(need)
}
