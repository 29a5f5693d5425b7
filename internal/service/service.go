// Package service holds the use cases of the register, one file for each gRPC
// service. A use case runs inside the chain (authenticated, authorised and
// validated) and fills in the log entry of its call; what changes data commits
// together with that entry.
package service

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
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
}

// maxAttempts bounds how often an optimistic write is tried again.
const maxAttempts = 8

// retry runs an optimistic write until it commits or fails for good.
func retry(ctx context.Context, write func() error) error {
	var err error
	for range maxAttempts {
		if err = write(); !errors.Is(err, accesslog.ErrConflict) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return err
}

// current is a record with its newest version, opened into m.
func (d *Deps) current(ctx context.Context, kind postgres.Kind, name string, m proto.Message) (postgres.Current, seal.DataKey, error) {
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return postgres.Current{}, seal.DataKey{}, notFound(string(kind))
	}
	all, err := d.DB.CurrentByID(ctx, []uuid.UUID{id})
	if err != nil {
		return postgres.Current{}, seal.DataKey{}, err
	}
	if len(all) == 0 || all[0].Record.Kind != kind || all[0].Record.Force != call.ForceCode(name) || all[0].Wrapped == nil {
		return postgres.Current{}, seal.DataKey{}, notFound(string(kind))
	}
	key, err := view.OpenVersion(d.Keys, all[0].Record, all[0].Version, all[0].Wrapped, m)
	return all[0], key, err
}

// next makes the change to a record's next version with the given content.
func (d *Deps) next(cur postgres.Current, key seal.DataKey, revision int64, content proto.Message) (accesslog.Change, error) {
	plain, err := proto.Marshal(content)
	if err != nil {
		return accesslog.Change{}, err
	}
	sealed, err := key.Seal(plain, seal.RecordAD(cur.Record.ID, string(cur.Record.Kind)))
	if err != nil {
		return accesslog.Change{}, err
	}
	return change(cur, postgres.Version{Revision: revision, Sealed: sealed}), nil
}

// change completes a version as the next one of its record.
func change(cur postgres.Current, v postgres.Version) accesslog.Change {
	v.Record, v.N, v.Salt = cur.Record.ID, cur.Version.N+1, seal.NewSalt()
	v.Digest = seal.Digest(v.Salt, seal.VersionFields{
		Record: cur.Record.ID, N: v.N, Kind: string(cur.Record.Kind), Force: cur.Record.Force,
		Revision: v.Revision, Erased: v.Erased, Sealed: v.Sealed,
	})
	return accesslog.Change{Record: cur.Record, Expected: cur.Version.N, Version: v}
}

// first makes a new record with the given content as its first version.
func (d *Deps) first(kind postgres.Kind, force string, source seal.HMAC, revision int64, content proto.Message) (accesslog.Change, error) {
	key := seal.NewDataKey()
	cur := postgres.Current{Record: postgres.Record{
		ID: uuid.Must(uuid.NewV7()), Kind: kind, Force: force,
		SourceHMAC: source.Sum, SourceKeyVersion: int32(source.Version), //nolint:gosec // a small counter
	}}
	change, err := d.next(cur, key, revision, content)
	if err != nil {
		return change, err
	}
	change.Wrapped, err = d.Keys.Wrap(key, cur.Record.ID[:])
	return change, err
}

// erase makes the change that destroys a record's key.
func erase(cur postgres.Current) accesslog.Change {
	out := change(cur, postgres.Version{Revision: cur.Version.Revision, Erased: true})
	out.DeleteKey = true
	return out
}

// bySource finds a record by its source key; found is false when there is none.
func (d *Deps) bySource(ctx context.Context, hmacs []seal.HMAC) (cur postgres.Current, found bool, err error) {
	sums := make([][]byte, len(hmacs))
	for i, h := range hmacs {
		sums[i] = h.Sum
	}
	cur, err = d.DB.CurrentBySource(ctx, sums)
	if errors.Is(err, postgres.ErrNotFound) {
		return cur, false, nil
	}
	return cur, err == nil, err
}

// checkRevision compares a sent revision with the stored one. same is true
// when the very same content is stored already.
func checkRevision(sent, stored int64, sameContent bool) (same bool, err error) {
	switch {
	case sent < stored:
		return false, problem(codes.Aborted, ReasonStaleRevision, "a newer revision of this record is stored: nothing was changed")
	case sent > stored:
		return false, nil
	case sameContent:
		return true, nil
	}
	return false, problem(codes.Aborted, ReasonRevisionReused, "this revision is stored with other content: send the change under a higher revision")
}

func (d *Deps) timestamp() *timestamppb.Timestamp { return timestamppb.New(d.Now()) }

func resourceName(kind postgres.Kind, force string, id uuid.UUID) string {
	collection := "nominals"
	if kind == postgres.KindCourse {
		collection = "courses"
	}
	return "forces/" + force + "/" + collection + "/" + id.String()
}
