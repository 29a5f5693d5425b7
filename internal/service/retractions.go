package service

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// Limits of ListRetractions.
const (
	retractionsBack = 90 * 24 * time.Hour
	maxRetractions  = 1000
	maxErased       = 10_000 // of the links that were erased, the last are looked at
)

// Codes of retractions.
const (
	codeLinkRejected  = "LINK_REJECTED"
	codeLinkWithdrawn = "LINK_WITHDRAWN"
	noticeRetracted   = "RETRACTED"
)

// ListRetractions implements the RPC.
func (s *Alerts) ListRetractions(ctx context.Context, req *registerv1.ListRetractionsRequest) (*registerv1.ListRetractionsResponse, error) {
	c := call.From(ctx)
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	since := s.Now().Add(-retractionsBack)
	if t := req.GetSince(); t != nil {
		since = t.AsTime()
	}
	see := s.sight(c, c.Actor.Force)
	links := map[uuid.UUID]*view.Link{}
	var fallen []postgres.Fallen
	for _, l := range s.View.LinksFallen(since) {
		if see.sees(l) {
			links[uuid.UUID(l.ID)] = l
			fallen = append(fallen, postgres.Fallen{Record: uuid.UUID(l.ID), Index: l.Index})
		}
	}
	for _, e := range s.View.LinksErased(maxErased) {
		fallen = append(fallen, postgres.Fallen{Record: uuid.UUID(e.ID), Index: e.Index})
	}
	fallen, conduct := s.fallenConduct(c, fallen)
	resp := &registerv1.ListRetractionsResponse{}
	if len(fallen) == 0 {
		return resp, nil
	}
	shown, err := s.DB.ShownOf(ctx, fallen, call.Subject(c.Actor))
	if err != nil {
		return nil, err
	}
	shown = slices.DeleteFunc(shown, func(w postgres.Shown) bool { return w.Fell.Before(since) })
	slices.SortFunc(shown, func(a, b postgres.Shown) int {
		return cmp.Or(b.Fell.Compare(a.Fell), cmp.Compare(b.Index, a.Index), bytes.Compare(a.Record[:], b.Record[:]))
	})
	searches, err := s.DB.SearchesOf(ctx, fallen, call.Subject(c.Actor))
	if err != nil {
		return nil, err
	}
	for _, w := range shown[:min(len(shown), maxRetractions)] {
		l := links[w.Record]
		if l != nil {
			see.noteLink(l)
		}
		r := retraction(l, w)
		if code, ok := conduct[w.Record.String()]; ok {
			r = conductRetraction(code, w)
		}
		for _, id := range searches[w.Record] {
			r.Searches = append(r.Searches, "searches/"+id.String())
		}
		resp.Retractions = append(resp.Retractions, r)
	}
	return resp, nil
}

// retraction tells that a link fell; l is nil when it was erased.
func retraction(l *view.Link, shown postgres.Shown) *registerv1.Retraction {
	out := &registerv1.Retraction{Code: codeLinkWithdrawn, Time: timestamppb.New(shown.Fell), ShownTime: timestamppb.New(shown.Time), ShownIndex: shown.Index}
	switch {
	case l == nil:
		out.Message = "two records that you were shown as one person, or as possibly one, are no longer held to be that: a record was erased"
	case l.State == registerv1.LinkState_LINK_STATE_REJECTED:
		out.Code, out.Message = codeLinkRejected, "two records that you were shown as one person, or as possibly one, are not: people have decided so"
	case l.State == registerv1.LinkState_LINK_STATE_PROPOSED:
		out.Message = "two records that you were shown as one person are held for possibly one only: a record has changed"
	default:
		out.Message = "two records that you were shown as one person, or as possibly one, are no longer held to be that: a record has changed or was withdrawn"
	}
	return out
}

// retracted reports whether a search rested, when it was made, on a link between
// the nominals of two bases, or within one, that has fallen away since. index is
// that of the search's entry.
func (d *Deps) retracted(c *call.Call, index int64, from, to *storev1.Basis) bool {
	in := map[identity.ID]bool{}
	for _, ref := range to.GetNominals() {
		in[identity.ID(ref.GetId())] = true
	}
	for _, ref := range from.GetNominals() {
		id := identity.ID(ref.GetId())
		for _, l := range d.View.LinksOf(id) {
			if l.Fallen && l.Index > index && in[l.Other(id)] && !d.Hides(c, l.A) && !d.Hides(c, l.B) {
				return true
			}
		}
	}
	return false
}

// retractions tell which candidates of an old search no longer hold as shown.
func (d *Deps) retractions(c *call.Call, stored *storev1.StoredSearch, index int64) []*registerv1.SearchNotice {
	number := map[string]int{}
	for i, candidate := range stored.GetSearch().GetCandidates() {
		number[candidate.GetName()] = i
	}
	var out []*registerv1.SearchNotice
	for i, candidate := range stored.GetSearch().GetCandidates() {
		mine := stored.GetBases()[i]
		if d.retracted(c, index, mine, mine) {
			out = append(out, &registerv1.SearchNotice{
				Code: noticeRetracted, Field: candidate.GetName(),
				Message: "that its records are one person no longer holds as shown: search again, and look again at what rests on it",
			})
			continue
		}
		for _, name := range candidate.GetPossiblySame() {
			if other, ok := number[name]; ok && d.retracted(c, index, mine, stored.GetBases()[other]) {
				out = append(out, &registerv1.SearchNotice{
					Code: noticeRetracted, Field: candidate.GetName(),
					Message: "that it is possibly the same person as another candidate no longer holds",
				})
				break
			}
		}
	}
	return out
}
