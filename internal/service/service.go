// Package service holds the use cases of the register: to register, to search, to be
// told and to act. A use case runs inside the chain (authenticated, authorised and
// validated) and fills in the log entry of its call; what changes data commits
// together with that entry. Those of professional standards, who watch over the others,
// are in package standards, which stands on what is exported here.
package service

import (
	"log/slog"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/refdata"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// Deps are what the use cases stand on.
type Deps struct {
	DB    *postgres.DB
	Keys  *seal.KeyRing
	View  *view.View
	Ref   *refdata.Set
	Rules *conduct.Rules
	Check *Checker
	Proof *accesslog.Reader
	// Origin is the log's name in checkpoints.
	Origin string
	// SearchTTL is how long candidates of a search can be opened.
	SearchTTL time.Duration
	// Timeout is how long one record of a stream may take, and then again how
	// long its log entry may.
	Timeout time.Duration
	// Now is the clock.
	Now func() time.Time
	Log *slog.Logger
	// Confirms says that the log makes sure of an answer as it writes its entry
	// (accesslog.Pending.Unchanged); otherwise the database is asked before.
	Confirms bool
}

// Timestamp is the time of the clock.
func (d *Deps) Timestamp() *timestamppb.Timestamp { return timestamppb.New(d.Now()) }

// ResourceName is the name of a force's record, "forces/33/nominals/…".
func ResourceName(kind postgres.Kind, force string, id uuid.UUID) string {
	return "forces/" + force + "/" + collection(kind) + "/" + id.String()
}

// collection is what the records of a kind are called in resource names.
func collection(kind postgres.Kind) string {
	switch kind { //nolint:exhaustive // those with a plural of their own
	case postgres.KindBreach:
		return "breaches"
	case postgres.KindDuty:
		return "duties"
	}
	return string(kind) + "s"
}
