package service

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// maxAttempts bounds how often an optimistic write is tried again.
const maxAttempts = 8

// Retry runs an optimistic write until it commits or fails for good.
func Retry(ctx context.Context, write func() error) error {
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

// Current is a record with its newest version, opened into m.
func (d *Deps) Current(ctx context.Context, kind postgres.Kind, name string, m proto.Message) (postgres.Current, seal.DataKey, error) {
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return postgres.Current{}, seal.DataKey{}, NotFound(string(kind))
	}
	cur, key, err := d.OpenRecord(ctx, kind, id, m)
	if err == nil && cur.Record.Force != call.ForceCode(name) {
		return postgres.Current{}, seal.DataKey{}, NotFound(string(kind))
	}
	return cur, key, err
}

// OpenRecord reads the newest version of a record into m. One that is not there,
// is erased or is of another kind is not found.
func (d *Deps) OpenRecord(ctx context.Context, kind postgres.Kind, id uuid.UUID, m proto.Message) (postgres.Current, seal.DataKey, error) {
	all, err := d.DB.CurrentByID(ctx, []uuid.UUID{id})
	if err != nil {
		return postgres.Current{}, seal.DataKey{}, err
	}
	if len(all) == 0 || all[0].Record.Kind != kind || all[0].Wrapped == nil {
		return postgres.Current{}, seal.DataKey{}, NotFound(string(kind))
	}
	key, err := view.OpenVersion(d.Keys, all[0].Record, all[0].Version, all[0].Wrapped, m)
	return all[0], key, err
}

// Next makes the change to a record's next version with the given content.
func (d *Deps) Next(cur postgres.Current, key seal.DataKey, revision int64, content proto.Message) (accesslog.Change, error) {
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

// First makes a new record with the given content as its first version.
func (d *Deps) First(kind postgres.Kind, force string, source seal.HMAC, revision int64, content proto.Message) (accesslog.Change, error) {
	return d.FirstWith(uuid.Must(uuid.NewV7()), kind, force, source, revision, content)
}

// FirstWith is first for a record whose id is chosen already.
func (d *Deps) FirstWith(id uuid.UUID, kind postgres.Kind, force string, source seal.HMAC, revision int64, content proto.Message) (accesslog.Change, error) {
	key := seal.NewDataKey()
	cur := postgres.Current{Record: postgres.Record{
		ID: id, Kind: kind, Force: force,
		SourceHMAC: source.Sum, SourceKeyVersion: int32(source.Version), //nolint:gosec // a small counter
	}}
	change, err := d.Next(cur, key, revision, content)
	if err != nil {
		return change, err
	}
	change.Wrapped, err = d.Keys.Wrap(key, cur.Record.ID[:])
	return change, err
}

// NextOrFirst makes the next version of a record that was found, or else the first.
func (d *Deps) NextOrFirst(cur postgres.Current, found bool, kind postgres.Kind, force string, source seal.HMAC, content proto.Message) (accesslog.Change, error) {
	if !found {
		return d.First(kind, force, source, 1, content)
	}
	key, err := d.Keys.Unwrap(cur.Wrapped, cur.Record.ID[:])
	if err != nil {
		return accesslog.Change{}, err
	}
	return d.Next(cur, key, cur.Version.Revision+1, content)
}

// erase makes the change that destroys a record's key.
func erase(cur postgres.Current) accesslog.Change {
	out := change(cur, postgres.Version{Revision: cur.Version.Revision, Erased: true})
	out.DeleteKey = true
	return out
}

// BySource finds a record by its source key; found is false when there is none.
func (d *Deps) BySource(ctx context.Context, hmacs []seal.HMAC) (cur postgres.Current, found bool, err error) {
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
		return false, NewProblem(codes.Aborted, ReasonStaleRevision, "a newer revision of this record is stored: nothing was changed")
	case sent > stored:
		return false, nil
	case sameContent:
		return true, nil
	}
	return false, NewProblem(codes.Aborted, ReasonRevisionReused, "this revision is stored with other content: send the change under a higher revision")
}

// upsert is a record to be stored under its source key.
type upsert struct {
	kind     postgres.Kind
	force    string
	place    place
	revision int64
	content  proto.Message
	// revise makes the next version of a record that is there already; same is
	// true when this very revision is.
	revise func(cur postgres.Current) (change accesslog.Change, same bool, err error)
	// beside, if not nil, makes the changes that commit with the new version.
	beside func(change accesslog.Change) ([]accesslog.Change, error)
	// also, if not nil, notes what else the call shows, of the version that stands when
	// the call commits, and makes the changes that tell of it.
	also func(r postgres.Record, n int32) ([]accesslog.Change, error)
}

// place is where a record is found or stored by its source key.
type place struct {
	hmacs  []seal.HMAC // the key under every version; a new record takes the first
	looked bool        // whether found and cur are known
	found  bool
	cur    postgres.Current
}

// look reads the record of a place, unless that was done.
func (d *Deps) look(ctx context.Context, p *place) (err error) {
	if !p.looked {
		p.cur, p.found, err = d.BySource(ctx, p.hmacs)
		p.looked = err == nil
	}
	return err
}

// upserted says what an upsert did.
type upserted struct {
	name    string
	version int64
	outcome registerv1.RegisterOutcome
}

// upsert creates a record or stores its next version, and commits it with the
// call's entry. It fails with accesslog.ErrConflict if another was quicker.
func (d *Deps) upsert(ctx context.Context, c *call.Call, u upsert) (upserted, error) {
	p := u.place
	if err := d.look(ctx, &p); err != nil {
		return upserted{}, err
	}
	var change accesslog.Change
	var err error
	outcome := registerv1.RegisterOutcome_REGISTER_OUTCOME_CREATED
	if p.found {
		var same bool
		outcome = registerv1.RegisterOutcome_REGISTER_OUTCOME_UPDATED
		change, same, err = u.revise(p.cur)
		if same {
			return stored(p.cur.Record, p.cur.Version.N, registerv1.RegisterOutcome_REGISTER_OUTCOME_UNCHANGED),
				d.commitWith(ctx, c, p.cur.Record, p.cur.Version.N, u.also)
		}
	} else {
		change, err = d.First(u.kind, u.force, p.hmacs[0], u.revision, u.content)
	}
	if err != nil {
		return upserted{}, err
	}
	changes := []accesslog.Change{change}
	if u.beside != nil {
		more, err := u.beside(change)
		if err != nil {
			return upserted{}, err
		}
		changes = append(changes, more...)
	}
	return stored(change.Record, change.Version.N, outcome), d.commitWith(ctx, c, change.Record, change.Version.N, u.also, changes...)
}

func stored(r postgres.Record, n int32, outcome registerv1.RegisterOutcome) upserted {
	return upserted{name: ResourceName(r.Kind, r.Force, r.ID), version: int64(n), outcome: outcome}
}

// ErrErased says that a record was erased and cannot be written again.
func ErrErased() *Problem {
	return NewProblem(codes.FailedPrecondition, ReasonRecordErased, "the record was erased: if the law allows it to be held again, register it under a new reference")
}

func errCancelled() *Problem {
	return NewProblem(codes.FailedPrecondition, ReasonRecordCancelled, "the record was cancelled: set `reinstate` to make it stand again")
}

// ContentHash is the hash of a record as sent, to tell a retry from a change.
func ContentHash(m proto.Message) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return sum[:], nil
}

// Commit commits the call's entry, which shows or changes one record; what else
// changes with it is noted too.
func (d *Deps) Commit(ctx context.Context, c *call.Call, r postgres.Record, changes ...accesslog.Change) error {
	return d.commitWith(ctx, c, r, 0, nil, changes...)
}

// commitWith is commit where also, if not nil, notes what else the call shows beside
// version n of the record, and makes the changes that tell of it.
func (d *Deps) commitWith(ctx context.Context, c *call.Call, r postgres.Record, n int32, also func(postgres.Record, int32) ([]accesslog.Change, error), changes ...accesslog.Change) error {
	c.Afresh()
	c.Show(r.ID, r.Force)
	if also != nil {
		more, err := also(r, n)
		if err != nil {
			return err
		}
		changes = append(changes, more...)
	}
	for i := range changes {
		if id := changes[i].Record.ID; id != r.ID {
			c.Met(id, changes[i].Record.Force)
		}
	}
	return c.Commit(ctx, OutcomeName(codes.OK), changes...)
}
