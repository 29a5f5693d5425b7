package service

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// partRecord is a measure, a breach, an assessment or a safety plan as its force
// knows it.
type partRecord interface {
	proto.Message
	GetSource() *registerv1.SourceKey
	GetNominal() string
}

// partStored is the sealed form of one.
type partStored interface {
	proto.Message
	GetPart() *storev1.Part
}

// partForm is what one kind of part is like.
type partForm[R partRecord, S partStored] struct {
	kind postgres.Kind
	// empty makes a stored record to read into, fresh one to be stored.
	empty func() S
	fresh func(R, *storev1.Part) S
	// record is the record within, with what beside it is shown of it; known fills
	// in what the register knows of it.
	record func(S) R
	known  func(R, known)
	// when is the time by which records are listed, the newest first.
	when func(R) time.Time
}

// parts is the life of one kind of record that hangs on a nominal: registered by
// its source key, read, listed, withdrawn and erased. It is there for whoever may
// open the nominal.
type parts[R partRecord, S partStored] struct {
	*Deps
	partForm[R, S]
	nominals *Nominals
}

// known is what the register itself knows of a part.
type known struct {
	name, nominal          string
	version                int64
	state                  registerv1.RecordState
	create, update, loaded *timestamppb.Timestamp
}

// partRequest is a request to register a part.
type partRequest[R partRecord, S partStored] struct {
	parent              string
	record              R
	nominalSource       *registerv1.SourceKey
	reinstate, historic bool
	// check, if not nil, asks what is known of the suspect.
	check *personCheck
	// refer, if not nil, finds the records that this one names, before it is
	// stored; old is the version that stands, if there is one.
	refer func(ctx context.Context, c *call.Call, at referral[S]) error
	// keep, if not nil, takes over what the register keeps from the version before,
	// and says what stands in the way; old is nil for a first version.
	keep func(ctx context.Context, c *call.Call, old *S, content S) error
}

// referral is where the records that a part names are looked for.
type referral[S partStored] struct {
	force   string
	nominal postgres.Current
	content S
	old     *S
}

// register creates a part or stores its next revision.
func (p *parts[R, S]) register(ctx context.Context, c *call.Call, req partRequest[R, S]) (upserted, error) {
	force := call.ForceCode(req.parent)
	record, ok := proto.Clone(req.record).(R)
	if !ok {
		return upserted{}, errors.New("service: clone")
	}
	source := record.GetSource()
	var done upserted
	err := Retry(ctx, func() error {
		c.Requires = nil
		if req.check != nil {
			if err := p.View.Pull(ctx); err != nil {
				return err
			}
		}
		nominal, err := p.nominals.suspect(ctx, c, force, record.GetNominal(), req.nominalSource)
		if err != nil {
			return err
		}
		if err := req.check.refuseSelf(nominal); err != nil {
			return err
		}
		p.known(record, known{nominal: ResourceName(postgres.KindNominal, force, nominal.Record.ID)})
		now := p.Timestamp()
		part := &storev1.Part{NominalId: nominal.Record.ID[:], CreateTime: now, UpdateTime: now, Registrant: call.Subject(c.Actor)}
		if req.historic {
			part.LoadTime = now
		}
		content := p.fresh(record, part)
		// The suspect must not be erased or changed meanwhile.
		c.Requires = append(c.Requires, accesslog.Requirement{Record: nominal.Record.ID, N: nominal.Version.N})
		at := place{hmacs: p.Keys.SourceHMACs(force, source.GetSystem(), source.GetReference(), string(p.kind))}
		old, err := p.before(ctx, &at)
		if err != nil {
			return err
		}
		if req.refer != nil {
			if err := req.refer(ctx, c, referral[S]{force, nominal, content, old}); err != nil {
				return err
			}
		}
		if part.ContentHash, err = ContentHash(record); err != nil {
			return err
		}
		keep := func() error {
			if req.keep == nil {
				return nil
			}
			return req.keep(ctx, c, old, content)
		}
		if !at.found {
			if err := keep(); err != nil {
				return err
			}
		}
		var beside writtenBeside
		done, err = p.upsert(ctx, c, upsert{
			kind: p.kind, force: force, place: at, revision: source.GetRevision(), content: content,
			revise: func(cur postgres.Current) (accesslog.Change, bool, error) {
				return p.revise(cur, old, content, source.GetRevision(), req.reinstate, keep)
			},
			beside: func(change accesslog.Change) ([]accesslog.Change, error) {
				b, err := p.beside(ctx, c, change, old, content, req.check)
				if err != nil {
					return nil, err
				}
				beside = writtenBeside{content, b.duties}
				return b.changes, nil
			},
			also: req.check.also(ctx, nominal.Record.ID, &beside),
		})
		return err
	})
	return done, err
}

// beside makes the changes that commit with a version of a part: what it means for
// duties. It fails when a duty stands in the way; old is the version before, nil for
// the first, check when its entry is no check of the suspect.
func (p *parts[R, S]) beside(ctx context.Context, c *call.Call, change accesslog.Change, old *S, content S, check *personCheck) (*batch, error) {
	var was partStored
	nominal := identity.ID(content.GetPart().GetNominalId())
	before := nominal
	if old != nil {
		was = *old
		before = identity.ID(was.GetPart().GetNominalId())
	}
	if err := p.partMayLapse(ctx, change.Record, was, content); err != nil {
		return nil, err
	}
	b := newBatch(p.Deps)
	if err := p.View.Pull(ctx); err != nil {
		return nil, err
	}
	if err := b.tellOfPart(ctx, c, change, was, content); err != nil {
		return nil, err
	}
	if err := b.corrected(ctx, c, before, nominal, written{change: change, content: content, check: check.made(b.now)}); err != nil {
		return nil, err
	}
	return &b, check.subscribed(&b, nominal)
}

// before reads the version that stands of the record at a place; nil when there
// is none, or it was erased.
func (p *parts[R, S]) before(ctx context.Context, at *place) (*S, error) {
	if err := p.look(ctx, at); err != nil || !at.found || at.cur.Wrapped == nil {
		return nil, err
	}
	stored := p.empty()
	_, err := view.OpenVersion(p.Keys, at.cur.Record, at.cur.Version, at.cur.Wrapped, stored)
	return &stored, err
}

// revise makes the next version of a known part; same is true when this revision
// is stored already.
func (p *parts[R, S]) revise(cur postgres.Current, old *S, content S, revision int64, reinstate bool, keep func() error) (accesslog.Change, bool, error) {
	if cur.Wrapped == nil {
		return accesslog.Change{}, false, ErrErased()
	}
	was, is := (*old).GetPart(), content.GetPart()
	same, err := checkRevision(revision, cur.Version.Revision, bytes.Equal(was.GetContentHash(), is.GetContentHash()))
	if err != nil || same {
		return accesslog.Change{}, same, err
	}
	if err := mayRevise(was.GetTransferredTo()); err != nil {
		return accesslog.Change{}, false, err
	}
	if was.GetCancelled() && !reinstate {
		return accesslog.Change{}, false, errCancelled()
	}
	is.Former = was.GetFormer()
	is.CreateTime, is.LoadTime = was.GetCreateTime(), was.GetLoadTime()
	if err := keep(); err != nil {
		return accesslog.Change{}, false, err
	}
	key, err := p.Keys.Unwrap(cur.Wrapped, cur.Record.ID[:])
	if err != nil {
		return accesslog.Change{}, false, err
	}
	change, err := p.Next(cur, key, revision, content)
	return change, false, err
}

// openPart is a part with the version that was read.
type openPart[S partStored] struct {
	cur    postgres.Current
	stored S
}

// open reads an own part, unless its nominal is SILENT to the caller.
func (p *parts[R, S]) open(ctx context.Context, c *call.Call, name string) (openPart[S], error) {
	out := openPart[S]{stored: p.empty()}
	var err error
	if out.cur, _, err = p.Current(ctx, p.kind, name, out.stored); err != nil {
		return out, err
	}
	if _, _, _, err := p.openNominal(ctx, c, p.nominalOf(out)); err != nil {
		return out, NotFound(string(p.kind))
	}
	return out, nil
}

// nominalOf is the resource name of the nominal of a part.
func (p *partForm[R, S]) nominalOf(o openPart[S]) string {
	id, err := uuid.FromBytes(o.stored.GetPart().GetNominalId())
	if err != nil {
		return ""
	}
	return ResourceName(postgres.KindNominal, o.cur.Record.Force, id)
}

// shown is a part with what the register knows of it.
func (p *partForm[R, S]) shown(o openPart[S]) R {
	part := o.stored.GetPart()
	k := known{
		name: ResourceName(p.kind, o.cur.Record.Force, o.cur.Record.ID), nominal: p.nominalOf(o), version: int64(o.cur.Version.N),
		state: registerv1.RecordState_RECORD_STATE_ACTIVE, create: part.GetCreateTime(), update: part.GetUpdateTime(), loaded: part.GetLoadTime(),
	}
	if part.GetCancelled() {
		k.state = registerv1.RecordState_RECORD_STATE_CANCELLED
	}
	if gone(o.stored) {
		k.state = registerv1.RecordState_RECORD_STATE_TRANSFERRED
	}
	out := p.record(o.stored)
	p.known(out, k)
	return out
}

// get reads an own part and notes that it was shown.
func (p *parts[R, S]) get(ctx context.Context, name string) (none R, err error) {
	c := call.From(ctx)
	o, err := p.open(ctx, c, name)
	if err != nil {
		return none, err
	}
	c.Show(o.cur.Record.ID, o.cur.Record.Force)
	return p.shown(o), nil
}

// alter stores the next version of an own part, changed by edit.
func (p *parts[R, S]) alter(ctx context.Context, name string, why *storev1.StoredReason, edit func(context.Context, *call.Call, openPart[S]) error) (openPart[S], error) {
	c := call.From(ctx)
	why.Method = c.Method.Short
	var out openPart[S]
	err := Retry(ctx, func() error {
		o, err := p.open(ctx, c, name)
		if err != nil {
			return err
		}
		if err := mayRevise(o.stored.GetPart().GetTransferredTo()); err != nil {
			return err
		}
		old, ok := proto.Clone(o.stored).(S)
		if !ok {
			return errors.New("service: clone")
		}
		if err := edit(ctx, c, o); err != nil {
			return err
		}
		o.stored.GetPart().UpdateTime = p.Timestamp()
		key, err := p.Keys.Unwrap(o.cur.Wrapped, o.cur.Record.ID[:])
		if err != nil {
			return err
		}
		change, err := p.Next(o.cur, key, o.cur.Version.Revision, o.stored)
		if err != nil {
			return err
		}
		c.Requires = nil
		b, err := p.beside(ctx, c, change, &old, o.stored, nil)
		if err != nil {
			return err
		}
		out = o
		out.cur.Version.N = change.Version.N
		c.SetBody(why)
		return p.Commit(ctx, c, o.cur.Record, append([]accesslog.Change{change}, b.changes...)...)
	})
	return out, err
}

// cancel withdraws an own part and returns the version that now stands.
func (p *parts[R, S]) cancel(ctx context.Context, name string, reason registerv1.CancelReason, explanation string) (int64, error) {
	o, err := p.alter(ctx, name, &storev1.StoredReason{Code: reason.String(), Explanation: explanation},
		func(_ context.Context, _ *call.Call, o openPart[S]) error {
			o.stored.GetPart().Cancelled = true
			return nil
		})
	return int64(o.cur.Version.N), err
}

// erase destroys the key of an own part.
func (p *parts[R, S]) erase(ctx context.Context, name string, ground registerv1.ErasureGround, reference string) error {
	c := call.From(ctx)
	return Retry(ctx, func() error {
		c.Requires = nil
		o, err := p.open(ctx, c, name)
		if err != nil {
			return err
		}
		if err := p.View.Pull(ctx); err != nil {
			return err
		}
		b, erasure := newBatch(p.Deps), erase(o.cur)
		if err := b.erasedPart(ctx, erasure, o.stored); err != nil {
			return err
		}
		if err := b.conduct(ctx, c, identity.ID(o.stored.GetPart().GetNominalId()), written{change: erasure}); err != nil {
			return err
		}
		c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Code: ground.String(), Reference: reference})
		return p.Commit(ctx, c, o.cur.Record, append(b.changes, erasure)...)
	})
}
