package service

import (
	"context"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/view"
)

// openNominal reads an own nominal, unless it is SILENT to the caller.
func (d *Deps) openNominal(ctx context.Context, c *call.Call, name string) (postgres.Current, seal.DataKey, *storev1.StoredNominal, error) {
	stored := &storev1.StoredNominal{}
	cur, key, err := d.Current(ctx, postgres.KindNominal, name, stored)
	if err != nil {
		return cur, key, nil, err
	}
	if !mayOpen(c, cur.Record.Force, stored) {
		c.ShowSilent(cur.Record.ID, cur.Record.Force)
		return cur, key, nil, NotFound("nominal")
	}
	return cur, key, stored, nil
}

// GetNominal implements the RPC.
func (s *Nominals) GetNominal(ctx context.Context, req *registerv1.GetNominalRequest) (*registerv1.Nominal, error) {
	c := call.From(ctx)
	cur, _, stored, err := s.openNominal(ctx, c, req.GetName())
	if err != nil {
		return nil, err
	}
	c.Show(cur.Record.ID, cur.Record.Force)
	n := completeNominal(stored, cur)
	if !c.Policy.MaySeeSilent(c.Actor, cur.Record.Force) {
		n.Restriction = registerv1.Restriction_RESTRICTION_UNSPECIFIED
	}
	return n, nil
}

// completeNominal fills in what the register itself knows of a version.
func completeNominal(stored *storev1.StoredNominal, cur postgres.Current) *registerv1.Nominal {
	n := stored.GetNominal()
	n.Name = ResourceName(postgres.KindNominal, cur.Record.Force, cur.Record.ID)
	n.Version = shownVersion(cur, stored)
	n.UpdateTime = stored.GetUpdateTime()
	return n
}

// shownVersion is the number of the version that callers are told.
func shownVersion(cur postgres.Current, stored *storev1.StoredNominal) int64 {
	return int64(cur.Version.N - stored.GetHiddenVersions())
}

// ListNominals implements the RPC.
func (s *Nominals) ListNominals(ctx context.Context, req *registerv1.ListNominalsRequest) (*registerv1.ListNominalsResponse, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	size := PageSize(req.GetPageSize(), 100)
	binding := AskedOf("nominals", req)
	var after uuid.UUID
	if err := s.ReadPageToken(req.GetPageToken(), binding, &after); err != nil {
		return nil, err
	}
	resp := &registerv1.ListNominalsResponse{}
	for len(resp.GetNominals()) < size {
		rows, err := s.DB.ListRecords(ctx, force, postgres.KindNominal, after, size)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			after = rows[i].Record.ID
			key, err := s.nominalKey(c, rows[i])
			if err != nil {
				return nil, err
			}
			if key == nil {
				continue
			}
			c.Show(rows[i].Record.ID, force)
			resp.Nominals = append(resp.Nominals, key)
			if len(resp.GetNominals()) == size {
				break
			}
		}
		if len(rows) < size {
			if len(resp.GetNominals()) < size {
				return resp, nil
			}
			break
		}
	}
	resp.NextPageToken = s.PageToken(binding, after)
	return resp, nil
}

func (s *Nominals) nominalKey(c *call.Call, cur postgres.Current) (*registerv1.NominalKey, error) {
	if cur.Wrapped == nil {
		return nil, nil //nolint:nilnil // an erased record is left out
	}
	var stored storev1.StoredNominal
	if _, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
		return nil, err
	}
	n := stored.GetNominal()
	if !mayOpen(c, cur.Record.Force, &stored) {
		return nil, nil //nolint:nilnil // a silent record is left out
	}
	return &registerv1.NominalKey{
		Name:   ResourceName(postgres.KindNominal, cur.Record.Force, cur.Record.ID),
		Source: n.GetSource(), Version: shownVersion(cur, &stored), State: n.GetState(),
	}, nil
}
