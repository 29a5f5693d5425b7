package service

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/view"
)

// ruling is one attempt of people to decide on links; all that it decides
// commits together, with its alerts.
type ruling struct {
	*sight
	batch
	reason string
}

// rule makes attempts until one commits or fails for good. Each begins with
// nothing noted.
func (s *Links) rule(ctx context.Context, force, reason string, attempt func(r *ruling) error) error {
	c := call.From(ctx)
	return Retry(ctx, func() error {
		c.Afresh()
		c.Requires = nil
		return attempt(&ruling{sight: s.sight(c, force), batch: newBatch(s.Deps), reason: reason})
	})
}

// commit commits what was decided, if anything, with the reason in words.
func (r *ruling) commit(ctx context.Context, code registerv1.LinkState) error {
	r.c.SetBody(&storev1.StoredReason{Method: r.c.Method.Short, Code: code.String(), Explanation: r.reason})
	return r.c.Commit(ctx, OutcomeName(codes.OK), r.changes...)
}

// require asks that both nominals of a link stand unchanged when the decision
// commits, so that none becomes SILENT in between, and that they stand at all.
// What is decided of a SILENT one is told to nobody.
func (r *ruling) require(l *view.Link) error {
	for _, id := range []identity.ID{l.A, l.B} {
		n, ok := r.View.Nominal(id)
		if !ok {
			return NewProblem(codes.FailedPrecondition, ReasonRecordCancelled, "a record of the link was withdrawn: there is nothing to decide")
		}
		need := accesslog.Requirement{Record: uuid.UUID(id), N: int32(n.Version)} //nolint:gosec // a version number
		if !slices.Contains(r.c.Requires, need) {
			r.c.Requires = append(r.c.Requires, need)
		}
	}
	r.quiet = r.veiled(l)
	return nil
}

// decide gives an open link another state.
func (r *ruling) decide(ctx context.Context, o *openedLink, to registerv1.LinkState) error {
	if err := r.require(o.link); err != nil {
		return err
	}
	decide(o.stored, to, r.force, r.reason, r.now)
	if err := r.revise(ctx, o.cur, o.key, o.stored); err != nil {
		return err
	}
	r.noteLink(o.link)
	return nil
}

// asked is a request to decide on a link.
type asked interface {
	GetName() string
	GetVersion() int64
	GetReason() string
}

// judge decides on one link. allow says whether that is possible now.
func (s *Links) judge(ctx context.Context, req asked, to registerv1.LinkState, allow func(r *ruling, o *openedLink) error) (answer *registerv1.Link, err error) {
	err = s.rule(ctx, call.ForceCode(req.GetName()), req.GetReason(), func(r *ruling) error {
		o, err := s.open(ctx, r.sight, req.GetName())
		if err != nil {
			return err
		}
		version := int64(o.cur.Version.N)
		switch {
		case decidedAlready(o.stored, to, r, version-req.GetVersion()):
			answer = r.shownLink(o.link, version, o.stored, r.joinsNothing(o.link), true)
			return r.commit(ctx, to)
		case version != req.GetVersion():
			return NewProblem(codes.Aborted, ReasonLinkChanged, "the link has changed since you read it: read it again, and decide on what stands")
		}
		if err := allow(r, &o); err != nil {
			return err
		}
		if err := r.decide(ctx, &o, to); err != nil {
			return err
		}
		answer = r.shownLink(o.link, version+1, o.stored, false, true)
		return r.commit(ctx, to)
	})
	return answer, err
}

// decidedAlready reports whether a link has been given the state asked for: it
// had it when the caller read it, or the same request has come before and its
// answer was lost.
func decidedAlready(stored *storev1.StoredLink, to registerv1.LinkState, r *ruling, newer int64) bool {
	l := stored.GetLink()
	if l.GetState() != to || len(l.GetDecisions()) == 0 {
		return false
	}
	last := l.GetDecisions()[len(l.GetDecisions())-1]
	return newer == 0 || newer == 1 && call.ForceCode(last.GetForce()) == r.force && last.GetReason() == r.reason
}

// ConfirmLink implements the RPC.
func (s *Links) ConfirmLink(ctx context.Context, req *registerv1.ConfirmLinkRequest) (*registerv1.Link, error) {
	return s.judge(ctx, req, registerv1.LinkState_LINK_STATE_CONFIRMED, func(r *ruling, o *openedLink) error {
		if o.link.State == registerv1.LinkState_LINK_STATE_REJECTED && !req.GetOverrule() {
			return NewProblem(codes.FailedPrecondition, ReasonLinkRejected, "people have decided that the two are not the same person: set `overrule` to decide otherwise")
		}
		return r.conflict(o.link)
	})
}

// RejectLink implements the RPC.
func (s *Links) RejectLink(ctx context.Context, req *registerv1.RejectLinkRequest) (*registerv1.Link, error) {
	return s.judge(ctx, req, registerv1.LinkState_LINK_STATE_REJECTED, func(*ruling, *openedLink) error { return nil })
}

// conflict refuses to confirm a link that would bring nominals into one person
// that people have told apart, and names the rejected links in the way.
func (r *ruling) conflict(l *view.Link) error {
	bond := identity.Bond{ID: l.ID, A: l.A, B: l.B, Kind: identity.BondConfirmed, Weight: l.Bits}
	a := r.View.PersonWith(l.A, bond)
	if !slices.ContainsFunc(a.Barred, func(b identity.Bond) bool { return b.ID == l.ID }) {
		return nil
	}
	b := r.View.PersonWith(l.B, bond)
	var names []string
	others := 0
	for _, x := range a.Members {
		for _, between := range r.View.LinksOf(x) {
			if between.State != registerv1.LinkState_LINK_STATE_REJECTED || between.ID == l.ID || !slices.Contains(b.Members, between.Other(x)) {
				continue
			}
			if between.Concerns(r.force) && r.sees(between) {
				names = append(names, linkName(r.force, uuid.UUID(between.ID)))
			} else {
				others++
			}
		}
	}
	if others > 0 {
		names = append(names, fmt.Sprintf("%d of other forces", others))
	}
	return NewProblem(codes.FailedPrecondition, ReasonLinkConflict,
		"people that were told apart would come into one person; rejected links in the way: "+strings.Join(names, ", "))
}

// ProposeLink implements the RPC.
func (s *Links) ProposeLink(ctx context.Context, req *registerv1.ProposeLinkRequest) (answer *registerv1.Link, err error) {
	force := call.ForceCode(req.GetParent())
	if call.ForceCode(req.GetNominal()) != force {
		return nil, Invalid(ReasonInvalidFields, []Violation{{"nominal", "must be one of the force in `parent`"}})
	}
	err = s.rule(ctx, force, req.GetReason(), func(r *ruling) error {
		if err := s.View.Pull(ctx); err != nil {
			return err
		}
		e, err := s.pair(ctx, r, req)
		if err != nil {
			return err
		}
		standing, linked := s.View.LinkBetween(e.a, e.b)
		if !linked {
			answer, err = r.propose(e)
		} else {
			answer, err = s.proposeAgain(ctx, r, standing)
		}
		if err != nil {
			return err
		}
		return r.commit(ctx, registerv1.LinkState_LINK_STATE_PROPOSED)
	})
	return answer, err
}

// pair finds the two nominals of a proposal: an own one, and one that the caller
// has found by a search or that is his force's own too.
func (s *Links) pair(ctx context.Context, r *ruling, req *registerv1.ProposeLinkRequest) (ends, error) {
	other, err := s.otherOf(ctx, r, req)
	if err != nil {
		return ends{}, err
	}
	own, err := r.known(call.RecordID(req.GetNominal()))
	if err != nil || own.Force != r.force {
		return ends{}, NotFound("nominal")
	}
	found, err := r.known(other)
	if err != nil || req.GetCandidate() == "" && found.Force != r.force {
		return ends{}, NotFound("nominal")
	}
	if own.ID == found.ID {
		return ends{}, Invalid(ReasonInvalidFields, []Violation{{"other", "must be another nominal"}})
	}
	return ends{own.ID, own.Force, found.ID, found.Force}, nil
}

// known returns a nominal by its record id, unless it is SILENT to the caller.
func (r *ruling) known(id string) (*view.Nominal, error) {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return nil, NotFound("nominal")
	}
	if r.Hides(r.c, identity.ID(parsed)) {
		r.note(identity.ID(parsed), "", false)
		return nil, NotFound("nominal")
	}
	n, ok := r.View.Nominal(identity.ID(parsed))
	if !ok {
		return nil, NotFound("nominal")
	}
	return n, nil
}

// otherOf is the record id of the other nominal of a proposal.
func (s *Links) otherOf(ctx context.Context, r *ruling, req *registerv1.ProposeLinkRequest) (string, error) {
	if req.GetCandidate() == "" {
		if call.ForceCode(req.GetOther()) != r.force {
			return "", Invalid(ReasonInvalidFields, []Violation{{"other", "must be a nominal of your own force, unless `candidate` names a candidate of a search of yours that holds it"}})
		}
		return call.RecordID(req.GetOther()), nil
	}
	found, err := s.openCandidate(ctx, r.c, req.GetCandidate())
	if err != nil {
		return "", err
	}
	var held []string
	for _, ref := range found.basis.GetNominals() {
		if id := uuid.UUID(ref.GetId()).String(); id != call.RecordID(req.GetNominal()) {
			held = append(held, id)
		}
	}
	switch id := call.RecordID(req.GetOther()); {
	case req.GetOther() == "" && len(held) == 1:
		return held[0], nil
	case req.GetOther() == "":
		return "", Invalid(ReasonInvalidFields, []Violation{{"other", "is needed: the candidate holds not just one other nominal"}})
	case slices.Contains(held, id):
		return id, nil
	}
	return "", NotFound("nominal")
}

// propose makes a new link.
func (r *ruling) propose(e ends) (*registerv1.Link, error) {
	stored := newLink(e)
	decide(stored, registerv1.LinkState_LINK_STATE_PROPOSED, r.force, r.reason, r.now)
	id := uuid.Must(uuid.NewV7())
	l := &view.Link{
		ID: identity.ID(id), A: identity.ID(stored.GetA()), B: identity.ID(stored.GetB()),
		ForceA: stored.GetForceA(), ForceB: stored.GetForceB(), Force: r.force,
	}
	if err := r.require(l); err != nil {
		return nil, err
	}
	if err := r.create(id, r.force, stored); err != nil {
		return nil, err
	}
	return r.shownLink(l, 1, stored, false, true), nil
}

// proposeAgain puts a link to people that had fallen away of itself, or that
// nobody has been told of because it was beyond the day's ceiling.
func (s *Links) proposeAgain(ctx context.Context, r *ruling, standing *view.Link) (*registerv1.Link, error) {
	name := linkName(r.force, uuid.UUID(standing.ID))
	o := openedLink{link: standing}
	var err error
	if o.cur, o.key, o.stored, err = s.openStanding(ctx, standing); err != nil {
		return nil, err
	}
	version := int64(o.cur.Version.N)
	const to = registerv1.LinkState_LINK_STATE_PROPOSED
	switch l := o.stored.GetLink(); {
	case decidedAlready(o.stored, to, r, 1):
		return r.shownLink(o.link, version, o.stored, false, true), nil
	case l.GetState() == registerv1.LinkState_LINK_STATE_REJECTED:
		return nil, NewProblem(codes.FailedPrecondition, ReasonLinkRejected, "people have decided that the two are not the same person: see "+name)
	case l.GetState() == registerv1.LinkState_LINK_STATE_WITHDRAWN:
		// The evidence no longer carries it; people do.
		l.Bits, l.Prior, l.Probability, l.Terms, l.ModelVersion, l.Twins = 0, 0, 0, nil, "", false
	case !l.GetDeferred() || l.GetState() != to:
		return nil, NewProblem(codes.FailedPrecondition, ReasonLinkExists, "the two are linked already: see "+name)
	}
	o.stored.Link.Deferred = false
	if err := r.decide(ctx, &o, to); err != nil {
		return nil, err
	}
	return r.shownLink(o.link, version+1, o.stored, false, true), nil
}
