package service

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/view"
)

// maxSplit is how many links one split rejects at most.
const maxSplit = 500

// GetPerson implements the RPC.
func (s *Links) GetPerson(ctx context.Context, req *registerv1.GetPersonRequest) (*registerv1.Person, error) {
	c := call.From(ctx)
	cur, _, _, err := s.openNominal(ctx, c, req.GetName())
	if err != nil {
		return nil, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	return s.person(ctx, s.sight(c, cur.Record.Force), identity.ID(cur.Record.ID), cur.Record.Force)
}

// person is the person of an own nominal, as it stands in the view: with the
// links that tie it together, and those of its links with others that are the
// force's to decide on.
func (s *Links) person(ctx context.Context, see *sight, of identity.ID, force string) (*registerv1.Person, error) {
	formed := s.View.Person(of)
	out := &registerv1.Person{Unconfirmed: len(formed.Confirmed) < len(formed.Members)}
	var links []*view.Link
	var ids []uuid.UUID
	for _, m := range formed.Members {
		owner := force
		if n, ok := s.View.Nominal(m); ok {
			owner = n.Force
		}
		shown, _ := see.nominal(m, owner)
		out.Nominals = append(out.Nominals, shown)
		for _, l := range s.View.LinksOf(m) {
			inside := slices.Contains(formed.Members, l.Other(m))
			if see.sees(l) && !slices.Contains(links, l) && ofPerson(l, inside, force) {
				links = append(links, l)
				ids = append(ids, uuid.UUID(l.ID))
			}
		}
	}
	slices.SortFunc(links, view.NewestFirst)
	current, err := s.currentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out.Links, err = s.shownLinks(see, links, current)
	return out, err
}

// ofPerson reports whether a link of a member is shown with its person: one
// that joins or is proposed, if it leads to another member or concerns the force
// that asks.
func ofPerson(l *view.Link, inside bool, force string) bool {
	proposed := l.State == registerv1.LinkState_LINK_STATE_PROPOSED && !l.Deferred
	return (view.Joins(l.State) || proposed) && (inside || l.Concerns(force))
}

// SplitPerson implements the RPC.
func (s *Links) SplitPerson(ctx context.Context, req *registerv1.SplitPersonRequest) (*registerv1.Person, error) {
	force := call.ForceCode(req.GetName())
	var of identity.ID
	err := s.rule(ctx, force, req.GetReason(), func(r *ruling) error {
		cur, _, _, err := s.openNominal(ctx, r.c, req.GetName())
		if err != nil {
			return err
		}
		of = identity.ID(cur.Record.ID)
		if err := s.View.Pull(ctx); err != nil {
			return err
		}
		members := s.View.Person(of).Members
		apart, err := partOf(members, req.GetApart(), s.View)
		if err != nil {
			return err
		}
		for _, m := range members {
			owner := force
			if n, ok := s.View.Nominal(m); ok {
				owner = n.Force
			}
			r.nominal(m, owner)
		}
		if err := s.split(ctx, r, members, apart); err != nil {
			return err
		}
		return r.commit(ctx, registerv1.LinkState_LINK_STATE_REJECTED)
	})
	if err != nil {
		return nil, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, problem(codes.Unavailable, ReasonUnavailable, "the person was split, and cannot be shown now: read it again")
	}
	return s.remaining(ctx, call.From(ctx), of, force)
}

// partOf reads the nominals that are to be set apart: some, not all, of the
// person's.
func partOf(members []identity.ID, names []string, v *view.View) (map[identity.ID]bool, error) {
	apart := map[identity.ID]bool{}
	for _, name := range names {
		id, err := uuid.Parse(call.RecordID(name))
		n, ok := v.Nominal(identity.ID(id))
		if err != nil || !ok || n.Force != call.ForceCode(name) || !slices.Contains(members, n.ID) {
			return nil, Invalid(ReasonInvalidFields, []Violation{{"apart", "holds a nominal that is not of the person: see GetPerson"}})
		}
		apart[n.ID] = true
	}
	if len(apart) == len(members) {
		return nil, Invalid(ReasonInvalidFields, []Violation{{"apart", "holds the whole person: nothing would remain on the other side"}})
	}
	return apart, nil
}

// split rejects every link between the part that is set apart and the rest.
func (s *Links) split(ctx context.Context, r *ruling, members []identity.ID, apart map[identity.ID]bool) error {
	rejected := 0
	for _, m := range members {
		if !apart[m] {
			continue
		}
		for _, l := range s.View.LinksOf(m) {
			other := l.Other(m)
			if apart[other] || !slices.Contains(members, other) || !view.Joins(l.State) && l.State != registerv1.LinkState_LINK_STATE_PROPOSED {
				continue
			}
			if rejected++; rejected > maxSplit {
				return Invalid(ReasonInvalidFields, []Violation{{"apart", "parts too much at once: set fewer nominals apart at a time"}})
			}
			if err := s.reject(ctx, r, l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Links) reject(ctx context.Context, r *ruling, l *view.Link) (err error) {
	o := openedLink{link: l}
	if o.cur, o.key, o.stored, err = s.openLink(ctx, l.ID); err != nil {
		return err
	}
	if o.cur.Version.N != l.Version {
		return accesslog.ErrConflict
	}
	return r.decide(ctx, &o, registerv1.LinkState_LINK_STATE_REJECTED)
}

// remaining is what is left of a person that was split. What is shown of it was
// noted when that was decided; what has come to it since is left out.
func (s *Links) remaining(ctx context.Context, c *call.Call, of identity.ID, force string) (*registerv1.Person, error) {
	noted := map[string]bool{}
	for _, t := range c.Touches {
		noted[t.Record.String()] = true
	}
	out, err := s.person(ctx, s.sight(c.Fork(), force), of, force)
	if err != nil {
		return nil, err
	}
	unnoted := func(n *registerv1.LinkedNominal) bool { return !noted[call.RecordID(n.GetNominal())] }
	out.Nominals = slices.DeleteFunc(out.GetNominals(), unnoted)
	out.Links = slices.DeleteFunc(out.GetLinks(), func(l *registerv1.Link) bool { return slices.ContainsFunc(l.GetNominals(), unnoted) })
	return out, nil
}
