package standards

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
)

// PlaceHold implements the RPC.
func (s *Standards) PlaceHold(ctx context.Context, req *registerv1.PlaceHoldRequest) (*registerv1.Hold, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	if req.GetRecord() != "" && call.ForceCode(req.GetRecord()) != force {
		return nil, service.Invalid(service.ReasonInvalidFields, []service.Violation{{Field: "record", Description: "must be one of the force in `parent`"}})
	}
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Explanation: req.GetReason(), Reference: req.GetReference(), Subject: req.GetSubject()})
	out := &registerv1.Hold{
		Subject: req.GetSubject(), Record: req.GetRecord(), CrimeReference: req.GetCrimeReference(),
		FromIndex: req.GetFromIndex(), UntilIndex: req.GetUntilIndex(), Reason: req.GetReason(), Reference: req.GetReference(),
		Placer: call.Subject(c.Actor), PlaceTime: s.Timestamp(),
	}
	id := uuid.Must(uuid.NewV7())
	source := s.Keys.SourceHMAC(force, "standards", id.String(), string(postgres.KindHold))
	change, err := s.FirstWith(id, postgres.KindHold, force, source, 1, &storev1.StoredHold{Hold: out})
	if err != nil {
		return nil, err
	}
	out.Name = service.ResourceName(postgres.KindHold, force, id)
	return out, s.Commit(ctx, c, change.Record, change)
}

// LiftHold implements the RPC.
func (s *Standards) LiftHold(ctx context.Context, req *registerv1.LiftHoldRequest) (answer *registerv1.Hold, err error) {
	c := call.From(ctx)
	s.noteReason(c, c.Actor.Force, &storev1.StoredReason{Explanation: req.GetReason()})
	err = service.Retry(ctx, func() error {
		var stored storev1.StoredHold
		cur, key, err := s.Current(ctx, postgres.KindHold, req.GetName(), &stored)
		if err != nil {
			return err
		}
		h := stored.GetHold()
		if h.GetLiftTime() != nil {
			h.Name, answer = req.GetName(), h
			return s.Commit(ctx, c, cur.Record)
		}
		h.Lifter, h.LiftTime, h.LiftReason = call.Subject(c.Actor), s.Timestamp(), req.GetReason()
		change, err := s.Next(cur, key, cur.Version.Revision+1, &stored)
		if err != nil {
			return err
		}
		h.Name, answer = req.GetName(), h
		return s.Commit(ctx, c, cur.Record, change)
	})
	return answer, err
}

// ListHolds implements the RPC.
func (s *Standards) ListHolds(ctx context.Context, req *registerv1.ListHoldsRequest) (*registerv1.ListHoldsResponse, error) {
	c := call.From(ctx)
	out := &registerv1.ListHoldsResponse{}
	oldest, err := s.DB.OldestBody(ctx)
	switch {
	case err == nil:
		out.OldestKept, out.OldestKeptTime = &oldest.Index, timestamppb.New(oldest.Time)
	case !errors.Is(err, postgres.ErrNotFound):
		return nil, err
	}
	wanted := func(m *storev1.StoredHold) (bool, error) {
		return !req.GetStanding() || m.GetHold().GetLiftTime() == nil, nil
	}
	out.NextPageToken, err = service.ListRecords(ctx, s.Deps, service.PageOf(postgres.KindHold, req), wanted, func(cur postgres.Current, m *storev1.StoredHold) {
		m.Hold.Name = service.ResourceName(cur.Record.Kind, cur.Record.Force, cur.Record.ID)
		c.Show(cur.Record.ID, cur.Record.Force)
		out.Holds = append(out.Holds, m.GetHold())
	})
	return out, err
}
