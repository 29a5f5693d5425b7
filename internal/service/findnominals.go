package service

import (
	"context"
	"strings"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// maxFound is how many own nominals are shown.
const maxFound = 50

// ownLimits are wider than those of a search: the index knows all forces' nominals, and
// those of one are chosen of what it finds.
var ownLimits = identity.Limits{Candidates: 400, Considered: 4000}

// FindNominals implements the RPC.
func (s *Searches) FindNominals(ctx context.Context, req *registerv1.FindNominalsRequest) (*registerv1.FindNominalsResponse, error) {
	c := call.From(ctx)
	force := call.ForceCode(req.GetParent())
	c.Entry.Reason = strings.TrimPrefix(req.GetRight().String(), "DATA_SUBJECT_")
	c.Entry.ReferenceHMAC = s.Keys.ReferenceHMAC(c.Actor.Force, req.GetReference())
	mapped := view.MapCriteria(req.GetCriteria(), "criteria")
	c.Entry.Terms = s.termHMACs(mapped.Raw)
	if searchesSelf(c.Actor, mapped.Raw) {
		return nil, refusedSelf(c, ownSearch)
	}
	record, _ := identity.NewRecord(mapped.Raw)
	found, silent, err := s.View.Search(ctx, record, ownLimits)
	if err != nil {
		return nil, notChecked(err)
	}
	met := s.noteSilent(c, silent)
	out := &registerv1.FindNominalsResponse{Notices: notices(found)}
	more := found.Found > len(found.Candidates)
	for _, f := range found.Candidates {
		n, ok := s.View.Nominal(f.ID)
		if !ok || n.Silent() || n.Force != force {
			continue
		}
		if len(out.GetNominals()) == maxFound {
			more = true
			break
		}
		c.Show(uuid.UUID(n.ID), n.Force)
		out.Nominals = append(out.Nominals, &registerv1.FoundNominal{
			Name: ResourceName(postgres.KindNominal, n.Force, uuid.UUID(n.ID)), DisplayName: n.Name, BirthDate: n.Birth, Strength: s.strength(f.Scored),
		})
	}
	if more {
		out.Notices = append(out.Notices, s.more(c))
	}
	s.keepAsked(c, req, len(out.GetNominals()) > 0, met)
	return out, nil
}

// keepAsked seals with the entry what was asked, as that of a search is: for professional
// standards. Nothing further hangs on it.
func (s *Searches) keepAsked(c *call.Call, req *registerv1.FindNominalsRequest, hit bool, silent [][]byte) {
	id, now := uuid.Must(uuid.NewV7()), s.Timestamp()
	asked := &registerv1.Search{
		Name: "searches/" + id.String(), Reason: c.Entry.Reason, Reference: req.GetReference(), Criteria: req.GetCriteria(),
		Outcome: registerv1.SearchOutcome_SEARCH_OUTCOME_NO_HIT, CreateTime: now, ExpireTime: now,
		ModelVersion: s.View.Index().Model().Version,
	}
	if hit {
		asked.Outcome = registerv1.SearchOutcome_SEARCH_OUTCOME_HIT
	}
	c.SetSearch(id, &storev1.StoredSearch{Subject: call.Subject(c.Actor), Search: asked, Silent: silent})
}
