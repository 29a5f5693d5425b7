package service

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// Links implements register.v1.LinkService.
type Links struct {
	registerv1.UnimplementedLinkServiceServer
	*Deps
	// Linker compares nominals.
	Linker *Linker
}

// openedLink is a link that the caller may see, as it stands.
type openedLink struct {
	link   *view.Link
	cur    postgres.Current
	key    seal.DataKey
	stored *storev1.StoredLink
}

// open reads a link of the force in its name. One that is not there, that does
// not concern the force, or of which a nominal is SILENT to the caller, is not
// found, and there is no difference.
func (s *Links) open(ctx context.Context, see *sight, name string) (openedLink, error) {
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return openedLink{}, NotFound("link")
	}
	if err := s.View.Pull(ctx); err != nil {
		return openedLink{}, err
	}
	l, ok := s.View.Link(identity.ID(id))
	if !ok || !l.Concerns(see.force) {
		return openedLink{}, NotFound("link")
	}
	if !see.sees(l) {
		see.meet(l)
		return openedLink{}, NotFound("link")
	}
	out := openedLink{}
	if out.cur, out.key, out.stored, err = s.openLink(ctx, l.ID); err != nil {
		return openedLink{}, err
	}
	// What was read may be newer than the view.
	out.link, err = view.NewLink(out.cur.Record, out.cur.Version, out.stored)
	return out, err
}

// GetLink implements the RPC.
func (s *Links) GetLink(ctx context.Context, req *registerv1.GetLinkRequest) (*registerv1.Link, error) {
	c := call.From(ctx)
	see := s.sight(c, call.ForceCode(req.GetName()))
	o, err := s.open(ctx, see, req.GetName())
	if err != nil {
		return nil, err
	}
	return see.shownLink(o.link, int64(o.cur.Version.N), o.stored, see.joinsNothing(o.link), true), nil
}

// listed is a link in a list: one that is stored, or one that was found on the
// spot. Its place in the list is by index, downwards, then by id.
type listed struct {
	index int64
	id    identity.ID
	link  *view.Link
	like  *identity.Likeness
}

func (l listed) compare(m listed) int {
	return cmp.Or(cmp.Compare(m.index, l.index), bytes.Compare(l.id[:], m.id[:]))
}

// place is the place in a page token.
func (l listed) place() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(l.index)), l.id[:]...) //nolint:gosec // read back as it was
}

// ListLinks implements the RPC.
func (s *Links) ListLinks(ctx context.Context, req *registerv1.ListLinksRequest) (*registerv1.ListLinksResponse, error) {
	c := call.From(ctx)
	see := s.sight(c, call.ForceCode(req.GetParent()))
	binding := AskedOf("links", req)
	place := make([]byte, 8+len(identity.ID{}))
	if err := s.readToken(req.GetPageToken(), binding, place); err != nil {
		return nil, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	all, of, err := s.list(ctx, see, req)
	if err != nil {
		return nil, err
	}
	if req.GetPageToken() != "" {
		after := listed{index: int64(binary.BigEndian.Uint64(place)), id: identity.ID(place[8:])} //nolint:gosec // as place wrote it
		all = slices.DeleteFunc(all, func(l listed) bool { return l.compare(after) <= 0 })
	}
	resp := &registerv1.ListLinksResponse{}
	if size := PageSize(req.GetPageSize(), 50); len(all) > size {
		all = all[:size]
		resp.NextPageToken = s.token(binding, all[size-1].place())
	}
	resp.Links, err = s.page(ctx, see, all, of)
	return resp, err
}

// list finds the links asked for, in order; of is the nominal asked about.
func (s *Links) list(ctx context.Context, see *sight, req *registerv1.ListLinksRequest) (all []listed, of postgres.Current, err error) {
	wanted := func(l *view.Link) bool {
		return (len(req.GetStates()) == 0 || slices.Contains(req.GetStates(), l.State)) &&
			(req.GetDeferred() || !l.Deferred || l.State != registerv1.LinkState_LINK_STATE_PROPOSED)
	}
	links := func(from []*view.Link) {
		for _, l := range from {
			if see.sees(l) {
				all = append(all, listed{index: l.Index, id: l.ID, link: l})
			}
		}
		slices.SortFunc(all, listed.compare)
	}
	if call.RecordID(req.GetParent()) == see.force {
		if len(req.GetStates()) == 0 {
			req.States = []registerv1.LinkState{registerv1.LinkState_LINK_STATE_PROPOSED}
		}
		links(s.View.LinksOfForce(see.force, wanted))
		return all, of, nil
	}
	of, _, stored, err := s.openNominal(ctx, see.c, req.GetParent())
	if err != nil {
		return nil, of, err
	}
	id := identity.ID(of.Record.ID)
	links(slices.DeleteFunc(slices.Clone(s.View.LinksOf(id)), func(l *view.Link) bool { return !wanted(l) }))
	if wanted(&view.Link{State: registerv1.LinkState_LINK_STATE_PROPOSED}) && s.looksOnTheSpot(see.c, stored, see.force) {
		all = append(all, s.onTheSpot(see, id, stored)...)
	}
	return all, of, nil
}

// looksOnTheSpot reports whether the links of a nominal are to be found when
// they are asked for: nothing of a SILENT record is ever stored as a link, and
// its PSD needs to know whom it resembles all the same.
func (d *Deps) looksOnTheSpot(c *call.Call, stored *storev1.StoredNominal, force string) bool {
	n := stored.GetNominal()
	return n.GetRestriction() == registerv1.Restriction_RESTRICTION_SILENT &&
		n.GetState() != registerv1.RecordState_RECORD_STATE_CANCELLED && c.Policy.MaySeeSilent(c.Actor, force)
}

// onTheSpot compares a nominal with all others, the most alike first; those that
// it is linked with already are left out.
func (s *Links) onTheSpot(see *sight, id identity.ID, stored *storev1.StoredNominal) []listed {
	likes, _ := s.View.Index().Lookalikes(id, view.Record(stored.GetNominal()), maxLookalikes)
	var out []listed
	for i := range likes {
		if _, linked := s.View.LinkBetween(id, likes[i].ID); !linked && !see.Hides(see.c, likes[i].ID) {
			out = append(out, listed{index: -1 - int64(i), id: likes[i].ID, like: &likes[i]})
		}
	}
	return out
}

// page makes the links of a page.
func (s *Links) page(ctx context.Context, see *sight, all []listed, of postgres.Current) ([]*registerv1.Link, error) {
	var ids []uuid.UUID
	for _, l := range all {
		if l.link != nil {
			ids = append(ids, uuid.UUID(l.id))
		}
	}
	current, err := s.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []*registerv1.Link
	for _, l := range all {
		if l.like != nil {
			if link, ok := s.unstored(see, of, *l.like); ok {
				out = append(out, link)
			}
			continue
		}
		shown, err := see.shownLinks([]*view.Link{l.link}, current)
		if err != nil {
			return nil, err
		}
		out = append(out, shown...)
	}
	return out, nil
}

// unstored is a likeness in the form of a link that waits for a decision. It has
// no name, and its evidence at once: there is nothing that could be read later.
func (s *Links) unstored(see *sight, of postgres.Current, like identity.Likeness) (*registerv1.Link, bool) {
	other, ok := s.View.Nominal(like.ID)
	if !ok {
		return nil, false
	}
	id := identity.ID(of.Record.ID)
	stored := newLink(ends{id, of.Record.Force, like.ID, other.Force})
	evidence(stored, id, like)
	stored.Link.State = registerv1.LinkState_LINK_STATE_PROPOSED
	a, b := identity.ID(stored.GetA()), identity.ID(stored.GetB())
	link := &view.Link{A: a, B: b, ForceA: stored.GetForceA(), ForceB: stored.GetForceB()}
	out := see.shownLink(link, 0, stored, false, true)
	out.Name = ""
	return out, true
}
