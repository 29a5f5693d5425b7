package service

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// maxJudgements bounds what is kept and shown of judgements; the log has all.
const maxJudgements = 200

// JudgePrompt implements the RPC.
func (s *Duties) JudgePrompt(ctx context.Context, req *registerv1.JudgePromptRequest) (*registerv1.PromptJudgement, error) {
	c := call.From(ctx)
	answer := &registerv1.PromptJudgement{
		Code: req.GetCode(), Key: req.GetKey(), Verdict: req.GetVerdict(), Reason: req.GetReason(), By: c.Actor.Collar, Time: s.Timestamp(),
	}
	err := Retry(ctx, func() error {
		nominal, _, _, err := s.openNominal(ctx, c, req.GetParent())
		if err != nil {
			return err
		}
		force, id := nominal.Record.Force, nominal.Record.ID
		c.Requires = []accesslog.Requirement{{Record: id, N: nominal.Version.N}}
		content := &storev1.StoredJudgement{NominalId: id[:], Judgements: []*registerv1.PromptJudgement{answer}}
		source := hex.EncodeToString(id[:]) + "/" + req.GetCode() + "/" + req.GetKey()
		hmacs := s.Keys.SourceHMACs(force, systemJudgement, source, systemJudgement)
		p := place{hmacs: hmacs}
		if err := s.look(ctx, &p); err != nil {
			return err
		}
		revision := int64(1)
		if p.found {
			revision = p.cur.Version.Revision + 1
		}
		_, err = s.upsert(ctx, c, upsert{
			kind: postgres.KindJudgement, force: force, place: p, revision: revision, content: content,
			revise: func(cur postgres.Current) (accesslog.Change, bool, error) {
				change, err := s.judgeAgain(cur, answer)
				return change, false, err
			},
		})
		answer.Nominal = ResourceName(postgres.KindNominal, force, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// judgeAgain adds a judgement to those that were given before.
func (s *Duties) judgeAgain(cur postgres.Current, answer *registerv1.PromptJudgement) (accesslog.Change, error) {
	if cur.Wrapped == nil {
		return accesslog.Change{}, ErrErased()
	}
	var stored storev1.StoredJudgement
	key, err := view.OpenVersion(s.Keys, cur.Record, cur.Version, cur.Wrapped, &stored)
	if err != nil {
		return accesslog.Change{}, err
	}
	stored.Judgements = append(stored.Judgements, answer)
	if n := len(stored.GetJudgements()); n > maxJudgements {
		stored.Judgements = stored.Judgements[n-maxJudgements:]
	}
	return s.Next(cur, key, cur.Version.Revision+1, &stored)
}

// ListPromptJudgements implements the RPC.
func (s *Duties) ListPromptJudgements(ctx context.Context, req *registerv1.ListPromptJudgementsRequest) (*registerv1.ListPromptJudgementsResponse, error) {
	c := call.From(ctx)
	nominal, _, _, err := s.openNominal(ctx, c, req.GetParent())
	if err != nil {
		return nil, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	resp := &registerv1.ListPromptJudgementsResponse{}
	resp.Judgements, err = s.judgements(ctx, c, nominal.Record.Force, identity.ID(nominal.Record.ID))
	return resp, err
}

// judgements are what a force made of the prompts about its nominal, newest first.
func (d *Deps) judgements(ctx context.Context, c *call.Call, force string, nominal identity.ID) ([]*registerv1.PromptJudgement, error) {
	var ids []uuid.UUID
	for _, id := range d.View.JudgementsOf(nominal) {
		ids = append(ids, uuid.UUID(id))
	}
	if len(ids) == 0 {
		return nil, nil
	}
	all, err := d.DB.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []*registerv1.PromptJudgement
	for _, cur := range all {
		if cur.Wrapped == nil {
			continue
		}
		var stored storev1.StoredJudgement
		if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, &stored); err != nil {
			return nil, err
		}
		c.Show(cur.Record.ID, force)
		for _, j := range stored.GetJudgements() {
			j.Nominal = ResourceName(postgres.KindNominal, force, uuid.UUID(nominal))
			out = append(out, j)
		}
	}
	slices.SortStableFunc(out, func(a, b *registerv1.PromptJudgement) int {
		return cmp.Or(b.GetTime().AsTime().Compare(a.GetTime().AsTime()), cmp.Compare(a.GetCode()+a.GetKey(), b.GetCode()+b.GetKey()))
	})
	return out[:min(len(out), maxJudgements)], nil
}
