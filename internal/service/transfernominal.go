package service

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// whyOnePerson is the reason of a link that an acceptance confirms.
const whyOnePerson = "registered from the other force's record when a matter was taken over"

// hangsOn finds the own nominal on which a matter is to hang that is taken over: the
// one named, else the only one of the person. One that is not there yet is registered
// from that of the other force, theirs.
func (s *Transfers) hangsOn(ctx context.Context, c *call.Call, req *registerv1.AcceptTransferRequest, theirs identity.ID) (identity.ID, error) {
	force := call.ForceCode(req.GetName())
	var own identity.ID
	switch {
	case req.GetNominal() != "":
		if call.ForceCode(req.GetNominal()) != force {
			return own, NotFound("nominal")
		}
		cur, _, _, err := s.openNominal(ctx, c, req.GetNominal())
		if err != nil {
			return own, err
		}
		own = identity.ID(cur.Record.ID)
	case req.GetNominalSource() != nil:
		var err error
		if own, err = s.nominalBySource(ctx, c, req, theirs); err != nil {
			return own, err
		}
	default:
		held := s.heldOf(c, force, theirs)
		if len(held) != 1 {
			return own, Invalid(ReasonInvalidFields, []Violation{{"nominal_source", "is required, or `nominal`: your force does not hold just one record of this person"}})
		}
		own = held[0]
	}
	if !slices.Contains(s.View.Person(theirs).Members, own) {
		return own, NewProblem(codes.FailedPrecondition, ReasonNotOnePerson, "the nominal is not held to be of the same person: confirm their link first, or name another")
	}
	mine, okMine := s.View.Nominal(own)
	other, okOther := s.View.Nominal(theirs)
	switch {
	case !okMine || !okOther:
		return own, NewProblem(codes.FailedPrecondition, ReasonRecordCancelled, "the nominal was cancelled: there is nothing on which the matter could hang")
	case other.Restriction != mine.Restriction && other.Restriction != registerv1.Restriction_RESTRICTION_UNSPECIFIED:
		return own, NewProblem(codes.FailedPrecondition, ReasonRestrictionKept, "the other force's record is restricted: give a new `nominal_source`, so that its restriction goes over with it")
	}
	return own, nil
}

// heldOf are the nominals that a force holds of the person of another, as far as the
// caller may know of them.
func (s *Transfers) heldOf(c *call.Call, force string, theirs identity.ID) []identity.ID {
	var held []identity.ID
	for _, m := range s.View.Person(theirs).Members {
		if n, ok := s.View.Nominal(m); ok && n.Force == force && !s.Hides(c, m) {
			held = append(held, m)
		}
	}
	return held
}

// nominalBySource finds an own nominal by its source key, or registers it.
func (s *Transfers) nominalBySource(ctx context.Context, c *call.Call, req *registerv1.AcceptTransferRequest, theirs identity.ID) (identity.ID, error) {
	force := call.ForceCode(req.GetName())
	p, err := s.Nominals.placeFor(ctx, c, force, req.GetNominalSource(), spaceNominal)
	if err == nil {
		err = s.look(ctx, &p)
	}
	switch {
	case err != nil:
		return identity.ID{}, err
	case p.found && p.cur.Wrapped == nil:
		return identity.ID{}, ErrErased()
	case p.found:
		return identity.ID(p.cur.Record.ID), nil
	}
	id, err := s.registerFrom(ctx, c, req, p, theirs)
	if err != nil {
		return id, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return id, err
	}
	if err := s.tie(ctx, c, force, id, theirs); err != nil {
		return id, err
	}
	return id, s.View.Pull(ctx)
}

// registerFrom registers an own nominal from that of the other force, with its
// restriction, under an entry of its own.
func (s *Transfers) registerFrom(ctx context.Context, c *call.Call, req *registerv1.AcceptTransferRequest, p place, theirs identity.ID) (identity.ID, error) {
	stored := &storev1.StoredNominal{}
	if _, _, err := s.OpenRecord(ctx, postgres.KindNominal, uuid.UUID(theirs), stored); err != nil {
		return identity.ID{}, err
	}
	n, ok := proto.Clone(stored.GetNominal()).(*registerv1.Nominal)
	if !ok {
		return identity.ID{}, errors.New("service: clone")
	}
	n.Name, n.Source = "", req.GetNominalSource()
	hash, err := ContentHash(n)
	if err != nil {
		return identity.ID{}, err
	}
	one := c.Fork()
	one.SetBody(&storev1.StoredReason{Method: c.Method.Short, Reference: req.GetName()})
	var id identity.ID
	_, err = s.upsert(ctx, one, upsert{
		kind: postgres.KindNominal, force: call.ForceCode(req.GetName()), place: p, revision: n.GetSource().GetRevision(),
		content: &storev1.StoredNominal{Nominal: n, ContentHash: hash, UpdateTime: s.Timestamp(), Registrant: call.Subject(c.Actor)},
		beside: func(change accesslog.Change) (more []accesslog.Change, err error) {
			id = identity.ID(change.Record.ID)
			more, _, err = s.Nominals.Linker.link(ctx, one, change, n)
			return more, err
		},
	})
	return id, err
}

// tie confirms that two nominals are one person, under an entry of its own.
func (s *Transfers) tie(ctx context.Context, c *call.Call, force string, own, theirs identity.ID) error {
	one := c.Fork()
	r := &ruling{sight: s.sight(one, force), batch: newBatch(s.Deps), reason: whyOnePerson}
	standing, linked := s.View.LinkBetween(own, theirs)
	if linked {
		o := openedLink{link: standing}
		var err error
		if o.cur, o.key, o.stored, err = s.openStanding(ctx, standing); err != nil {
			return err
		}
		if err := r.conflict(standing); err != nil {
			return err
		}
		if err := r.decide(ctx, &o, registerv1.LinkState_LINK_STATE_CONFIRMED); err != nil {
			return err
		}
		return r.commit(ctx, registerv1.LinkState_LINK_STATE_CONFIRMED)
	}
	id := uuid.Must(uuid.NewV7())
	stored := newLink(ends{own, force, theirs, s.forceOf(theirs)})
	decide(stored, registerv1.LinkState_LINK_STATE_CONFIRMED, force, whyOnePerson, r.now)
	l := &view.Link{ID: identity.ID(id), A: identity.ID(stored.GetA()), B: identity.ID(stored.GetB()), ForceA: stored.GetForceA(), ForceB: stored.GetForceB(), Force: force}
	if err := r.conflict(l); err != nil {
		return err
	}
	if err := r.require(l); err != nil {
		return err
	}
	if err := r.create(id, force, stored); err != nil {
		return err
	}
	return r.commit(ctx, registerv1.LinkState_LINK_STATE_CONFIRMED)
}

// forceOf is the force of a nominal that stands.
func (d *Deps) forceOf(nominal identity.ID) string {
	n, _ := d.View.Nominal(nominal)
	if n == nil {
		return ""
	}
	return n.Force
}
