// Package standards holds the use cases of professional standards departments and of the
// national auditor: to read the access log, to watch it for misuse and review what was
// found, to open what is sealed by two, to draw samples, to stop a person, and to hand
// over evidence. It stands on package service, which knows nothing of it.
package standards

import (
	"context"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/view"
)

// Misuse implements register.v1.MisuseService.
type Misuse struct {
	registerv1.UnimplementedMisuseServiceServer
	*service.Deps
}

// reviewPurpose is the lawful purpose for which flags and cases are read.
const reviewPurpose = "SELF_MONITORING"

// audience is whose flags a resource name is about: a force's, or the national
// auditor's.
func audience(name string) string {
	if code := call.ForceCode(name); code != "" {
		return code
	}
	return misuse.National
}

// parentOf is the first part of the names of an audience's flags and cases.
func parentOf(audience string) string {
	if audience == misuse.National {
		return "forces/-"
	}
	return "forces/" + audience
}

func flagName(r postgres.Record) string {
	return parentOf(r.Force) + "/misuseFlags/" + r.ID.String()
}

func caseName(force string, id uuid.UUID) string {
	return parentOf(force) + "/misuseCases/" + id.String()
}

// ListFlags implements the RPC.
func (s *Misuse) ListFlags(ctx context.Context, req *registerv1.ListFlagsRequest) (*registerv1.ListFlagsResponse, error) {
	c := call.From(ctx)
	c.Entry.Reason = reviewPurpose
	c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Code: reviewPurpose, Subject: req.GetSubject()})
	binding := service.AskedOf("flags", req)
	reviewer := reviewerOf(s.Deps, c)
	l := service.Listing{Force: audience(req.GetParent()), Kind: postgres.KindMisuseFlag, Binding: binding, Token: req.GetPageToken(), Size: req.GetPageSize(), NewestFirst: true}
	resp := &registerv1.ListFlagsResponse{}
	var err error
	resp.NextPageToken, err = service.ListRecords(ctx, s.Deps, l, func(m *storev1.StoredFlag) (bool, error) {
		f := m.GetFlag()
		if (req.GetRule() != "" && f.GetRule() != req.GetRule()) || (req.GetSubject() != "" && f.GetSubject() != req.GetSubject()) {
			return false, nil
		}
		tie, check, err := reviewer.tie(ctx, userOf(f.GetForce(), f.GetSubject()))
		f.ConflictCheck = check
		return tie == misuse.TieNone, err // of his own, or of those near him, a reviewer is told nothing
	}, func(cur postgres.Current, m *storev1.StoredFlag) {
		resp.Flags = append(resp.Flags, shownFlag(c, cur.Record, m))
	})
	return resp, err
}

// shownFlag completes a stored flag, and notes that it was shown.
func shownFlag(c *call.Call, r postgres.Record, stored *storev1.StoredFlag) *registerv1.MisuseFlag {
	f := stored.GetFlag()
	f.Name = flagName(r)
	if id, err := uuid.FromBytes(stored.GetCaseId()); err == nil {
		f.MisuseCase = caseName(r.Force, id)
	}
	c.Show(r.ID, r.Force)
	return f
}

// ListCases implements the RPC.
func (s *Misuse) ListCases(ctx context.Context, req *registerv1.ListCasesRequest) (*registerv1.ListCasesResponse, error) {
	c := call.From(ctx)
	c.Entry.Reason = reviewPurpose
	binding := service.AskedOf("cases", req)
	reviewer := reviewerOf(s.Deps, c)
	l := service.Listing{Force: audience(req.GetParent()), Kind: postgres.KindMisuseCase, Binding: binding, Token: req.GetPageToken(), Size: req.GetPageSize(), NewestFirst: true}
	resp := &registerv1.ListCasesResponse{}
	var err error
	resp.NextPageToken, err = service.ListRecords(ctx, s.Deps, l, func(m *storev1.StoredMisuseCase) (bool, error) {
		k := m.GetMisuseCase()
		if req.GetUndecided() && k.GetState() == registerv1.CaseState_CASE_STATE_DECIDED {
			return false, nil
		}
		tie, check, err := reviewer.tie(ctx, userOf(k.GetForce(), k.GetSubject()))
		k.ConflictCheck = check
		return tie == misuse.TieNone, err
	}, func(cur postgres.Current, m *storev1.StoredMisuseCase) {
		m.MisuseCase.Events = nil
		resp.MisuseCases = append(resp.MisuseCases, nameCase(c, cur, m.GetMisuseCase()))
	})
	return resp, err
}

func nameCase(c *call.Call, cur postgres.Current, m *registerv1.MisuseCase) *registerv1.MisuseCase {
	m.Name, m.Version = caseName(cur.Record.Force, cur.Record.ID), int64(cur.Version.N)
	c.Show(cur.Record.ID, cur.Record.Force)
	return m
}

// caseOf reads a case that the caller may work on.
func (s *Misuse) caseOf(ctx context.Context, c *call.Call, name string, stored *storev1.StoredMisuseCase) (cur postgres.Current, key seal.DataKey, err error) {
	id, err := uuid.Parse(call.RecordID(name))
	if err != nil {
		return cur, key, service.NotFound("case")
	}
	if cur, key, err = s.OpenRecord(ctx, postgres.KindMisuseCase, id, stored); err != nil {
		return cur, key, err
	}
	if cur.Record.Force != audience(name) {
		return cur, key, service.NotFound("case")
	}
	m := stored.GetMisuseCase()
	m.ConflictCheck, err = reviewerOf(s.Deps, c).check(ctx, userOf(m.GetForce(), m.GetSubject()))
	return cur, key, err
}

// GetCase implements the RPC.
func (s *Misuse) GetCase(ctx context.Context, req *registerv1.GetCaseRequest) (*registerv1.MisuseCase, error) {
	c := call.From(ctx)
	c.Entry.Reason = reviewPurpose
	var stored storev1.StoredMisuseCase
	cur, _, err := s.caseOf(ctx, c, req.GetName(), &stored)
	if err != nil {
		return nil, err
	}
	return s.whole(ctx, c, cur, &stored)
}

// whole completes a case with its flags and neighbours.
func (s *Misuse) whole(ctx context.Context, c *call.Call, cur postgres.Current, stored *storev1.StoredMisuseCase) (*registerv1.MisuseCase, error) {
	m := nameCase(c, cur, stored.GetMisuseCase())
	ids := make([]uuid.UUID, 0, len(stored.GetFlags()))
	for _, raw := range stored.GetFlags() {
		if id, err := uuid.FromBytes(raw); err == nil {
			ids = append(ids, id)
		}
	}
	slices.Reverse(ids)
	current, err := s.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		f, ok := current[id]
		if !ok || f.Wrapped == nil {
			continue
		}
		var flag storev1.StoredFlag
		if _, err := view.OpenVersion(s.Keys, f.Record, f.Version, f.Wrapped, &flag); err != nil {
			return nil, err
		}
		m.Flags = append(m.Flags, shownFlag(c, f.Record, &flag))
	}
	reviewer := reviewerOf(s.Deps, c)
	err = service.EveryRecord(ctx, s.Deps, cur.Record.Force, postgres.KindMisuseCase, func(other postgres.Current, o *storev1.StoredMisuseCase) (bool, error) {
		shares := slices.ContainsFunc(o.GetAround(), func(code uint64) bool { return slices.Contains(stored.GetAround(), code) })
		if !shares || other.Record.ID == cur.Record.ID {
			return true, nil
		}
		tie, _, err := reviewer.tie(ctx, userOf(o.GetMisuseCase().GetForce(), o.GetMisuseCase().GetSubject()))
		if err == nil && tie == misuse.TieNone {
			m.Neighbours = append(m.Neighbours, caseName(other.Record.Force, other.Record.ID))
		}
		return len(m.GetNeighbours()) < maxNeighbours, err
	})
	return m, err
}

// maxNeighbours bounds how many neighbouring cases are told.
const maxNeighbours = 20
