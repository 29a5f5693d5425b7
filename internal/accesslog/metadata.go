// Package accesslog is the register's append-only, tamper-evident record of
// every search, view, disclosure, change and refusal.
//
// Entries are leaves of a Merkle tree (RFC 6962) kept in the same database,
// and written in the same transaction, as what they tell of. The order of the
// log is the order of commits. Nothing is disclosed before its entry is
// durable: a caller waits for Append, and answers nothing when it fails.
package accesslog

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Metadata is what an entry says in the clear. It holds no free text and no
// reference that may name a person: those go in the sealed body.
type Metadata struct {
	V             int       // schema version, filled in by the writer
	ID            uuid.UUID // filled in by the writer if zero
	Time          time.Time // filled in by the writer, under the log's lock; microseconds, UTC
	Actor         Actor
	Roles         []string
	ACR           string // authentication strength
	Client        string // system name or OpenID Connect client
	Addr          string // remote address
	Method        string // full RPC name, or the transport for refusals below RPC
	Operation     string // statutory operation, "" for none
	Reason        string // reason code
	ReferenceHMAC string
	OnBehalfOf    string
	Terms         []string    // HMACs of the search's terms, "key version:hex"
	Results       []uuid.UUID // records disclosed, at most MaxResults
	ResultCount   int
	Marks         []string     // marks touched (restricted, police suspect)
	Versions      []VersionRef // filled in by the writer from the changes
	Decision      Decision
	Outcome       string // gRPC code name: "OK", "PERMISSION_DENIED", …
	Recipients    []string
	Trace         string
	BodyHash      []byte // SHA-256 of the sealed body, filled in by the writer
	Count         int64  // calls that this entry stands for, when it is an aggregate
	Source        string // source of an aggregate: a network
}

// MaxResults is the largest number of records named in one entry.
const MaxResults = 50

// Actor is who called.
type Actor struct {
	Sub       string    `json:"sub,omitempty"` // subject
	Force     string    `json:"force,omitempty"`
	Collar    string    `json:"collar,omitempty"`    // collar number of the officer
	Assurance Assurance `json:"assurance,omitempty"` // how the officer is known
	Kind      ActorKind `json:"kind"`
}

// ActorKind is what kind of caller it is.
type ActorKind string

// The kinds of actors.
const (
	Person    ActorKind = "person"
	System    ActorKind = "system"
	Anonymous ActorKind = "anonymous"
)

// Assurance says how the officer behind a call is known.
type Assurance string

// Verified officers proved it by a token; asserted ones are named by a system.
const (
	Verified Assurance = "verified"
	Asserted Assurance = "asserted"
)

// VersionRef is what an entry says of a version that commits with it.
type VersionRef struct {
	Record uuid.UUID `json:"record"`
	N      int32     `json:"n"`
	Digest []byte    `json:"digest"`
}

// Decision is what the policy said. The zero Decision is left out of an entry.
type Decision struct {
	Effect Effect `json:"effect,omitempty"`
	Line   string `json:"line,omitempty"`   // policy line that decided
	Policy string `json:"policy,omitempty"` // hash of the policy
}

// Effect is the outcome of a policy decision.
type Effect string

// The outcomes of a policy decision.
const (
	Allow Effect = "allow"
	Deny  Effect = "deny"
)

// tidy replaces what is not valid UTF-8, which JSON cannot hold.
func (m *Metadata) tidy() {
	for _, text := range []*string{
		&m.Actor.Sub, &m.Actor.Force, &m.Actor.Collar, (*string)(&m.Actor.Assurance), (*string)(&m.Actor.Kind),
		&m.ACR, &m.Client, &m.Addr, &m.Method, &m.Operation, &m.Reason, &m.ReferenceHMAC, &m.OnBehalfOf,
		(*string)(&m.Decision.Effect), &m.Decision.Line, &m.Decision.Policy, &m.Outcome, &m.Trace, &m.Source,
	} {
		*text = strings.ToValidUTF8(*text, "\uFFFD")
	}
	for _, list := range []*[]string{&m.Roles, &m.Terms, &m.Marks, &m.Recipients} {
		*list = slices.Clone(*list) // it may be shared
		for i, text := range *list {
			(*list)[i] = strings.ToValidUTF8(text, "\uFFFD")
		}
	}
}
