package service

import (
	"context"
	"slices"

	"github.com/google/uuid"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
)

// Histories implements register.v1.HistoryService.
type Histories struct {
	registerv1.UnimplementedHistoryServiceServer
	*Deps
}

// GetHistory implements the RPC.
func (s *Histories) GetHistory(ctx context.Context, req *registerv1.GetHistoryRequest) (*registerv1.NominalHistory, error) {
	return s.of(ctx, call.From(ctx), req.GetName(), req.GetAsOfIndex())
}

// of is the history of the person of an own nominal.
func (s *Histories) of(ctx context.Context, c *call.Call, name string, asOf int64) (*registerv1.NominalHistory, error) {
	cur, _, _, err := s.openNominal(ctx, c, name)
	if err != nil {
		return nil, err
	}
	if err := s.View.PullAll(ctx); err != nil {
		return nil, err
	}
	out := &registerv1.NominalHistory{AsOfIndex: s.View.Head()}
	asked := identity.ID(cur.Record.ID)
	person := s.View.Person(asked)
	see := s.sight(c, cur.Record.Force)
	for _, bond := range person.Joined {
		if l, ok := s.View.Link(bond.ID); ok {
			see.noteLink(l)
		}
	}
	ids := []uuid.UUID{cur.Record.ID}
	for _, id := range person.Members {
		if id != asked {
			ids = append(ids, uuid.UUID(id))
		}
	}
	d := &detail{Deps: s.Deps, c: c, force: cur.Record.Force, notices: &out.Notices, asOf: asOf, own: cur.Record.ID}
	nominals, err := s.openAll(ctx, ids, asOf)
	if err != nil {
		return nil, err
	}
	if asOf != asOfNow {
		out.AsOfIndex = asOf
	}
	for i, id := range ids {
		d.add(id, nominals[i], person.Confirmed[identity.ID(id)])
	}
	out.Unconfirmed = slices.ContainsFunc(d.of, func(in insider) bool { return !in.confirmed })
	out.Nominals = d.nominals
	out.History, out.Pattern, out.Courses, err = d.history(ctx, noEntry)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// noEntry is the index of no entry.
const noEntry int64 = -1
