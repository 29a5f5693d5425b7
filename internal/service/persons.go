package service

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
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
	id := identity.ID(cur.Record.ID)
	return s.person(ctx, s.sight(c, cur.Record.Force), s.View.Person(id), nil)
}

// person is a person of which one nominal at least is the force's own: with the
// links that tie it together, and those of its links with others that are the
// force's to decide on. Those that fall with this call are left out.
func (s *Links) person(ctx context.Context, see *sight, formed identity.Person, fall map[identity.ID]bool) (*registerv1.Person, error) {
	see.knows(formed)
	out := &registerv1.Person{Unconfirmed: len(formed.Confirmed) < len(formed.Members)}
	in := map[identity.ID]bool{}
	for _, m := range formed.Members {
		in[m] = true
	}
	found := map[*view.Link]bool{}
	var ids []uuid.UUID
	for _, m := range formed.Members {
		shown, _ := see.nominal(m, s.ownerOf(m, see.force))
		out.Nominals = append(out.Nominals, shown)
		for _, l := range s.View.LinksOf(m) {
			if !found[l] && !fall[l.ID] && ofPerson(l, in[l.Other(m)], see.force) && see.sees(l) {
				found[l] = true
				ids = append(ids, uuid.UUID(l.ID))
			}
		}
	}
	current, err := s.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out.Links, err = see.shownLinks(slices.SortedFunc(maps.Keys(found), view.NewestFirst), current)
	return out, err
}

// ownerOf is the owner force of a member of a person; one that was withdrawn, and
// so is alone, is the force's own.
func (s *Links) ownerOf(id identity.ID, force string) string {
	if n, ok := s.View.Nominal(id); ok {
		return n.Force
	}
	return force
}

// ofPerson reports whether a link of a member is shown with its person: one
// that joins or is proposed, if it leads to another member or concerns the force
// that asks.
func ofPerson(l *view.Link, inside bool, force string) bool {
	proposed := l.State == registerv1.LinkState_LINK_STATE_PROPOSED && !l.Deferred
	return (view.Joins(l.State) || proposed) && (inside || l.Concerns(force))
}

// SplitPerson implements the RPC.
func (s *Links) SplitPerson(ctx context.Context, req *registerv1.SplitPersonRequest) (answer *registerv1.Person, err error) {
	err = s.rule(ctx, call.ForceCode(req.GetName()), req.GetReason(), func(r *ruling) error {
		cur, _, _, err := s.openNominal(ctx, r.c, req.GetName())
		if err != nil {
			return err
		}
		if err := s.View.Pull(ctx); err != nil {
			return err
		}
		of := identity.ID(cur.Record.ID)
		members := s.View.Person(of).Members
		apart, err := partOf(members, req.GetApart(), s.View)
		if err != nil {
			return err
		}
		links := between(s.View, members, apart)
		if len(links) > maxSplit {
			return Invalid(ReasonInvalidFields, []Violation{{"apart", "parts too much at once: set fewer nominals apart at a time"}})
		}
		fall := map[identity.ID]bool{}
		var bonds []identity.Bond
		for _, l := range links {
			if err := s.reject(ctx, r, l); err != nil {
				return err
			}
			fall[l.ID] = true
			bonds = append(bonds, identity.Bond{ID: l.ID, A: l.A, B: l.B, Kind: identity.BondApart})
		}
		for _, m := range members {
			r.note(m, s.ownerOf(m, r.force), true)
		}
		// The person as it will be: once that is decided, nothing more can fail.
		if answer, err = s.person(ctx, r.sight, s.View.PersonWith(of, bonds...), fall); err != nil {
			return err
		}
		return r.commit(ctx, registerv1.LinkState_LINK_STATE_REJECTED)
	})
	return answer, err
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

// between are the links that join a part of a person with the rest, or are
// proposed.
func between(v *view.View, members []identity.ID, apart map[identity.ID]bool) (out []*view.Link) {
	in := map[identity.ID]bool{}
	for _, m := range members {
		in[m] = true
	}
	for _, m := range members {
		if !apart[m] {
			continue
		}
		for _, l := range v.LinksOf(m) {
			stands := view.Joins(l.State) || l.State == registerv1.LinkState_LINK_STATE_PROPOSED
			if other := l.Other(m); stands && in[other] && !apart[other] {
				out = append(out, l)
			}
		}
	}
	return out
}

// reject rejects one of the links by which a person is split.
func (s *Links) reject(ctx context.Context, r *ruling, l *view.Link) (err error) {
	o := openedLink{link: l}
	if o.cur, o.key, o.stored, err = s.openStanding(ctx, l); err != nil {
		return err
	}
	return r.decide(ctx, &o, registerv1.LinkState_LINK_STATE_REJECTED)
}
