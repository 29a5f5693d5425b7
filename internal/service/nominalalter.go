package service

import (
	"context"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
)

// CancelNominal implements the RPC.
func (s *Nominals) CancelNominal(ctx context.Context, req *registerv1.CancelNominalRequest) (*registerv1.CancelNominalResponse, error) {
	version, err := s.alter(ctx, req.GetName(), &storev1.StoredReason{
		Code: req.GetReason().String(), Explanation: req.GetExplanation(),
	}, func(stored *storev1.StoredNominal) {
		stored.GetNominal().State = registerv1.RecordState_RECORD_STATE_CANCELLED
		stored.UpdateTime = s.Timestamp()
	})
	if err != nil {
		return nil, err
	}
	return &registerv1.CancelNominalResponse{Version: version}, nil
}

// RestrictNominal implements the RPC.
func (s *Nominals) RestrictNominal(ctx context.Context, req *registerv1.RestrictNominalRequest) (*registerv1.RestrictNominalResponse, error) {
	version, err := s.alter(ctx, req.GetName(), &storev1.StoredReason{
		Code: req.GetRestriction().String(), Explanation: req.GetExplanation(),
	}, func(stored *storev1.StoredNominal) {
		stored.GetNominal().Restriction = req.GetRestriction()
		stored.HiddenVersions++
	})
	if err != nil {
		return nil, err
	}
	return &registerv1.RestrictNominalResponse{Version: version}, nil
}

// alter stores the next version of an own nominal, changed by edit, with what
// becomes of its links.
func (s *Nominals) alter(ctx context.Context, name string, why *storev1.StoredReason, edit func(*storev1.StoredNominal)) (int64, error) {
	c := call.From(ctx)
	why.Method = c.Method.Short
	var version int64
	err := Retry(ctx, func() error {
		cur, key, stored, err := s.openNominal(ctx, c, name)
		if err != nil {
			return err
		}
		was := linkable(stored.GetNominal())
		silent := stored.GetNominal().GetRestriction() == registerv1.Restriction_RESTRICTION_SILENT
		edit(stored)
		change, err := s.Next(cur, key, cur.Version.Revision, stored)
		if err != nil {
			return err
		}
		version = int64(change.Version.N - stored.GetHiddenVersions())
		c.SetBody(why)
		more, err := s.relink(ctx, c, change, stored.GetNominal(), was, silent)
		if err != nil {
			return err
		}
		return s.Commit(ctx, c, cur.Record, append([]accesslog.Change{change}, more...)...)
	})
	return version, err
}

// relink makes what becomes of a nominal's links when it is restricted or
// cancelled. A SILENT nominal's links are left as they are, and shown to nobody:
// that they fell away would tell of it.
func (s *Nominals) relink(ctx context.Context, c *call.Call, change accesslog.Change, n *registerv1.Nominal, was, silent bool) ([]accesslog.Change, error) {
	switch {
	case n.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED:
		return s.Linker.withdraw(ctx, identity.ID(change.Record.ID), silent)
	case !was && linkable(n):
		more, _, err := s.Linker.link(ctx, c, change, n)
		return more, err
	}
	return nil, nil
}
